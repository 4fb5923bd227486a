package main

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"wholechart/decision"
	"wholechart/decision/medicine"
	"wholechart/decision/substance"
)

// A node's own knowledge stands in the folder knowledge of its data directory: of
// each body a file about it and a file of what was read, written by the commands
// below. A running server takes a change up at once.

type knowledgeCmd struct {
	Rxnorm       knowledgeRxnorm       `cmd:"" help:"Load RxNorm of your own licence: RXNCONSO.RRF, RXNREL.RRF and RXNSAT.RRF (codes of medicines, NDC)."`
	NDC          knowledgeNDC          `cmd:"" name:"ndc" help:"Load product.txt of the FDA's NDC Directory."`
	Interactions knowledgeInteractions `cmd:"" help:"Load a table of interactions that you have a licence for; --check only says whether it can be read."`
	List         knowledgeList         `cmd:"" help:"List what was loaded, its version, date and licence."`
	Remove       knowledgeRemove       `cmd:"" help:"Take what was loaded away."`
}

// about says whose knowledge it is.
type about struct {
	Data    string `required:"" type:"path" help:"The node's directory."`
	Version string `required:"" help:"What the publisher calls this release."`
	Date    string `required:"" help:"The publisher's date, YYYY-MM-DD: from a year after it on, every page says that it is old."`
	Licence string `required:"" help:"Under which licence you use it."`
}

func (c *about) data() string { return c.Data }

func (c *about) body(kind, name string) (decision.Body, error) {
	b := decision.Body{Kind: kind, Name: strings.TrimSpace(name), Version: strings.TrimSpace(c.Version), Date: c.Date, Licence: strings.TrimSpace(c.Licence)}
	if _, err := time.Parse(time.DateOnly, c.Date); err != nil {
		return b, fmt.Errorf("--date %q is no date like 2026-11-02", c.Date)
	}
	for what, s := range map[string]string{"a name": b.Name, "--version": b.Version, "--licence": b.Licence} {
		if s == "" || len(s) > 200 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
			return b, fmt.Errorf("%s must be 1 to 200 characters on one line", what)
		}
	}
	return b, nil
}

type knowledgeRxnorm struct {
	about
	Path string `arg:"" type:"path" help:"The folder with the RRF files (rrf of the release), or the release's zip."`
}

func (c *knowledgeRxnorm) run(_ context.Context, n *node, s streams) error {
	b, err := c.body("rxnorm", "RxNorm")
	if err != nil {
		return err
	}
	files, err := openRRF(c.Path)
	if err != nil {
		return err
	}
	defer files.close()
	sum := sha256.New()
	var sat io.Reader
	if files.sat != nil {
		sat = io.TeeReader(files.sat, sum)
	}
	m, err := substance.ReadRxNorm(io.TeeReader(files.conso, sum), io.TeeReader(files.rel, sum), sat)
	if err != nil {
		return err
	}
	return keepSubstances(n, s, b, m, sum)
}

type knowledgeNDC struct {
	about
	File string `arg:"" type:"existingfile" help:"product.txt."`
}

func (c *knowledgeNDC) run(_ context.Context, n *node, s streams) error {
	b, err := c.body("ndc", "NDC Directory")
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	m, err := substance.ReadNDCDirectory(io.TeeReader(f, sum))
	if err != nil {
		return err
	}
	return keepSubstances(n, s, b, m, sum)
}

func keepSubstances(n *node, s streams, b decision.Body, m *substance.More, sum hash.Hash) error {
	b.What = fmt.Sprintf("%s, %d RxNorm codes, %d other names, %d NDC", several(len(m.Ingredients), "ingredient"), len(m.Codes), len(m.Names), len(m.NDC))
	b.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return keep(n, s, b, m.Write)
}

type knowledgeInteractions struct {
	about
	Name  string `required:"" help:"Whose table it is, as pages show it."`
	Check bool   `help:"Only say whether the file can be read."`
	File  string `arg:"" type:"existingfile" help:"UTF-8 CSV; its columns stand in docs/decision/own-knowledge.md."`
}

