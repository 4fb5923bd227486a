package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"wholechart/bench"
)

type benchCmd struct {
	bench.Config `embed:""`
}

func (c *benchCmd) run(ctx context.Context, s streams) error {
	rep, err := bench.Run(ctx, c.Config, s.out)
	if err != nil {
		return err
	}
	if rep.Errors() > 0 {
		return exit(1)
	}
	return nil
}

type everythingCmd struct {
	bench.CompareConfig `embed:""`
}

func (c *everythingCmd) run(ctx context.Context, s streams) error {
	rep, err := bench.CompareEverything(ctx, c.CompareConfig, s.out)
	if err != nil {
		return err
	}
	if !rep.OK() {
		return exit(1)
	}
	return nil
}

type versionCmd struct{}

func (c *versionCmd) run(ctx context.Context, s streams) error {
	_, err := fmt.Fprintln(s.out, "wholechart", version(), "· FHIR R4 (4.0.1)")
	return err
}

// version is the commit that the program was built from, as far as it says so.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, set := range info.Settings {
			if set.Key == "vcs.revision" {
				return set.Value
			}
		}
	}
	return "built from source"
}

type dayCmd struct {
	bench.SiteDay `embed:""`
	Out           string `arg:"" type:"path" help:"NDJSON file to write."`
}

func (c *dayCmd) run(_ context.Context, _ streams) error {
	f, err := os.Create(c.Out)
	if err != nil {
		return err
	}
	return errors.Join(c.SiteDay.Write(f), f.Close())
}

type pagesCmd struct {
	bench.PagesConfig `embed:""`
}

func (c *pagesCmd) run(ctx context.Context, s streams) error {
	pages, err := bench.Pages(ctx, c.PagesConfig, s.out)
	if err != nil {
		return err
	}
	for _, p := range pages {
		if p.Failed > 0 {
			return exit(1)
		}
	}
	return nil
}
