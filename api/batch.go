package api

import (
	"fmt"
	"net/http"
	"sync"

	"wholechart/fhir"
)

// bundle is http://hl7.org/fhir/R4/http.html#transaction: a batch, whose
// entries stand for themselves, or a transaction, which happens as a whole.
func (c *call) bundle() (*answer, error) {
	if err := c.only(); err != nil {
		return nil, err
	}
	d, err := c.doc()
	if err != nil {
		return nil, err
	}
	b := d.Root()
	if b.ResourceType() != "Bundle" {
		return nil, &refusal{http.StatusBadRequest, "invalid", "only a Bundle is posted to the endpoint itself"}
	}
	switch b.Get("type").Str() {
	case "transaction":
		return c.transaction(b)
	case "batch":
		return c.batch(b)
	}
	return nil, &refusal{http.StatusBadRequest, "invalid", "Bundle.type is neither batch nor transaction"}
}

// atOnce is how many entries of one batch are worked on at the same time.
const atOnce = 8

// batch does each entry by itself, in no order, and answers in theirs.
func (c *call) batch(b fhir.Node) (*answer, error) {
	list, errs, err := c.entries(b)
	if err != nil {
		return nil, err
	}
	answers := make([]*answer, len(list))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(atOnce, len(list)) {
		wg.Go(func() {
			for i := range next {
				answers[i] = c.alone(list[i], errs[i])
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	wg.Wait()
	out := newBundle("batch-response", c.api.Now(), -1, "", "")
	for i, e := range list {
		out.answered(c, e, answers[i])
	}
	return out.close(http.StatusOK), nil
}

// alone is the answer to one entry, whatever happens in it.
func (c *call) alone(e *entry, err error) (ans *answer) {
	defer func() {
		if p := recover(); p != nil {
			c.api.Log.Error("panic in an entry", "method", e.method, "type", e.typ, "panic", p, "stack", stack())
			ans = e.refused(fmt.Errorf("panic in an entry"))
		}
	}()
	if err != nil {
		return e.refused(err)
	}
	if err := c.ctx.Err(); err != nil {
		return e.refused(err)
	}
	if ans, err = e.route.does(&e.call); err != nil {
		return e.refused(err)
	}
	return ans
}
