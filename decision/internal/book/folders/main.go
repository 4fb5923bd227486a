// Command folders writes the cases of the rules out as folders, one a case: story,
// record, orders and what is expected, for whoever reviews them or asks another program
// the same. The folder must not be there, or be empty. From the root of the project:
//
//	go run ./decision/internal/book/folders DIR
package main

import (
	"flag"
	"fmt"
	"os"
	"path"

	"wholechart/decision"
	"wholechart/decision/internal/book"
)

func main() {
	from := flag.String("from", "decision", "the folder of package decision, whose cases are written")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./decision/internal/book/folders [-from decision] DIR")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || flag.Arg(0) == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*from, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "folders:", err)
		os.Exit(1)
	}
}

func run(from, out string) error {
	files, err := book.Folders(from, decision.Rules())
	if err != nil {
		return err
	}
	if err := book.Write(out, files); err != nil {
		return err
	}
	n := 0
	for _, f := range files {
		if path.Base(f.Path) == book.StoryFile {
			n++
		}
	}
	fmt.Printf("%d cases in %s\n", n, out)
	return nil
}
