package web

import (
	"context"
	"io"
)

// Field is a labelled input that keeps what was typed and says what is wrong beside it.
type Field struct {
	Name, Label  string
	ID           string // default: "f-" + Name
	Type         string // text (default), password, date, email, tel, number, search, textarea, select
	Value        string // what was typed; never shown again for a password
	Hint, Error  string
	Autocomplete string // WHATWG autofill token, "username"
	InputMode    string // "numeric"
	Required     bool
	Autofocus    bool
	Options      []Option // of a select
	Rows         int      // of a textarea
	MaxLength    int
}

// Option is one choice of a select; Value is sent, Label is read.
type Option struct{ Value, Label string }

func (f Field) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, field(f)) }

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

func (f Field) kind() string {
	switch f.Type {
	case "password", "date", "email", "tel", "number", "search", "datetime-local", "time":
		return f.Type
	}
	return "text"
}

func (f Field) value() string {
	if f.Type == "password" {
		return ""
	}
	return f.Value
}

func (f Field) describedBy() string {
	var s string
	if f.Hint != "" {
		s = f.id() + "-hint"
	}
	if f.Error != "" {
		if s != "" {
			s += " "
		}
		s += f.id() + "-error"
	}
	return s
}

// Button is a button, or with Href a link that looks like one. Key binds a key on this page and shows it.
type Button struct {
	Label, Href string
	Key         string
	Primary     bool
	Quiet       bool   // no border
	Danger      bool   // irreversible
	Submit      bool   // submits its form
	Name, Value string // sent with the form
	Wide        bool   // as wide as its column
	Target      string // partial update: the id of the region that the answer replaces
}

func (b Button) Render(ctx context.Context, w io.Writer) error { return render(ctx, w, button(b)) }

func (b Button) class() string {
	c := "btn"
	switch {
	case b.Danger:
		c += " btn-danger"
	case b.Primary:
		c += " btn-primary"
	case b.Quiet:
		c += " btn-quiet"
	}
	if b.Wide {
		c += " btn-wide"
	}
	return c
}

func (b Button) target() string {
	if b.Target == "" {
		return ""
	}
	return "#" + b.Target
}
