package demo

import (
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strconv"
	"time"
)

// uid makes a DICOM UID under 2.25 (ITU-T X.667) from a name: the same name, the same UID, at most 44 characters.
func uid(name string) string {
	h := sha256.Sum256([]byte("wholechart demo " + name))
	return "2.25." + new(big.Int).SetBytes(h[:16]).String()
}

// Modalities of DICOM PS3.16 CID 29, with the SOP class of their images (PS3.6).
var modalities = map[string][2]string{
	"CT": {"Computed Tomography", "1.2.840.10008.5.1.4.1.1.2"},
	"CR": {"Computed Radiography", "1.2.840.10008.5.1.4.1.1.1"},
	"US": {"Ultrasound", "1.2.840.10008.5.1.4.1.1.6.1"},
	"MG": {"Mammography", "1.2.840.10008.5.1.4.1.1.1.2"},
}

// reading is a radiologist's report.
type reading struct{ question, technique, compared, findings, impression string }

// study writes an ImagingStudy made now and the DiagnosticReport of its reader, who is the author being written.
// images are the instances of each series.
func (c *chart) study(name, modality string, what, body object, images []int, r reading, more ...object) string {
	m := modalities[modality]
	dcm := object{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality, "display": m[0]}
	key := c.dated(name)
	series, total := list{}, 0
	for s, n := range images {
		total += n
		instances := list{}
		for i := 1; i <= n && i <= 4; i++ { // the first images stand for the series; numberOfInstances tells all
			instances = append(instances, object{
				"uid":      uid(key + "/" + strconv.Itoa(s+1) + "/" + strconv.Itoa(i)),
				"sopClass": object{"system": "urn:ietf:rfc:3986", "code": "urn:oid:" + m[1]},
				"number":   i,
			})
		}
		one := object{"uid": uid(key + "/" + strconv.Itoa(s+1)), "number": s + 1, "modality": dcm,
			"numberOfInstances": n, "started": c.instant(c.when), "instance": instances}
		if coded, ok := body["coding"].(list); ok {
			one["bodySite"] = coded[0]
		}
		series = append(series, one)
	}
	accession := object{
		"type":   object{"coding": list{object{"system": hl7 + "v2-0203", "code": "ACSN", "display": "Accession ID"}}},
		"system": "https://" + c.site.Slug + ".example/accession", "value": key}
	image := c.put("ImagingStudy", key, c.encounter(object{
		"identifier":        list{object{"system": "urn:dicom:uid", "value": "urn:oid:" + uid(key)}, accession},
		"status":            "available",
		"modality":          list{dcm},
		"subject":           c.self(),
		"started":           c.instant(c.when),
		"interpreter":       list{c.author()},
		"numberOfSeries":    len(images),
		"numberOfInstances": total,
		"procedureCode":     list{what},
		"description":       what["text"],
		"reasonCode":        list{concept(c.say(r.question))},
		"series":            series,
	}))
	text := "QUESTION: " + r.question + "\n\nTECHNIQUE: " + r.technique + "\n\nCOMPARED WITH: " + r.compared +
		"\n\nFINDINGS: " + r.findings + "\n\nIMPRESSION: " + r.impression + "\n"
	c.put("DiagnosticReport", c.dated("report-"+name), c.encounter(object{
		"identifier":         list{accession},
		"status":             "final",
		"category":           list{concept("Radiology", code{hl7 + "v2-0074", "RAD", "Radiology"})},
		"code":               what,
		"subject":            c.self(),
		"effectiveDateTime":  c.instant(c.when),
		"issued":             c.instant(c.when, 90*time.Minute),
		"performer":          list{c.org()},
		"resultsInterpreter": list{c.author()},
		"imagingStudy":       refs(image),
		"conclusion":         c.say(r.impression),
		"presentedForm": list{object{
			"contentType": "text/plain; charset=utf-8", "language": "en-US",
			"data":  base64.StdEncoding.EncodeToString([]byte(c.say(text))),
			"title": what["text"], "creation": c.instant(c.when, 90*time.Minute)}},
	}), more...)
	return image
}

