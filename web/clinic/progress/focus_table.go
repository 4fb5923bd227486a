package progress

// The quantities that several views follow, by LOINC (https://loinc.org). The
// codes are facts of that publication; names are ours.
var (
	qPressure   = wanted{"Blood pressure", []string{"85354-9", "55284-4", "96607-7", "35094-2", "8480-6"}}
	qPulse      = wanted{"Pulse", []string{"8867-4", "8889-8", "68999-2"}}
	qWeight     = wanted{"Weight", []string{"29463-7", "3141-9", "3142-7"}}
	qBMI        = wanted{"BMI", []string{"39156-5"}}
	qOxygen     = wanted{"Oxygen saturation", []string{"59408-5", "2708-6"}}
	qA1c        = wanted{"HbA1c", []string{"4548-4", "17856-6", "59261-8", "4549-2"}}
	qGlucose    = wanted{"Glucose", []string{"2345-7", "2339-0", "1558-6", "41653-7", "14749-6", "15074-8"}}
	qGFR        = wanted{"eGFR", []string{"98979-8", "33914-3", "62238-1", "48642-3", "48643-1", "88293-6", "88294-4", "69405-9", "50044-7", "77147-7"}}
	qCreatinine = wanted{"Creatinine", []string{"2160-0", "38483-4", "14682-9"}}
	qUrea       = wanted{"Urea nitrogen", []string{"3094-0", "6299-2", "22664-7"}}
	qAlbuminU   = wanted{"Urine albumin/creatinine", []string{"9318-7", "14959-1", "13705-9", "32294-1", "14958-3", "89998-9"}}
	qPotassium  = wanted{"Potassium", []string{"2823-3", "6298-4"}}
	qSodium     = wanted{"Sodium", []string{"2951-2", "2947-0"}}
	qBicarb     = wanted{"Bicarbonate", []string{"1963-8", "2028-9", "20565-8", "1959-6", "14627-4"}}
	qCalcium    = wanted{"Calcium", []string{"17861-6", "2000-8", "49765-1", "1995-0", "1994-3"}}
	qPhosphate  = wanted{"Phosphate", []string{"2777-1", "14879-1"}}
	qPTH        = wanted{"Parathyroid hormone", []string{"2731-8", "14866-8"}}
	qLDL        = wanted{"LDL cholesterol", []string{"13457-7", "18262-6", "2089-1", "39469-2", "22748-8"}}
	qHDL        = wanted{"HDL cholesterol", []string{"2085-9", "14646-4"}}
	qTotalChol  = wanted{"Total cholesterol", []string{"2093-3", "14647-2"}}
	qTrig       = wanted{"Triglycerides", []string{"2571-8", "14927-8"}}
	qNonHDL     = wanted{"Non-HDL cholesterol", []string{"43396-1"}}
	qHb         = wanted{"Haemoglobin", []string{"718-7", "59260-0", "20509-6"}}
	qHct        = wanted{"Haematocrit", []string{"4544-3", "20570-8"}}
	qMCV        = wanted{"MCV", []string{"787-2", "30428-7"}}
	qFerritin   = wanted{"Ferritin", []string{"2276-4", "20567-4"}}
	qTSat       = wanted{"Transferrin saturation", []string{"2502-3"}}
	qB12        = wanted{"Vitamin B12", []string{"2132-9", "14685-2"}}
	qFolate     = wanted{"Folate", []string{"2284-8", "14732-2"}}
	qRetic      = wanted{"Reticulocytes", []string{"17849-1", "4679-7"}}
	qINR        = wanted{"INR", []string{"6301-6", "34714-6", "46418-0", "38875-1"}}
	qPlatelets  = wanted{"Platelets", []string{"777-3", "26515-7", "778-1"}}
	qWhite      = wanted{"White cells", []string{"6690-2", "26464-8"}}
	qTSH        = wanted{"TSH", []string{"3016-3", "11579-0", "11580-8"}}
	qT4         = wanted{"Free T4", []string{"3024-7", "14920-3"}}
	qT3         = wanted{"Free T3", []string{"3051-0", "14928-6"}}
	qBNP        = wanted{"NT-proBNP or BNP", []string{"33762-6", "83107-3", "30934-4", "42637-9"}}
	qEF         = wanted{"Ejection fraction", []string{"10230-1", "8806-2", "18043-0"}}
	qALT        = wanted{"ALT", []string{"1742-6", "1743-4", "1744-2"}}
	qAST        = wanted{"AST", []string{"1920-8", "30239-8"}}
	qALP        = wanted{"Alkaline phosphatase", []string{"6768-6"}}
	qGGT        = wanted{"Gamma-GT", []string{"2324-2"}}
	qBilirubin  = wanted{"Bilirubin", []string{"1975-2", "14631-6"}}
	qAlbumin    = wanted{"Albumin", []string{"1751-7", "61151-7", "61152-5"}}
	qAFP        = wanted{"Alpha-fetoprotein", []string{"1834-1"}}
	qUrate      = wanted{"Urate", []string{"3084-1", "14933-6"}}
	qCRP        = wanted{"C-reactive protein", []string{"1988-5", "30522-7"}}
	qESR        = wanted{"Sedimentation rate", []string{"4537-7", "30341-2", "18184-2"}}
	qPHQ9       = wanted{"PHQ-9", []string{"44261-6", "89204-2"}}
	qPHQ2       = wanted{"PHQ-2", []string{"55758-7"}}
	qGAD7       = wanted{"GAD-7", []string{"70274-6"}}
	qFEV1       = wanted{"FEV1", []string{"20150-9", "20157-4"}}
	qRatio      = wanted{"FEV1/FVC", []string{"19926-5"}}
	qPeakFlow   = wanted{"Peak flow", []string{"33452-4", "19935-6"}}
	qACT        = wanted{"Asthma control test", []string{"82669-3", "82668-5"}}
	qEos        = wanted{"Eosinophils", []string{"711-2", "26449-9"}}
	qVitD       = wanted{"Vitamin D", []string{"1989-3", "62292-8", "14635-7", "49054-0"}}
	qDensity    = wanted{"Bone density, T-score", []string{"38263-0", "38264-8", "38267-1"}}
	qPSA        = wanted{"PSA", []string{"2857-1", "35741-8", "19195-7"}}
	qViralLoad  = wanted{"HIV-1 RNA", []string{"20447-9", "25836-8", "29541-0"}}
	qCD4        = wanted{"CD4 cells", []string{"24467-3", "32515-9"}}
	qLithium    = wanted{"Lithium", []string{"14334-7", "3719-2"}}
	qValproate  = wanted{"Valproate", []string{"4086-5", "14946-8"}}
	qDigoxin    = wanted{"Digoxin", []string{"10535-3", "14698-5"}}
	qFundal     = wanted{"Fundal height", []string{"11881-0"}}
	qFetalHeart = wanted{"Fetal heart rate", []string{"55283-6"}}
	qProteinU   = wanted{"Urine protein", []string{"2888-6", "20454-5", "5804-0", "2890-2", "34366-5"}}
	qOGTT       = wanted{"Glucose, tolerance test", []string{"1504-0", "20438-8", "1507-3", "1518-0", "14995-5"}}
	qPain       = wanted{"Pain", []string{"72514-3", "38208-5"}}
)

