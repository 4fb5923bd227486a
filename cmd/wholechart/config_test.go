package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// FuzzConfig: whatever the file is, it is values of known flags or an error.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{`{"data":"d"}`, `{"tls_cert":"c","fullName":"x"}`, `{}`, `[]`, `{"a":1,"a":2}`, `{"data":{"x":1}}`, `{"data":"d"}{}`, `{"data"`, ``, `null`, "{\"\\u0064ata\":1}"} {
		f.Add(seed)
	}
	var cli CLI
	app, err := kong.New(&cli, kong.Name("wholechart"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := config(strings.NewReader(text))
		if err != nil {
			return
		}
		keys, err := topKeys([]byte(text))
		if err != nil {
			t.Fatalf("read, but %v", err)
		}
		if r.Validate(app.Model) == nil {
			for _, k := range keys {
				if k != strings.ToLower(k) && strings.Contains(k, "_") || strings.ContainsAny(k, " -.") {
					t.Errorf("%q is taken for a flag", k)
				}
			}
		}
	})
}
