package orders

import (
	"net/url"
	"strings"
	"testing"
)

func TestAnUnmatchedResultFindsItsPatient(t *testing.T) {
	n := start(t, nil)
	n.Write("maple", `{"resourceType":"Observation","id":"lost","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}],"text":"Potassium"},"subject":{"display":"Rosa Delgado, 14 Mar 1958"},"effectiveDateTime":"2026-11-22T08:00:00-05:00","valueQuantity":{"value":6.9,"unit":"mmol/L"}}`,
		`{"resourceType":"Task","id":"un","status":"requested","intent":"order","code":{"coding":[{"system":"https://wholechart.example/task","code":"unmatched-result"}]},"description":"Potassium: 6.9 mmol/L","focus":{"reference":"Observation/lost"}}`)
	doc, desk := n.User(okonkwo), n.User(hughes)
	if page := doc.Open("/maple/unmatched/un"); !strings.Contains(page, "Rosa Delgado, 14 Mar 1958") || !strings.Contains(page, `value="Rosa Delgado"`) || !strings.Contains(page, "6.9") {
		t.Error("the page does not say what is known")
	}
	if res, page := doc.Post("/maple/unmatched/un", url.Values{"q": {""}}); res.StatusCode != 422 || !strings.Contains(page, "Type a name") {
		t.Errorf("no name: %d", res.StatusCode)
	}
	if res, page := doc.Post("/maple/unmatched/un", url.Values{"q": {"<b>|,$"}}); res.StatusCode != 200 || !strings.Contains(page, "Nobody here is called that") {
		t.Errorf("an odd name: %d", res.StatusCode)
	}
	if _, page := doc.Post("/maple/unmatched/un", url.Values{"q": {"Delgado Rosa"}}); !strings.Contains(page, `value="rosa-delgado"`) || !strings.Contains(page, "14 Mar 1958") {
		t.Error("she is not found")
	}
	if res, _ := desk.Get("/maple/unmatched/un"); res.StatusCode != 403 {
		t.Errorf("the front desk: %d", res.StatusCode)
	}
	give := url.Values{"patient": {"rosa-delgado"}, "version": {"1"}}
	if res, _ := doc.Post("/maple/unmatched/un", give); res.StatusCode != 200 || !strings.HasSuffix(res.Request.URL.Path, "/rosa-delgado/results") {
		t.Errorf("given: %d %s", res.StatusCode, res.Request.URL.Path)
	}
	if res, _ := doc.Post("/maple/unmatched/un", give); res.StatusCode == 200 {
		t.Errorf("given twice: %d", res.StatusCode)
	}
}
