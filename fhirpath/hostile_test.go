package fhirpath

import (
	"strings"
	"testing"
	"time"
)

// TestHostile holds the bounds: each of these would run away or blow up, and
// ends soon, with an error where stops is set.
func TestHostile(t *testing.T) {
	n := parse(t, `{"resourceType":"Questionnaire","item":[`+strings.Repeat(`{"linkId":"a","item":[{"linkId":"b"}]},`, 5000)+`{"linkId":"z"}]}`)
	ten := `(1|2|3|4|5|6|7|8|9|10)`
	x300 := strings.Repeat("x", 300)
	for _, c := range []struct {
		stops bool
		expr  string
	}{
		{true, `descendants().select(%resource.descendants()).select(%resource.descendants()).count()`},
		{true, `descendants().where(%resource.descendants().where(%resource.descendants().exists(linkId = 'q')).exists()).count()`},
		{true, `item.linkId.select($this | %resource.item.linkId).count()`},
		{true, `item.repeat(%resource.item).count()`},
		{true, ten + strings.Repeat(`.select($this.combine(`+ten+`))`, 12) + `.count()`},
		{true, `'x'` + strings.Repeat(`.replace('x', 'xxxxxxxxxx')`, 20) + `.length()`},
		{true, ten + `.aggregate(iif($total.empty(), '` + x300 + `', $total & $total & $total & $total & $total & $total))`},
		{true, `item.linkId.join('` + x300 + `').toChars().count()`},
		{true, `(item.linkId | item.linkId.join('` + x300 + `')).select($this.matches('(a|b|ab)*c{1,400}' & $this)).count()`},
		{true, `item.linkId.combine(item.linkId).select(%resource.item.linkId.join('` + x300 + `').indexOf('y')).count()`},
		{false, `item.intersect(item.item).count()`},
		{false, `repeat(%resource.item | item).count()`},
		{false, `item.sort(linkId).sort(-linkId).count()`},
		{false, `item.distinct().count()`},
		{false, `item ~ item.tail() or item = item.tail() or item.isDistinct()`},
		{false, `9.power(999).power(999).power(999)`},
		{false, `0.000000001.power(-999)`},
		{false, `1000000.0.exp()`},
		{false, `99999999999999999999999999999999.99.sqrt().ln()`},
		{false, `@9999-12-31 + 1000000000 days`},
		{false, `@0001 - 1 year`},
		{false, `1 'm'` + strings.Repeat(` * 1 'm'`, 200)},
	} {
		e, err := Compile(c.expr)
		if err != nil {
			t.Errorf("%.60s: %v", c.expr, err)
			continue
		}
		from := time.Now()
		out, err := e.Eval(Resource(n), testEnv)
		t.Logf("%-60.60s %8.1f ms  %d items, %v", c.expr, time.Since(from).Seconds()*1e3, len(out), err)
		if (err != nil) != c.stops {
			t.Errorf("%.80s: %v", c.expr, err)
		}
	}
	for _, bad := range []string{
		strings.Repeat("(", 5000), strings.Repeat("-", 5000) + "1", strings.Repeat("a.where(", 500), strings.Repeat("a.", 20000) + "b",
		strings.Repeat("1+", 10000) + "1", "'" + strings.Repeat("a", 40000) + "'", "a.matches('" + strings.Repeat("(a|", 1000) + "')", "'a'.matches('((a{1000}){1000})')",
	} {
		if _, err := Compile(bad); err == nil {
			t.Errorf("%.40s… compiles", bad)
		}
	}
}
