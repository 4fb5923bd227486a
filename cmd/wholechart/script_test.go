package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("WHOLECHART_KILL_CHILD"); dir != "" {
		os.Args = []string{"wholechart", "serve", "--data", dir, "--listen", "127.0.0.1:0", "--quiet"}
		main()
	}
	if filepath.Base(os.Args[0]) != "wholechart" { // not the program itself, which a script runs
		slog.SetDefault(slog.New(slog.DiscardHandler))
	}
	testscript.Main(m, map[string]func(){"wholechart": main, "fhir": fhirMain, "grant": grantMain})
}

// TestScripts drives the real program: what it prints, what it leaves behind,
// and how it ends.
func TestScripts(t *testing.T) {
	synthea, _ := filepath.Abs("../../../shared/data/synthea-r4-617.tar.zst")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "SYNTHEA="+synthea)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "synthea" {
				_, err := os.Stat(synthea)
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// address VAR DIR waits for the server of a data directory and sets VAR to its URL.
			"address": func(ts *testscript.TestScript, neg bool, args []string) {
				for {
					data, err := os.ReadFile(ts.MkAbs(filepath.Join(args[1], "addr")))
					if err == nil && len(data) > 0 && data[len(data)-1] == '\n' {
						url := strings.TrimSpace(string(data))
						if res, err := http.Get(url + "/healthz"); err == nil {
							res.Body.Close()
							ts.Setenv(args[0], url)
							return
						}
					}
					time.Sleep(5 * time.Millisecond) // the script's own deadline ends this
				}
			},
			// set VAR FILE sets VAR to what a file holds.
			"set": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
			},
			// files N DIR counts the files of a directory and those below.
			"files": func(ts *testscript.TestScript, neg bool, args []string) {
				n := 0
				err := filepath.WalkDir(ts.MkAbs(args[1]), func(_ string, d os.DirEntry, err error) error {
					if err == nil && d.Type().IsRegular() {
						n++
					}
					return err
				})
				if err != nil || fmt.Sprint(n) != args[0] {
					ts.Fatalf("%d files, %v", n, err)
				}
			},
			// tokens DIR URL FILE adds to FILE a line "address token" for each site of a running
			// node that --split-sites made.
			"tokens": func(ts *testscript.TestScript, neg bool, args []string) {
				var lines string
				dir := ts.MkAbs(args[0])
				for line := range strings.Lines(run(ts, "site", "list", "--data", dir)) {
					f := strings.Fields(line)
					if len(f) < 2 || !strings.Contains(line, "this node") || strings.HasPrefix(f[0], "op") {
						continue
					}
					// Who treats, and so may ask the other sites.
					run(ts, "user", "add", "--data", dir, "--site", f[0], "--user", "asks", "--role", "physician")
					lines += args[1] + "/" + f[0] + "/ehr/fhir " + run(ts, "token", "--data", dir, "--site", f[0], "--user", "asks")
				}
				f, err := os.OpenFile(ts.MkAbs(args[2]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
				ts.Check(err)
				_, err = f.WriteString(lines)
				ts.Check(errors.Join(err, f.Close()))
			},
			// sample N ARCHIVE DIR puts N bundles of an archive into DIR, one of every seventy.
			"sample": func(ts *testscript.TestScript, neg bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				dir := ts.MkAbs(args[2])
				ts.Check(os.MkdirAll(dir, 0o700))
				n, got := 0, 0
				err = texts(context.Background(), []string{args[1]}, func(t text) error {
					if n++; got == want || n%70 != 3 {
						return nil
					}
					got++
					return os.WriteFile(filepath.Join(dir, filepath.Base(t.name)), t.data, 0o600)
				})
				ts.Check(err)
				if got != want {
					ts.Fatalf("%d bundles", got)
				}
			},
			// damage FILE changes bytes in the middle of a file.
			"damage": func(ts *testscript.TestScript, neg bool, args []string) {
				path := ts.MkAbs(args[0])
				data, err := os.ReadFile(path)
				ts.Check(err)
				at := strings.Index(string(data), args[1])
				if at < 0 {
					ts.Fatalf("%s is not in %s", args[1], args[0])
				}
				copy(data[at:], strings.ToUpper(args[1]))
				ts.Check(os.WriteFile(path, data, 0o600))
			},
		},
	})
}

// run is what a command prints, run in this process.
func run(ts *testscript.TestScript, args ...string) string {
	var out, bad bytes.Buffer
	s := streams{in: strings.NewReader(""), out: &out, err: &bad}
	if code := status(command(context.Background(), args, s), s); code != 0 {
		ts.Fatalf("%v: %s", args, bad.String())
	}
	return out.String()
}

// fhirMain is a small client: fhir METHOD URL [TOKEN [FILE]] prints the status
// and the body's beginning, and fails when the answer is an error.
func fhirMain() {
	args := append(os.Args[1:], "", "")
	var body io.Reader
	if args[3] != "" {
		f, err := os.Open(args[3])
		if err != nil {
			panic(err)
		}
		body = f
	}
	req, err := http.NewRequest(args[0], args[1], body)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	if args[2] != "" {
		req.Header.Set("Authorization", "Bearer "+args[2])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(res.Status)
	for _, h := range []string{"X-Content-Type-Options", "Content-Security-Policy"} {
		fmt.Printf("%s: %s\n", h, res.Header.Get(h))
	}
	io.CopyN(os.Stdout, res.Body, 4000)
	if res.StatusCode >= 400 {
		os.Exit(1)
	}
}
