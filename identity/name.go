package identity

import (
	"encoding/json"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"wholechart/fhir"
)

func appendJSON(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, text...)
}

// plain are letters that Unicode does not decompose and that people type without.
var plain = map[rune]string{'ß': "ss", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ı': "i", 'ħ': "h"}

// fold is a text in lower-case letters and digits without accents. Apostrophes
// vanish (O'Neill is oneill), everything else between is one space.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '‘' || r == '`' || r == '´':
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		r = unicode.ToLower(r)
		if p, ok := plain[r]; ok {
			b.WriteString(p)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// name is one name ready to compare.
type name struct {
	family []string // tokens
	given  string   // first given name
	middle []string // the further ones
	suffix string   // jr, sr, 2, 3, 4
	old    bool     // maiden or no longer in use
}

// generations are suffixes that tell a father from a son.
var generations = map[string]string{"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "2", "2nd": "2", "iii": "3", "3rd": "3", "iv": "4", "4th": "4"}

// names are a record's names; nicknames without a family name take that of the
// first name that has one.
func names(d Demographics) []name {
	var out []name
	family, suffix := []string(nil), ""
	for _, h := range d.Names {
		n := nameOf(h)
		if n.suffix != "" {
			suffix = n.suffix
		}
		if family == nil && !n.old {
			family = n.family
		}
		if n.given == "" && len(n.family) == 0 {
			continue
		}
		out = append(out, n)
	}
	first := ""
	for _, n := range out {
		if first == "" {
			first = n.given
		}
	}
	for i := range out {
		if len(out[i].family) == 0 {
			out[i].family = family
		}
		if out[i].given == "" {
			out[i].given = first
		}
		if out[i].suffix == "" {
			out[i].suffix = suffix
		}
	}
	return out
}

func nameOf(h fhir.HumanName) name {
	n := name{old: h.Use == "maiden" || h.Use == "old"}
	if h.Family == "" && len(h.Given) == 0 && h.Text != "" { // only as one text
		words := strings.Fields(fold(h.Text))
		if last, rest, ok := strings.Cut(h.Text, ","); ok {
			words = append(strings.Fields(fold(rest)), strings.Fields(fold(last))...)
		}
		if len(words) > 1 && generations[words[len(words)-1]] != "" {
			n.suffix, words = generations[words[len(words)-1]], words[:len(words)-1]
		}
		if len(words) > 1 {
			h.Family, h.Given = words[len(words)-1], words[:len(words)-1]
		}
	}
	for _, w := range strings.Fields(fold(h.Family)) {
		if g := generations[w]; g != "" && len(n.family) > 0 {
			n.suffix = g
		} else if !placeholders[w] || w == "doe" {
			n.family = append(n.family, w)
		}
	}
	for _, s := range h.Suffix {
		if g := generations[strings.ReplaceAll(fold(s), " ", "")]; g != "" {
			n.suffix = g
		}
	}
	for _, g := range h.Given {
		for _, w := range strings.Fields(fold(g)) {
			switch {
			case placeholders[w]:
			case n.given == "":
				n.given = w
			default:
				n.middle = append(n.middle, w)
			}
		}
	}
	return n
}

// groups are given names that are one name: short forms and spellings. A name
// may stand in several. The table is ours, and short: it holds common ones.
var groups = strings.Split(`william bill billy will willie liam|robert bob bobby rob robbie|richard rick ricky dick rich|james jim jimmy jamie|john jack johnny jon
jonathan jon jonny|joseph joe joey jose josef yusuf youssef yousef yosef youssuf|michael mike mickey mick mikhail miguel michal|thomas tom tommy tomas|charles charlie chuck chas carlos
edward ed eddie ted ned eduardo|theodore ted teddy theo|anthony tony antonio antony|daniel dan danny|david dave davey|matthew matt mateo|andrew andy drew andreas|christopher chris kit
christina chris christy tina cristina kristina|christine chris chrissy|nicholas nick nicky nicolas nikolas|alexander alex al sasha alejandro|alexandra alex sandra sasha lexi alejandra|benjamin ben benny
samuel sam sammy|samantha sam|stephen steve steven stephan esteban|patrick pat paddy|patricia pat patty trish tricia|peter pete pedro piotr|gregory greg|kenneth ken kenny|ronald ron ronnie
donald don donny|timothy tim|lawrence larry laurence|gerald gerry jerry|jerome jerry|raymond ray|walter walt wally|henry hank harry harold|harold harry hal|frederick fred freddy friedrich
francis frank fran|franklin frank|frances fran francie|francisco frank paco pancho|leonard len lenny|arthur art artie arturo|albert al bert alberto|alfred al fred|eugene gene|phillip phil philip felipe
victor vic|vincent vince vinny|zachary zach zack|nathaniel nathan nate|jeffrey jeff geoffrey geoff|douglas doug|joshua josh|jacob jake|mary molly polly maria marie mae|margaret maggie meg peggy marge greta margarita margarete
elizabeth liz beth betty betsy eliza lisa libby lizzie elisabeth isabel|isabella bella izzy isabel|katherine kathy kate katie kathryn catherine cathy kay kat katarina catarina|susan sue susie suzanne|barbara barb babs
deborah deb debbie debra|jennifer jen jenny|jessica jess jessie|rebecca becky becca|victoria vicky tori|dorothy dot dottie dolly|virginia ginny|judith judy|pamela pam|sandra sandy|cynthia cindy|teresa theresa terry tess
amanda mandy|angela angie|ann anne anna annie ana|nancy nan|carolyn carol caroline carrie|stephanie steph|kimberly kim|abigail abby|allison allie ally alison|gabriel gabe|gabrielle gabby|josephine jo josie
mohammed muhammad mohamed mohammad muhammed mehmed|ahmed ahmad achmed|ali aly|omar umar|hussein husain hussain|abdul abdel|fatima fatma fatimah|aisha ayesha aicha|sara sarah|philippa pippa
dmitri dmitry dimitri|sergei sergey serge|yuri yury iouri|olga olha|ivan iwan|katarzyna kasia|malgorzata gosia|aleksandra ola|jose pepe|jesus chuy|guadalupe lupe|rosa rosita|luis louis lewis`, "|")

var groupOf = func() map[string][]int {
	out := map[string][]int{}
	n := 0
	for _, line := range groups {
		for _, g := range strings.Split(line, "\n") {
			for _, w := range strings.Fields(g) {
				out[w] = append(out[w], n)
			}
			n++
		}
	}
	return out
}()

// variants says whether two given names are forms of one.
func variants(a, b string) bool {
	for _, i := range groupOf[a] {
		for _, j := range groupOf[b] {
			if i == j {
				return true
			}
		}
	}
	return false
}

// similarity is the Jaro–Winkler similarity of two texts, 0 to 1 (Winkler 1990:
// prefix of at most four letters, weight 0.1).
func similarity(a, b string) float64 {
	if a == b {
		return 1
	}
	x, y := []rune(a), []rune(b)
	if len(x) == 0 || len(y) == 0 || len(x) > 64 || len(y) > 64 {
		return 0
	}
	reach := max(len(x), len(y))/2 - 1
	var usedX, usedY [64]bool
	m := 0
	for i, r := range x {
		for j := max(0, i-reach); j < min(len(y), i+reach+1); j++ {
			if !usedY[j] && y[j] == r {
				usedX[i], usedY[j] = true, true
				m++
				break
			}
		}
	}
	if m == 0 {
		return 0
	}
	swaps, j := 0, 0
	for i := range x {
		if !usedX[i] {
			continue
		}
		for !usedY[j] {
			j++
		}
		if x[i] != y[j] {
			swaps++
		}
		j++
	}
	f := float64(m)
	jaro := (f/float64(len(x)) + f/float64(len(y)) + (f-float64(swaps)/2)/f) / 3
	prefix := 0
	for prefix < min(4, len(x), len(y)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + float64(prefix)*0.1*(1-jaro)
}

// slipped says whether two words are one word and one slip of the hand: a
// letter more, less, other, or two neighbours exchanged.
func slipped(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 || len(x) == 0 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return string(x[i:]) == string(y[i+1:])
	}
	if i == len(x) || string(x[i+1:]) == string(y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && string(x[i+2:]) == string(y[i+2:])
}

// near says whether two words are probably one, misspelled.
func near(a, b string) bool {
	if len(a) < 3 || len(b) < 3 {
		return false
	}
	return slipped(a, b) && max(len(a), len(b)) >= 4 || similarity(a, b) >= 0.92
}
