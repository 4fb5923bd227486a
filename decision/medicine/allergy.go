package medicine

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"wholechart/chart"
	"wholechart/decision/rule"
	"wholechart/decision/substance"
	"wholechart/fhir"
)

const khan = "Khan DA et al., Drug allergy: a 2022 practice parameter update, J Allergy Clin Immunol 2022;150:1333-1393"
const khanURL = "https://doi.org/10.1016/j.jaci.2022.08.028"

// likeness is a rule about what an allergy to one group says of another.
type likeness struct {
	rule     rule.Rule
	from, to string     // classes; the same for a class that stands for itself
	severe   rule.Level // when the reaction was severe; 0: as usual
	usual    rule.Level // otherwise
	only     []string   // reactions for which the rule speaks; nil: all
	why, do  string
}

func allergyRule(id, title string, l rule.Level, cite string) rule.Rule {
	r := rule.Rule{ID: id, Kind: rule.Allergy, Title: title, Version: "1", Date: dateOf(cite), Citation: cite, Level: l}
	if cite == khan {
		r.URL = khanURL
	}
	return r
}

var angioedema = []string{"angioedema", "swelling", "lip", "tongue", "throat", "face"}

// likenesses are asked in order; the first that fits speaks.
var likenesses = loudest([]likeness{
	{rule: allergyRule("allergy-penicillin", "Allergy to a penicillin, and a penicillin", rule.Interrupt, khan), from: "penicillin", to: "penicillin",
		why: "All penicillins share the ring that most reactions are to.", do: "Choose another antibiotic; nine of ten labels of penicillin allergy are wrong, so think of testing later."},
	{rule: allergyRule("allergy-side-chain", "Allergy to a penicillin or cephalosporin with the same side chain", rule.Interrupt, khan), from: "side chain of aminopenicillins", to: "side chain of aminopenicillins",
		why: "Amoxicillin, ampicillin, cephalexin, cefaclor, cefadroxil and cefprozil share a side chain.", do: "Choose a cephalosporin with another side chain, such as cefazolin, or another antibiotic."},
	{rule: allergyRule("allergy-methoxyimino", "Allergy to a cephalosporin with the same side chain", rule.Interrupt, khan), from: "methoxyimino side chain", to: "methoxyimino side chain",
		why: "These cephalosporins share a side chain.", do: "Choose a cephalosporin with another side chain, or another antibiotic."},
	{rule: allergyRule("allergy-ceftazidime-aztreonam", "Ceftazidime and aztreonam share a side chain", rule.Interrupt, khan), from: "aminothiazolyl carboxy side chain", to: "aminothiazolyl carboxy side chain",
		why: "They share a side chain.", do: "Choose another antibiotic."},
	{rule: allergyRule("allergy-penicillin-cephalosporin-like", "Penicillin allergy, and a cephalosporin with an aminopenicillin's side chain", rule.Notice, khan), from: "penicillin", to: "side chain of aminopenicillins", severe: rule.Notice,
		why: "When the penicillin was amoxicillin or ampicillin, this cephalosporin shares its side chain.", do: "Ask which penicillin it was; cefazolin and others with another side chain are safer."},
	{rule: allergyRule("allergy-penicillin-cefoxitin", "Penicillin allergy, and cefoxitin", rule.Notice, "Medical Letter on Drugs and Therapeutics 2012;54(1406):101"), from: "penicillin", to: "cefoxitin", severe: rule.Notice,
		why: "When the penicillin was penicillin G, cefoxitin has a side chain like it.", do: "Ask which penicillin it was; cefazolin and others with another side chain are safer."},
	{rule: allergyRule("allergy-penicillin-cephalosporin", "Penicillin allergy, and a cephalosporin with another side chain", rule.Quiet, khan), from: "penicillin", to: "cephalosporin",
		why: "Cross-reaction is below 2 % when side chains differ.", do: "May be given; watch the first dose when the reaction was severe."},
	{rule: allergyRule("allergy-cephalosporin-cephalosporin", "Cephalosporin allergy, and another with a different side chain", rule.Notice, khan), from: "cephalosporin", to: "cephalosporin",
		why: "Most reactions are to the side chain, which differs here.", do: "May be given after weighing the reaction."},
	{rule: allergyRule("allergy-cephalosporin-penicillin", "Cephalosporin allergy, and a penicillin", rule.Quiet, khan), from: "cephalosporin", to: "penicillin",
		why: "Most reactions are to the cephalosporin's side chain.", do: "May be given when the side chains differ."},
	{rule: allergyRule("allergy-penicillin-carbapenem", "Penicillin or cephalosporin allergy, and a carbapenem", rule.Quiet, khan), from: "penicillin", to: "carbapenem",
		why: "Cross-reaction is below 1 %.", do: "May be given."},
	{rule: allergyRule("allergy-sulfonamide", "Allergy to a sulfonamide antibiotic, and another", rule.Interrupt, khan), from: "sulfonamide antibiotic", to: "sulfonamide antibiotic",
		why: "Sulfonamide antibiotics share the part that reactions are to.", do: "Choose another antibiotic."},
	{rule: allergyRule("allergy-sulfonamide-other", "Sulfonamide antibiotic allergy, and a sulfonamide that is none", rule.Quiet, "Strom BL et al., N Engl J Med 2003;349:1628-1635"), from: "sulfonamide antibiotic", to: "sulfonamide non-antibiotic",
		why: "The part that reactions are to is missing in diuretics, sulfonylureas and celecoxib.", do: "May be given."},
	{rule: allergyRule("allergy-cox1", "Reaction to aspirin or an NSAID, and another", rule.Notice, khan), from: "cox-1 inhibitor", to: "cox-1 inhibitor", severe: rule.Interrupt,
		why: "Wheezing, hives and swelling after one come from blocking COX-1, which all of these do.", do: "Acetaminophen, or celecoxib after weighing the reaction."},
	{rule: allergyRule("allergy-cox2", "Reaction to aspirin or an NSAID, and a COX-2 selective one", rule.Quiet, khan), from: "cox-1 inhibitor", to: "cox-2 selective", severe: rule.Notice,
		why: "About four of five who react to aspirin or NSAIDs tolerate it; more of them celecoxib than meloxicam.", do: "Celecoxib first; the first dose where a reaction can be treated when it was severe."},
	{rule: allergyRule("allergy-opioid-phenanthrene", "Reaction to morphine, codeine or like, and another of them", rule.Notice, khan), from: "phenanthrene opioid", to: "phenanthrene opioid", severe: rule.Interrupt,
		why: "Morphine-like opioids share their structure; itching and flushing come from histamine and are no allergy.", do: "Fentanyl or methadone differ in structure; ask what the reaction was."},
	{rule: allergyRule("allergy-opioid-piperidine", "Reaction to fentanyl or meperidine, and another of them", rule.Notice, khan), from: "phenylpiperidine opioid", to: "phenylpiperidine opioid", severe: rule.Interrupt,
		why: "They share their structure.", do: "Morphine or hydromorphone differ in structure; ask what the reaction was."},
	{rule: allergyRule("allergy-local-ester", "Allergy to an ester local anaesthetic, and another", rule.Interrupt, khan), from: "local anaesthetic ester", to: "local anaesthetic ester",
		why: "Esters are split into the same acid.", do: "An amide such as lidocaine may be given."},
	{rule: allergyRule("allergy-local-amide", "Allergy to an amide local anaesthetic, and another", rule.Notice, khan), from: "local anaesthetic amide", to: "local anaesthetic amide",
		why: "True allergy is rare; amides seldom cross-react, preservatives do.", do: "Test, or use one without preservative."},
	{rule: allergyRule("allergy-ace", "Angioedema with an ACE inhibitor, and another", rule.Interrupt, "FDA labels of ACE inhibitors, section 4 (history of angioedema)"), from: "ace inhibitor", to: "ace inhibitor",
		why: "Swelling and cough come from bradykinin, with every ACE inhibitor.", do: "An ARB after weighing the reaction."},
	{rule: allergyRule("allergy-ace-sacubitril", "Angioedema with an ACE inhibitor or ARB, and sacubitril", rule.Interrupt, "FDA label of Entresto, section 4"), from: "renin-angiotensin blocker", to: "sacubitril", only: angioedema,
		why: "Sacubitril keeps bradykinin too.", do: "Do not give."},
	{rule: allergyRule("allergy-ace-arb", "Angioedema with an ACE inhibitor, and an ARB", rule.Quiet, "Toh S et al., Arch Intern Med 2012;172:1582-1589"), from: "ace inhibitor", to: "arb", only: angioedema,
		why: "Few who swelled with an ACE inhibitor swell with an ARB.", do: "May be given; tell the signs."},
	{rule: allergyRule("allergy-anticonvulsant", "Reaction to an aromatic anticonvulsant, and another", rule.Notice, "FDA labels of Tegretol and Dilantin, section 5; Can J Neurol Sci 1997;24:245-249; Alvestad S et al., Epilepsy Res 2008;80:194-200"), from: "aromatic anticonvulsant", to: "aromatic anticonvulsant", severe: rule.Interrupt,
		why: "A third to a half of those with a rash from one have one from another too.", do: "Levetiracetam or valproate differ in structure."},
	{rule: allergyRule("allergy-anticonvulsant-lamotrigine", "Reaction to an aromatic anticonvulsant, and lamotrigine", rule.Notice, "FDA label of Lamictal, section 5; Alvestad S et al., Epilepsy Res 2008;80:194-200"), from: "aromatic anticonvulsant", to: "lamotrigine",
		why: "One in six with a rash from another antiepileptic has one from lamotrigine too.", do: "Begin low and raise it no faster than its label says; levetiracetam or valproate differ in structure."},
	{rule: allergyRule("allergy-iodinated", "Reaction to iodinated contrast, and another", rule.Notice, "Wang CL et al., American College of Radiology and American Academy of Allergy, Asthma and Immunology, Radiology 2025;315:e240100"), from: "iodinated contrast", to: "iodinated contrast", severe: rule.Interrupt,
		why: "A reaction to one makes a reaction to another more likely.", do: "Another agent; after a severe reaction premedication by the radiologist too, or another examination."},
	{rule: allergyRule("allergy-gadolinium", "Reaction to gadolinium contrast, and another", rule.Notice, "American College of Radiology, Manual on Contrast Media, 2024"), from: "gadolinium contrast", to: "gadolinium contrast", severe: rule.Interrupt,
		why: "A reaction to one makes a reaction to another more likely.", do: "Another agent and premedication by the radiologist."},
	{rule: allergyRule("allergy-heparin-fondaparinux", "Allergy to a heparin, and fondaparinux", rule.Quiet, "Contact Dermatitis 2011, PubMed 21631519 (fondaparinux in delayed allergy to heparins, systematic review); Cuker A et al., Blood Adv 2018;2:3360-3392"), from: "heparin", to: "fondaparinux", severe: rule.Notice,
		why: "One in ten who react to heparins reacts to fondaparinux; it is a choice after heparin-induced thrombocytopenia.", do: "May be given after weighing the reaction."},
	{rule: allergyRule("allergy-heparin-thrombocytopenia", "Low platelets from a heparin, and another", rule.Interrupt, "Cuker A et al., ASH 2018 guideline for heparin-induced thrombocytopenia, Blood Adv 2018;2:3360-3392"), from: "heparin", to: "heparin", only: []string{"thrombocytop", "low platelet"},
		why: "If antibodies were the cause, every heparin brings clots again.", do: "Fondaparinux, argatroban, bivalirudin or a direct anticoagulant, until antibodies are excluded."},
	classAllergy("macrolide", "FDA labels of Zithromax and Biaxin, section 4", "Labels forbid it after a reaction to any macrolide; some tolerate another.", ""),
	classAllergy("fluoroquinolone", "FDA label of Avelox, section 4; Azimi SF et al., Open Forum Infect Dis 2022;9:ofac106", "One in forty reacts to a second one; labels warn of the class.", ""),
	classAllergy("tetracycline", "FDA label of doxycycline, section Contraindications", "Labels forbid it after a reaction to any tetracycline.", ""),
	classAllergy("aminoglycoside", "FDA label of gentamicin, section Contraindications", "Reactions to one often come with another.", ""),
	classAllergy("carbapenem", "FDA label of Merrem, section 4; Lee Y, Bradley N, Pharmacy 2019;7:110", "Labels forbid it; the few reports show no reaction to a second one.", "Ask what the reaction was; where nothing else will do, another carbapenem with care."),
	classAllergy("nitroimidazole", "FDA labels of Flagyl and Solosec, section Contraindications", "Labels forbid it after a reaction to any nitroimidazole.", ""),
	classAllergy("statin", khan, "", ""), classAllergy("azole antifungal", "Pinto A, Chan RC, Antimicrob Agents Chemother 2009;53:1715-1716; Copaescu AM et al., Curr Opin Infect Dis 2021", "Most who reacted to one take another without harm.", "Ask what the reaction was; when it was severe, ask an allergist first."),
	classAllergy("heparin", "FDA label of Lovenox, section 4", "Heparins often cross-react.", "Ask what the reaction was; fondaparinux cross-reacts seldom."),
	classAllergy("proton pump inhibitor", "FDA label of Prilosec, section 4 (substituted benzimidazoles); Int Arch Allergy Immunol 2019;178:159", "Omeprazole, esomeprazole and pantoprazole often cross-react; lansoprazole and rabeprazole less.", "An H2 blocker, or testing by an allergist."),
	classAllergy("triptan", khan, "", ""),
	classAllergy("benzodiazepine", "FDA labels of benzodiazepines, section Contraindications", "Labels forbid it after a reaction to any benzodiazepine; solvents and structure differ.", ""),
})

