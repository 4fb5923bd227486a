package demo

import "fmt"

// amara: a child immunised at two practices.
func amara() teller {
	return teller{Person{
		Slug: "amara",
		Name: "Amara Okafor",
		Line: "Four years old, immunised at two practices; neither list is whole.",
		Story: "Amara's family moved when she was two and a half: first Buckeye Pediatrics, now Maple Street. Buckeye gave her first shots; Maple Street went on. Somebody at Maple " +
			"Street gave a hepatitis A dose that Buckeye had given already. Her mother remembers \"all shots\" and a rash after amoxicillin; the rash stands only at Buckeye.",
		LookFor: "The immunisation grid of the whole record: complete for her age but for MMR, varicella, DTaP and polio of the fourth birthday, one hepatitis A too many. Growth curves " +
			"with both practices' points on one line. Allergy to amoxicillin at Buckeye, allergies not recorded at Maple Street.",
	}, map[string]func(*chart){"maple": amaraMaple, "buckeye": amaraBuckeye},
		map[string]string{"maple": "amara-okafor", "buckeye": "okafor-amara-c"}}
}

func amaraAs() person {
	return person{given: []string{"Amara"}, family: "Okafor", born: "2022-08-30", gender: "female", race: "black", ethnicity: "not-hispanic",
		phone: "+1-614-555-0138", street: "1402 Bryden Road", city: "Columbus", state: "OH", zip: "43205", language: "en",
		contact: contact{"Ngozi", "Okafor", "mother", "+1-614-555-0138"}}
}

// Vaccines of childhood, by CVX.
var (
	hepB      = cvx("08", "Hep B, adolescent or pediatric")
	rotavirus = cvx("116", "rotavirus, pentavalent")
	pediarix  = cvx("110", "DTaP-Hep B-IPV")
	dtap      = cvx("20", "DTaP")
	hib       = cvx("48", "Hib (PRP-T)")
	pcv15     = cvx("215", "Pneumococcal conjugate PCV15, polysaccharide CRM197 conjugate, adjuvant, PF")
	mmr       = cvx("03", "MMR")
	varicella = cvx("21", "varicella")
	hepA      = cvx("83", "Hep A, ped/adol, 2 dose")
	flu       = cvx("140", "Influenza, split virus, trivalent, PF")
	fluQuad   = cvx("150", "Influenza, split virus, quadrivalent, PF")
)

// given is one vaccine of a visit: name for its id, number in its series, place on the body.
type given struct {
	name    string
	vaccine object
	dose    int
	site    string
}

// shots writes the vaccines of one visit, each with a lot of this site.
func (c *chart) shots(doses ...given) {
	for i, d := range doses {
		c.shot(d.name, d.vaccine, d.dose, fmt.Sprintf("%s%s%s-%d", c.site.Badge, c.when[2:4], c.when[5:7], i+1), d.site)
	}
}

