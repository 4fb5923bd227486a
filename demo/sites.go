package demo

import "strconv"

// Site is one provider organisation of the demonstration network. Node numbers the process that hosts it, from 1; sites
// that share a node are as separate as the others.
type Site struct {
	Slug, Name, Badge, State, Zone, Kind string
	Node                                 int
}

// Sites lists the network. The order gives each its number and so its badge colour: the sites that most people share
// come first, so that their colours differ.
func Sites() []Site {
	const ohio, michigan = "America/New_York", "America/Detroit"
	return []Site{
		{"maple", "Maple Street Family Practice", "MS", "OH", ohio, "family practice", 1},
		{"riverside", "Riverside General Hospital", "RG", "OH", ohio, "hospital with emergency room, laboratory and radiology", 2},
		{"lakeside", "Lakeside Cardiology", "LC", "MI", michigan, "cardiology practice", 4},
		{"greatlakes", "Great Lakes Imaging", "GI", "MI", michigan, "imaging centre", 4},
		{"corner", "Corner Pharmacy", "CP", "OH", ohio, "pharmacy", 3},
		{"buckeye", "Buckeye Pediatrics", "BP", "OH", ohio, "pediatric practice", 1},
		{"newleaf", "New Leaf Recovery", "NL", "OH", ohio, "substance use disorder programme (42 CFR Part 2)", 2},
	}
}

func siteOf(slug string) Site {
	for _, s := range Sites() {
		if s.Slug == slug {
			return s
		}
	}
	panic("demo: no site " + slug)
}

func siteName(slug string) string { return siteOf(slug).Name }

// clinician is somebody who writes at a site.
type clinician struct{ id, prefix, given, family, degree, specialty string }

func (k clinician) name() string { return k.given + " " + k.family + ", " + k.degree }

// place is a Location of a site; class is the encounter class that happens there (AMB is the site's ordinary place).
type place struct{ id, name, class string }

type directory struct {
	street, city, zip, phone, kind string // kind: organization-type code
	clinicians                     []clinician
	places                         []place
	rooms                          int // examination rooms that a visit is given
}

var directories = map[string]directory{
	"maple": {"214 Maple Street", "Columbus", "43215", "+1-614-555-0110", "prov", []clinician{
		{"okonkwo", "Dr.", "Lena", "Okonkwo", "MD", "Family medicine"},
		{"reyes", "", "Tomás", "Reyes", "RN", "Nursing"},
	}, []place{{"rooms", "Examination rooms", "AMB"}}, 3},
	"buckeye": {"88 Buckeye Lane", "Columbus", "43201", "+1-614-555-0125", "prov", []clinician{
		{"abrams", "Dr.", "Ruth", "Abrams", "MD", "Pediatrics"},
		{"tran", "", "Kim", "Tran", "RN", "Nursing"},
	}, []place{{"rooms", "Examination rooms", "AMB"}}, 3},
	"riverside": {"1 Riverside Drive", "Columbus", "43221", "+1-614-555-0150", "prov", []clinician{
		{"berger", "Dr.", "Hannah", "Berger", "MD", "Emergency medicine"},
		{"osei", "Dr.", "Kwame", "Osei", "MD", "Hospital medicine"},
		{"raman", "Dr.", "Priya", "Raman", "MD", "Diagnostic radiology"},
		{"ibarra", "Dr.", "Lucía", "Ibarra", "MD", "Obstetrics and gynecology"},
		{"hart", "Dr.", "Elliot", "Hart", "MD", "Gastroenterology"},
		{"delacroix", "", "Marie", "Delacroix", "RN", "Emergency nursing"},
		{"lang", "", "Sofia", "Lang", "MLS", "Medical laboratory science"},
	}, []place{{"clinic", "Outpatient clinic", "AMB"}, {"er", "Emergency room", "EMER"}, {"ward", "Medical ward 4 East", "IMP"}, {"lab", "Laboratory", ""}, {"radiology", "Radiology", ""}}, 0},
	"newleaf": {"930 Cedar Avenue", "Columbus", "43205", "+1-614-555-0177", "prov", []clinician{
		{"moreau", "Dr.", "Claire", "Moreau", "MD", "Addiction medicine"},
		{"whitaker", "", "Ben", "Whitaker", "LCDC III", "Chemical dependency counseling"},
	}, []place{{"clinic", "Clinic", "AMB"}}, 0},
	"corner": {"2 Market Corner", "Columbus", "43215", "+1-614-555-0133", "prov", []clinician{
		{"patel", "", "Anil", "Patel", "PharmD", "Pharmacy"},
	}, []place{{"counter", "Dispensary", "AMB"}}, 0},
	"lakeside": {"4100 Lake Shore Drive", "Toledo Point", "48133", "+1-734-555-0142", "prov", []clinician{
		{"feld", "Dr.", "Aaron", "Feld", "MD", "Cardiology"},
		{"sorensen", "", "Nils", "Sørensen", "RN", "Anticoagulation nursing"},
	}, []place{{"clinic", "Clinic", "AMB"}}, 0},
	"greatlakes": {"77 Harbor Road", "Monroe", "48161", "+1-734-555-0188", "prov", []clinician{
		{"chen", "Dr.", "Wei", "Chen", "MD", "Diagnostic radiology"},
		{"ruiz", "", "Dana", "Ruiz", "RT(R)", "Radiologic technology"},
	}, []place{{"scanners", "Imaging suite", "AMB"}}, 0},
}

