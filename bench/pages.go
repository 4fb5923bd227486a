package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// PagesConfig says which node's pages are opened, as whom, and how often.
type PagesConfig struct {
	Base     string `required:"" help:"URL of the node, without a path."`
	Site     string `required:"" help:"Slug of the site."`
	User     string `required:"" help:"User to sign in as, a physician's account."`
	Password string `required:"" env:"WHOLECHART_PASSWORD" help:"The user's password; give it in the environment."`
	Token    string `required:"" help:"Bearer token to list the site's patients with."`
	Count    int    `name:"count" help:"How often each page is opened, each time of another patient." default:"200"`
	Seed     uint64 `help:"Seed of the choice of patients; printed." default:"1"`
}

// pagesOf are the pages of a provider's day; {p} is a patient.
var pagesOf = []string{
	"day", "inbox", "tasks/new?patient={p}", "patients", "outbox", "recalls", "schedule", "lists", "lists/diabetes-hba1c", "lists/pressure-high", "lists/due", "rules",
	"patients/{p}", "patients/{p}/whole", "patients/{p}/results", "patients/{p}/medicines", "patients/{p}/problems", "patients/{p}/allergies", "patients/{p}/documents",
	"patients/{p}/encounters", "patients/{p}/immunisations", "patients/{p}/due", "patients/{p}/timeline", "patients/{p}/about",
	"patients/{p}/visit", "patients/{p}/order", "patients/{p}/enter/problem", "patients/{p}/enter/allergy", "patients/{p}/whole/reconcile", "patients/{p}/progress", "patients/{p}/progress/plots", "patients/{p}/progress/formulas",
	"patients/{p}/library", "patients/{p}/upload", "patients/{p}/letters/new", "patients/{p}/demographics", "patients/new", "waitlist",
}

// PageTime is how one page was answered.
type PageTime struct {
	Page     string
	Count    int
	P50, P99 time.Duration
	Max      time.Duration
	Bytes    int // compressed, the largest
	Failed   int
	Status   int // of the last failure
}

// Pages opens each page for patients chosen by chance, one after the other as
// one clinician does, and prints what the server took: from the request to the
// last byte, compressed as sent, style and modules not counted.
func Pages(ctx context.Context, c PagesConfig, out io.Writer) ([]PageTime, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 4}}
	base := strings.TrimSuffix(c.Base, "/") + "/" + url.PathEscape(c.Site)
	patients, err := c.patients(ctx, base)
	if err != nil {
		return nil, err
	}
	res, err := client.PostForm(base+"/signin", url.Values{"user": {c.User}, "password": {c.Password}})
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if strings.HasSuffix(res.Request.URL.Path, "/signin") {
		return nil, errors.New("bench: the user could not sign in")
	}
	fmt.Fprintf(out, "%d patients, %d times each page, one client, seed %d\n", len(patients), c.Count, c.Seed)
	tw := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "p50 ms\tp99 ms\tmax ms\tkB\tfailed\t  page")
	rng := rand.New(rand.NewPCG(c.Seed, 2))
	var all []PageTime
	for _, page := range pagesOf {
		t := PageTime{Page: page, Count: c.Count}
		took := make([]time.Duration, 0, c.Count)
		for i := range c.Count + 3 {
			path := base + "/" + strings.ReplaceAll(page, "{p}", url.PathEscape(patients[rng.IntN(len(patients))]))
			d, n, status, err := open(ctx, client, path)
			switch {
			case err != nil:
				return all, err
			case status != http.StatusOK:
				t.Failed, t.Status = t.Failed+1, status
			case i >= 3: // the first few warm what a page needs once
				took = append(took, d)
				t.Bytes = max(t.Bytes, n)
			}
		}
		if len(took) > 0 {
			slices.Sort(took)
			t.P50, t.P99, t.Max = took[len(took)/2], took[min(len(took)-1, len(took)*99/100)], took[len(took)-1]
		}
		all = append(all, t)
		ms := func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }
		failed := "-"
		if t.Failed > 0 {
			failed = fmt.Sprintf("%d (%d)", t.Failed, t.Status)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%s\t  %s\n", ms(t.P50), ms(t.P99), ms(t.Max), t.Bytes>>10, failed, page)
	}
	return all, tw.Flush()
}

func open(ctx context.Context, client *http.Client, path string) (time.Duration, int, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, 0, 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return 0, 0, 0, err
	}
	n, err := io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return time.Since(began), int(n), res.StatusCode, err
}

// patients are ids of up to 1,000 patients of the site.
func (c PagesConfig) patients(ctx context.Context, base string) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/emr/fhir/Patient?_count=1000&_elements=id", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var b struct {
		Entry []struct{ Resource struct{ ID string } }
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("bench: the patients could not be listed: %s", res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(&b); err != nil {
		return nil, err
	}
	var out []string
	for _, e := range b.Entry {
		out = append(out, e.Resource.ID)
	}
	if len(out) == 0 {
		return nil, errors.New("bench: the site has no patients")
	}
	return out, nil
}
