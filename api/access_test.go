package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"wholechart/access"
	"wholechart/auth"
	"wholechart/fhir"
	"wholechart/record"
)

// asker is one kind of actor of the matrix.
type asker struct {
	name  string
	actor access.Actor
	none  bool // no token at all
}

func askers() []asker {
	list := []asker{{name: "nobody", none: true}}
	for _, r := range access.Roles {
		list = append(list, asker{name: string(r), actor: access.Actor{Kind: access.User, ID: "u-" + string(r), Site: "maple", Role: r, Purpose: access.Treatment}})
	}
	scopes := func(list ...access.Scope) []access.Scope { return list }
	return append(list,
		asker{name: "oak's physician", actor: access.Actor{Kind: access.User, ID: "doc", Site: "oak", Role: access.Physician, Purpose: access.Treatment}},
		asker{name: "patient", actor: access.Actor{Kind: access.Patient, ID: "pat", Site: "maple", Purpose: access.Request, Patients: []string{"p1"}}},
		asker{name: "proxy", actor: access.Actor{Kind: access.Proxy, ID: "prox", Site: "maple", Purpose: access.Request, Patients: []string{"p2"}}},
		asker{name: "client of nothing", actor: access.Actor{Kind: access.Client, ID: "c0", Site: "maple", Purpose: access.Treatment}},
		asker{name: "client reads", actor: access.Actor{Kind: access.Client, ID: "c1", Site: "maple", Purpose: access.Treatment, Scopes: scopes(access.Scope{Context: "system", Type: "*", Rights: "rs"})}},
		asker{name: "client writes observations", actor: access.Actor{Kind: access.Client, ID: "c2", Site: "maple", Purpose: access.Treatment, Scopes: scopes(access.Scope{Context: "system", Type: "Observation", Rights: "cruds"})}},
		asker{name: "peer", actor: access.Actor{Kind: access.Peer, ID: "elm", Site: "maple", Purpose: access.Treatment}},
	)
}

// address is a route's path with real names in it.
func address(r route) (path, body string) {
	path = strings.NewReplacer("{type}", "Observation", "{id}", "o1", "{version}", "1", "{member}", "Observation").Replace(r.path)
	if strings.HasPrefix(r.path, "Patient/{id}") {
		path = strings.Replace(path, "o1", "p1", 1)
	}
	if strings.Contains(r.path, "{member}") {
		path = strings.Replace(path, "Observation/o1", "Patient/p1", 1)
	}
	switch {
	case r.method == "GET":
	case strings.HasSuffix(r.path, "_search"), strings.HasSuffix(r.path, "$everything"), strings.HasSuffix(r.path, "$immds-forecast"):
	case r.path == "":
		body = bundleOf("transaction", [4]string{"POST", "Observation", observation("x", "p1", "1", "2020")}, [4]string{"GET", "Patient/p1"})
	case r.path == "Patient/$match":
		body = `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":` + patient("x", "One") + `}]}`
	case r.method == "DELETE" && r.path == "{type}":
		path += "?_id=o9"
	case r.method == "DELETE":
		path = "Observation/o9"
	case r.method == "PUT" && r.path == "{type}":
		path += "?_id=o1"
		body = observation("o1", "p1", "1", "2020")
	default:
		body = observation("o1", "p1", "1", "2020")
	}
	return path, body
}

// expected is the class of statuses that an actor must get for a route of
// maple's Observations, by what access itself decides: 4xx for whoever it
// refuses, never another thing.
func expected(a asker, lens access.Lens, r route) string {
	if r.is&open != 0 {
		return "200"
	}
	if a.none || a.actor.Site != "maple" {
		return "401"
	}
	if lens == access.EHR && r.is&write != 0 {
		return "405"
	}
	ask := func(act access.Action, typ string) bool { return access.Decide(a.actor, lens, act, typ).Allowed }
	ok := false
	switch {
	case strings.HasSuffix(r.path, "$validate"):
		if r.method == "POST" {
			return "200"
		}
		ok = ask(access.Read, "Observation")
	case strings.HasSuffix(r.path, "$match"), strings.HasSuffix(r.path, "$changes"):
		return "any" // exchange decides
	case r.path == "$immds-forecast":
		return "answered" // of what is sent: nothing is read
	case strings.HasSuffix(r.path, "$immds-forecast"):
		ok = ask(access.Read, "Immunization")
	case strings.HasSuffix(r.path, "$everything"):
		ok = ask(access.Export, "Patient")
	case strings.HasSuffix(r.path, "_history"):
		typ := "Observation"
		if r.path == "_history" {
			typ = ""
		}
		ok = ask(access.History, typ)
	case strings.HasSuffix(r.path, "{version}"), r.method == "GET" && r.path == "{type}/{id}":
		ok = ask(access.Read, "Observation")
	case r.method == "GET", strings.HasSuffix(r.path, "_search"):
		typ := "Observation"
		if r.path == "" || r.path == "_search" {
			typ = ""
		}
		ok = ask(access.Search, typ)
	case r.method == "POST":
		ok = ask(access.Create, "Observation")
	case r.method == "PUT":
		ok = ask(access.Update, "Observation") && (r.path != "{type}" || ask(access.Search, "Observation"))
	case r.method == "DELETE":
		ok = ask(access.Delete, "Observation") && (r.path != "{type}" || ask(access.Search, "Observation"))
	}
	if !ok {
		return "403"
	}
	return "answered"
}