// loudest gives each rule the loudest level that its cards may have.
func loudest(list []likeness) []likeness {
	for i := range list {
		k := &list[i]
		k.usual = k.rule.Level
		k.rule.Level = max(k.usual, k.severe)
	}
	return list
}

// classAllergy is about another member of the class; why and do are said in
// general where they are empty.
func classAllergy(class, cite, why, do string) likeness {
	return likeness{rule: allergyRule("allergy-"+strings.ReplaceAll(class, " ", "-"), "Allergy to one and another "+class, rule.Notice, cite), from: class, to: class, severe: rule.Interrupt,
		why: cmp.Or(why, "Members of a class may share what the reaction was to."), do: cmp.Or(do, "Ask what the reaction was; choose another class when it was severe.")}
}

var direct = allergyRule("allergy-direct", "Allergy to the medicine itself", rule.Interrupt, khan)

var allergyRules = sync.OnceValue(func() []*rule.Rule {
	direct.Text = "what the allergy names is in the medicine | " + direct.Level.String()
	direct.Hold()
	out := []*rule.Rule{&direct}
	for i := range likenesses {
		l := &likenesses[i]
		l.rule.Text = strings.Join([]string{l.from, l.to, l.severe.String(), l.usual.String(), strings.Join(l.only, ", "), l.why, l.do, l.rule.Citation}, " | ")
		l.rule.Hold()
		out = append(out, &l.rule)
	}
	return out
})