// order writes a ServiceRequest: a test, an image, a referral asked for now.
func (c *chart) order(name, state string, what object, reason string, more ...object) string {
	return c.put("ServiceRequest", c.dated("order-"+name), c.encounter(object{
		"status":     state,
		"intent":     "order",
		"code":       what,
		"subject":    c.self(),
		"authoredOn": c.instant(c.when),
		"requester":  c.author(),
		"reasonCode": list{concept(c.say(reason))},
	}), more...)
}

// goal writes a Goal that the patient and the author agreed.
func (c *chart) goal(name, words, due string) string {
	return c.put("Goal", c.id("goal-"+name), object{
		"lifecycleStatus": "active",
		"description":     concept(words),
		"subject":         c.self(),
		"startDate":       c.day(c.when),
		"statusDate":      c.day(c.when),
		"expressedBy":     c.author(),
		"target":          list{object{"dueDate": c.day(due)}},
	})
}

// plan writes a CarePlan of the activities given, addressing problems and goals.
func (c *chart) plan(name, title string, problems, goals []string, activities ...string) string {
	l := list{}
	for _, a := range activities {
		l = append(l, object{"detail": object{"status": "in-progress", "description": c.say(a)}})
	}
	r := object{
		"status":   "active",
		"intent":   "plan",
		"title":    title,
		"category": list{concept("Assessment and plan", code{"http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan", "Assessment and Plan of Treatment"})},
		"subject":  c.self(),
		"period":   object{"start": c.day(c.when)},
		"created":  c.instant(c.when),
		"author":   c.author(),
		"activity": l,
	}
	if len(problems) > 0 {
		r["addresses"] = refs(problems...)
	}
	if len(goals) > 0 {
		r["goal"] = refs(goals...)
	}
	return c.put("CarePlan", c.id("plan-"+name), c.encounter(r))
}

// member is one of a care team: a practitioner of this site by id, a related person by reference, or somebody
// elsewhere by name, referred to through the organisation.
type member struct{ role, practitioner, related, name, site string }

// team writes a CareTeam.
func (c *chart) team(name string, members ...member) string {
	l := list{}
	for _, m := range members {
		var who object
		switch {
		case m.practitioner != "":
			who = refNamed("Practitioner/"+m.practitioner, practitionerName(c.site.Slug, m.practitioner))
		case m.related != "":
			who = refNamed(m.related, m.name)
		default:
			who = elsewhere("Organization", SiteSystem, m.site, m.name+", "+siteName(m.site))
		}
		l = append(l, object{"role": list{concept(m.role)}, "member": who})
	}
	return c.put("CareTeam", c.id("team-"+name), object{
		"status":               "active",
		"name":                 "Care team",
		"subject":              c.self(),
		"period":               object{"start": c.day(c.when)},
		"participant":          l,
		"managingOrganization": list{c.org()},
	})
}

// appointment writes an Appointment of minutes with a practitioner of this site. It is the one resource, with the
// dates of plans and goals, that lies in the future.
func (c *chart) appointment(name, state, start string, minutes int, with, reason, comment string) string {
	t := c.at(start)
	accepted := "accepted"
	if state == "proposed" || state == "pending" {
		accepted = "needs-action"
	}
	r := object{
		"status":          state,
		"start":           t.Format(time.RFC3339),
		"end":             t.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339),
		"minutesDuration": minutes,
		"description":     reason,
		"reasonCode":      list{concept(reason)},
		"created":         c.at(c.when).Format(time.RFC3339),
		"participant": list{
			object{"actor": c.self(), "status": accepted},
			object{"actor": refNamed("Practitioner/"+with, practitionerName(c.site.Slug, with)), "status": "accepted"},
			object{"actor": ref("Location/" + c.site.Slug + "-" + placeOf(c.site.Slug, "AMB")), "status": "accepted"},
		},
	}
	if comment != "" {
		r["comment"] = comment
	}
	return c.put("Appointment", c.id(name), r)
}

