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
	"reflect"
	"strings"
	"sync"
	"syscall"
)

// A server takes commands on a socket in its data directory that only the
// directory's owner can open. A command goes in as one line of JSON, its flags
// already read where it was given; what it prints comes back as frames, the
// last with its exit status.

type order struct {
	Command  string          `json:"command"` // a type of orders, by name
	Flags    json.RawMessage `json:"flags"`
	In       string          `json:"in,omitempty"` // the first line of standard input, for those that read it
	Terminal bool            `json:"terminal,omitempty"`
}

type frame struct {
	Out  string `json:"out,omitempty"`
	Err  string `json:"err,omitempty"`
	Exit *int   `json:"exit,omitempty"`
}

const (
	maxOrder = 1 << 20
	maxIn    = 8 << 10
)

// orders are the commands that a running server executes.
var orders = []onNode{
	(*tokenCmd)(nil), (*userAdd)(nil), (*userList)(nil), (*userDisable)(nil), (*clientAdd)(nil), (*clientList)(nil), (*clientDisable)(nil), (*siteAdd)(nil), (*siteList)(nil),
	(*peerAdd)(nil), (*peerList)(nil), (*peerRemove)(nil), (*peerSelf)(nil), (*importCmd)(nil), (*exportCmd)(nil),
	(*backupCmd)(nil), (*verifyCmd)(nil),
	(*knowledgeRxnorm)(nil), (*knowledgeNDC)(nil), (*knowledgeInteractions)(nil), (*knowledgeList)(nil), (*knowledgeRemove)(nil),
}

func orderName(cmd onNode) string { return reflect.TypeOf(cmd).Elem().Name() }

// ordered is the command that an order names, with its flags.
func ordered(o order) (onNode, error) {
	for _, known := range orders {
		if orderName(known) == o.Command {
			cmd := reflect.New(reflect.TypeOf(known).Elem())
			if err := json.Unmarshal(o.Flags, cmd.Interface()); err != nil {
				return nil, err
			}
			return cmd.Interface().(onNode), nil
		}
	}
	return nil, errors.New("the server knows no such command: it may be of another version")
}

// readsLine is a command that reads one line of standard input.
type readsLine interface{ line() bool }

func socketPath(dir string) string { return filepath.Join(dir, "control.sock") }

// maxSocketPath is what fits into sockaddr_un.
const maxSocketPath = 100

// control takes commands for a node. stop refuses further ones and returns when
// those under way have ended.
func control(ctx context.Context, n *node) (stop func(), err error) {
	path := socketPath(n.dir)
	if len(path) > maxSocketPath {
		slog.Warn("no commands are taken while the server runs: the path of the data directory is too long for a socket", "longest", maxSocketPath)
		return func() {}, nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of a server that was killed
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	var under sync.WaitGroup
	under.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			under.Go(func() {
				defer c.Close()
				if err := obey(ctx, n, c); err != nil && ctx.Err() == nil {
					slog.Error("a command on the control socket", "error", err)
				}
			})
		}
	})
	return func() {
		cancel()
		l.Close()
		under.Wait()
	}, nil
}

func obey(ctx context.Context, n *node, c net.Conn) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	unread := context.AfterFunc(ctx, func() { c.(*net.UnixConn).CloseRead() })
	defer unread()
	line, err := bufio.NewReader(io.LimitReader(c, maxOrder)).ReadBytes('\n')
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return err
	}
	go func() { // when whoever asked has gone, the command ends
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
	s := streams{in: strings.NewReader(o.In), terminal: o.Terminal,
		out: framer(func(text string) error { return write(frame{Out: text}) }),
		err: framer(func(text string) error { return write(frame{Err: text}) })}
	cmd, err := ordered(o)
	if err == nil {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic in %s: %v", o.Command, p)
			}
		}()
		slog.Info("command", "command", o.Command)
		err = cmd.run(ctx, n, s)
	}
	code := status(err, s)
	return write(frame{Exit: &code})
}

type framer func(string) error

func (f framer) Write(p []byte) (int, error) {
	if err := f(string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// send gives a command to the server that has the directory open.
func send(ctx context.Context, cmd onNode, s streams) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", socketPath(cmd.data()))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("%w, which takes no commands", errInUse)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errInUse, err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	o := order{Command: orderName(cmd), Terminal: s.terminal}
	if o.Flags, err = json.Marshal(cmd); err != nil {
		return err
	}
	if r, ok := cmd.(readsLine); ok && r.line() {
		if o.In, err = bufio.NewReader(io.LimitReader(s.in, maxIn)).ReadString('\n'); o.In == "" && err != nil {
			return fmt.Errorf("nothing on standard input: %w", err)
		}
	}
	if err := json.NewEncoder(c).Encode(o); err != nil {
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
