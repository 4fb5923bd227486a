package facts

import "testing"

// TestHostileInput: every field of every form of this room, with what was not made
// for it.
func TestHostileInput(t *testing.T) {
	n := start(t)
	doc := n.User(okonkwo)
	n.Write("maple", `{"resourceType":"Condition","id":"gout","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"text":"Gout"},"onsetDateTime":"2020","subject":{"reference":"Patient/rosa-delgado"}}`)
	for _, slug := range []string{"problem", "problem/gout", "medicine", "allergy", "immunisation", "procedure", "family", "device", "goal", "care-plan", "social"} {
		t.Run(slug, func(t *testing.T) { doc.Abuse(t, rosa+"/enter/"+slug, nil) })
	}
}
