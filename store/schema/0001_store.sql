-- Keys are site (12 bits) | patient (27) | number (24). Names are the type's
-- number and the id (see names.go). Times are milliseconds since 1970 UTC.

-- which key a resource name has; a Patient that others refer to before it
-- arrives has one already
CREATE TABLE ident (
  site INTEGER NOT NULL,
  name BLOB NOT NULL,
  k    INTEGER NOT NULL,
  PRIMARY KEY (site, name)
) WITHOUT ROWID;

-- keys of patients that were referred to and have not arrived
CREATE TABLE reserved (k INTEGER PRIMARY KEY);

-- current versions, deleted ones included, in key order
CREATE TABLE resource (
  k       INTEGER PRIMARY KEY,
  name    BLOB NOT NULL,
  version INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  labels  INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  author  TEXT NOT NULL,
  source  TEXT NOT NULL,
  terms   BLOB NOT NULL,
  body    BLOB NOT NULL
);

-- older versions
CREATE TABLE version (
  k       INTEGER NOT NULL,
  version INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  labels  INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  author  TEXT NOT NULL,
  source  TEXT NOT NULL,
  body    BLOB NOT NULL,
  UNIQUE (k, version)
);

-- index rows: p is site << 16 | path
CREATE TABLE idx (
  p INTEGER NOT NULL,
  v BLOB NOT NULL,
  k INTEGER NOT NULL,
  PRIMARY KEY (p, v, k)
) WITHOUT ROWID;

-- every change of every resource; op: 1 created, 2 updated, 3 deleted
CREATE TABLE change (
  seq     INTEGER PRIMARY KEY,
  k       INTEGER NOT NULL,
  version INTEGER NOT NULL,
  type    INTEGER NOT NULL,
  op      INTEGER NOT NULL,
  updated INTEGER NOT NULL
);

-- resources that refer to one that has not arrived
CREATE TABLE waiting (
  site INTEGER NOT NULL,
  name BLOB NOT NULL,
  k    INTEGER NOT NULL,
  PRIMARY KEY (site, name, k)
) WITHOUT ROWID;

-- paths on which some resource refers to a patient other than its own
CREATE TABLE stray (p INTEGER PRIMARY KEY);

-- the audit chain: hash covers the row and the hash of the row before
CREATE TABLE audit (
  n       INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  site    INTEGER NOT NULL,
  patient INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  hash    BLOB NOT NULL,
  body    BLOB NOT NULL
);
CREATE INDEX audit_patient ON audit (patient, n) WHERE patient <> 0;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TABLE doc (
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  version INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  body    BLOB NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- which person a site's patient is
CREATE TABLE link (
  patient INTEGER PRIMARY KEY,
  person  INTEGER NOT NULL,
  score   REAL NOT NULL,
  state   TEXT NOT NULL,
  by      TEXT NOT NULL,
  why     TEXT NOT NULL,
  at      INTEGER NOT NULL
);
CREATE INDEX link_person ON link (person);
CREATE TABLE link_history (
  n       INTEGER PRIMARY KEY,
  patient INTEGER NOT NULL,
  person  INTEGER NOT NULL,
  score   REAL NOT NULL,
  state   TEXT NOT NULL,
  by      TEXT NOT NULL,
  why     TEXT NOT NULL,
  at      INTEGER NOT NULL
);
CREATE INDEX link_history_patient ON link_history (patient, n);

-- what the store remembers of itself
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
