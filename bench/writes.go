package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// ownPatients is how many patients the writing operations create for themselves, so that no real chart grows.
const ownPatients = 32

// own makes the driver's patients once a server and returns their ids.
func (t *target) own(ctx context.Context) ([]string, error) {
	c := newCaller(t.server)
	var ids []string
	for i := range ownPatients {
		body := fmt.Appendf(nil, `{"resourceType":"Patient","identifier":[{"system":%q,"value":"%d-%d"}],"active":true,`+
			`"name":[{"use":"official","family":"Benchmark","given":["Number %d"]}],"gender":"unknown","birthDate":"1970-01-%02d"}`,
			benchSystem, time.Now().UnixNano(), i, i+1, i%28+1)
		if _, err := c.post(ctx, t.server.query("Patient"), body, http.StatusCreated); err != nil {
			return nil, fmt.Errorf("creating a patient to write to: %w", err)
		}
		id := locationID(c.head.Get("Location"), "Patient")
		if id == "" {
			return nil, errors.New("creating a patient to write to: no Location in the answer")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// locationID is the id in a location such as [base]/Observation/7/_history/1.
func locationID(location, typ string) string {
	parts := strings.Split(location, "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] == typ {
			return parts[i+1]
		}
	}
	return ""
}

// prepareCreate posts Observations, each with its own value; one of deepEvery is read back.
func prepareCreate(ctx context.Context, _ Config, t *target) (shot, error) {
	ids, err := t.own(ctx)
	if err != nil {
		return nil, err
	}
	u := t.server.query("Observation")
	return func(ctx context.Context, c *caller) (int, time.Duration, bool, error) {
		value := fmt.Sprintf("%d.%03d", 40+c.rng.IntN(120), c.rng.IntN(1000))
		body := appendObservation(nil, "Patient/"+ids[c.rng.IntN(len(ids))], "", "8867-4", "Heart rate", "/min", value)
		took, err := c.post(ctx, u, body, http.StatusCreated)
		if err != nil {
			return 0, took, false, err
		}
		id := locationID(c.head.Get("Location"), "Observation")
		if id == "" {
			return 0, took, false, errors.New("no Location in the answer")
		}
		if c.n%deepEvery == 0 {
			if _, err = c.get(ctx, t.server.query("Observation/"+id)); err == nil && !bytes.Contains(c.buf.Bytes(), []byte(value)) {
				err = errors.New("what was created reads back differently")
			}
		}
		return 1, took, false, err
	}, nil
}

// prepareTransaction posts an Encounter with two Observations and a Condition that refer to it by urn:uuid.
func prepareTransaction(ctx context.Context, _ Config, t *target) (shot, error) {
	ids, err := t.own(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, c *caller) (int, time.Duration, bool, error) {
		body := appendTransaction(nil, c.rng, "Patient/"+ids[c.rng.IntN(len(ids))])
		took, err := c.post(ctx, t.server.base, body, http.StatusOK)
		if err == nil {
			err = c.stored(4)
		}
		if err == nil && c.n%deepEvery == 0 {
			err = c.linked(ctx)
		}
		return 1, took, false, err
	}, nil
}

// linked reads back an Observation of the last transaction: its urn:uuid must have become the Encounter's address.
func (c *caller) linked(ctx context.Context) error {
	encounter := locationID(unescape(c.seen.entries[0].location), "Encounter")
	observation := locationID(unescape(c.seen.entries[1].location), "Observation")
	if encounter == "" || observation == "" {
		return errors.New("an entry of the transaction-response has no location")
	}
	if _, err := c.get(ctx, c.query("Observation/"+observation)); err != nil {
		return err
	}
	if !bytes.Contains(c.buf.Bytes(), []byte("Encounter/"+encounter)) {
		return errors.New("a reference within the transaction was not resolved")
	}
	return nil
}

func appendObservation(b []byte, subject, encounter, code, display, unit, value string) []byte {
	b = fmt.Appendf(b, `{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":`+
		`"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],`+
		`"code":{"coding":[{"system":"http://loinc.org","code":%q,"display":%q}],"text":%q},"subject":{"reference":%q},`,
		code, display, display, subject)
	if encounter != "" {
		b = fmt.Appendf(b, `"encounter":{"reference":%q},`, encounter)
	}
	return fmt.Appendf(b, `"effectiveDateTime":"2024-03-01T09:30:00-05:00","valueQuantity":{"value":%s,"unit":%q,`+
		`"system":"http://unitsofmeasure.org","code":%q}}`, value, unit, unit)
}

func appendTransaction(b []byte, rng *rand.Rand, subject string) []byte {
	var urn [4]string
	for i := range urn {
		hi, lo := rng.Uint64(), rng.Uint64()
		urn[i] = fmt.Sprintf("urn:uuid:%08x-%04x-4%03x-a%03x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>52, lo&0xffffffffffff)
	}
	entry := func(i int, typ string, resource func()) {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"fullUrl":%q,"resource":`, urn[i])
		resource()
		b = fmt.Appendf(b, `,"request":{"method":"POST","url":%q}}`, typ)
	}
	b = append(b, `{"resourceType":"Bundle","type":"transaction","entry":[`...)
	entry(0, "Encounter", func() {
		b = fmt.Appendf(b, `{"resourceType":"Encounter","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode",`+
			`"code":"AMB"},"type":[{"coding":[{"system":"http://snomed.info/sct","code":"185349003"}],"text":"Check up"}],"subject":{"reference":%q},`+
			`"period":{"start":"2024-03-01T09:15:00-05:00","end":"2024-03-01T09:45:00-05:00"}}`, subject)
	})
	entry(1, "Observation", func() {
		b = appendObservation(b, subject, urn[0], "8867-4", "Heart rate", "/min", fmt.Sprint(50+rng.IntN(80)))
	})
	entry(2, "Observation", func() {
		b = appendObservation(b, subject, urn[0], "29463-7", "Body weight", "kg", fmt.Sprintf("%d.%d", 40+rng.IntN(80), rng.IntN(10)))
	})
	entry(3, "Condition", func() {
		b = fmt.Appendf(b, `{"resourceType":"Condition","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical",`+
			`"code":"active"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},`+
			`"code":{"coding":[{"system":"http://snomed.info/sct","code":"38341003","display":"Hypertension"}],"text":"Hypertension"},`+
			`"subject":{"reference":%q},"encounter":{"reference":%q},"onsetDateTime":"2024-03-01T09:30:00-05:00"}`, subject, urn[0])
	})
	return append(b, `]}`...)
}
