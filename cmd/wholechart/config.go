package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// config is a JSON file with values of flags. A key that is no flag of any
// command is an error, as one that is twice in the file: what was misspelled
// would otherwise be passed over, and the node run without it.
func config(r io.Reader) (kong.Resolver, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxConfig+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxConfig {
		return nil, fmt.Errorf("the config file is longer than %d KiB", maxConfig>>10)
	}
	keys, err := topKeys(data)
	if err != nil {
		return nil, fmt.Errorf("the config file: %w", err)
	}
	values, err := kong.JSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("the config file: %w", err)
	}
	return known{values, keys}, nil
}

const maxConfig = 1 << 20

// topKeys are the members of the file's one object, in its order.
func topKeys(data []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("it is not one JSON object")
	}
	var keys []string
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key := t.(string)
		if slices.Contains(keys, key) {
			return nil, fmt.Errorf("%.60q stands there twice", key)
		}
		keys = append(keys, key)
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if _, object := value.(map[string]any); object {
			return nil, fmt.Errorf("the value of %.60q is an object: values are those of flags", key)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is something after the object")
	}
	return keys, nil
}

// known is a resolver whose keys must be flags.
type known struct {
	kong.Resolver
	keys []string
}

// Validate says which key is none.
func (k known) Validate(app *kong.Application) error {
	flags := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			snake := strings.ReplaceAll(f.Name, "-", "_")
			flags[snake], flags[camel(f.Name)] = true, true
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(app.Node)
	for _, key := range k.keys {
		if !flags[key] {
			return fmt.Errorf("the config file has %.60q, which is no flag of any command (a flag's name with _ for -)", key)
		}
	}
	return nil
}

// camel is a flag's name in the other form that kong takes: full-name, fullName.
func camel(name string) string {
	parts := strings.Split(name, "-")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}