func (c *knowledgeInteractions) run(_ context.Context, n *node, s streams) error {
	b, err := c.body("interactions", c.Name)
	if err != nil {
		return err
	}
	text, err := readBounded(c.File, medicine.MostBytes)
	if err != nil {
		return err
	}
	list, err := medicine.Load(strings.NewReader(string(text)))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("interactions: the file has no rule")
	}
	ours := 0
	for _, r := range medicine.Rules() {
		if !r.Licensed && slices.ContainsFunc(list, func(x medicine.Interaction) bool { return x.ID == r.ID }) {
			ours++
		}
	}
	if c.Check {
		fmt.Fprintf(s.out, "%s can be read; %d take the place of ours by their id\n", several(len(list), "interaction"), ours)
		return nil
	}
	sum := sha256.Sum256(text)
	b.What, b.SHA256 = several(len(list), "interaction"), hex.EncodeToString(sum[:])
	if ours > 0 {
		b.What += fmt.Sprintf(", %d in the place of ours", ours)
	}
	return keep(n, s, b, func(w io.Writer) error { _, err := w.Write(text); return err })
}

type knowledgeList struct {
	Data string `required:"" type:"path" help:"The node's directory."`
}

func (c *knowledgeList) data() string { return c.Data }

func (c *knowledgeList) run(_ context.Context, n *node, s streams) error {
	o := ownKnowledge(n.dir)
	return table(s.out, func(w io.Writer) {
		fmt.Fprintln(w, "NAME\tVERSION\tDATE\tLICENCE\tWHAT\tSTATE")
		for _, b := range o.Bodies {
			state := "in use"
			if b.Problem != "" {
				state = "not in use: " + b.Problem
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", b.Name, b.Version, b.Date, b.Licence, b.What, state)
		}
	})
}

type knowledgeRemove struct {
	Data string `required:"" type:"path" help:"The node's directory."`
	Name string `arg:"" help:"As the list calls it."`
}

func (c *knowledgeRemove) data() string { return c.Data }

func (c *knowledgeRemove) run(_ context.Context, n *node, s streams) error {
	for _, b := range ownKnowledge(n.dir).Bodies {
		if b.Name != c.Name {
			continue
		}
		base := filepath.Join(knowledgeDir(n.dir), bodyFile(b.Kind, b.Name))
		if err := errors.Join(os.Remove(base+".json"), os.Remove(base+".txt")); err != nil {
			return err
		}
		useKnowledge(n.dir)
		fmt.Fprintf(s.out, "%s is taken away\n", b.Name)
		return nil
	}
	return fmt.Errorf("nothing is loaded by the name %q", c.Name)
}

func knowledgeDir(dir string) string { return filepath.Join(dir, "knowledge") }

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// bodyFile is the name of a body's files.
func bodyFile(kind, name string) string {
	s := strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
	sum := sha256.Sum256([]byte(name))
	return kind + "-" + s[:min(40, len(s))] + "-" + hex.EncodeToString(sum[:3])
}

// keep writes a body, takes it up and says so.
func keep(n *node, s streams, b decision.Body, write func(io.Writer) error) error {
	b.Loaded = n.now().UTC().Format(time.RFC3339)
	if err := os.MkdirAll(knowledgeDir(n.dir), 0o700); err != nil {
		return err
	}
	base := filepath.Join(knowledgeDir(n.dir), bodyFile(b.Kind, b.Name))
	if err := writeFile(base+".txt", write); err != nil {
		return err
	}
	head, err := json.MarshalIndent(b, "", "\t")
	if err != nil {
		return err
	}
	if err := writeFile(base+".json", func(w io.Writer) error { _, err := w.Write(head); return err }); err != nil {
		return err
	}
	useKnowledge(n.dir)
	for _, is := range decision.Bodies() {
		if is.Name == b.Name && is.Kind == b.Kind && is.Problem != "" {
			return fmt.Errorf("%s was written but is not in use: %s", b.Name, is.Problem)
		}
	}
	fmt.Fprintf(s.out, "%s %s of %s: %s. It is in use; no restart is needed.\n", b.Name, b.Version, b.Date, b.What)
	return nil
}

func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeFile writes a file whole or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func readBounded(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s has more than %d bytes", filepath.Base(name), most)
	}
	return text, err
}

// maxBodies bounds how many bodies a node holds.
const maxBodies = 32

