package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// A server takes commands on a socket in its data directory that only the
// directory's owner can open. A command line goes in as one line of JSON; what
// it prints comes back as frames, the last with its exit status.

type order struct {
	Args     []string `json:"args"`
	Dir      string   `json:"dir"` // what relative paths are relative to
	Terminal bool     `json:"terminal"`
}

type frame struct {
	Out  string `json:"out,omitempty"`
	Err  string `json:"err,omitempty"`
	Exit *int   `json:"exit,omitempty"`
}

const maxOrder = 1 << 20

func socketPath(dir string) string { return filepath.Join(dir, "control.sock") }

// control takes commands for a node until ctx ends.
func control(ctx context.Context, n *node) error {
	path := socketPath(n.dir)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(err, l.Close())
	}
	go func() {
		<-ctx.Done()
		l.Close()
	}()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if err := obey(ctx, n, c); err != nil {
					slog.Error("a command on the control socket", "error", err)
				}
			}()
		}
	}()
	return nil
}

func obey(ctx context.Context, n *node, c net.Conn) error {
	line, err := bufio.NewReader(io.LimitReader(c, maxOrder)).ReadBytes('\n')
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // whoever asked has gone: the command ends
		io.Copy(io.Discard, c)
		cancel()
	}()
	var mu sync.Mutex
	enc := json.NewEncoder(c)
	write := func(f frame) error {
		mu.Lock()
		defer mu.Unlock()
		return enc.Encode(f)
	}
	s := streams{in: nil, terminal: o.Terminal,
		out: framer(func(text string) error { return write(frame{Out: text}) }),
		err: framer(func(text string) error { return write(frame{Err: text}) })}
	code := status(command(withDir(ctx, o.Dir), o.Args, s, n), s)
	return write(frame{Exit: &code})
}

type framer func(string) error

func (f framer) Write(p []byte) (int, error) {
	if err := f(string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// send gives a command line to the server that has the directory open.
func send(ctx context.Context, dir string, args []string, s streams) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", socketPath(dir))
	if err != nil {
		return fmt.Errorf("%w, and it takes no commands: %w", errInUse, err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(c).Encode(order{args, here, s.terminal}); err != nil {
		return err
	}
	dec := json.NewDecoder(c)
	for {
		var f frame
		if err := dec.Decode(&f); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the server ended before the command did: %w", err)
		}
		io.WriteString(s.out, f.Out)
		io.WriteString(s.err, f.Err)
		if f.Exit != nil {
			if *f.Exit == 0 {
				return nil
			}
			return exit(*f.Exit)
		}
	}
}

type dirKey struct{}

func withDir(ctx context.Context, dir string) context.Context {
	return context.WithValue(ctx, dirKey{}, dir)
}

// abs is a path as the caller of the command meant it.
func abs(ctx context.Context, path string) string {
	if dir, ok := ctx.Value(dirKey{}).(string); ok && !filepath.IsAbs(path) {
		return filepath.Join(dir, path)
	}
	return path
}
