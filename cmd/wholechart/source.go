package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// text is one document of an import: a bundle, a resource, or a run of NDJSON lines.
type text struct {
	name  string
	data  []byte
	lines bool // NDJSON: one resource a line
	other bool // neither JSON nor NDJSON: only its name is told
	err   error
}

const (
	maxText   = 256 << 20 // one document
	maxLines  = 500       // resources of NDJSON taken together
	zstWindow = 1 << 31
)

// texts reads the documents of paths, in order: files, directories and
// archives (.json, .ndjson, .tar.zst, .tar.gz, .tgz, .zip, also gzipped alone).
// It keeps one document in memory at a time, besides what give keeps. Paths
// inside a directory come in the order of their names, but for first.
func texts(ctx context.Context, paths []string, give func(text) error) error {
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			if err := file(ctx, p, give); err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			continue
		}
		var names []string
		if err := filepath.WalkDir(p, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				names = append(names, path)
			}
			return err
		}); err != nil {
			return err
		}
		slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
		for _, name := range names {
			if err := file(ctx, name, give); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// first are the types whose files are read before others': what they hold is
// what others refer to. What refers to something later waits; see spool.
var first = []string{"Organization", "Location", "Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Encounter"}

func rank(path string) int {
	typ, _, _ := strings.Cut(filepath.Base(path), ".")
	if i := slices.Index(first, typ); i >= 0 {
		return i
	}
	return len(first)
}

func file(ctx context.Context, path string, give func(text) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	name := strings.ToLower(path)
	var r io.Reader = bufio.NewReaderSize(f, 1<<20)
	switch {
	case strings.HasSuffix(name, ".zip"):
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return fromZip(ctx, f, info.Size(), give)
	case strings.HasSuffix(name, ".zst"):
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(zstWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer z.Close()
		r, name = z, strings.TrimSuffix(name, ".zst")
	case strings.HasSuffix(name, ".gz"), strings.HasSuffix(name, ".tgz"):
		z, err := gzip.NewReader(r) // .json.gz and .ndjson.gz too
		if err != nil {
			return err
		}
		defer z.Close()
		r, name = z, strings.TrimSuffix(name, ".gz")
	}
	if strings.HasSuffix(name, ".tar") || strings.HasSuffix(name, ".tgz") {
		return fromTar(ctx, r, give)
	}
	return document(ctx, filepath.Base(path), name, r, give)
}

func fromTar(ctx context.Context, r io.Reader, give func(text) error) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := document(ctx, h.Name, h.Name, t, give); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

func fromZip(ctx context.Context, r io.ReaderAt, size int64, give func(text) error) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return err
	}
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return err
		}
		err = document(ctx, f.Name, f.Name, in, give)
		in.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// document gives what one file holds. Files of other kinds are passed over.
func document(ctx context.Context, name, kind string, r io.Reader, give func(text) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	kind = strings.ToLower(kind)
	switch {
	case strings.HasPrefix(filepath.Base(name), "._"): // what macOS adds to archives
		return nil
	case strings.HasSuffix(kind, ".ndjson"), strings.HasSuffix(kind, ".jsonl"):
		return lines(ctx, name, r, give)
	case !strings.HasSuffix(kind, ".json"):
		return give(text{name: name, other: true})
	}
	data, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return err
	}
	if len(data) > maxText {
		return give(text{name: name, err: fmt.Errorf("larger than %d bytes", maxText)})
	}
	return give(text{name: name, data: data})
}

// lines gives NDJSON in runs of lines.
func lines(ctx context.Context, name string, r io.Reader, give func(text) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 1<<20), maxText)
	var buf bytes.Buffer
	n, at := 0, 1
	flush := func() error {
		if n == 0 {
			return nil
		}
		t := text{name: fmt.Sprintf("%s:%d", name, at), data: bytes.Clone(buf.Bytes()), lines: true}
		at, n = at+n, 0
		buf.Reset()
		return give(t)
	}
	for in.Scan() {
		buf.Write(in.Bytes())
		buf.WriteByte('\n')
		if n++; n == maxLines {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := in.Err(); err != nil {
		return err
	}
	return flush()
}
