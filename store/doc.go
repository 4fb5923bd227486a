// Package store keeps resources, their versions, the index they are found by,
// the log of changes, the audit chain, identity links, small documents of
// configuration, and blobs. It is the only place of the product with SQL.
//
// A resource has a Key that carries its site, its patient and a number within
// the patient, high bits to low: a patient's chart is one contiguous range, a
// site's records are one range, and one seek of an index row (path, value, key)
// answers the question for a site and for one patient alike.
//
// Writes are closures. They run one after another in a single goroutine, each
// sees what the ones before it wrote, a failing one leaves nothing behind, and
// many share one durable commit. Reads run beside them on snapshots.
//
// The package decides nothing about access: it applies the Scope it is given to
// every row that leaves, and keeps no row without a site.
package store
