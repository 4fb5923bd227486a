package desk

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // photographs come as JPEG or PNG
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"wholechart/access"
	"wholechart/fhir"
	"wholechart/record"
	"wholechart/search"
	"wholechart/web"
	"wholechart/web/door"
)

// change is what a field says now and what it said in the form of somebody else's version.
type change struct{ Label, Theirs, Mine string }

type relatedRow struct {
	ID, Version, Name, What, Phone string
	Proxy                          bool
}

type coverRow struct {
	ID, Version, Plan, Member, Since string
}

func (h *Desk) demographics(c *door.Call) {
	if refused(c, user(c) && c.Can(access.Read, "Patient")) {
		return
	}
	r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", c.R.PathValue("id"))
	if err != nil {
		c.Failed(err)
		return
	}
	h.showPerson(c, http.StatusOK, r, &personPage{form: newForm(valuesOf(r.Node()))})
}

// showPerson writes the page of somebody known around a form, as it was stored
// or as it was typed.
func (h *Desk) showPerson(c *door.Call, status int, r record.Resource, v *personPage) {
	v.Action, v.Who, v.Version = c.Path("patients", r.ID, "demographics"), whoOf(c, r.ID, r.Node()), r.Version
	v.GPs = h.gps(c)
	if v.Sub == nil {
		v.Sub = newForm(url.Values{})
	}
	if r.Node().Path("photo", "data").Exists() {
		v.Photo = c.Path("patients", r.ID, "photo") + "?v=" + r.Version
	}
	v.Merges, v.Wanted = merges(c), wantedOf(r, c.Zone)
	for i := range v.Wanted {
		x := &v.Wanted[i]
		x.Wrong, x.Typed = v.Unwilling[x.Way][0], v.Unwilling[x.Way][1]
	}
	var err error
	if v.Related, err = related(c, r.ID); err == nil {
		v.Covers, err = covers(c, r.ID)
	}
	if err == nil {
		v.Merged, err = h.merged(c, r)
	}
	if err != nil {
		c.Failed(err)
		return
	}
	p := h.page(c, v.Who.Name)
	p.Side = personSide(v)
	c.Render(status, web.Framed(p, personForm(v)))
}

