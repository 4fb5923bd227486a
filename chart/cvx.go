package chart

import "strings"

const cvx = "http://hl7.org/fhir/sid/cvx"

// vaccineGroups are CDC's vaccine groups of CVX codes (IIS: vaccine groups and
// their CVX codes), as far as they are in common use; a code not here is a row
// of its own under its own name. A combined vaccine is in several groups.
var vaccineGroups = func() map[string][]string {
	out := map[string][]string{}
	for _, group := range [...]struct{ name, codes string }{
		{"DTaP", "01 20 22 28 50 102 106 107 110 120 130 132 146 170 198"},
		{"Td, Tdap", "09 35 112 113 115 138 139 196"},
		{"Polio", "02 10 89 110 120 130 132 146 170 178 179"},
		{"Hib", "17 22 46 47 48 49 50 51 102 120 132 146 148 170 198"},
		{"Hepatitis B", "08 42 43 44 45 51 102 104 110 132 146 189 193 198 220"},
		{"Hepatitis A", "31 52 83 84 85 104 193"},
		{"MMR", "03 04 05 06 07 38 94"}, {"Varicella", "21 94"}, {"Zoster", "121 187 188"},
		{"Pneumococcal", "33 100 109 133 152 215 216 327"}, {"Rotavirus", "74 116 119 122"}, {"HPV", "62 118 137 165"},
		{"Influenza", "15 16 88 111 135 140 141 144 149 150 151 153 155 158 161 166 168 171 185 186 194 197 200 201 202 205 231 320 333"},
		{"COVID-19", "207 208 210 211 212 213 217 218 219 221 225 226 227 228 229 230 300 301 302 308 309 310 311 312 313"},
		{"Meningococcal ACWY", "32 103 108 114 136 147 148 167 203 316 328"}, {"Meningococcal B", "162 163 164 316 328"},
		{"RSV", "303 304 305 306 307 314 315 326"}, {"Rabies", "18 40 90 175 176"}, {"Typhoid", "25 41 53 91 101 190 191"},
		{"Yellow fever", "37 183 184"}, {"Japanese encephalitis", "39 129 134"}, {"Mpox, smallpox", "75 105 206"}, {"BCG", "19"},
		{"Cholera", "26 172 173 174"}, {"Tick-borne encephalitis", "77 222 223 224"}, {"Anthrax", "24 181"}, {"Dengue", "56"},
	} {
		for _, c := range strings.Fields(group.codes) {
			out[c] = append(out[c], group.name)
		}
	}
	return out
}()

// vaccineWords place a vaccine by its words when its code does not.
var vaccineWords = []struct{ word, group string }{
	{"influenza", "Influenza"}, {"flu shot", "Influenza"}, {"covid", "COVID-19"}, {"sars-cov", "COVID-19"}, {"tdap", "Td, Tdap"}, {"dtap", "DTaP"},
	{"hepatitis b", "Hepatitis B"}, {"hepatitis a", "Hepatitis A"}, {"hep b", "Hepatitis B"}, {"hep a", "Hepatitis A"}, {"zoster", "Zoster"}, {"shingles", "Zoster"},
	{"pneumococcal", "Pneumococcal"}, {"rotavirus", "Rotavirus"}, {"hpv", "HPV"}, {"papilloma", "HPV"}, {"mmr", "MMR"}, {"measles", "MMR"},
	{"varicella", "Varicella"}, {"polio", "Polio"}, {"ipv", "Polio"}, {"meningococcal b", "Meningococcal B"}, {"meningococcal", "Meningococcal ACWY"},
	{"hib", "Hib"}, {"tetanus", "Td, Tdap"}, {"respiratory syncytial", "RSV"}, {"rsv", "RSV"},
}

// groupsOf are the rows of the grid that a dose belongs to, at least one.
func groupsOf(d Dose) []string {
	if g := vaccineGroups[d.Code]; g != nil {
		return g
	}
	if d.Code == "" {
		low := strings.ToLower(d.Product)
		for _, w := range vaccineWords {
			if strings.Contains(low, w.word) {
				return []string{w.group}
			}
		}
	}
	return []string{d.Product}
}