// groups are words of allergies that mean a class.
var groups = map[string]string{
	"penicillin": "penicillin", "penicillins": "penicillin", "penicillin antibiotic": "penicillin", "pcn": "penicillin", "penicillin g": "penicillin", "cephalosporin": "cephalosporin", "cephalosporins": "cephalosporin",
	"sulfa": "sulfonamide antibiotic", "sulfa drug": "sulfonamide antibiotic", "sulfa drugs": "sulfonamide antibiotic", "sulfa antibiotics": "sulfonamide antibiotic", "sulfonamide": "sulfonamide antibiotic",
	"sulfonamides": "sulfonamide antibiotic", "sulphonamide": "sulfonamide antibiotic", "sulfonamide antibiotic": "sulfonamide antibiotic", "sulfonamide antibiotics": "sulfonamide antibiotic",
	"nsaid": "cox-1 inhibitor", "nsaids": "cox-1 inhibitor", "nonsteroidal anti-inflammatory drug": "cox-1 inhibitor", "nonsteroidal anti-inflammatory drugs": "cox-1 inhibitor", "non-steroidal anti-inflammatory agent": "cox-1 inhibitor",
	"opioid": "opioid", "opioids": "opioid", "opiates": "phenanthrene opioid", "opiate": "phenanthrene opioid", "narcotics": "opioid", "macrolide": "macrolide", "macrolides": "macrolide", "quinolone": "fluoroquinolone", "quinolones": "fluoroquinolone",
	"fluoroquinolone": "fluoroquinolone", "fluoroquinolones": "fluoroquinolone", "tetracyclines": "tetracycline", "statin": "statin", "statins": "statin", "hmg-coa reductase inhibitors": "statin", "ace inhibitor": "ace inhibitor",
	"ace inhibitors": "ace inhibitor", "angiotensin-converting enzyme inhibitor": "ace inhibitor", "angiotensin converting enzyme inhibitors": "ace inhibitor", "arb": "arb", "arbs": "arb", "aminoglycosides": "aminoglycoside", "carbapenems": "carbapenem",
	"iodinated contrast": "iodinated contrast", "iodinated contrast media": "iodinated contrast", "iodinated contrast medium": "iodinated contrast", "iodine contrast": "iodinated contrast", "contrast": "iodinated contrast", "contrast media": "iodinated contrast",
	"contrast dye": "iodinated contrast", "iv contrast": "iodinated contrast", "radiocontrast": "iodinated contrast", "x-ray contrast": "iodinated contrast", "iodine-containing contrast media": "iodinated contrast", "iodine containing x-ray contrast media": "iodinated contrast",
	"gadolinium": "gadolinium contrast", "gadolinium contrast": "gadolinium contrast", "benzodiazepines": "benzodiazepine", "local anesthetics": "local anaesthetic amide", "caine anesthetics": "local anaesthetic ester", "beta lactams": "penicillin", "beta-lactams": "penicillin",
	"proton pump inhibitors": "proton pump inhibitor", "triptans": "triptan", "azole antifungals": "azole antifungal",
}