// noExchange stands where exchange would.
type noExchange struct{}

func (noExchange) Open(context.Context, record.Session, string) ([]record.Answer, error) {
	return nil, nil
}
func (noExchange) AnswerMatch(ctx context.Context, s record.Session, _ fhir.Node) ([]byte, error) {
	if !access.Decide(s.Actor(), s.Lens(), access.Match, "Patient").Allowed {
		return nil, &record.Refused{Why: "no match for you"}
	}
	return []byte(`{"resourceType":"Bundle","type":"searchset","total":0}`), nil
}
func (noExchange) AnswerChanges(ctx context.Context, s record.Session, id string, after record.Seq, count int) ([]byte, error) {
	if _, _, _, err := s.PatientChanges(ctx, id, after, count); err != nil {
		return nil, err
	}
	return []byte(`{"resourceType":"Bundle","type":"history"}`), nil
}

// TestAccessMatrix walks every route × kind of actor × lens.
func TestAccessMatrix(t *testing.T) {
	n := newNode(t, func(c *Config) { c.Exchange = noExchange{} })
	for _, p := range []string{"p1", "p2"} {
		n.maple("PUT", "/Patient/"+p, patient(p, "One")).status(201)
	}
	n.maple("PUT", "/Observation/o1", observation("o1", "p1", "1", "2020")).status(201)
	n.maple("PUT", "/Observation/secret", observation("secret", "p1", "CANARY", "2020")).status(201)
	walked := 0
	for _, a := range askers() {
		token := ""
		if !a.none {
			token = n.token(a.actor)
		}
		for _, lens := range []access.Lens{access.EMR, access.EHR} {
			for _, r := range routes {
				path, body := address(r)
				got := n.do(token, r.method, "/maple/"+lens.String()+"/fhir/"+path, body)
				want := expected(a, lens, r)
				ok := false
				switch want {
				case "any":
					ok = got.Status < 500
				case "answered": // allowed; the question itself may still be one without an answer
					ok = got.Status < 500 && got.Status != 401 && got.Status != 403 && got.Status != 405
				default:
					ok = fmt.Sprint(got.Status) == want
				}
				if !ok {
					t.Errorf("%s: %s %s/%s: %d, want %s: %.250s", a.name, r.method, lens, path, got.Status, want, got.Body)
				}
				if want != "answered" && want != "any" && want != "200" && strings.Contains(string(got.Body), "CANARY") {
					t.Errorf("%s: %s %s/%s leaked", a.name, r.method, lens, path)
				}
				walked++
			}
		}
	}
	if walked < 2*len(routes)*15 {
		t.Errorf("only %d doors were walked through", walked)
	}
	other := n.token(access.Actor{Kind: access.Proxy, ID: "prox", Site: "maple", Purpose: access.Request, Patients: []string{"p2"}})
	for _, path := range []string{"/Observation/o1", "/Patient/p1", "/Observation?patient=p1", "/Patient/p1/$everything", "/Observation", "/Patient", "/Observation/secret/_history", "/Patient?_revinclude=Observation:subject"} {
		for _, lens := range []string{"emr", "ehr"} {
			r := n.do(other, "GET", "/maple/"+lens+"/fhir"+path, "")
			if r.Status >= 500 || strings.Contains(string(r.Body), "CANARY") || strings.Contains(string(r.Body), `"p1"`) {
				t.Errorf("a proxy of p2 at %s%s: %d %.300s", lens, path, r.Status, r.Body)
			}
		}
	}
}

func TestDisabledAndPages(t *testing.T) {
	n := newNode(t)
	ctx := context.Background()
	u := auth.User{Site: "maple", Name: "gone", Role: access.Physician}
	if err := n.auth.AddUser(ctx, u, testPassword); err != nil {
		t.Fatal(err)
	}
	bearer, _ := n.auth.Issue(ctx, u.Actor(), auth.Bearer, 1<<40)
	page, _ := n.auth.Issue(ctx, u.Actor(), auth.Page, 1<<40)
	n.do(bearer, "GET", "/maple/emr/fhir/Patient", "").status(200)
	r := n.do(page, "GET", "/maple/emr/fhir/Patient", "").outcome(401, "login")
	if h := r.Header.Get("WWW-Authenticate"); !strings.HasPrefix(h, "Bearer") || !strings.Contains(h, "invalid_token") {
		t.Errorf("%q", h)
	}
	u.Disabled = true
	if err := n.auth.AddUser(ctx, u, ""); err != nil {
		t.Fatal(err)
	}
	n.do(bearer, "GET", "/maple/emr/fhir/Patient", "").outcome(401, "login")
	for _, h := range []string{"Basic x", "Bearer", "Bearer ", "bearer wc_x", "wc_x", "Bearer wc_" + strings.Repeat("x", 500)} {
		n.do("", "GET", "/maple/emr/fhir/Patient", "", "Authorization", h).outcome(401, "login")
	}
	n.do(bearer, "GET", "/nowhere/emr/fhir/Patient", "").outcome(404, "not-found")
	if h := n.do("", "GET", "/maple/emr/fhir/Patient", "").outcome(401, "login").Header.Get("WWW-Authenticate"); h != `Bearer realm="wholechart"` {
		t.Errorf("%q", h)
	}
}
