package cdsi

import "testing"

// BenchmarkEvaluate forecasts every antigen and vaccine group for the suite's
// persons, one after another on one core.
func BenchmarkEvaluate(b *testing.B) {
	cases := suiteCases(b)
	Evaluate(cases[0].person, cases[0].on)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		c := &cases[i%len(cases)]
		Evaluate(c.person, c.on)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "forecasts/s")
}
