// Command gen makes the embedded table of package substance and its SOURCE file
// of Drugs@FDA's products, of RxNorm names seen in public value sets, of what was
// approved since, and of our own synonyms.
//
//	go run ./internal/gen -drugs ../../../shared/data/drugs.tar.zst -codes ../../../shared/data/codes.tar.zst
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

func main() {
	log.SetFlags(0)
	drugs := flag.String("drugs", "", "archive with drugsatfda/Products.txt")
	codes := flag.String("codes", "", "archive with valuesets/rxnorm-codes-in-ecqm-valuesets.tsv")
	out := flag.String("out", ".", "folder of synonyms.txt, newer.txt and of what is written")
	flag.Parse()
	if err := run(*drugs, *codes, *out); err != nil {
		log.Fatal(err)
	}
}

func run(drugs, codes, out string) error {
	products, err := member(drugs, "drugsatfda/Products.txt")
	if err != nil {
		return err
	}
	rxnorm, err := member(codes, "valuesets/rxnorm-codes-in-ecqm-valuesets.tsv")
	if err != nil {
		return err
	}
	synonyms, err := os.ReadFile(filepath.Join(out, "synonyms.txt"))
	if err != nil {
		return err
	}
	b := newBuilder()
	if err := b.synonyms(string(synonyms)); err != nil {
		return err
	}
	newer, err := os.ReadFile(filepath.Join(out, "newer.txt"))
	if err != nil {
		return err
	}
	if err := b.newer(string(newer)); err != nil {
		return err
	}
	b.products(string(products))
	b.rxnorm(string(rxnorm))
	table := b.write()
	if err := os.WriteFile(filepath.Join(out, "table.txt"), table, 0o644); err != nil {
		return err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "name: Drugs@FDA products; version: extract of 2019-07; licence: CC0 (work of the United States government, openFDA)\n sha256 of Products.txt: %x\n", sha256.Sum256(products))
	fmt.Fprintf(&s, "name: RxNorm names seen in public value sets of quality measures; version: collected 2026; licence: public domain (RxNorm's own names, SAB=RXNORM, National Library of Medicine)\n sha256 of rxnorm-codes-in-ecqm-valuesets.tsv: %x\n", sha256.Sum256(rxnorm))
	fmt.Fprintf(&s, "name: synonyms.txt; our own: other names of the same substance, and products that the two lack\n")
	fmt.Fprintf(&s, "name: newer.txt; %d medicines that the FDA approved since, by its yearly lists of novel drugs, as of 2026-09-28; each line names its source\n", b.out.newer)
	fmt.Fprintf(&s, "table: %d substances, %d names, %d RxNorm codes, %d bytes\n", len(b.out.substances), b.out.names, b.out.codes, len(table))
	fmt.Fprintf(&s, "left out because a name stands for several different compositions: %d\n %s\n", len(b.out.ambiguous), strings.Join(b.out.ambiguous, "; "))
	fmt.Fprintf(&s, "RxNorm names that were not read: %d\n", len(b.out.unread))
	for _, u := range b.out.unread {
		fmt.Fprintf(&s, " %s\n", u)
	}
	return os.WriteFile(filepath.Join(out, "SOURCE"), []byte(s.String()), 0o644)
}

// member reads the file of an archive whose name ends so.
func member(archive, suffix string) ([]byte, error) {
	f, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(1<<28))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s holds no %s", filepath.Base(archive), suffix)
		}
		if err != nil {
			return nil, err
		}
		if !strings.HasSuffix(h.Name, suffix) {
			continue
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, io.LimitReader(t, 64<<20)); err != nil {
			return nil, err
		}
		return b.Bytes(), nil
	}
}
