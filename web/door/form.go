package door

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"wholechart/web"
)

// What a form cannot be read for.
var (
	ErrForm    = errors.New("the form could not be read")
	ErrTooMuch = errors.New("the form is larger than a form may be")
)

// MaxForm bounds a form without files, in bytes.
const MaxForm = 1 << 20

// Form is what was posted. *http.MaxBytesError becomes ErrTooMuch.
func (c *Call) Form() (url.Values, error) {
	if c.R.PostForm == nil {
		c.R.Body = http.MaxBytesReader(c.W, c.R.Body, MaxForm)
		if err := c.R.ParseForm(); err != nil {
			if errors.As(err, new(*http.MaxBytesError)) {
				return nil, ErrTooMuch
			}
			return nil, ErrForm
		}
	}
	return c.R.PostForm, nil
}

// Done answers a POST that was done: the browser goes on to an address of this
// site, whose page says so once.
func (c *Call) Done(href string, said web.Flash) {
	if said.Text != "" {
		if b, err := json.Marshal(said); err == nil {
			c.cookie(base64.RawURLEncoding.EncodeToString(b), 60)
		}
	}
	web.SecurityHeaders(c.W)
	http.Redirect(c.W, c.R, href, http.StatusSeeOther)
}

// sayCookie carries what the last act said to the page that follows. It holds no
// fact of a patient: words of ours, and ids for undoing.
func (c *Call) sayCookie() string { return web.SessionCookieName(c.R) + "_said" }

func (c *Call) cookie(value string, age int) {
	http.SetCookie(c.W, &http.Cookie{Name: c.sayCookie(), Value: value, Path: c.Path() + "/", MaxAge: age, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: c.R.TLS != nil || c.R.Header.Get("X-Forwarded-Proto") == "https"})
}

// said is what the last act said. A region that refreshes itself leaves it for the page.
func (c *Call) said() []web.Flash {
	k, err := c.R.Cookie(c.sayCookie())
	if err != nil || web.PartialOf(c.R) != "" || c.R.Method != http.MethodGet {
		return nil
	}
	c.cookie("", -1)
	b, err := base64.RawURLEncoding.DecodeString(k.Value)
	var f web.Flash
	if err != nil || json.Unmarshal(b, &f) != nil || f.Text == "" || len(f.Text) > 300 {
		return nil
	}
	if f.Undo != nil {
		f.Undo.Action = c.Path("undo")
	}
	return []web.Flash{f}
}
