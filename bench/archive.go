package bench

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// A bundleFile is one JSON file of an archive.
type bundleFile struct {
	Name string
	Body []byte
}

// zstdWindow admits archives made with zstd --long=27.
const zstdWindow = 1 << 27

// bundles yields the JSON files at path: one file, a directory and what is below it in the order of names, or a .tar,
// .tar.gz or .tar.zst in its own order. Synthea's hospital and practitioner bundles of a directory come first, because
// others refer to them. One file is in memory at a time. An error ends it.
func bundles(path string) iter.Seq2[bundleFile, error] {
	return func(yield func(bundleFile, error) bool) {
		if err := eachBundle(path, func(b bundleFile) bool { return yield(b, nil) }); err != nil {
			yield(bundleFile{}, fmt.Errorf("bench: archive: %w", err))
		}
	}
}

func eachBundle(path string, yield func(bundleFile) bool) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return eachOfDirectory(path, yield)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	switch name := strings.ToLower(path); {
	case strings.HasSuffix(name, ".json"):
		body, err := readBounded(f)
		if err == nil {
			yield(bundleFile{Name: filepath.Base(path), Body: body})
		}
		return err
	case strings.HasSuffix(name, ".tar"):
		return eachOfTar(f, yield)
	case strings.HasSuffix(name, ".tar.gz"), strings.HasSuffix(name, ".tgz"):
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		return eachOfTar(z, yield)
	case strings.HasSuffix(name, ".tar.zst"):
		z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return err
		}
		defer z.Close()
		return eachOfTar(z, yield)
	}
	return errors.New("neither a directory nor .json, .tar, .tar.gz or .tar.zst")
}

func eachOfDirectory(dir string, yield func(bundleFile) bool) error {
	var first, rest []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch name := filepath.Base(path); {
		case err != nil:
			return err
		case d.IsDir() || !strings.HasSuffix(name, ".json"):
		case strings.HasPrefix(name, "hospitalInformation"), strings.HasPrefix(name, "practitionerInformation"):
			first = append(first, path)
		default:
			rest = append(rest, path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, path := range append(first, rest...) {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		body, err := readBounded(f)
		f.Close()
		if err != nil {
			return err
		}
		if !yield(bundleFile{Name: filepath.Base(path), Body: body}) {
			return nil
		}
	}
	return nil
}

func eachOfTar(r io.Reader, yield func(bundleFile) bool) error {
	t := tar.NewReader(r)
	for {
		head, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if head.Typeflag != tar.TypeReg || !strings.HasSuffix(head.Name, ".json") || strings.HasPrefix(filepath.Base(head.Name), "._") {
			continue
		}
		body, err := readBounded(t)
		if err != nil {
			return err
		}
		if !yield(bundleFile{Name: filepath.Base(head.Name), Body: body}) {
			return nil
		}
	}
}

func readBounded(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("a bundle is longer than %d bytes", maxBody)
	}
	return body, err
}
