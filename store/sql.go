package store

// Every statement of the product. Values are parameters; no text is put
// together from values anywhere.
type statement int

const (
	sqlBegin statement = iota
	sqlBeginWrite
	sqlCommit
	sqlRollback
	sqlSavepoint
	sqlRelease
	sqlRollbackTo
	sqlDataVersion

	sqlIdent
	sqlPutIdent
	sqlLastReserved
	sqlReserve
	sqlArrived
	sqlLastNumber

	sqlHead
	sqlRow
	sqlNamed
	sqlHeadTerms
	sqlRange
	sqlKeep
	sqlInsert
	sqlReplace
	sqlSetTerms
	sqlVersion
	sqlVersions

	sqlIndexAdd
	sqlIndexDrop
	sqlChange
	sqlLastSeq
	sqlChanges
	sqlChangesDown

	sqlWaitAdd
	sqlWaiting
	sqlWaitDrop
	sqlAnyWaiting
	sqlStrayAdd
	sqlStrays

	sqlAuditAdd
	sqlAuditLast
	sqlAudit
	sqlAuditPatient
	sqlAuditBefore
	sqlAuditPatientBefore
	sqlAuditChain

	sqlDoc
	sqlDocs
	sqlDocPut
	sqlDocDrop

	sqlLink
	sqlLinks
	sqlLinkPut
	sqlLinkDrop
	sqlLinkNote
	sqlLinkHistory
	sqlLastPerson

	sqlFact
	sqlFactPut
	sqlIntegrity

	sqlRunKeys
	sqlRunHeads
	sqlRunCount
	sqlRunCountTo
	sqlSpan
	sqlSpanOpen
	sqlFirstValue
	sqlNextValue
	sqlSpanMore
	sqlSpanOpenMore
	sqlWalkUp
	sqlWalkDown
	sqlRangeKeys
	sqlVersionRange
	sqlCurrentRange
	sqlPiece
	sqlSetIndex
	sqlStrayClear
	sqlRowTerms
	sqlTypeRows
	sqlLabelled
	sqlLabelledKeys
	sqlRunKeysDown
	sqlRelabel
	sqlArrival
	sqlArrivalPut
	sqlMoveResource
	sqlMoveVersions
	sqlMoveChanges
	sqlMoveIdent
	statementCount
)

