package alerts

import (
	"net/url"
	"strconv"
	"time"

	"wholechart/access"
	"wholechart/chart/order"
	"wholechart/decision/burden"
	"wholechart/decision/imaging"
	"wholechart/decision/ordering"
	"wholechart/decision/rule"
	"wholechart/search"
	"wholechart/web/door"
)

// instead adds to a tally the tests that were not ordered since a day because what
// they ask for was there, and the radiation that nobody was given, as the charts say
// it: who looks at the numbers can look at what they are of. cut says that there are
// more than are read.
func instead(c *door.Call, tally burden.Tally, from string) (cut bool, err error) {
	q, err := search.Parse("ServiceRequest", url.Values{"category": {order.KindSystem + "|" + order.NotOrdered}, "status": {"revoked"}, "_lastUpdated": {"ge" + from}, "_count": {strconv.Itoa(stepSize)}}, search.Options{Now: c.Now})
	if err != nil {
		return false, err
	}
	for read := 0; ; {
		p, err := c.Session(access.EMR).Search(c.R.Context(), q)
		if err != nil {
			return false, err
		}
		for _, res := range p.Matches {
			n := res.Node()
			i, ok := order.ReadInstead(n)
			if !ok || i.At.IsZero() || i.Rule == "" {
				continue
			}
			o := order.Read(n)
			tally.Avert(i.At.In(c.Zone).Format(time.DateOnly), i.Rule, 1, imaging.Spares(ordering.Draft(o, ordering.Ref(o)), rule.Draft{}))
		}
		if read += len(p.Matches); p.Next == "" {
			return false, nil
		}
		if read >= maxIssues {
			return true, nil
		}
		q.After = p.Next
	}
}