func (h *Desk) saveDemographics(c *door.Call) {
	if refused(c, registers(c)) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	s, ctx, id := c.Session(access.EMR), c.R.Context(), c.R.PathValue("id")
	now, err := s.Read(ctx, "Patient", id)
	if err != nil {
		c.Failed(err)
		return
	}
	page := &personPage{form: newForm(v)}
	was := valuesOf(now.Node())
	page.check(was, c.Now, c.Zone)
	if now.Version != v.Get("version") {
		h.moved(c, now, page)
		return
	}
	if !page.ok() {
		h.showPerson(c, http.StatusUnprocessableEntity, now, page)
		return
	}
	o, err := decode(now.Node())
	if err != nil {
		c.Failed(err)
		return
	}
	page.apply(o, was)
	n, err := encode(o)
	if err != nil {
		c.Failed(err)
		return
	}
	version, _ := strconv.Atoi(now.Version)
	_, err = s.Transact(ctx, []record.Act{{Op: record.Update, Type: "Patient", ID: id, Resource: n, IfMatch: version}})
	var conflict *record.VersionConflict
	if errors.As(err, &conflict) {
		if now, err = s.Read(ctx, "Patient", id); err == nil {
			h.moved(c, now, page)
			return
		}
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", id, "demographics"), web.Flash{Kind: web.Good, Text: "Saved."})
}

// moved shows both sides of a concurrent edit: the form keeps what was typed
// here and names what the record says since, so that neither is lost.
func (h *Desk) moved(c *door.Call, now record.Resource, page *personPage) {
	theirs := valuesOf(now.Node())
	for _, s := range page.sections() {
		for _, f := range s.Fields {
			if mine, other := page.text(f.Name), oneLine(theirs.Get(f.Name)); mine != other {
				page.Changed = append(page.Changed, change{f.Label, label(f, other), label(f, mine)})
			}
		}
		for _, k := range s.Checks {
			mine, other := slices.Clone(page.Values[k.Name]), theirs[k.Name]
			if !slices.Equal(mine, other) {
				page.Changed = append(page.Changed, change{k.Label, several(k.Of, other), several(k.Of, mine)})
			}
		}
	}
	h.showPerson(c, http.StatusConflict, now, page)
}

func label(f web.Field, v string) string {
	for _, o := range f.Options {
		if o.Value == v {
			return o.Label
		}
	}
	if len(v) > 200 {
		v = strings.ToValidUTF8(v[:200], "") + "…"
	}
	if v == "" {
		return "empty"
	}
	return v
}

func several(of []web.Option, v []string) string {
	var out []string
	for _, x := range v {
		out = append(out, label(web.Field{Options: of}, x))
	}
	if len(out) == 0 {
		return "empty"
	}
	return strings.Join(out, ", ")
}

// Photographs: what may come, and the square that is kept.
const (
	maxPhoto  = 2 << 20
	maxSide   = 8000
	keptSide  = 240
	photoKind = "image/jpeg"
)

// decoding is held while a picture is unpacked: 40 million pixels are 160 MB, and
// one such at a time is enough.
var decoding sync.Mutex

// portrait makes the photograph that is kept: whatever JPEG or PNG came, a JPEG
// of 240 by 240 made anew from its pixels, so that nothing else that was in the
// file (a place, a script) is kept. Type and size are those of the bytes, not of
// a name or header.
// why says what is not right with it.
func portrait(data []byte) (kept []byte, why string) {
	kind := http.DetectContentType(data)
	if kind != "image/jpeg" && kind != "image/png" {
		return nil, "A photograph is a JPEG or PNG picture."
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, "That picture cannot be read."
	}
	if c.Width > maxSide || c.Height > maxSide || c.Width < 16 || c.Height < 16 || c.Width*c.Height > 40_000_000 {
		return nil, fmt.Sprintf("A photograph has 16 to %d pixels a side and at most 40 million in all.", maxSide)
	}
	decoding.Lock()
	defer decoding.Unlock()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, "That picture cannot be read."
	}
	b := img.Bounds()
	side := min(b.Dx(), b.Dy())
	x0, y0 := b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2
	out := image.NewRGBA(image.Rect(0, 0, keptSide, keptSide))
	for y := range keptSide {
		for x := range keptSide {
			out.SetRGBA(x, y, mean(img, x0+x*side/keptSide, y0+y*side/keptSide, max(1, side/keptSide)))
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, out, &jpeg.Options{Quality: 82}); err != nil {
		return nil, "That picture cannot be kept."
	}
	return buf.Bytes(), ""
}

// mean is the colour of a square of pixels, of at most 8 by 8 of them.
func mean(img image.Image, x, y, side int) color.RGBA {
	step := max(1, side/8)
	var r, g, b, n uint32
	for dy := 0; dy < side; dy += step {
		for dx := 0; dx < side; dx += step {
			cr, cg, cb, _ := img.At(x+dx, y+dy).RGBA()
			r, g, b, n = r+cr>>8, g+cg>>8, b+cb>>8, n+1
		}
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 255}
}

func (h *Desk) savePhoto(c *door.Call) {
	if refused(c, registers(c)) {
		return
	}
	id := c.R.PathValue("id")
	c.R.Body = http.MaxBytesReader(c.W, c.R.Body, maxPhoto+64<<10)
	if err := c.R.ParseMultipartForm(maxPhoto + 64<<10); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			err = door.ErrTooMuch
		} else {
			err = door.ErrForm
		}
		c.Failed(err)
		return
	}
	defer c.R.MultipartForm.RemoveAll()
	remove := c.R.PostFormValue("remove") == "yes"
	var kept []byte
	sub := newForm(url.Values{})
	if !remove {
		file, head, err := c.R.FormFile("photo")
		if err != nil || head.Size > maxPhoto {
			sub.bad("photo", "Choose a picture of at most 2 MB.")
		} else {
			data, err := io.ReadAll(io.LimitReader(file, maxPhoto+1))
			file.Close()
			why := "The picture did not come whole. Send it again."
			if err == nil {
				kept, why = portrait(data)
			}
			if why != "" {
				sub.bad("photo", why)
			}
		}
	}
	h.edit(c, "Patient", id, c.R.PostFormValue("version"), sub, func(o object) {
		delete(o, "photo")
		if !remove {
			o["photo"] = list{object{"contentType": photoKind, "data": base64.StdEncoding.EncodeToString(kept), "creation": c.Now.In(c.Zone).Format(time.RFC3339)}}
		}
	}, map[bool]string{true: "The photograph is no longer shown.", false: "The photograph is kept."}[remove])
}

