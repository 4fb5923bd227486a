// Command wholechart keeps medical records: it is one provider's chart (EMR)
// and, with the other nodes it knows, the whole record (EHR).
//
// One file is one command. serve.go lists every door of the system.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// CLI is every command.
type CLI struct {
	Config kong.ConfigFlag `help:"A JSON file with values of flags; flags and WHOLECHART_… in the environment come first." placeholder:"FILE"`

	Demo       demoCmd       `cmd:"" help:"A network of sites with people and stories, on loopback, ready in seconds."`
	Init       initCmd       `cmd:"" help:"Make a node with a first site and its first user; prints the password once."`
	Serve      serveCmd      `cmd:"" help:"Run one node."`
	Token      tokenCmd      `cmd:"" help:"Print a bearer token and nothing else, for scripts."`
	Client     clientCmd     `cmd:"" help:"Add, list and disable programs that have credentials of their own."`
	User       userCmd       `cmd:"" help:"Add, list and disable a site's users."`
	Site       siteCmd       `cmd:"" help:"Add and list the sites of a node."`
	Knowledge  knowledgeCmd  `cmd:"" help:"Load, list and remove knowledge of your own: RxNorm, NDC, licensed interactions."`
	Peer       peerCmd       `cmd:"" help:"Add, list and remove other nodes' sites that this node trusts."`
	Import     importCmd     `cmd:"" help:"Take in FHIR bundles, NDJSON, directories and archives."`
	Export     exportCmd     `cmd:"" help:"Write a site's whole chart as NDJSON, a file a type."`
	Validate   validateCmd   `cmd:"" help:"Check FHIR resources."`
	Fhirpath   fhirpathCmd   `cmd:"" help:"Evaluate a FHIRPath expression on a resource."`
	Backup     backupCmd     `cmd:"" help:"Copy the node's data, also while it runs."`
	Restore    restoreCmd    `cmd:"" help:"Make a data directory of a backup, and verify it."`
	Verify     verifyCmd     `cmd:"" help:"Prove the audit chain and every stored digest."`
	Bench      benchCmd      `cmd:"" help:"Measure a FHIR server."`
	BenchPages pagesCmd      `cmd:"" name:"bench-pages" help:"Measure how fast a site's pages are made."`
	BenchDay   dayCmd        `cmd:"" name:"bench-day" help:"Write the day of a large site that does not exist, to import and measure pages with."`
	Everything everythingCmd `cmd:"" name:"compare-everything" help:"Prove that whole records hold exactly what an archive of bundles holds."`
	Version    versionCmd    `cmd:"" help:"Say which version this is."`
}

// streams are where a command reads and writes: the terminal's, or those of a
// command line that was sent to a running server.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // err is a terminal: progress may be drawn
}

// onNode is a command that works on a data directory: on its own when nobody
// has it open, else inside the server that has.
type onNode interface {
	data() string
	run(ctx context.Context, n *node, s streams) error
}

// alone is a command that opens what it needs itself.
type alone interface {
	run(ctx context.Context, s streams) error
}

// exit is an error with an exit status and nothing more to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	info, err := os.Stderr.Stat()
	s := streams{os.Stdin, os.Stdout, os.Stderr, err == nil && info.Mode()&os.ModeCharDevice != 0}
	os.Exit(status(command(ctx, os.Args[1:], s), s))
}

func status(err error, s streams) int {
	var code exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(s.err, "wholechart:", err)
	return 1
}

// command runs one command line.
func command(ctx context.Context, args []string, s streams) error {
	var cli CLI
	ended := -1
	parser, err := kong.New(&cli, kong.Name("wholechart"), kong.Description("Keeps medical records: one provider's chart, and the whole record across sites."),
		kong.DefaultEnvars("WHOLECHART"), kong.Configuration(config), kong.Writers(s.out, s.err), kong.Exit(func(code int) { ended = code }))
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if ended >= 0 {
		return exit(ended)
	}
	if err != nil {
		return err
	}
	switch cmd := k.Selected().Target.Addr().Interface().(type) {
	case alone:
		return cmd.run(ctx, s)
	case onNode:
		n, err := openNode(ctx, cmd.data(), nodeOptions{})
		if errors.Is(err, errInUse) {
			return send(ctx, cmd, s)
		}
		if err != nil {
			return err
		}
		return errors.Join(cmd.run(ctx, n, s), n.close())
	}
	return errors.New("no such command")
}
