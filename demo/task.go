package demo

// taskSystem is the code system of what a Task is about, as the pages read it.
const taskSystem = "https://wholechart.example/task"

// task writes a Task that waits in a practitioner's inbox: what is to be done
// about this patient, asked for now by who writes.
func (c *chart) task(name, kind, priority, owner, what, detail string, more ...object) string {
	r := object{
		"status":       "requested",
		"intent":       "order",
		"priority":     priority,
		"code":         object{"coding": list{object{"system": taskSystem, "code": kind}}},
		"description":  what,
		"authoredOn":   c.instant(c.when),
		"lastModified": c.instant(c.when),
		"requester":    c.author(),
		"for":          c.self(),
	}
	if owner != "" {
		r["owner"] = refNamed("Practitioner/"+owner, practitionerName(c.site.Slug, owner))
	}
	if detail != "" {
		r["note"] = list{object{"text": c.say(detail), "time": c.instant(c.when), "authorReference": c.author()}}
	}
	return c.put("Task", c.id("task-"+name), r, more...)
}
