package web

// Identity heads the storyboard: who this is. It is the page's first heading.
type Identity struct {
	Name     string
	Href     string   // the chart; empty: no link
	Initials string   // default: Letters(Name)
	Summary  string   // "68 y · female · 14 Mar 1958": stays on the phone's banner
	Lines    []string // "MRN 004-17-882 · she/her · español": desktop only
	Deceased string   // "died 3 Oct 2024"; loud when set
}

func (i Identity) initials() string {
	if i.Initials != "" {
		return i.Initials
	}
	return Letters(i.Name)
}