// noMedicine are words of allergies that are not to medicines, for sources that
// give no category.
var noMedicine = strings.Fields(`latex peanut peanuts nut nuts walnut almond egg eggs milk dairy lactose soy soya wheat gluten shellfish shrimp fish seafood strawberry strawberries
 pollen grass ragweed tree mold mould mite mites dander cat cats dog dogs animal bee wasp venom insect insects sting nickel adhesive tape perfume food bean beans tomato kiwi banana avocado chocolate`)

// allergen is an allergy and what it is to.
type allergen struct {
	*chart.Allergy
	to      []substance.Substance
	classes []string
}

var lead = []string{"allergy to ", "allergic to ", "allergic reaction to ", "intolerance to ", "hypersensitivity to ", "propensity to adverse reactions to ", "adverse reaction to "}
var tail = []string{" allergy", " (disorder)", " (finding)", " (substance)", " (product)", " intolerance", " hypersensitivity", " adverse reaction", " antibiotics"}

// allergens reads the allergies that are in force; unknown are those that may
// be to a medicine and were not recognised.
func allergens(c *chart.Chart) (list []allergen, unknown []string) {
	if c == nil {
		return nil, nil
	}
	for i := range c.Allergies.Items {
		a := &c.Allergies.Items[i]
		if a.Clinical == "inactive" || a.Clinical == "resolved" || a.Verification == "refuted" || a.Verification == "entered-in-error" {
			continue
		}
		g := allergen{Allergy: a}
		for _, text := range []string{a.Substance, a.Code.Display} {
			text = bareAllergy(text)
			if class, ok := groups[text]; ok {
				g.classes = append(g.classes, class)
				continue
			}
			if r := substance.Read(text, []fhir.Coding{a.Code}); r.Whole {
				g.to = r.Substances
			}
			if len(g.to) > 0 {
				break
			}
		}
		if len(g.to)+len(g.classes) > 0 {
			list = append(list, g)
			continue
		}
		medicine := a.Category == "medication" || a.Category == "biologic" || a.Category == ""
		if medicine && !slices.ContainsFunc(strings.Fields(bareAllergy(a.Substance)), func(w string) bool { return slices.Contains(noMedicine, strings.Trim(w, ",;.")) }) {
			unknown = append(unknown, a.Substance)
		}
	}
	return list, unknown
}

