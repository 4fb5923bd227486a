package demo

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
)

var anchor = time.Date(2026, 11, 22, 15, 24, 0, 0, time.UTC) // 10:24 in Columbus

// network is everything of one anchor: site, then "Type/id", then the resource.
type network map[string]map[string]object

func parse(t *testing.T, at time.Time) network {
	t.Helper()
	n := network{}
	for _, s := range Sites() {
		n[s.Slug] = map[string]object{}
		for _, b := range Bundles(s.Slug, at) {
			var bundle struct {
				ResourceType, Type string
				Entry              []struct {
					Resource object
					Request  struct{ Method, URL string }
				}
			}
			if err := json.Unmarshal(b, &bundle); err != nil {
				t.Fatalf("%s: %v", s.Slug, err)
			}
			if bundle.ResourceType != "Bundle" || bundle.Type != "transaction" || len(bundle.Entry) == 0 {
				t.Fatalf("%s: not a transaction with entries", s.Slug)
			}
			for _, e := range bundle.Entry {
				url := e.Resource["resourceType"].(string) + "/" + e.Resource["id"].(string)
				if e.Request.Method != "PUT" || e.Request.URL != url {
					t.Errorf("%s: entry %s is %s %s", s.Slug, url, e.Request.Method, e.Request.URL)
				}
				if n[s.Slug][url] != nil {
					t.Errorf("%s: %s twice", s.Slug, url)
				}
				n[s.Slug][url] = e.Resource
			}
		}
	}
	return n
}

// walk visits every value below v, with the name of its element.
func walk(v any, name string, visit func(name string, v any)) {
	visit(name, v)
	switch v := v.(type) {
	case object:
		for k, x := range v {
			walk(x, k, visit)
		}
	case list:
		for _, x := range v {
			walk(x, name, visit)
		}
	}
}

func TestIdsAreFHIRIdsAndReferencesResolve(t *testing.T) {
	id := regexp.MustCompile(`^[A-Za-z0-9\-.]{1,64}$`)
	for site, resources := range parse(t, anchor) {
		if len(resources) == 0 {
			t.Errorf("%s is empty", site)
		}
		for url, r := range resources {
			if !id.MatchString(r["id"].(string)) {
				t.Errorf("%s %s: bad id", site, url)
			}
			walk(r, "", func(name string, v any) {
				if s, ok := v.(string); ok && name == "reference" && resources[s] == nil {
					t.Errorf("%s %s refers to %s, which is not there", site, url, s)
				}
			})
		}
	}
}

func TestNothingIsEmptyOrNull(t *testing.T) { // FHIR R4 ele-1; JSON: no empty strings, arrays, objects
	for site, resources := range parse(t, anchor) {
		for url, r := range resources {
			walk(r, "", func(name string, v any) {
				empty := v == nil
				switch v := v.(type) {
				case string:
					empty = strings.TrimSpace(v) == "" || strings.ContainsAny(v, "{}") && !strings.HasPrefix(v, "{") && name == "text"
				case list:
					empty = len(v) == 0
				case object:
					empty = len(v) == 0
				}
				if empty {
					t.Errorf("%s %s: empty or unexpanded %q", site, url, name)
				}
			})
		}
	}
}

