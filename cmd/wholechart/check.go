package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"wholechart/fhir"
	"wholechart/fhirpath"
	"wholechart/validate"
)

type validateCmd struct {
	Profile []string `help:"Profiles to hold the resources to. Not built yet: naming one is an error, not a check that is passed over."`
	Package []string `help:"FHIR packages with profiles. Not built yet, as --profile."`
	JSON    bool     `name:"json" help:"Print an OperationOutcome a resource, as JSON lines."`
	Files   []string `arg:"" help:"FHIR resources in JSON or XML; - is standard input."`
}

// run checks against R4 itself. It ends with status 1 when anything is in error.
func (c *validateCmd) run(ctx context.Context, s streams) error {
	if len(c.Profile)+len(c.Package) > 0 {
		return errors.New("profiles cannot be checked yet: only R4 itself")
	}
	failed := false
	for _, name := range c.Files {
		data, err := read(s, name)
		if err != nil {
			return err
		}
		var issues []validate.Issue
		if doc, err := fhir.Parse(data); err != nil {
			issues = []validate.Issue{{Severity: validate.Error, Code: "structure", Text: err.Error()}}
		} else {
			issues = validate.Resource(doc.Root(), validate.Options{Warnings: true})
		}
		failed = failed || validate.HasErrors(issues)
		if c.JSON {
			if err := json.NewEncoder(s.out).Encode(outcome(issues)); err != nil {
				return err
			}
			continue
		}
		if len(issues) == 0 {
			fmt.Fprintf(s.out, "%s: valid\n", name)
		}
		for _, i := range issues {
			fmt.Fprintf(s.out, "%s: %s: %s: %s\n", name, i.Severity, i.Path, i.Text)
		}
	}
	if failed {
		return exit(1)
	}
	return nil
}

type issueJSON struct {
	Severity    string   `json:"severity"`
	Code        string   `json:"code"`
	Diagnostics string   `json:"diagnostics,omitempty"`
	Expression  []string `json:"expression,omitempty"`
}

func outcome(issues []validate.Issue) any {
	out := struct {
		ResourceType string      `json:"resourceType"`
		Issue        []issueJSON `json:"issue"`
	}{ResourceType: "OperationOutcome"}
	for _, i := range issues {
		one := issueJSON{Severity: string(i.Severity), Code: i.Code, Diagnostics: i.Text}
		if i.Path != "" {
			one.Expression = []string{i.Path}
		}
		out.Issue = append(out.Issue, one)
	}
	if out.Issue == nil {
		out.Issue = []issueJSON{{Severity: "information", Code: "informational", Diagnostics: "valid"}}
	}
	return out
}

// read is a resource's text as JSON, whichever form it is in.
func read(s streams, name string) ([]byte, error) {
	var in io.Reader = s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, int64(fhir.DefaultLimits.Bytes)+1))
	if err != nil {
		return nil, err
	}
	if text := strings.TrimLeft(string(data[:min(len(data), 512)]), " \t\r\n\ufeff"); strings.HasPrefix(text, "<") {
		return fhir.FromXML(strings.NewReader(string(data)))
	}
	return data, nil
}

type fhirpathCmd struct {
	Expr string `arg:"" help:"A FHIRPath expression."`
	File string `arg:"" help:"A FHIR resource in JSON or XML; - is standard input."`
}

func (c *fhirpathCmd) run(ctx context.Context, s streams) error {
	expr, err := fhirpath.Compile(c.Expr)
	if err != nil {
		return err
	}
	data, err := read(s, c.File)
	if err != nil {
		return err
	}
	doc, err := fhir.Parse(data)
	if err != nil {
		return err
	}
	out, err := expr.Eval(fhirpath.Resource(doc.Root()), &fhirpath.Env{Now: time.Now(), Trace: func(name string, values fhirpath.Collection) {
		for _, v := range values {
			fmt.Fprintf(s.err, "%s: %s\n", name, v.AppendJSON(nil))
		}
	}})
	if err != nil {
		return err
	}
	for _, v := range out {
		if _, err := fmt.Fprintf(s.out, "%s\n", v.AppendJSON(nil)); err != nil {
			return err
		}
	}
	return nil
}