// edit changes one resource of the patient that the address names, if it is of
// the version that was looked at, and goes back to the page.
func (h *Desk) edit(c *door.Call, typ, id, version string, sub *form, change func(object), said string) {
	s, ctx, patient := c.Session(access.EMR), c.R.Context(), c.R.PathValue("id")
	if !sub.ok() {
		h.backTo(c, patient, sub)
		return
	}
	now, err := s.Read(ctx, typ, id)
	if err == nil && typ != "Patient" && !s.About(now.Node().Path("patient", "reference").Str(), patient) && !s.About(now.Node().Path("beneficiary", "reference").Str(), patient) {
		err = record.ErrNotFound
	}
	if err == nil && now.Version != version {
		err = &record.VersionConflict{}
	}
	var o object
	if err == nil {
		o, err = decode(now.Node())
	}
	var n fhir.Node
	if err == nil {
		change(o)
		n, err = encode(o)
	}
	if err == nil {
		v, _ := strconv.Atoi(version)
		_, err = s.Transact(ctx, []record.Act{{Op: record.Update, Type: typ, ID: id, Resource: n, IfMatch: v}})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", patient, "demographics"), web.Flash{Kind: web.Good, Text: said})
}

// backTo shows the person's page again with a small form that was not right.
func (h *Desk) backTo(c *door.Call, patient string, sub *form) {
	r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", patient)
	if err != nil {
		c.Failed(err)
		return
	}
	h.showPerson(c, http.StatusUnprocessableEntity, r, &personPage{form: newForm(valuesOf(r.Node())), Sub: sub})
}

func (h *Desk) photo(c *door.Call) {
	r, err := c.Session(access.EMR).Read(c.R.Context(), "Patient", c.R.PathValue("id"))
	if err != nil {
		c.Failed(err)
		return
	}
	for p := range r.Node().Get("photo").Items() {
		data, err := base64.StdEncoding.DecodeString(p.Get("data").Str())
		kind := http.DetectContentType(data)
		if err != nil || kind != "image/jpeg" && kind != "image/png" {
			continue // of another program: not what it says, or elsewhere
		}
		web.SecurityHeaders(c.W)
		c.W.Header().Set("Content-Type", kind)
		c.W.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		_, _ = c.W.Write(data)
		return
	}
	c.Failed(record.ErrNotFound)
}

func find(c *door.Call, typ string, v url.Values) ([]record.Resource, error) {
	if !c.Can(access.Search, typ) {
		return nil, nil
	}
	q, err := search.Parse(typ, v, search.Options{DefaultCount: 100})
	if err != nil {
		return nil, err
	}
	page, err := c.Session(access.EMR).Search(c.R.Context(), q)
	if err != nil {
		return nil, err
	}
	return page.Matches, nil
}

func related(c *door.Call, patient string) ([]relatedRow, error) {
	found, err := find(c, "RelatedPerson", url.Values{"patient": {patient}})
	var out []relatedRow
	for _, r := range found {
		n := r.Node()
		if n.Get("active").Exists() && !n.Get("active").True() {
			continue
		}
		row := relatedRow{ID: r.ID, Version: r.Version, Name: fhir.HumanNameOf(n.Get("name").Index(0)).String()}
		var words []string
		for rel := range n.Get("relationship").Items() {
			k := fhir.CodeableConceptOf(rel)
			words = append(words, k.Label())
			for _, x := range k.Codings {
				row.Proxy = row.Proxy || strings.HasSuffix(x.Code, "POWATT") || x.Code == "GUARD"
			}
		}
		row.What = strings.Join(words, ", ")
		for t := range n.Get("telecom").Items() {
			if row.Phone == "" && t.Get("system").Is("phone") {
				row.Phone = t.Get("value").Str()
			}
		}
		out = append(out, row)
	}
	return out, err
}

func (h *Desk) addRelated(c *door.Call) {
	if refused(c, registers(c) && c.Can(access.Create, "RelatedPerson")) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := newForm(v)
	f.bounded("name", "phone")
	f.names("name")
	if f.text("name") == "" {
		f.bad("name", "Write a name.")
	}
	f.phones("phone")
	kind, ok := chosen(kin, v.Get("kin"))
	if !ok {
		f.bad("kin", "Choose one of the list.")
	}
	id := c.R.PathValue("id")
	if !f.ok() {
		h.backTo(c, id, f)
		return
	}
	relations := list{coded(kind)}
	for _, code := range v["role"] {
		if k, ok := chosen(relatedRoles, code); ok {
			relations = append(relations, coded(k))
		}
	}
	r := object{"resourceType": "RelatedPerson", "active": true, "patient": object{"reference": "Patient/" + id}, "relationship": relations, "name": list{object{"text": f.text("name")}}}
	if t := f.text("phone"); t != "" {
		r["telecom"] = list{object{"system": "phone", "value": t}}
	}
	h.add(c, "RelatedPerson", r, "Added.")
}

func (h *Desk) add(c *door.Call, typ string, r object, said string) {
	n, err := encode(r)
	if err == nil {
		_, err = c.Session(access.EMR).Transact(c.R.Context(), []record.Act{{Op: record.Create, Type: typ, Resource: n}})
	}
	if err != nil {
		c.Failed(err)
		return
	}
	c.Done(c.Path("patients", c.R.PathValue("id"), "demographics"), web.Flash{Kind: web.Good, Text: said})
}

func (h *Desk) endRelated(c *door.Call) {
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	h.edit(c, "RelatedPerson", c.R.PathValue("rid"), v.Get("version"), newForm(v), func(o object) { o["active"] = false }, "No longer a contact.")
}

func covers(c *door.Call, patient string) ([]coverRow, error) {
	found, err := find(c, "Coverage", url.Values{"beneficiary": {patient}, "status": {"active"}})
	var out []coverRow
	for _, r := range found {
		n := r.Node()
		row := coverRow{ID: r.ID, Version: r.Version, Plan: fhir.CodeableConceptOf(n.Get("type")).Label(), Member: n.Get("subscriberId").Str(), Since: n.Path("period", "start").Str()}
		if p := n.Path("payor", "display").Str(); p != "" {
			row.Plan = p
		}
		out = append(out, row)
	}
	return out, err
}

func (h *Desk) addCoverage(c *door.Call) {
	if refused(c, registers(c) && c.Can(access.Create, "Coverage")) {
		return
	}
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	f := newForm(v)
	f.bounded("plan", "member", "group")
	if f.text("plan") == "" {
		f.bad("plan", "Write the plan or payer.")
	}
	since, _ := f.date("since", c.Now, c.Zone)
	id := c.R.PathValue("id")
	if !f.ok() {
		h.backTo(c, id, f)
		return
	}
	r := object{"resourceType": "Coverage", "status": "active", "beneficiary": object{"reference": "Patient/" + id}, "payor": list{object{"display": f.text("plan")}}}
	put(r, "subscriberId", f.text("member"))
	if since != "" {
		r["period"] = object{"start": since}
	}
	if g := f.text("group"); g != "" {
		r["class"] = list{object{"type": object{"coding": list{object{"system": terms + "coverage-class", "code": "group"}}}, "value": g}}
	}
	h.add(c, "Coverage", r, "Coverage added.")
}

func (h *Desk) endCoverage(c *door.Call) {
	v, err := c.Form()
	if err != nil {
		c.Failed(err)
		return
	}
	h.edit(c, "Coverage", c.R.PathValue("rid"), v.Get("version"), newForm(v), func(o object) {
		o["status"] = "cancelled"
		p, _ := o["period"].(object)
		if p == nil {
			p = object{}
		}
		p["end"] = day(c.Now, c.Zone)
		o["period"] = p
	}, "This coverage has ended.")
}