// ownKnowledge reads a node's own knowledge. A body that cannot be read says why,
// and the others are read.
func ownKnowledge(dir string) decision.Owned {
	var o decision.Owned
	heads, _ := filepath.Glob(filepath.Join(knowledgeDir(dir), "*.json"))
	slices.Sort(heads)
	// Ingredients first: a table of interactions may name one that RxNorm brings.
	slices.SortStableFunc(heads, func(x, y string) int {
		return strings.Compare(strings.TrimPrefix(filepath.Base(x), "interactions"), strings.TrimPrefix(filepath.Base(y), "interactions"))
	})
	var tables []int
	for i, h := range heads {
		if i == maxBodies {
			slog.Warn("more bodies of knowledge than are read", "most", maxBodies)
			break
		}
		var b decision.Body
		text, err := readBounded(h, 64<<10)
		if err == nil {
			err = json.Unmarshal(text, &b)
		}
		if err == nil && (b.Name == "" || b.Kind == "") {
			err = errors.New("it has no name")
		}
		if err != nil {
			b.Name, b.Kind, b.Problem = filepath.Base(h), "?", err.Error()
		}
		if b.Kind == "interactions" {
			tables = append(tables, len(o.Bodies))
		} else if b.Problem == "" {
			m, err := readSubstances(strings.TrimSuffix(h, ".json") + ".txt")
			if err != nil {
				b.Problem = err.Error()
			} else {
				o.Substances = append(o.Substances, m)
			}
		}
		o.Bodies = append(o.Bodies, b)
	}
	substance.Use(o.Substances...)
	ids := map[string]bool{}
	for _, i := range tables {
		b := &o.Bodies[i]
		text, err := readBounded(filepath.Join(knowledgeDir(dir), bodyFile(b.Kind, b.Name)+".txt"), medicine.MostBytes)
		var list []medicine.Interaction
		if err == nil {
			list, err = medicine.Load(strings.NewReader(string(text)))
		}
		for j := range list {
			if ids[list[j].ID] {
				err = fmt.Errorf("the id %s stands in another table too", list[j].ID)
				break
			}
			list[j].Version = b.Version
			list[j].Citation = b.Name + ": " + list[j].Citation
		}
		if err != nil {
			b.Problem = err.Error()
			continue
		}
		for j := range list {
			ids[list[j].ID] = true
		}
		o.Interactions = append(o.Interactions, list...)
	}
	return o
}

func readSubstances(name string) (*substance.More, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return substance.Parse(f)
}

// useKnowledge takes up what stands in a node's directory. It is called when a node
// is opened and after every change.
func useKnowledge(dir string) {
	o := ownKnowledge(dir)
	for _, b := range o.Bodies {
		if b.Problem != "" {
			slog.Error("own knowledge is not in use", "name", b.Name, "problem", b.Problem)
		}
	}
	decision.Use(o)
}

// hasKnowledge says whether anything was ever loaded.
func hasKnowledge(dir string) bool {
	heads, _ := filepath.Glob(filepath.Join(knowledgeDir(dir), "*.json"))
	return len(heads) > 0
}

// rrfFiles are the three files of RxNorm, each read once from its beginning.
type rrfFiles struct {
	conso, rel, sat io.Reader // sat may be nil
	closers         []io.Closer
}

func (f *rrfFiles) close() {
	for _, c := range f.closers {
		c.Close()
	}
}

func openRRF(name string) (*rrfFiles, error) {
	f := &rrfFiles{}
	var open func(string) (io.ReadCloser, error)
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		open = func(file string) (io.ReadCloser, error) {
			r, err := os.Open(filepath.Join(name, file))
			if errors.Is(err, os.ErrNotExist) {
				r, err = os.Open(filepath.Join(name, "rrf", file))
			}
			return r, err
		}
	} else {
		z, err := zip.OpenReader(name)
		if err != nil {
			return nil, fmt.Errorf("%s is neither a folder nor a zip: %w", filepath.Base(name), err)
		}
		f.closers = append(f.closers, z)
		open = func(file string) (io.ReadCloser, error) {
			for _, e := range z.File {
				// The release has the prescribable subset beside the whole: the whole is read.
				if path.Base(e.Name) == file && !strings.Contains(e.Name, "prescribe") {
					return e.Open()
				}
			}
			return nil, os.ErrNotExist
		}
	}
	for file, to := range map[string]*io.Reader{"RXNCONSO.RRF": &f.conso, "RXNREL.RRF": &f.rel, "RXNSAT.RRF": &f.sat} {
		r, err := open(file)
		if err != nil {
			if file == "RXNSAT.RRF" && errors.Is(err, os.ErrNotExist) {
				continue
			}
			f.close()
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		f.closers = append(f.closers, r)
		*to = r
	}
	return f, nil
}
