package store

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// A conn is one SQLite connection and its prepared statements. It is used by
// one goroutine at a time.
type conn struct {
	db    *sqlite3.Conn
	stmts [len(statements)]*sqlite3.Stmt
}

// openConn opens the file. cachePages is the size of the page cache in KiB.
func openConn(o Options, cacheKiB int, readOnly bool) (*conn, error) {
	registerVFS()
	disk := vfsName
	if o.disk != "" {
		disk = o.disk
	}
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: o.Path}).EscapedPath(), RawQuery: "vfs=" + disk}
	db, err := sqlite3.OpenFlags(uri.String(), sqlite3.OPEN_READWRITE|sqlite3.OPEN_CREATE|sqlite3.OPEN_URI)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	c := &conn{db: db}
	// What was acknowledged must survive a power cut: in WAL mode FULL syncs the
	// log at every commit (https://sqlite.org/pragma.html#pragma_synchronous);
	// the writer's is done by the store (docs/adr/0006). The log is carried over
	// by the store too (checkpoints).
	pragmas := fmt.Sprintf(`
		PRAGMA busy_timeout = %d;
		PRAGMA page_size = %d;
		PRAGMA journal_mode = WAL;
		PRAGMA synchronous = FULL;
		PRAGMA cache_size = -%d;
		PRAGMA cache_spill = %d;
		PRAGMA temp_store = MEMORY;
		PRAGMA foreign_keys = ON;
		PRAGMA trusted_schema = OFF;
		PRAGMA wal_autocheckpoint = 0;
		PRAGMA journal_size_limit = 134217728;`, busyTimeout.Milliseconds(), pageSize, cacheKiB, spillPages)
	if readOnly {
		pragmas += `PRAGMA query_only = ON;`
	}
	// Without this SQLite plans a statement anew whenever its LIMIT is another than
	// last time: a tenth of a search's cost.
	if _, err := db.Config(sqlite3.DBCONFIG_ENABLE_QPSG, true); err != nil {
		db.Close()
		return nil, fmt.Errorf("setting up the database: %w", err)
	}
	if err := db.Exec(pragmas); err != nil {
		db.Close()
		return nil, fmt.Errorf("setting up the database: %w", err)
	}
	return c, nil
}

const (
	pageSize    = 4096
	busyTimeout = 10 * time.Second

	// At a commit after a tree was rebalanced SQLite walks the whole page cache. The
	// writer's is therefore no larger than a reader's; but a transaction of many pages
	// may take more, 32 MiB, before some of them are written ahead of its commit.
	spillPages = 8192
)

func (c *conn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	return c.db.Close()
}

// pageSize is that of the database, which need not be the one that new ones get.
func (c *conn) pageSize() (int64, error) {
	st, _, err := c.db.Prepare(`PRAGMA page_size`)
	if err != nil {
		return 0, err
	}
	defer st.Close()
	q := query{st: st}
	n, _, err := q.oneInt()
	return n, err
}

// keepLog makes that closing does not carry the log over and remove it: after a
// failed sync it is the only thing that can be relied on.
func (c *conn) keepLog() { c.db.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true) }

// log is the connection's file of the write-ahead log.
func (c *conn) log() (*runFile, error) {
	f, err := c.db.FileControl("main", sqlite3.FCNTL_JOURNAL_POINTER)
	if err != nil {
		return nil, fmt.Errorf("finding the log: %w", err)
	}
	log, ok := f.(*runFile)
	if !ok {
		return nil, errors.New("the database has no write-ahead log")
	}
	return log, nil
}

// query is one run of a prepared statement: parameters are given in order, rows
// are taken with next, and done must be called at the end.
type query struct {
	st  *sqlite3.Stmt
	n   int
	err error
}

func (c *conn) query(s statement) query {
	st := c.stmts[s]
	if st == nil {
		var err error
		st, _, err = c.db.PrepareFlags(statements[s], sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return query{err: fmt.Errorf("preparing statement %d: %w", s, err)}
		}
		c.stmts[s] = st
	}
	return query{st: st}
}

func (q *query) int(v int64) *query {
	if q.err == nil {
		q.n++
		q.err = q.st.BindInt64(q.n, v)
	}
	return q
}

func (q *query) real(v float64) *query {
	if q.err == nil {
		q.n++
		q.err = q.st.BindFloat(q.n, v)
	}
	return q
}

func (q *query) text(v string) *query {
	if q.err == nil {
		q.n++
		q.err = q.st.BindText(q.n, v)
	}
	return q
}

var emptyBlob = []byte{}

func (q *query) blob(v []byte) *query {
	if q.err == nil {
		if v == nil {
			v = emptyBlob
		}
		q.n++
		q.err = q.st.BindBlob(q.n, v)
	}
	return q
}

// next steps to the next row.
func (q *query) next() bool { return q.err == nil && q.st.Step() }

// done ends the run and tells its error.
func (q *query) done() error {
	if q.st == nil {
		return q.err
	}
	err := q.st.Reset()
	if q.err != nil {
		return q.err
	}
	return err
}

// run executes a statement that gives no rows.
func (q *query) run() error {
	if q.err != nil {
		return q.done()
	}
	return q.st.Exec()
}

// oneInt runs a statement that gives one integer; ok is false for no row or NULL.
func (q *query) oneInt() (v int64, ok bool, err error) {
	if q.next() && q.st.ColumnType(0) != sqlite3.NULL {
		v, ok = q.st.ColumnInt64(0), true
	}
	return v, ok, q.done()
}

func isInterrupt(err error) bool { return errors.Is(err, sqlite3.INTERRUPT) }