func practitionerName(site, id string) string {
	for _, k := range directories[site].clinicians {
		if k.id == id {
			return k.name()
		}
	}
	panic("demo: no practitioner " + id + " at " + site)
}

// placeOf is the id, within a site, of the location where encounters of a class happen.
func placeOf(site, class string) string {
	places := directories[site].places
	for _, p := range places {
		if p.class == class {
			return p.id
		}
	}
	return places[0].id
}

// fill writes the site's directory: the Organization, its Locations, Practitioners and their roles.
func (d directory) fill(c *chart) {
	slug := c.site.Slug
	address := object{"use": "work", "line": list{d.street}, "city": d.city, "state": c.site.State, "postalCode": d.zip, "country": "US"}
	phone := object{"system": "phone", "value": d.phone, "use": "work"}
	organization := object{"system": SiteSystem, "value": slug}
	c.put("Organization", slug, object{
		"active":     true,
		"identifier": list{organization},
		"type":       list{concept(c.site.Kind, code{hl7 + "organization-type", d.kind, "Healthcare Provider"})},
		"name":       c.site.Name,
		"alias":      list{c.site.Badge},
		"telecom":    list{object{"system": "phone", "value": d.phone}},
		"address":    list{object{"type": "both", "line": list{d.street}, "city": d.city, "state": c.site.State, "postalCode": d.zip, "country": "US"}},
	})
	for _, p := range d.places {
		c.put("Location", slug+"-"+p.id, object{
			"status":               "active",
			"name":                 c.site.Name + ", " + p.name,
			"description":          p.name,
			"mode":                 "instance",
			"telecom":              list{phone},
			"address":              address,
			"managingOrganization": c.org(),
		})
	}
	for n := 1; n <= d.rooms; n++ {
		c.put("Location", slug+"-room-"+strconv.Itoa(n), object{
			"status":               "active",
			"name":                 "Room " + strconv.Itoa(n),
			"mode":                 "instance",
			"physicalType":         concept("Room", code{hl7 + "location-physical-type", "ro", "Room"}),
			"partOf":               ref("Location/" + slug + "-" + d.places[0].id),
			"managingOrganization": c.org(),
		})
	}
	for _, k := range d.clinicians {
		name := object{"use": "official", "family": k.family, "given": list{k.given}, "suffix": list{k.degree}, "text": k.name()}
		if k.prefix != "" {
			name["prefix"] = list{k.prefix}
		}
		c.put("Practitioner", k.id, object{
			"active":        true,
			"identifier":    list{object{"system": "https://" + slug + ".example/staff", "value": k.id}},
			"name":          list{name},
			"telecom":       list{phone},
			"qualification": list{object{"code": concept(k.degree)}},
		})
		c.put("PractitionerRole", k.id, object{
			"active": true,
			// Every day, so that the schedule of today makes sense whenever the demonstration starts.
			"availableTime": list{object{"daysOfWeek": list{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "availableStartTime": "08:00:00", "availableEndTime": "20:00:00"}},
			"practitioner":  refNamed("Practitioner/"+k.id, k.name()),
			"organization":  c.org(),
			"specialty":     list{concept(k.specialty)},
			"location":      refs("Location/" + slug + "-" + d.places[0].id),
		})
	}
}
