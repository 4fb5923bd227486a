package search

import "wholechart/fhir"

// Bits of Extracted.Labels: why a resource is not for everybody who may see the
// rest of a chart, by its security labels
// (http://hl7.org/fhir/R4/security-labels.html, HL7 v3 ActCode and
// Confidentiality).
const (
	LabelSubstanceUse   uint64 = 1 << iota // ETH, ETHUD, SUD, OPIOIDUD, 42CFRPart2: 42 CFR Part 2
	LabelPsych                             // PSY, MH, PSYTHPN
	LabelHIV                               // HIV
	LabelSexual                            // SEX, STD
	LabelViolence                          // DV, SDV, VIO
	LabelRestricted                        // Confidentiality R
	LabelOther                             // every label that is not known to be harmless
	LabelVeryRestricted                    // Confidentiality V
)

const (
	confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	actCode         = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
)

// sensitive codes count whatever system they are said to be of: a label with a
// mistake in it protects nonetheless.
var sensitive = map[string]uint64{
	"ETH": LabelSubstanceUse, "ETHUD": LabelSubstanceUse, "SUD": LabelSubstanceUse, "OPIOIDUD": LabelSubstanceUse,
	"42CFRPart2": LabelSubstanceUse,
	"PSY":        LabelPsych, "MH": LabelPsych, "PSYTHPN": LabelPsych,
	"HIV": LabelHIV,
	"SEX": LabelSexual, "STD": LabelSexual,
	"DV": LabelViolence, "SDV": LabelViolence, "VIO": LabelViolence,
}

// harmlessSystems say why or how well something is known, not how secret it is.
var harmlessSystems = map[string]bool{
	"http://terminology.hl7.org/CodeSystem/v3-ActReason":             true, // purposes of use; HTEST: test data
	"http://terminology.hl7.org/CodeSystem/v3-ObservationValue":      true, // SUBSETTED, integrity, provenance
	"http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle":      true,
	"http://terminology.hl7.org/CodeSystem/v3-RoleCode":              true,
	"http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction": true,
}

// harmlessActs are obligations and refrains of ActCode: what a reader must or
// must not do, beside which the sensitivity stands as a label of its own.
var harmlessActs = map[string]bool{"NOREDIS": true, "NORELINK": true, "NOREUSE": true, "NOCOLLECT": true, "NOMOU": true,
	"NOORGPOL": true, "NOVIP": true, "ENCRYPT": true, "ENCRYPTR": true, "ENCRYPTT": true, "AUDTR": true, "AUDIT": true,
	"MINEC": true, "PRIVMARK": true, "CPLYCD": true, "CPLYPOL": true, "CPLYJPP": true, "CPLYOPP": true, "DELAU": true,
	"NODSCLCD": true, "NODSCLCDS": true, "PERSISTLABEL": true}

// LabelBits are the bits of a resource's meta.security. An unknown label sets
// LabelOther: protection is not lost because a word is new.
func LabelBits(res fhir.Node) (bits uint64) {
	for label := range res.Get("meta").Get("security").Items() {
		bits |= LabelBit(label)
	}
	return bits
}

// LabelBit is the bit of one security label, a Coding; 0 when it is harmless.
func LabelBit(label fhir.Node) uint64 {
	uri, code := label.Get("system").Str(), label.Get("code").Str()
	switch {
	case code == "" && uri == "" && label.Get("display").Str() == "":
		return 0
	case sensitive[code] != 0:
		return sensitive[code]
	case uri == confidentiality || uri == "":
		switch code {
		case "R":
			return LabelRestricted
		case "V":
			return LabelVeryRestricted
		case "N", "U", "L", "M":
			return 0
		}
	case harmlessSystems[uri] || uri == actCode && harmlessActs[code]:
		return 0
	}
	return LabelOther
}