// related writes a RelatedPerson.
func (c *chart) related(name, role, roleDisplay, given, family, phone string) string {
	return c.put("RelatedPerson", c.id(name), object{
		"active":       true,
		"patient":      c.self(),
		"relationship": list{concept(roleDisplay, code{hl7 + "v3-RoleCode", role, roleDisplay})},
		"name":         list{object{"use": "official", "family": family, "given": list{given}, "text": given + " " + family}},
		"telecom":      list{object{"system": "phone", "value": phone, "use": "mobile"}},
	})
}

// coverage writes the patient's insurance as this site bills it.
func (c *chart) coverage(plan, member string, since string) string {
	return c.put("Coverage", c.id("coverage"), object{
		"status":       "active",
		"type":         concept(plan),
		"subscriberId": member,
		"beneficiary":  c.self(),
		"relationship": status("subscriber-relationship", "self"),
		"period":       object{"start": c.day(since)},
		"payor":        list{object{"display": plan}},
	})
}

// part2 is the label of what a substance use programme writes: restricted, substance use information, 42 CFR Part 2.
func part2() list {
	return list{
		object{"system": hl7 + "v3-Confidentiality", "code": "R", "display": "restricted"},
		object{"system": hl7 + "v3-ActCode", "code": "ETH", "display": "substance abuse information sensitivity"},
		object{"system": hl7 + "v3-ActCode", "code": "42CFRPart2", "display": "42 CFR Part2"},
	}
}

// consentTo writes the Consent by which the patient lets this site disclose what carries labels to one other site, for
// treatment, until a day. The base rule is opt-in: what no nested provision permits stays here. (FHIR R4
// Consent.provision.type: "not permitted in root rule, required in all nested rules".)
func (c *chart) consentTo(name, recipient, until string, labels list, text string) string {
	period := object{"start": c.day(c.when), "end": c.day(until)}
	return c.put("Consent", c.id(name), object{
		"status": "active",
		"scope":  object{"coding": list{object{"system": hl7 + "consentscope", "code": "patient-privacy", "display": "Privacy Consent"}}},
		"category": list{concept("Consent", loinc("59284-0", "Consent Document")),
			concept("Disclosure of information", code{hl7 + "v3-ActCode", "IDSCL", "information disclosure"})},
		"patient":      c.self(),
		"dateTime":     c.instant(c.when),
		"performer":    list{c.self()},
		"organization": list{c.org()},
		"sourceAttachment": object{"contentType": "text/plain; charset=utf-8", "title": "Consent to disclose, as signed",
			"data": base64.StdEncoding.EncodeToString([]byte(c.say(text)))},
		"policy":     list{object{"authority": "https://www.hhs.gov", "uri": "https://www.ecfr.gov/current/title-42/part-2"}},
		"policyRule": object{"coding": list{object{"system": hl7 + "v3-ActCode", "code": "OPTIN", "display": "opt-in"}}},
		"verification": list{object{"verified": true, "verifiedWith": c.self(),
			"verificationDate": c.instant(c.when)}},
		"provision": object{
			"period": period,
			"provision": list{object{
				"type":   "permit",
				"period": period,
				"actor": list{object{
					"role":      object{"coding": list{object{"system": hl7 + "v3-ParticipationType", "code": "IRCP", "display": "information recipient"}}},
					"reference": elsewhere("Organization", SiteSystem, recipient, siteName(recipient)),
				}},
				"action":        list{status("consentaction", "access"), status("consentaction", "disclose")},
				"purpose":       list{object{"system": hl7 + "v3-ActReason", "code": "TREAT", "display": "treatment"}, object{"system": hl7 + "v3-ActReason", "code": "ETREAT", "display": "Emergency Treatment"}},
				"securityLabel": labels,
			}},
		},
	})
}
