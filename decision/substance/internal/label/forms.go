package label

import "strings"

// routes are the words that say by which way a medicine enters, the way that is
// said most plainly first.
var routes = [...]struct{ words, route string }{
	{"transdermal patch patches", "transdermal"},
	{"intrauterine iud", "intrauterine"},
	{"sublingual buccal mucosal lingual translingual", "oral"},
	{"ophthalmic eye", "eye"},
	{"otic ear", "ear"},
	{"nasal", "nasal"},
	{"vaginal ring", "vaginal"},
	{"rectal suppository suppositories enema", "rectal"},
	{"inhaler inhalation inhalant inhaled nebulizer nebulized diskus respimat hfa ellipta handihaler turbuhaler aerosphere inhub dsdv", "inhaled"},
	{"implant subdermal", "implanted"},
	{"topical cream ointment lotion shampoo gel foam soap pad topically", "topical"},
	{"injection injectable injector auto-injector autoinjector pen prefilled syringe vial intravenous subcutaneous intramuscular iv im sc kwikpen flexpen flextouch solostar sureclick sensoready unoready pushtronex on-body inpn u-100 u-200 u-300", "injected"},
	{"oral tablet tablets tab tabs capsule capsules cap caps pill syrup elixir chewable sublingual buccal lozenge mouth po disintegrating orally", "oral"},
}

var routeOf = func() map[string]int {
	m := map[string]int{}
	for i, r := range routes {
		for w := range strings.FieldsSeq(r.words) {
			m[w] = i
		}
	}
	return m
}()

// Route is the way into the body that a medicine's words say: oral, injected,
// transdermal, topical, inhaled, nasal, eye, ear, rectal, vaginal, implanted,
// intrauterine; "" when they say none.
func Route(text string) string {
	if len(text) > mostText {
		return ""
	}
	best := len(routes)
	for w := range strings.FieldsSeq(Fold(text)) {
		if i, ok := routeOf[strings.Trim(w, "()[]{}.")]; ok && i < best {
			best = i
		}
	}
	if best == len(routes) {
		return ""
	}
	return routes[best].route
}