func bareAllergy(s string) string {
	s = strings.Join(strings.Fields(strings.ToLower(s)), " ")
	for range 2 {
		for _, l := range lead {
			s = strings.TrimPrefix(s, l)
		}
		for _, t := range tail {
			if cut := strings.TrimSuffix(s, t); groups[s] == "" {
				s = cut
			}
		}
	}
	return s
}

// allergic adds the cards of medicines that a person is allergic to.
func allergic(a *rule.Answer, in rule.Input, drafts, active []item) {
	list, unknown := allergens(in.Chart)
	for _, u := range unknown {
		a.Gaps = append(a.Gaps, rule.Gap{Check: string(rule.Allergy), Why: "the allergy to " + quoted(u) + " could not be recognised"})
	}
	if in.Chart != nil {
		if in.Chart.Allergies.State == chart.NotRecorded && len(in.Chart.Allergies.Items) == 0 {
			a.Gaps = append(a.Gaps, rule.Gap{Check: string(rule.Allergy), Why: "allergies are not recorded, nor that there are none"})
		}
		a.Ran = append(a.Ran, string(rule.Allergy)+": "+count(len(list), "allergy", "allergies")+" to medicines")
	}
	look := drafts
	if len(drafts) == 0 {
		look = active
	}
	for i := range look {
		for j := range list {
			if c, ok := list[j].card(&look[i]); ok {
				a.Cards = append(a.Cards, c)
			}
		}
	}
}

