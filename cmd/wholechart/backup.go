package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

type backupCmd struct {
	Data string `required:"" help:"The node's directory." type:"path"`
	Dir  string `arg:"" type:"path" help:"Directory for the copy; it must be new or empty."`
}

func (c *backupCmd) data() string { return c.Data }

// run copies the database as it is at one moment, then the blobs, which never
// change. Those who read and write go on meanwhile.
func (c *backupCmd) run(ctx context.Context, n *node, s streams) error {
	dir := c.Dir
	if err := emptyDir(dir); err != nil {
		return err
	}
	if err := n.store.Backup(ctx, filepath.Join(dir, "wholechart.db")); err != nil {
		return err
	}
	count, err := copyTree(ctx, filepath.Join(n.dir, "blobs"), filepath.Join(dir, "blobs"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "copied the database and %d blobs\n", count)
	return err
}

type restoreCmd struct {
	Backup string `arg:"" help:"Directory that backup made." type:"path"`
	Data   string `required:"" help:"Directory of the new node; it must be new or empty." type:"path"`
}

func (c *restoreCmd) run(ctx context.Context, s streams) error {
	if _, err := os.Stat(filepath.Join(c.Backup, "wholechart.db")); err != nil {
		return fmt.Errorf("%s holds no backup", c.Backup)
	}
	if err := emptyDir(c.Data); err != nil {
		return err
	}
	if _, err := copyTree(ctx, c.Backup, c.Data); err != nil {
		return err
	}
	n, err := openNode(ctx, c.Data, nodeOptions{})
	if err != nil {
		return err
	}
	return errors.Join(prove(ctx, n, s), n.close())
}

type verifyCmd struct {
	Data string `required:"" help:"The node's directory." type:"path"`
}

func (c *verifyCmd) data() string { return c.Data }

func (c *verifyCmd) run(ctx context.Context, n *node, s streams) error { return prove(ctx, n, s) }

// prove checks the audit chain, the database's structure and every blob's digest.
func prove(ctx context.Context, n *node, s streams) error {
	bad := false
	events, err := n.store.VerifyAudit(ctx)
	if err != nil {
		bad = true
		fmt.Fprintf(s.out, "audit: %v\n", err)
	} else {
		fmt.Fprintf(s.out, "audit: %d events, every one in its place\n", events)
	}
	problems, err := n.store.Check(ctx)
	if err != nil {
		return err
	}
	for _, p := range problems {
		bad = true
		fmt.Fprintf(s.out, "database: %s\n", p)
	}
	if len(problems) == 0 {
		fmt.Fprintln(s.out, "database: sound")
	}
	blobs, broken, err := n.store.VerifyBlobs(ctx)
	if err != nil {
		return err
	}
	for _, b := range broken {
		bad = true
		fmt.Fprintf(s.out, "blob %s: not what its digest says\n", b)
	}
	fmt.Fprintf(s.out, "blobs: %d looked at\n", blobs)
	if bad {
		return exit(1)
	}
	return nil
}

func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	old, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(old) > 0 {
		return fmt.Errorf("%s is not empty", dir)
	}
	return nil
}

func copyTree(ctx context.Context, from, to string) (count int, err error) {
	err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == from {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		count++
		return copyFile(path, filepath.Join(to, rel))
	})
	return count, err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
