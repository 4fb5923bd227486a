package store

import "fmt"

// Seq numbers row changes of one store in the order they were committed, from 1.
type Seq int64

// SiteNo is a site's number on this node, 1 to 4095. 0 is no site.
type SiteNo uint16

// Key is a resource's place: site (12 bits), patient (27 bits), number within
// the patient (24 bits), high to low. Patient 0 holds the site's own resources
// (organisations, practitioners, places …). A patient's Patient resource has
// number 0. A key never changes and is never used again.
type Key int64

const (
	numberBits  = 24
	patientBits = 27
	maxNumber   = 1<<numberBits - 1
	maxPatient  = 1<<patientBits - 1
	maxSite     = 1<<12 - 1
)

func makeKey(site SiteNo, patient, number int64) Key {
	return Key(int64(site)<<(patientBits+numberBits) | patient<<numberBits | number)
}

// Site is the site that keeps the resource.
func (k Key) Site() SiteNo { return SiteNo(k >> (patientBits + numberBits)) }

// PatientNumber is the patient's number at the site, 0 for the site's own.
func (k Key) PatientNumber() int64 { return int64(k>>numberBits) & maxPatient }

// Patient is the key of the Patient resource whose record holds k; 0 when k is
// one of the site's own.
func (k Key) Patient() Key {
	if k.PatientNumber() == 0 {
		return 0
	}
	return k &^ maxNumber
}

// Number is the resource's number within its patient.
func (k Key) Number() int64 { return int64(k) & maxNumber }

func (k Key) String() string {
	return fmt.Sprintf("%d.%d.%d", k.Site(), k.PatientNumber(), k.Number())
}

// KeyRange holds the keys From <= k < To.
type KeyRange struct{ From, To Key }

// Contains says whether k lies in the range.
func (r KeyRange) Contains(k Key) bool { return r.From <= k && k < r.To }

func (r KeyRange) intersect(o KeyRange) KeyRange {
	return KeyRange{max(r.From, o.From), min(r.To, o.To)}
}

// onePatient says whether the range lies within one patient's record.
func (r KeyRange) onePatient() bool {
	return r.From < r.To && r.From.PatientNumber() != 0 && r.From.Patient() == (r.To-1).Patient()
}

// SiteRange is everything that a site keeps.
func SiteRange(s SiteNo) KeyRange {
	return KeyRange{makeKey(s, 0, 0), makeKey(s, maxPatient, maxNumber)}
}

// OwnRange is what a site keeps that is in no patient's record.
func OwnRange(s SiteNo) KeyRange { return KeyRange{makeKey(s, 0, 0), makeKey(s, 1, 0)} }

// PatientRange is the whole record of the patient that the key belongs to. For
// one of the site's own keys it is empty.
func PatientRange(k Key) KeyRange {
	p := k.Patient()
	if p == 0 {
		return KeyRange{}
	}
	return KeyRange{p, p + maxNumber + 1}
}

// Scope is what a reader may see. The zero Scope sees nothing.
type Scope struct {
	// Ranges hold what may be found. Whole-record reads give the patient's
	// range at each site. They must not overlap.
	Ranges []KeyRange
	// Follow holds what references of found resources may be followed to beyond
	// Ranges (included resources, chain targets), such as a site's own
	// practitioners for a scope that is one patient's range. Nothing is found
	// there by itself.
	Follow []KeyRange
	// Same are keys of Patient resources that stand for one person. A question
	// that names any of them is asked, in each site, of those at that site.
	Same []Key
	// Merged are the Patients that are one record with others of their site. A
	// question that names one of them, or that is met by one, is asked of all.
	Merged *Merged
	// Deny hides every resource that has one of these label bits.
	Deny uint64
	// DenyAt hides them in one site's ranges only, besides Deny.
	DenyAt map[SiteNo]uint64
	// Types are the resource types that may be seen; nil is all of them.
	Types []string
	// OnlyAt are types that are found at one site only, though others are in the ranges.
	OnlyAt map[string]SiteNo
}

// hides says whether a resource's labels hide it.
func (s Scope) hides(k Key, labels uint64) bool {
	return labels&(s.Deny|s.DenyAt[k.Site()]) != 0
}

func (s Scope) hidesNothing() bool {
	if s.Deny != 0 || len(s.OnlyAt) > 0 {
		return false
	}
	for _, deny := range s.DenyAt {
		if deny != 0 {
			return false
		}
	}
	return true
}