// focuses is the table of views: problems by ICD-10-CM prefix and SNOMED CT
// code, what is followed, medicines by class and ingredient. Needs review by a
// clinician before use in care.
var focuses = []focus{
	{ID: "diabetes", Title: "Diabetes", ICD: []string{"E08", "E09", "E10", "E11", "E13", "R730", "O24"},
		SNOMED:  []string{"44054006", "73211009", "46635009", "714628002", "15777000", "11687002", "127013003", "237599002", "199223000", "422034002"},
		Series:  []wanted{qA1c, qGlucose, qGFR, qAlbuminU, qWeight, qPressure, qLDL},
		Classes: []string{"insulin", "biguanide", "sulfonylurea", "sglt2 inhibitor", "glp-1 agonist", "dpp-4 inhibitor", "thiazolidinedione"},
		Drugs:   []string{"metformin", "repaglinide", "nateglinide", "acarbose", "miglitol", "pioglitazone", "rosiglitazone", "glipizide", "glimepiride", "glyburide", "empagliflozin", "dapagliflozin", "canagliflozin", "ertugliflozin", "sitagliptin", "linagliptin", "saxagliptin", "alogliptin", "tirzepatide", "pramlintide"}},
	{ID: "hypertension", Title: "Hypertension", ICD: []string{"I10", "I11", "I12", "I13", "I15", "I16"}, SNOMED: []string{"59621000", "38341003", "10725009", "78975002"},
		Series: []wanted{qPressure, qPulse, qPotassium, qSodium, qCreatinine, qGFR, qAlbuminU}, Classes: pressureClasses, Drugs: pressureDrugs},
	{ID: "kidney", Title: "Chronic kidney disease", ICD: []string{"N18", "I12", "I13", "N03", "N04"},
		SNOMED:  []string{"709044004", "431855005", "431856006", "433144002", "700378005", "700379002", "431857002", "433146000", "46177005", "90688005"},
		Series:  []wanted{qGFR, qCreatinine, qAlbuminU, qPotassium, qBicarb, qUrea, qHb, qPhosphate, qCalcium, qPTH, qPressure},
		Classes: []string{"ace inhibitor", "arb", "sglt2 inhibitor", "loop diuretic", "nsaid", "iron salt"}, Drugs: []string{"spironolactone", "finerenone", "sodium bicarbonate", "sevelamer", "calcitriol", "epoetin alfa", "darbepoetin alfa"}},
	{ID: "heart-failure", Title: "Heart failure", ICD: []string{"I50", "I110", "I130", "I132", "I42"}, SNOMED: []string{"84114007", "42343007", "703272007", "446221000", "88805009", "85232009", "10335000"},
		Series:  []wanted{qWeight, qPressure, qPulse, qPotassium, qSodium, qCreatinine, qGFR, qBNP, qEF},
		Classes: []string{"ace inhibitor", "arb", "beta blocker", "loop diuretic", "thiazide", "sglt2 inhibitor", "cardiac glycoside"},
		Drugs:   []string{"sacubitril", "spironolactone", "eplerenone", "finerenone", "furosemide", "torsemide", "bumetanide", "hydralazine", "isosorbide dinitrate", "ivabradine", "digoxin", "potassium chloride", "metolazone", "vericiguat", "empagliflozin", "dapagliflozin"}},
	{ID: "atrial-fibrillation", Title: "Atrial fibrillation", ICD: []string{"I48"}, SNOMED: []string{"49436004", "282825002", "440059007", "440028005", "5370000", "195080001"},
		Series:  []wanted{qPulse, qINR, qPressure, qCreatinine, qGFR, qHb, qPotassium, qTSH, qDigoxin},
		Classes: []string{"anticoagulant", "direct oral anticoagulant", "beta blocker", "non-dihydropyridine calcium blocker", "cardiac glycoside"},
		Drugs:   []string{"warfarin", "amiodarone", "dronedarone", "flecainide", "propafenone", "sotalol", "dofetilide", "digoxin", "apixaban", "rivaroxaban", "dabigatran", "edoxaban"}},
	{ID: "anticoagulation", Title: "Clots and anticoagulation", ICD: []string{"I26", "I82", "I80", "D68", "Z7901", "Z86711", "Z86718"}, SNOMED: []string{"128053003", "59282003", "132281000119108", "711150003"},
		Series: []wanted{qINR, qHb, qPlatelets, qCreatinine, qGFR, qALT, qAlbumin}, Classes: []string{"anticoagulant", "direct oral anticoagulant", "heparin", "antiplatelet", "nsaid"},
		Drugs: []string{"warfarin", "apixaban", "rivaroxaban", "dabigatran", "edoxaban", "enoxaparin", "aspirin", "clopidogrel", "amiodarone"}},
	{ID: "coronary", Title: "Coronary disease", ICD: []string{"I20", "I21", "I22", "I24", "I25", "Z951", "Z955"}, SNOMED: []string{"53741008", "414545008", "22298006", "399211009", "194828000", "401303003", "401314000"},
		Series: []wanted{qLDL, qPressure, qPulse, qA1c, qHDL, qTrig, qHb, qEF}, Classes: []string{"statin", "antiplatelet", "beta blocker", "nitrate", "ace inhibitor", "arb", "dihydropyridine calcium blocker"},
		Drugs: []string{"aspirin", "clopidogrel", "ticagrelor", "prasugrel", "ezetimibe", "ranolazine", "evolocumab", "alirocumab", "atorvastatin", "rosuvastatin"}},
	{ID: "lipids", Title: "Lipids", ICD: []string{"E78"}, SNOMED: []string{"55822004", "13644009", "267432004", "302870006", "398036000", "370992007"},
		Series: []wanted{qLDL, qHDL, qTotalChol, qTrig, qNonHDL, qALT, qA1c, qWeight}, Classes: []string{"statin", "fibrate"},
		Drugs: []string{"atorvastatin", "rosuvastatin", "simvastatin", "pravastatin", "lovastatin", "fluvastatin", "pitavastatin", "ezetimibe", "fenofibrate", "gemfibrozil", "niacin", "evolocumab", "alirocumab", "bempedoic acid", "icosapent ethyl", "colesevelam"}},
	{ID: "thyroid", Title: "Thyroid", ICD: []string{"E00", "E01", "E02", "E03", "E04", "E05", "E06", "E07", "E890", "C73"}, SNOMED: []string{"40930008", "34486009", "353295004", "21983002", "14304000", "237495005", "3716002"},
		Series: []wanted{qTSH, qT4, qT3, qPulse, qWeight, qTotalChol}, Drugs: []string{"levothyroxine", "liothyronine", "methimazole", "propylthiouracil", "propranolol", "amiodarone", "lithium"}},
	{ID: "airways", Title: "Asthma and COPD", ICD: []string{"J40", "J41", "J42", "J43", "J44", "J45"}, SNOMED: []string{"195967001", "13645005", "233678006", "87433001", "63480004", "195951007", "389145006"},
		Series: []wanted{qOxygen, qFEV1, qRatio, qPeakFlow, qACT, qEos, qPulse, qWeight}, Classes: []string{"long-acting beta agonist", "long-acting muscarinic antagonist", "short-acting beta agonist", "corticosteroid", "beta blocker"},
		Drugs: []string{"albuterol", "levalbuterol", "ipratropium", "tiotropium", "umeclidinium", "salmeterol", "formoterol", "vilanterol", "fluticasone", "budesonide", "mometasone", "beclomethasone", "montelukast", "roflumilast", "theophylline", "prednisone", "omalizumab", "dupilumab"}},
	{ID: "depression", Title: "Depression", ICD: []string{"F32", "F33", "F341", "F53"}, SNOMED: []string{"35489007", "370143000", "66344007", "36923009", "78667006", "58703003"},
		Series: []wanted{qPHQ9, qPHQ2, qGAD7, qWeight, qSodium, qTSH}, Classes: moodClasses, Drugs: []string{"bupropion", "mirtazapine", "trazodone", "lithium", "aripiprazole", "quetiapine", "esketamine"}},
	{ID: "anxiety", Title: "Anxiety", ICD: []string{"F40", "F41", "F42", "F43"}, SNOMED: []string{"197480006", "21897009", "371631005", "47505003", "48694002"},
		Series: []wanted{qGAD7, qPHQ9, qPulse, qTSH}, Classes: append([]string{"benzodiazepine"}, moodClasses...), Drugs: []string{"buspirone", "hydroxyzine", "propranolol", "pregabalin"}},
	{ID: "bipolar", Title: "Bipolar disorder and lithium", ICD: []string{"F30", "F31"}, SNOMED: []string{"13746004", "371596008", "371599001"},
		Series: []wanted{qLithium, qValproate, qCreatinine, qGFR, qTSH, qCalcium, qWeight, qGlucose, qPHQ9}, Classes: []string{"antipsychotic"}, Drugs: []string{"lithium", "valproate", "lamotrigine", "carbamazepine", "quetiapine", "olanzapine", "lurasidone"}},
	{ID: "pregnancy", Title: "Pregnancy", ICD: []string{"O", "Z33", "Z34", "Z3A"}, SNOMED: []string{"77386006", "72892002", "47200007", "398254007", "11687002", "48194001"},
		Series: []wanted{qPressure, qWeight, qFundal, qFetalHeart, qHb, qPlatelets, qOGTT, qGlucose, qProteinU, qTSH}, Classes: []string{"insulin", "iron salt"},
		Drugs: []string{"labetalol", "nifedipine", "methyldopa", "aspirin", "metformin", "folic acid", "levothyroxine", "doxylamine"}},
	{ID: "anaemia", Title: "Anaemia", ICD: []string{"D50", "D51", "D52", "D53", "D55", "D56", "D57", "D58", "D59", "D60", "D61", "D62", "D63", "D64"}, SNOMED: []string{"271737000", "87522002", "84027009", "190634004", "191268006", "234347009"},
		Series: []wanted{qHb, qHct, qMCV, qFerritin, qTSat, qB12, qFolate, qRetic, qPlatelets, qGFR}, Classes: []string{"iron salt", "anticoagulant", "nsaid", "antiplatelet"},
		Drugs: []string{"ferrous sulfate", "iron sucrose", "cyanocobalamin", "folic acid", "epoetin alfa", "darbepoetin alfa", "warfarin", "aspirin", "ibuprofen"}},
	{ID: "gout", Title: "Gout", ICD: []string{"M10", "M1A"}, SNOMED: []string{"90560007", "48440001", "190828008"},
		Series: []wanted{qUrate, qGFR, qCreatinine, qALT, qWeight, qWhite}, Classes: []string{"nsaid", "thiazide", "loop diuretic"}, Drugs: []string{"allopurinol", "febuxostat", "colchicine", "probenecid", "pegloticase", "prednisone", "furosemide", "hydrochlorothiazide", "losartan"}},
	{ID: "liver", Title: "Liver disease", ICD: []string{"K70", "K71", "K72", "K73", "K74", "K75", "K76", "K77", "B18", "B19"}, SNOMED: []string{"19943007", "197321007", "128302006", "61977001", "235856003", "328383001", "442685003"},
		Series: []wanted{qALT, qAST, qALP, qGGT, qBilirubin, qAlbumin, qINR, qPlatelets, qSodium, qAFP, qWeight},
		Drugs:  []string{"spironolactone", "furosemide", "lactulose", "rifaximin", "nadolol", "propranolol", "carvedilol", "entecavir", "tenofovir", "ursodiol", "sofosbuvir", "acetaminophen", "methotrexate"}},
	{ID: "weight", Title: "Weight", ICD: []string{"E66", "Z683", "Z684", "R634", "R635"}, SNOMED: []string{"414916001", "238136002", "162864005", "414915002", "408512008", "89362005"},
		Series: []wanted{qWeight, qBMI, qPressure, qA1c, qGlucose, qLDL, qTrig, qALT}, Classes: []string{"glp-1 agonist", "antipsychotic", "corticosteroid", "insulin"},
		Drugs: []string{"semaglutide", "liraglutide", "tirzepatide", "phentermine", "topiramate", "naltrexone", "bupropion", "orlistat", "mirtazapine"}},
	{ID: "bone", Title: "Osteoporosis", ICD: []string{"M80", "M81", "M85"}, SNOMED: []string{"64859006", "312894000"},
		Series: []wanted{qDensity, qVitD, qCalcium, qPTH, qPhosphate, qGFR, qALP}, Classes: []string{"bisphosphonate", "corticosteroid", "calcium salt"}, Drugs: []string{"denosumab", "teriparatide", "raloxifene", "ergocalciferol", "cholecalciferol", "alendronate", "zoledronate"}},
	{ID: "arthritis", Title: "Inflammatory arthritis", ICD: []string{"M05", "M06", "M07", "M45", "L405", "M32"}, SNOMED: []string{"69896004", "33339001", "9631008", "55464009"},
		Series: []wanted{qCRP, qESR, qPain, qHb, qWhite, qPlatelets, qALT, qGFR}, Classes: []string{"corticosteroid", "nsaid", "immunosuppressant"},
		Drugs: []string{"methotrexate", "hydroxychloroquine", "sulfasalazine", "leflunomide", "adalimumab", "etanercept", "infliximab", "rituximab", "tofacitinib", "prednisone", "folic acid"}},
	{ID: "prostate", Title: "Prostate", ICD: []string{"N40", "C61", "R972", "N41"}, SNOMED: []string{"266569009", "399068003", "254900004", "396152005"},
		Series: []wanted{qPSA, qCreatinine, qGFR, qPressure, qHb, qALP}, Classes: []string{"alpha blocker", "bladder antimuscarinic", "anticholinergic"},
		Drugs: []string{"tamsulosin", "alfuzosin", "doxazosin", "terazosin", "silodosin", "finasteride", "dutasteride", "leuprolide", "bicalutamide", "abiraterone", "enzalutamide", "tadalafil", "mirabegron"}},
	{ID: "hiv", Title: "HIV", ICD: []string{"B20", "Z21", "B97"}, SNOMED: []string{"86406008", "165816005", "62479008"},
		Series: []wanted{qViralLoad, qCD4, qGFR, qCreatinine, qALT, qLDL, qGlucose, qWeight}, Classes: []string{"hiv protease inhibitor"},
		Drugs: []string{"bictegravir", "dolutegravir", "emtricitabine", "tenofovir", "lamivudine", "abacavir", "efavirenz", "rilpivirine", "darunavir", "raltegravir"}},
}

var (
	pressureClasses = []string{"ace inhibitor", "arb", "beta blocker", "dihydropyridine calcium blocker", "non-dihydropyridine calcium blocker", "thiazide", "loop diuretic", "alpha blocker", "alpha-2 agonist", "nsaid"}
	pressureDrugs   = []string{"hydrochlorothiazide", "chlorthalidone", "indapamide", "spironolactone", "eplerenone", "amlodipine", "nifedipine", "hydralazine", "clonidine", "methyldopa", "minoxidil", "lisinopril", "losartan", "valsartan"}
	moodClasses     = []string{"ssri", "snri", "tricyclic antidepressant", "mao inhibitor", "other serotonergic antidepressant"}
)