func TestTimesAreZonedAndNotInTheFuture(t *testing.T) {
	zoned := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$`)
	for _, at := range []time.Time{anchor, time.Date(2026, 12, 1, 5, 1, 0, 0, time.UTC) /* a minute after midnight in Ohio */, anchor.AddDate(0, 1, 9).Add(11 * time.Hour), anchor.AddDate(3, 5, 0).Add(-9 * time.Hour)} {
		for site, resources := range parse(t, at) {
			for url, r := range resources {
				walk(r, "", func(name string, v any) {
					s, _ := v.(string)
					if !strings.Contains(s, "T") || !strings.HasPrefix(s, "20") && !strings.HasPrefix(s, "19") || len(s) < 19 || s[10] != 'T' {
						return
					}
					if !zoned.MatchString(s) {
						t.Errorf("%s %s: %s = %s without a zone", site, url, name, s)
						return
					}
					moment, err := time.Parse(time.RFC3339, s)
					if err != nil {
						t.Errorf("%s %s: %v", site, url, err)
					}
					if moment.After(at) && !strings.HasPrefix(url, "Appointment/") {
						t.Errorf("%s %s: %s = %s lies after the anchor", site, url, name, s)
					}
				})
			}
		}
	}
}

// dated names, for each type with facts in it, the elements that say who wrote it and when; one of each list is needed.
var authored = map[string][2][]string{
	"Encounter":           {{"participant"}, {"period"}},
	"Condition":           {{"recorder"}, {"recordedDate"}},
	"AllergyIntolerance":  {{"recorder"}, {"recordedDate"}},
	"MedicationRequest":   {{"requester"}, {"authoredOn"}},
	"MedicationDispense":  {{"performer"}, {"whenHandedOver"}},
	"MedicationStatement": {{"informationSource"}, {"dateAsserted"}},
	"Immunization":        {{"performer", "reportOrigin"}, {"occurrenceDateTime"}},
	"Procedure":           {{"performer"}, {"performedDateTime"}},
	"Observation":         {{"performer"}, {"effectiveDateTime"}},
	"DiagnosticReport":    {{"performer"}, {"effectiveDateTime"}},
	"ImagingStudy":        {{"interpreter"}, {"started"}},
	"DocumentReference":   {{"author"}, {"date"}},
	"CarePlan":            {{"author"}, {"created"}},
	"Goal":                {{"expressedBy"}, {"startDate"}},
	"ServiceRequest":      {{"requester"}, {"authoredOn"}},
	"Consent":             {{"performer"}, {"dateTime"}},
	"FamilyMemberHistory": {{"note"}, {"date"}},
	"Appointment":         {{"participant"}, {"created"}},
	"Task":                {{"requester"}, {"authoredOn"}},
	"CareTeam":            {{"managingOrganization"}, {"period"}},
	"Patient":             {{"managingOrganization"}, {"birthDate"}},
	"RelatedPerson":       {{"patient"}, {"active"}},
	"Coverage":            {{"payor"}, {"period"}},
	"Organization":        {{"name"}, {"active"}},
	"Location":            {{"name"}, {"status"}},
	"Practitioner":        {{"name"}, {"active"}},
	"PractitionerRole":    {{"practitioner"}, {"active"}},
}

func TestEveryFactHasAuthorAndTime(t *testing.T) {
	for site, resources := range parse(t, anchor) {
		for url, r := range resources {
			needs, known := authored[r["resourceType"].(string)]
			if !known {
				t.Errorf("%s %s: no rule for its type", site, url)
			}
			for _, either := range needs {
				found := false
				for _, k := range either {
					found = found || r[k] != nil
				}
				if !found {
					t.Errorf("%s %s: none of %v", site, url, either)
				}
			}
		}
	}
}

func TestDeterministicForOneAnchor(t *testing.T) {
	for _, s := range Sites() {
		a, b := Bundles(s.Slug, anchor), Bundles(s.Slug, anchor)
		for i := range a {
			if !bytes.Equal(a[i], b[i]) {
				t.Errorf("%s: bundle %d differs", s.Slug, i)
			}
		}
	}
	if Bundles("nowhere", anchor) != nil {
		t.Error("an unknown site has bundles")
	}
}

func TestIdsStayWhenTheAnchorMoves(t *testing.T) {
	now, later := parse(t, anchor), parse(t, anchor.AddDate(0, 7, 3))
	for site := range now {
		if len(now[site]) != len(later[site]) {
			t.Errorf("%s: %d resources, later %d", site, len(now[site]), len(later[site]))
		}
		for url := range now[site] {
			if later[site][url] == nil {
				t.Errorf("%s: %s is gone with another anchor", site, url)
			}
		}
	}
	if got := later["maple"]["Patient/rosa-delgado"]["birthDate"]; got != "1958-03-14" {
		t.Errorf("Rosa's birth date moved to %v within a year", got)
	}
	if now["maple"]["Patient/amara-okafor"]["birthDate"] == later["maple"]["Patient/amara-okafor"]["birthDate"] {
		t.Error("Amara's birth date must move with her vaccines")
	}
}

func TestPeopleAndRolesExist(t *testing.T) {
	n := parse(t, anchor)
	slugs := map[string]bool{}
	registered := 0
	for _, p := range People() {
		if slugs[p.Slug] || p.Name == "" || p.Line == "" || p.Story == "" || p.LookFor == "" || len(p.Home) == 0 {
			t.Errorf("%s: doubled or incomplete", p.Slug)
		}
		slugs[p.Slug] = true
		for _, v := range p.Home {
			registered++
			if n[v.Site]["Patient/"+v.Patient] == nil {
				t.Errorf("%s is not at %s as %s", p.Name, v.Site, v.Patient)
			}
		}
	}
	for site, resources := range n {
		for url := range resources {
			if strings.HasPrefix(url, "Patient/") {
				registered--
			}
		}
		if resources["Organization/"+site] == nil {
			t.Errorf("%s has no Organization of its slug", site)
		}
	}
	if registered != 0 {
		t.Errorf("%d registrations more in People than Patients in the bundles", registered)
	}
	users := map[string]bool{}
	for _, r := range Roles() {
		if users[r.User] || n[r.Site] == nil || !strings.HasPrefix(r.Start, "/"+r.Site+"/") {
			t.Errorf("role %s: doubled user, unknown site or start elsewhere", r.User)
		}
		users[r.User] = true
		if r.Practitioner != "" && n[r.Site]["Practitioner/"+r.Practitioner] == nil {
			t.Errorf("role %s: no such practitioner at %s", r.User, r.Site)
		}
		if _, id, ok := strings.Cut(r.Start, "/patients/"); ok && n[r.Site]["Patient/"+id] == nil {
			t.Errorf("role %s starts at somebody unknown", r.User)
		}
	}
}

func TestNoSiteHoldsAnotherSitesNumbers(t *testing.T) {
	for _, s := range Sites() {
		for _, b := range Bundles(s.Slug, anchor) {
			for _, other := range Sites() {
				if other.Slug != s.Slug && bytes.Contains(b, []byte(mrnSystem(other.Slug))) {
					t.Errorf("a bundle of %s names a number of %s", s.Slug, other.Slug)
				}
			}
		}
	}
}
