package admin

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"wholechart/access"
	"wholechart/audit"
	"wholechart/auth"
	"wholechart/record"
	"wholechart/web"
)

// What is noted of accounts.
const (
	actAddUser     = "add-user"
	actDisableUser = "disable-user"
	actEnableUser  = "enable-user"
)

// usersPage is a site's workforce accounts, and the form for one more.
type usersPage struct {
	Action   string
	Staff    []userLine
	Patients int
	Form     userForm
	Made     *made
	Zone     *time.Location
}

// made is a new account with its password, which is shown once.
type made struct{ User, FullName, Role, Password string }

type userLine struct {
	Name, FullName, Role string
	Who                  string
	Disabled, Self       bool
	Created              time.Time
}

type userForm struct {
	Name, FullName, Role, Who                  string
	NameErr, FullNameErr, RoleErr, WhoErr, Err string
}

func (f userForm) ok() bool {
	return f.NameErr == "" && f.FullNameErr == "" && f.RoleErr == "" && f.WhoErr == "" && f.Err == ""
}

// staff are the workforce's accounts by name, and how many accounts patients have.
func staff(users []auth.User, self string) (out []userLine, patients int) {
	for _, u := range users {
		if !workforce(u) {
			patients++
			continue
		}
		out = append(out, userLine{u.Name, u.FullName, roleWord("user", string(u.Role)), u.Who, u.Disabled, u.Name == self, u.Created})
	}
	slices.SortFunc(out, func(a, b userLine) int { return cmp.Compare(a.Name, b.Name) })
	return out, patients
}

// workforce says whether an account is a colleague's. The account of a patient
// says that somebody is a patient here: these pages know nothing of it.
func workforce(u auth.User) bool { return u.Role != "" && len(u.Patients) == 0 }

func (h *admin) userList(c *call) {
	if c.may(access.Manage, "") {
		c.showUsers(http.StatusOK, userForm{}, nil)
	}
}

func (c *call) showUsers(status int, f userForm, m *made) {
	users, err := c.Call.Auth.Users(c.R.Context(), c.Site.Slug)
	if err != nil {
		c.Failed(err)
		return
	}
	p := usersPage{Action: c.Path("users"), Form: f, Made: m, Zone: c.Zone}
	p.Staff, p.Patients = staff(users, c.Actor.ID)
	page := c.Page("Users")
	switch done := c.R.Form.Get("done"); {
	case c.R.Method != http.MethodGet:
	case done == "disabled":
		page.Flash = append(page.Flash, web.Flash{Kind: web.Good, Text: "Disabled. Open sessions end within seconds."})
	case done == "enabled":
		page.Flash = append(page.Flash, web.Flash{Kind: web.Good, Text: "Enabled. The old password works again."})
	}
	c.render(status, page, usersMain(p))
}

func (h *admin) changeUser(c *call) {
	if !c.may(access.Manage, "") {
		return
	}
	h.users.Lock()
	defer h.users.Unlock()
	switch act := c.R.PostForm.Get("act"); act {
	case "add":
		h.addUser(c)
	case "disable", "enable":
		h.switchUser(c, act == "disable")
	default:
		c.say(http.StatusBadRequest, "Not an act of this page", "Nothing was changed.")
	}
}

var (
	userForms  = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)
	staffForms = regexp.MustCompile(`^Practitioner/[A-Za-z0-9\-.]{1,64}$`)
)

func (h *admin) addUser(c *call) {
	in := func(name string) string { return strings.TrimSpace(c.R.PostForm.Get(name)) }
	f := userForm{Name: in("name"), FullName: in("full-name"), Role: in("role"), Who: in("who")}
	if !userForms.MatchString(f.Name) {
		f.NameErr = "Write 1 to 64 small letters, digits and . _ @ - and begin with a letter or digit."
	} else if _, err := h.Auth.User(c.R.Context(), c.Site.Slug, f.Name); err == nil {
		f.NameErr = "This name is taken. Choose another."
	} else if !errors.Is(err, record.ErrNotFound) {
		c.Failed(err)
		return
	}
	if f.FullName == "" || len(f.FullName) > 200 || strings.ContainsFunc(f.FullName, func(r rune) bool { return r < ' ' }) {
		f.FullNameErr = "Write the name that colleagues and patients will read, at most 200 characters."
	}
	if !slices.Contains(access.Roles, access.Role(f.Role)) {
		f.RoleErr = "Choose a role."
	}
	if f.Who != "" && !staffForms.MatchString(f.Who) {
		f.WhoErr = "Write it as Practitioner/number, or leave it empty."
	}
	if !f.ok() {
		c.showUsers(http.StatusUnprocessableEntity, f, nil)
		return
	}
	password := newPassword()
	u := auth.User{Site: c.Site.Slug, Name: f.Name, FullName: f.FullName, Role: access.Role(f.Role), Who: f.Who}
	if err := c.doNoted(actAddUser, u, func() error { return h.Auth.AddUser(c.R.Context(), u, password) }); err != nil {
		c.Failed(err)
		return
	}
	c.showUsers(http.StatusOK, userForm{}, &made{u.Name, u.FullName, roleWord("user", f.Role), password})
}

// switchUser disables or enables a colleague's account; never one's own, so
// that somebody is left who can undo it.
func (h *admin) switchUser(c *call, off bool) {
	u, err := h.Auth.User(c.R.Context(), c.Site.Slug, c.R.PostForm.Get("user"))
	switch {
	case errors.Is(err, record.ErrNotFound) || err == nil && !workforce(u):
		c.showUsers(http.StatusUnprocessableEntity, userForm{Err: "There is no such account of a colleague. Nothing was changed."}, nil)
		return
	case err != nil:
		c.Failed(err)
		return
	case u.Name == c.Actor.ID:
		c.showUsers(http.StatusUnprocessableEntity, userForm{Err: "Your own account stays as it is: ask a colleague."}, nil)
		return
	}
	act, done := actEnableUser, "enabled"
	if off {
		act, done = actDisableUser, "disabled"
	}
	u.Disabled = off
	if err := c.doNoted(act, u, func() error { return h.Auth.AddUser(c.R.Context(), u, "") }); err != nil {
		c.Failed(err)
		return
	}
	web.SecurityHeaders(c.W)
	http.Redirect(c.W, c.R, c.Path("users")+"?"+url.Values{"done": {done}}.Encode(), http.StatusSeeOther)
}

// doNoted does something to an account after it was noted: nobody's rights
// change without a line in the log. A failure gets a line of its own.
func (c *call) doNoted(act string, u auth.User, do func() error) error {
	e := audit.Event{Action: act, ID: u.Name, Why: "role " + string(u.Role)}
	if err := c.chart().Note(c.R.Context(), e); err != nil {
		return err
	}
	err := do()
	if err != nil {
		e.Outcome = audit.Failed
		err = errors.Join(err, c.chart().Note(c.R.Context(), e))
	}
	return err
}

// newPassword is 100 random bits in letters that are not taken for each other.
func newPassword() string {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789"
	var b [20]byte
	rand.Read(b[:])
	var out strings.Builder
	for i, x := range b {
		if i > 0 && i%5 == 0 {
			out.WriteByte('-')
		}
		out.WriteByte(letters[x%32])
	}
	return out.String()
}
