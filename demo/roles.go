package demo

// Role is a card on the demonstration's first page: somebody to sign in as. Practitioner is the id of the Practitioner
// at Site, empty for who does not write in charts. Start is the page that shows the role's story first.
type Role struct{ Title, User, Site, Name, Practitioner, Description, Start string }

// Roles lists the role cards, in the order to show them.
func Roles() []Role {
	return []Role{
		{"Physician", "okonkwo", "maple", "Lena Okonkwo, MD", "okonkwo", "Family physician. Rosa is in room 2 and an antibiotic is about to be ordered.", "/maple/patients/rosa-delgado"},
		{"Emergency physician", "berger", "riverside", "Hannah Berger, MD", "berger", "A confused man fell from a ladder. Riverside has never seen him.", "/riverside/patients/youssef-hadad"},
		{"Nurse", "reyes", "maple", "Tomás Reyes, RN", "reyes", "Calls in patients, measures, gives vaccines, and took the telephone call about a critical potassium.", "/maple/patients/walter-nowak"},
		{"Cardiologist", "feld", "lakeside", "Aaron Feld, MD", "feld", "In another state: prescribes Rosa's warfarin and half of Walter's medicines.", "/lakeside/patients/rosa-delgado-ortiz"},
		{"Radiologist", "raman", "riverside", "Priya Raman, MD", "raman", "Reads images with the whole record beside them: Harold's nodule is not new.", "/riverside/patients/whitman-harold"},
		{"Pharmacist", "patel", "corner", "Anil Patel, PharmD", "patel", "Hands out what two prescribers ordered: Walter got two strengths of metoprolol.", "/corner/patients/w-nowak"},
		{"Counselor", "whitaker", "newleaf", "Ben Whitaker, LCDC III", "whitaker", "Writes in a record that leaves only with the patient's consent.", "/newleaf/patients/dk-1985"},
		{"Front desk", "hughes", "maple", "Patricia Hughes", "", "Finds and tells apart people: two are called James Miller. Sees no clinical fact.", "/maple/"},
		{"Records office", "stone", "riverside", "Margaret Stone", "", "Answers requests for records and corrects what was joined or misspelled.", "/riverside/links"},
		{"Patient", "rosa", "maple", "Rosa Delgado", "", "Her own record from all sites, and who looked at it.", "/maple/patients/rosa-delgado"},
		{"Privacy officer", "ferris", "riverside", "Dale Ferris", "", "Every access, every refusal, every disclosure, with its reason.", "/riverside/log"},
		{"Operator", "admin", "maple", "Node operator", "", "Health of the node, its users, the other sites. Sees no chart.", "/maple/node"},
	}
}