func amaraBuckeye(c *chart) {
	p := amaraAs()
	p.mrn, p.given, p.gp = "BP-2207", []string{"Amara", "Chidinma"}, "abrams"
	p.street, p.zip = "355 East Fifth Avenue", "43201" // before the move
	p.contact = contact{"Ngozi", "Okafor", "mother", "+1-614-555-0139"}
	c.register(p)
	c.related("mother-ngozi", "NMTH", "natural mother", "Ngozi", "Okafor", "+1-614-555-0139")
	c.on("2022-08-31 09:00", "tran")
	c.shot("hepb", hepB, 1, "BP-HB2208", "RT", object{"primarySource": false, "reportOrigin": concept("Birth hospital's card"), "performer": nil, "location": nil})
	for _, v := range []struct {
		when, reason, vital string
		shots               []given
	}{
		{"2022-09-06 10:00", "Newborn visit", "weight 3.4 length 50.0 head 34.5", nil},
		{"2022-10-31 10:00", "Well child, 2 months", "weight 5.1 length 57.2 head 38.3", []given{{"dtap-hepb-ipv", pediarix, 1, "RT"}, {"hib", hib, 1, "LT"}, {"pcv", pcv15, 1, "LT"}, {"rotavirus", rotavirus, 1, ""}}},
		{"2023-01-03 10:20", "Well child, 4 months", "weight 6.4 length 62.0 head 40.6", []given{{"dtap-hepb-ipv", pediarix, 2, "RT"}, {"hib", hib, 2, "LT"}, {"pcv", pcv15, 2, "LT"}, {"rotavirus", rotavirus, 2, ""}}},
		{"2023-03-06 10:00", "Well child, 6 months", "weight 7.3 length 65.8 head 42.2", []given{{"dtap-hepb-ipv", pediarix, 3, "RT"}, {"hib", hib, 3, "LT"}, {"pcv", pcv15, 3, "LT"}, {"rotavirus", rotavirus, 3, ""}}},
		{"2023-06-05 10:00", "Well child, 9 months", "weight 8.3 length 70.2 head 43.9", nil},
		{"2023-09-05 10:00", "Well child, 12 months", "weight 9.0 length 74.1 head 45.0", []given{{"mmr", mmr, 1, "LT"}, {"varicella", varicella, 1, "RT"}, {"hepa", hepA, 1, "LT"}, {"influenza", fluQuad, 1, "RT"}}},
		{"2023-12-04 10:00", "Well child, 15 months", "weight 9.7 length 77.8 head 45.8", []given{{"hib", hib, 4, "LT"}, {"pcv", pcv15, 4, "RT"}, {"influenza", fluQuad, 2, "LT"}}},
		{"2024-03-08 10:00", "Well child, 18 months", "weight 10.4 length 81.0 head 46.3", []given{{"dtap", dtap, 4, "LT"}, {"hepa", hepA, 2, "RT"}}},
		{"2024-09-03 10:00", "Well child, 2 years", "weight 11.6 height 86.2 head 47.3", nil},
	} {
		c.visit(v.when, "abrams", "AMB", v.reason, 30)
		c.by = "tran"
		c.vital(v.vital)
		c.shots(v.shots...)
	}
	c.on("2024-09-03 10:20", "abrams")
	c.labs("lead 1.2 hgb-child 11.9")
	c.visit("2024-01-16 16:10", "abrams", "AMB", "Ear ache, fever", 20)
	c.vital("temp 39.1 weight 10.0")
	c.problem("otitis", concept("Ear infection, right", snomed("3110003", "Acute otitis media"), icd("H66.91", "Otitis media, unspecified, right ear")), "2024-01-16", diagnosis(), c.resolved("2024-01-26"))
	c.prescribe("amoxicillin", "2024-01-16 16:20", "abrams", 2, "5 mL by mouth twice a day for 10 days", "Ear infection",
		stopped("Rash on the fourth day"), object{"dosageInstruction": list{object{"text": "5 mL by mouth twice a day for 10 days"}}})
	c.on("2024-01-20 11:00", "abrams")
	c.allergy("allergy-amoxicillin", concept("Amoxicillin", snomed("294505008", "Allergy to amoxicillin"), rxnorm("723", "Amoxicillin")), "medication", "low", "2024-01-20", "mild", "Flat pink rash on the belly on the fourth day, no swelling, gone in three days.", rash)
}

func amaraMaple(c *chart) {
	p := amaraAs()
	p.mrn, p.gp, p.member = "009-12-447", "okonkwo", "MHP-6612-0440"
	c.register(p)
	c.related("mother-ngozi", "NMTH", "natural mother", "Ngozi", "Okafor", "+1-614-555-0138")
	for _, v := range []struct {
		when, reason, vital string
		shots               []given
	}{
		{"2025-03-03 15:00", "New patient, 2 and a half years", "weight 12.5 height 90.5", []given{{"hepa", hepA, 1, "LA"}}}, // the dose too many: Buckeye gave two
		{"2025-09-02 15:00", "Well child, 3 years", "weight 13.6 height 94.6 bp 92/54", []given{{"influenza", flu, 1, "LA"}}},
		{"2026-03-09 15:00", "Well child, 3 and a half years", "weight 14.6 height 98.4 bp 94/56", nil},
	} {
		c.visit(v.when, "okonkwo", "AMB", v.reason, 30)
		c.by = "reyes"
		c.vital(v.vital)
		c.shots(v.shots...)
	}
	c.on("2025-03-03 15:20", "okonkwo")
	c.problem("eczema", concept("Eczema", snomed("24079001", "Atopic dermatitis"), icd("L20.9", "Atopic dermatitis, unspecified")), "2023-05")
	c.note("first", progressNote, "First visit", "Moved from the north side. Mother says all shots were given, card lost in the move; records of Buckeye Pediatrics asked for by fax, no answer. Hepatitis A given today because none is written here.")
	c.order("records", "active", concept("Immunisation record from Buckeye Pediatrics"), "Card lost")
	c.on("2026-11-17 12:00", "reyes")
	c.appointment("today", "booked", "slot+40m", 20, "okonkwo", "Well child, 4 years", "vaccines of the fourth birthday")
}