// allergicTo says whether a person has an allergy that speaks loudly against a
// medicine.
func allergicTo(in rule.Input, x *item) bool {
	list, _ := allergens(in.Chart)
	return slices.ContainsFunc(list, func(g allergen) bool { c, ok := g.card(x); return ok && c.Level > rule.Quiet })
}

// of says whether the allergy is to a member of a class.
func (g *allergen) of(class string) bool {
	return slices.Contains(g.classes, class) || substance.Any(g.to, class) || slices.ContainsFunc(g.to, func(s substance.Substance) bool { return s.Name == class })
}

func (g *allergen) card(x *item) (rule.Card, bool) {
	for _, s := range x.Substances {
		named := slices.ContainsFunc(g.classes, s.Is)
		if slices.ContainsFunc(g.to, func(t substance.Substance) bool { return t.Name == s.Name }) || named {
			l := direct.Level
			if g.Type == "intolerance" && !g.Severe {
				l = rule.Notice
			}
			why := "The record lists an allergy to it."
			if g.Type == "intolerance" {
				why = "The record lists an intolerance of it."
			}
			return g.made(x, s, &direct, l, why, "Choose another medicine, or correct the allergy if it is wrong."), true
		}
	}
	for _, s := range x.Substances {
		for i := range likenesses {
			k := &likenesses[i]
			if !g.of(k.from) || !s.Is(k.to) && s.Name != k.to || len(k.only) > 0 && !g.reacted(k.only) {
				continue
			}
			l := k.usual
			if g.Severe && k.severe > 0 {
				l = k.severe
			}
			return g.made(x, s, &k.rule, l, k.why, k.do), true
		}
	}
	return rule.Card{}, false
}

// inSentence writes "Penicillin" small and leaves "NSAIDs".
func inSentence(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

func (g *allergen) reacted(words []string) bool {
	return slices.ContainsFunc(g.Reactions, func(r string) bool {
		r = strings.ToLower(r)
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(r, w) })
	})
}

func (g *allergen) made(x *item, s substance.Substance, r *rule.Rule, l rule.Level, why, do string) rule.Card {
	c := rule.Card{Rule: r, Level: l, Why: why, Do: do, Severity: "moderate"}
	if g.Severe {
		c.Severity = "severe"
	}
	what := "Allergy to "
	if g.Type == "intolerance" {
		what = "Intolerance of "
	}
	text := what + inSentence(g.Substance)
	if len(g.Reactions) > 0 {
		text += ": " + strings.Join(g.Reactions, ", ")
	}
	if g.Severity != "" {
		text += ", " + g.Severity
	}
	if g.Verification == "unconfirmed" || g.Verification == "presumed" {
		text += " (" + g.Verification + ")"
	}
	if x.draft != nil {
		c.Draft = x.draft.ID
		c.Title = x.called() + ": " + strings.ToLower(what) + inSentence(g.Substance) + " is recorded"
		c.Choices = []rule.Choice{{Label: "Take " + x.called() + " away", Drop: true}}
	} else {
		c.Level = min(c.Level, rule.Notice) // taken already
		c.Title = sentence(s.Name) + " is taken; " + strings.ToLower(what) + inSentence(g.Substance) + " is recorded"
	}
	c.Facts = []rule.Evidence{x.evidence(), {Text: text, Prov: g.Prov, When: g.Onset}}
	sortFacts(c.Facts)
	c.Key = keyOf(r, []string{x.key(), strings.ToLower(g.Substance) + "@" + g.Ref() + "/" + strings.Join(g.Reactions, "/") + "/" + g.Severity})
	return c
}
