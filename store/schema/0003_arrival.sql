-- when the current version of a copy from elsewhere came here; its own time
-- (resource.updated) is its source's
CREATE TABLE arrival (
  k  INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
);