var statements = [statementCount]string{
	sqlBegin:       `BEGIN`,
	sqlBeginWrite:  `BEGIN IMMEDIATE`,
	sqlCommit:      `COMMIT`,
	sqlRollback:    `ROLLBACK`,
	sqlSavepoint:   `SAVEPOINT closure`,
	sqlRelease:     `RELEASE closure`,
	sqlRollbackTo:  `ROLLBACK TO closure`,
	sqlDataVersion: `PRAGMA data_version`,

	sqlIdent:        `SELECT k FROM ident WHERE site = ? AND name = ?`,
	sqlPutIdent:     `INSERT INTO ident (site, name, k) VALUES (?, ?, ?)`,
	sqlLastReserved: `SELECT max(k) FROM reserved WHERE k >= ? AND k < ?`,
	sqlReserve:      `INSERT INTO reserved (k) VALUES (?)`,
	sqlArrived:      `DELETE FROM reserved WHERE k = ?`,
	sqlLastNumber:   `SELECT max(k) FROM resource WHERE k >= ? AND k < ?`,

	sqlHead:      `SELECT ` + headColumns + ` FROM resource WHERE k = ?`,
	sqlHeadTerms: `SELECT ` + headColumns + `, terms FROM resource WHERE k = ?`,
	sqlRow:       `SELECT ` + rowColumns + ` FROM resource WHERE k = ?`,
	sqlNamed: `SELECT r.k, r.name, r.version, r.seq, r.updated, r.labels, r.deleted, r.author, r.source, r.body
		FROM ident i JOIN resource r ON r.k = i.k WHERE i.site = ? AND i.name = ?`,
	sqlRange: `SELECT ` + rowColumns + `, terms FROM resource WHERE k >= ? AND k < ? ORDER BY k`,
	sqlKeep: `INSERT INTO version (k, version, seq, updated, labels, deleted, author, source, body)
		SELECT k, version, seq, updated, labels, deleted, author, source, body FROM resource WHERE k = ?`,
	sqlInsert: `INSERT INTO resource (k, name, version, seq, updated, labels, deleted, author, source, terms, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	sqlReplace: `INSERT OR REPLACE INTO resource (k, name, version, seq, updated, labels, deleted, author, source, terms, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	sqlSetTerms: `UPDATE resource SET terms = ? WHERE k = ?`,
	sqlVersion: `SELECT v.k, r.name, v.version, v.seq, v.updated, v.labels, v.deleted, v.author, v.source, v.body
		FROM version v JOIN resource r ON r.k = v.k WHERE v.k = ? AND v.version = ?`,
	sqlVersions: `SELECT v.k, r.name, v.version, v.seq, v.updated, v.labels, v.deleted, v.author, v.source, v.body
		FROM version v JOIN resource r ON r.k = v.k WHERE v.k = ? AND v.version < ? ORDER BY v.version DESC LIMIT ?`,

	sqlIndexAdd:    `INSERT OR IGNORE INTO idx (p, v, k) VALUES (?, ?, ?)`,
	sqlIndexDrop:   `DELETE FROM idx WHERE p = ? AND v = ? AND k = ?`,
	sqlChange:      `INSERT INTO change (seq, k, version, type, op, updated) VALUES (?, ?, ?, ?, ?, ?)`,
	sqlLastSeq:     `SELECT max(seq) FROM change`,
	sqlChanges:     `SELECT c.seq, c.k, c.version, c.op, c.updated, r.name FROM change c JOIN resource r ON r.k = c.k WHERE c.seq > ? ORDER BY c.seq LIMIT ?`,
	sqlChangesDown: `SELECT seq, k, version, type, updated FROM change WHERE seq < ? ORDER BY seq DESC`,

	sqlWaitAdd:    `INSERT OR IGNORE INTO waiting (site, name, k) VALUES (?, ?, ?)`,
	sqlWaiting:    `SELECT k FROM waiting WHERE site = ? AND name = ? AND k > ? ORDER BY k LIMIT 256`,
	sqlWaitDrop:   `DELETE FROM waiting WHERE site = ? AND name = ?`,
	sqlAnyWaiting: `SELECT 1 FROM waiting LIMIT 1`,
	sqlStrayAdd:   `INSERT OR IGNORE INTO stray (p) VALUES (?)`,
	sqlStrays:     `SELECT p FROM stray`,

	sqlAuditAdd:           `INSERT INTO audit (n, at, site, patient, actor, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
	sqlAuditLast:          `SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1`,
	sqlAudit:              `SELECT n, at, site, patient, actor, hash, body FROM audit WHERE n > ? ORDER BY n`,
	sqlAuditPatient:       `SELECT n, at, site, patient, actor, hash, body FROM audit WHERE patient = ? AND patient <> 0 AND n > ? ORDER BY n`,
	sqlAuditBefore:        `SELECT n, at, site, patient, actor, hash, body FROM audit WHERE n < ? ORDER BY n DESC`,
	sqlAuditPatientBefore: `SELECT n, at, site, patient, actor, hash, body FROM audit WHERE patient = ? AND patient <> 0 AND n < ? ORDER BY n DESC`,
	sqlAuditChain:         `SELECT n, at, site, patient, actor, hash, body FROM audit WHERE n > ? ORDER BY n LIMIT 4096`,

	sqlDoc:     `SELECT id, version, updated, body FROM doc WHERE kind = ? AND id = ?`,
	sqlDocs:    `SELECT id, version, updated, body FROM doc WHERE kind = ? AND id >= ? ORDER BY id`,
	sqlDocPut:  `INSERT OR REPLACE INTO doc (kind, id, version, updated, body) VALUES (?, ?, ?, ?, ?)`,
	sqlDocDrop: `DELETE FROM doc WHERE kind = ? AND id = ?`,

	sqlLink:     `SELECT patient, person, score, state, by, why, at FROM link WHERE patient = ?`,
	sqlLinks:    `SELECT patient, person, score, state, by, why, at FROM link WHERE person = ? ORDER BY patient`,
	sqlLinkPut:  `INSERT OR REPLACE INTO link (patient, person, score, state, by, why, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
	sqlLinkDrop: `DELETE FROM link WHERE patient = ?`,
	sqlLinkNote: `INSERT INTO link_history (patient, person, score, state, by, why, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
	sqlLinkHistory: `SELECT patient, person, score, state, by, why, at FROM link_history
		WHERE patient = ? ORDER BY n`,
	sqlLastPerson: `SELECT max(m) FROM (SELECT max(person) AS m FROM link UNION ALL SELECT max(person) FROM link_history)`,

	sqlFact:      `SELECT value FROM fact WHERE name = ?`,
	sqlFactPut:   `INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)`,
	sqlIntegrity: `PRAGMA integrity_check(20)`,

	sqlRunKeys: `SELECT k FROM idx WHERE p = ? AND v = ? AND k >= ? AND k < ? ORDER BY k LIMIT ?`,
	sqlRunHeads: `SELECT r.k, r.name, r.version, r.seq, r.updated, r.labels, r.deleted, r.author, r.source, r.terms
		FROM idx i CROSS JOIN resource r ON r.k = i.k WHERE i.p = ? AND i.v = ? AND i.k >= ? AND i.k < ? ORDER BY i.k LIMIT ?`,
	sqlRunCount:     `SELECT count(*) FROM idx WHERE p = ? AND v = ? AND k >= ? AND k < ?`,
	sqlRunCountTo:   `SELECT count(*) FROM (SELECT 1 FROM idx WHERE p = ? AND v = ? AND k >= ? AND k < ? LIMIT ?)`,
	sqlSpan:         `SELECT v, k FROM idx WHERE p = ? AND v >= ? AND v < ? ORDER BY v, k`,
	sqlSpanOpen:     `SELECT v, k FROM idx WHERE p = ? AND v >= ? ORDER BY v, k`,
	sqlSpanMore:     `SELECT 1 FROM idx WHERE p = ? AND v >= ? AND v < ? LIMIT 1 OFFSET ?`,
	sqlSpanOpenMore: `SELECT 1 FROM idx WHERE p = ? AND v >= ? LIMIT 1 OFFSET ?`,
	sqlFirstValue:   `SELECT v FROM idx WHERE p = ? AND v >= ? ORDER BY v LIMIT 1`,
	sqlNextValue:    `SELECT v FROM idx WHERE p = ? AND v > ? ORDER BY v LIMIT 1`,
	sqlWalkUp:       `SELECT v, k FROM idx WHERE p = ? AND (v, k) > (?, ?) ORDER BY v, k LIMIT ?`,
	sqlWalkDown:     `SELECT v, k FROM idx WHERE p = ? AND (v, k) < (?, ?) ORDER BY v DESC, k DESC LIMIT ?`,
	sqlRangeKeys:    `SELECT ` + headColumns + `, terms FROM resource WHERE k >= ? AND k < ? ORDER BY k LIMIT ?`,
	sqlVersionRange: `SELECT k, version, seq FROM version WHERE k >= ? AND k < ?`,
	sqlCurrentRange: `SELECT k, version, seq FROM resource WHERE k >= ? AND k < ?`,
	sqlPiece:        `SELECT ` + rowColumns + `, terms FROM resource WHERE k > ? ORDER BY k LIMIT ?`,
	sqlSetIndex:     `UPDATE resource SET terms = ?, labels = ? WHERE k = ?`,
	sqlStrayClear:   `DELETE FROM stray`,
	sqlRowTerms:     `SELECT ` + rowColumns + `, terms FROM resource WHERE k = ?`,
	sqlTypeRows: `SELECT r.k, r.name, r.version, r.seq, r.updated, r.labels, r.deleted, r.author, r.source, r.body, r.terms
		FROM idx i CROSS JOIN resource r ON r.k = i.k WHERE i.p = ? AND i.v = ? AND i.k >= ? AND i.k < ? ORDER BY i.k`,
	sqlLabelled:     `SELECT labels, name FROM resource INDEXED BY resource_labels WHERE labels <> 0 AND k >= ? AND k < ? AND deleted = 0`,
	sqlLabelledKeys: `SELECT k, labels FROM resource INDEXED BY resource_labels WHERE labels <> 0 AND k >= ? AND k < ?`,
	sqlMoveResource: `UPDATE resource SET k = ? WHERE k = ?`,
	sqlMoveVersions: `UPDATE version SET k = ? WHERE k = ?`,
	sqlMoveChanges:  `UPDATE change SET k = ? WHERE seq IN (SELECT seq FROM resource WHERE k = ? UNION ALL SELECT seq FROM version WHERE k = ?)`,
	sqlMoveIdent:    `UPDATE ident SET k = ? WHERE site = ? AND name = ?`,
	sqlArrival:      `SELECT at FROM arrival WHERE k = ?`,
	sqlArrivalPut:   `INSERT OR REPLACE INTO arrival (k, at) VALUES (?, ?)`,
	sqlRelabel:      `UPDATE version SET labels = ? WHERE k = ? AND version = ?`,
	sqlRunKeysDown:  `SELECT k FROM idx WHERE p = ? AND v = ? AND k >= ? AND k < ? ORDER BY k DESC`,
}
