package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

type exportCmd struct {
	Data string `required:"" help:"The node's directory." type:"path"`
	Site string `required:"" help:"The site."`
	Dir  string `arg:"" type:"path" help:"A directory, new or empty, for one NDJSON file a type."`
}

func (c *exportCmd) data() string { return c.Data }

// run writes the current version of every resource of the site's chart. It is
// an act of the site's records office: the log notes it.
func (c *exportCmd) run(ctx context.Context, n *node, s streams) (err error) {
	site, err := n.records.Site(c.Site)
	if err != nil || !site.Local {
		return fmt.Errorf("no site %s on this node", c.Site)
	}
	dir := c.Dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if old, err := os.ReadDir(dir); err != nil || len(old) > 0 {
		return errors.Join(fmt.Errorf("%s is not empty", dir), err)
	}
	type file struct {
		*os.File
		*bufio.Writer
	}
	files := map[string]file{}
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.Writer.Flush(), f.File.Sync(), f.File.Close())
		}
	}()
	count := 0
	for res, err := range n.system(c.Site, "export").All(ctx) {
		if err != nil {
			return err
		}
		f, ok := files[res.Type]
		if !ok {
			out, err := os.OpenFile(filepath.Join(dir, res.Type+".ndjson"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			f = file{out, bufio.NewWriterSize(out, 1<<18)}
			files[res.Type] = f
		}
		f.Writer.Write(res.Body)
		if err := f.Writer.WriteByte('\n'); err != nil {
			return err
		}
		count++
	}
	_, err = fmt.Fprintf(s.out, "%d resources of %d types\n", count, len(files))
	return err
}
