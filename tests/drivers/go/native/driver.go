// Package native is a small database/sql driver over the C interface (include/orrery/stoolap.h), enough to run a
// program with many goroutines on it. A connection is a clone of the connector's database, as the threads rules ask.
package native

/*
#include <stdlib.h>
#include "orrery/stoolap.h"

_Static_assert(sizeof(StoolapValue) == 24, "the layout that drivers write");
_Static_assert(sizeof(StoolapNamedParam) == 40, "the layout that drivers write");
*/
import "C"

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
	"unsafe"
)

func init() { sql.Register("orrery-native", &Driver{}) }

type Driver struct{}

func (d *Driver) Open(dsn string) (driver.Conn, error) {
	connector, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return connector.Connect(context.Background())
}

func (d *Driver) OpenConnector(dsn string) (driver.Connector, error) {
	text := C.CString(dsn)
	defer C.free(unsafe.Pointer(text))
	// The message of a failed open belongs to the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var db *C.StoolapDB
	if C.stoolap_open(text, &db) != C.STOOLAP_OK {
		return nil, errors.New(C.GoString(C.stoolap_errmsg(nil)))
	}
	return &Connector{driver: d, db: db}, nil
}

// Connector owns the database handle that connections are cloned from; sql.DB.Close closes it.
type Connector struct {
	driver *Driver
	db     *C.StoolapDB
}

func (c *Connector) Driver() driver.Driver { return c.driver }

func (c *Connector) Close() error {
	C.stoolap_close(c.db)
	c.db = nil
	return nil
}

func (c *Connector) Connect(context.Context) (driver.Conn, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var db *C.StoolapDB
	if C.stoolap_clone(c.db, &db) != C.STOOLAP_OK {
		return nil, errors.New(C.GoString(C.stoolap_errmsg(nil)))
	}
	return &Conn{db: db}, nil
}

type Conn struct {
	db *C.StoolapDB
	tx *C.StoolapTx
}

func (c *Conn) Close() error {
	if c.tx != nil {
		C.stoolap_tx_rollback(c.tx)
		c.tx = nil
	}
	C.stoolap_close(c.db)
	c.db = nil
	return nil
}

func (c *Conn) Prepare(query string) (driver.Stmt, error) {
	text := C.CString(query)
	defer C.free(unsafe.Pointer(text))
	var stmt *C.StoolapStmt
	if C.stoolap_prepare(c.db, text, &stmt) != C.STOOLAP_OK {
		return nil, errors.New(C.GoString(C.stoolap_errmsg(c.db)))
	}
	return &Stmt{conn: c, stmt: stmt}, nil
}

func (c *Conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

func (c *Conn) BeginTx(_ context.Context, options driver.TxOptions) (driver.Tx, error) {
	level := C.int32_t(C.STOOLAP_ISOLATION_READ_COMMITTED)
	switch sql.IsolationLevel(options.Isolation) {
	case sql.LevelDefault, sql.LevelReadCommitted:
	case sql.LevelSnapshot, sql.LevelRepeatableRead:
		level = C.STOOLAP_ISOLATION_SNAPSHOT
	default:
		return nil, fmt.Errorf("isolation level %d is not offered", options.Isolation)
	}
	if C.stoolap_begin_with_isolation(c.db, level, &c.tx) != C.STOOLAP_OK {
		return nil, errors.New(C.GoString(C.stoolap_errmsg(c.db)))
	}
	return &Tx{conn: c}, nil
}

type Tx struct{ conn *Conn }

func (t *Tx) end(call func(*C.StoolapTx) C.int32_t) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tx := t.conn.tx
	t.conn.tx = nil
	if call(tx) != C.STOOLAP_OK {
		return errors.New(C.GoString(C.stoolap_errmsg(nil)))
	}
	return nil
}

func (t *Tx) Commit() error {
	return t.end(func(tx *C.StoolapTx) C.int32_t { return C.stoolap_tx_commit(tx) })
}

func (t *Tx) Rollback() error {
	return t.end(func(tx *C.StoolapTx) C.int32_t { return C.stoolap_tx_rollback(tx) })
}

type Stmt struct {
	conn *Conn
	stmt *C.StoolapStmt
}

func (s *Stmt) Close() error {
	C.stoolap_stmt_finalize(s.stmt)
	s.stmt = nil
	return nil
}

func (s *Stmt) NumInput() int { return -1 }

// parameters lays the values out in C memory, texts behind the array, in one block.
func parameters(args []driver.Value) (*C.StoolapValue, func(), error) {
	if len(args) == 0 {
		return nil, func() {}, nil
	}
	size := 24 * len(args)
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
	}
	block := C.calloc(1, C.size_t(size))
	bytes := unsafe.Slice((*byte)(block), size)
	at := 24 * len(args)
	place := func(i int, kind int32) (*int32, unsafe.Pointer) {
		cell := unsafe.Add(block, 24*i)
		*(*int32)(cell) = kind
		return (*int32)(unsafe.Add(cell, 8)), unsafe.Add(cell, 8)
	}
	text := func(i int, kind int32, content string) {
		_, value := place(i, kind)
		*(*unsafe.Pointer)(value) = unsafe.Add(block, at)
		*(*int64)(unsafe.Add(value, 8)) = int64(len(content))
		at += copy(bytes[at:], content)
	}
	for i, arg := range args {
		switch v := arg.(type) {
		case nil:
		case int64:
			_, value := place(i, C.STOOLAP_TYPE_INTEGER)
			*(*int64)(value) = v
		case float64:
			_, value := place(i, C.STOOLAP_TYPE_FLOAT)
			*(*float64)(value) = v
		case bool:
			value, _ := place(i, C.STOOLAP_TYPE_BOOLEAN)
			if v {
				*value = 1
			}
		case string:
			text(i, C.STOOLAP_TYPE_TEXT, v)
		case []byte:
			text(i, C.STOOLAP_TYPE_BLOB, string(v))
		case time.Time:
			_, value := place(i, C.STOOLAP_TYPE_TIMESTAMP)
			*(*int64)(value) = v.UnixNano()
		default:
			C.free(block)
			return nil, nil, fmt.Errorf("a value of type %T cannot be a parameter", arg)
		}
	}
	return (*C.StoolapValue)(block), func() { C.free(block) }, nil
}

func (s *Stmt) failure() error {
	if s.conn.tx != nil {
		return errors.New(C.GoString(C.stoolap_tx_errmsg(s.conn.tx)))
	}
	return errors.New(C.GoString(C.stoolap_stmt_errmsg(s.stmt)))
}

func (s *Stmt) Exec(args []driver.Value) (driver.Result, error) {
	values, release, err := parameters(args)
	if err != nil {
		return nil, err
	}
	defer release()
	var affected C.int64_t
	var rc C.int32_t
	if s.conn.tx != nil {
		rc = C.stoolap_tx_stmt_exec(s.conn.tx, s.stmt, values, C.int32_t(len(args)), &affected)
	} else {
		rc = C.stoolap_stmt_exec(s.stmt, values, C.int32_t(len(args)), &affected)
	}
	if rc != C.STOOLAP_OK {
		return nil, s.failure()
	}
	return driver.RowsAffected(affected), nil
}

func (s *Stmt) Query(args []driver.Value) (driver.Rows, error) {
	values, release, err := parameters(args)
	if err != nil {
		return nil, err
	}
	defer release()
	var rows *C.StoolapRows
	var rc C.int32_t
	if s.conn.tx != nil {
		rc = C.stoolap_tx_stmt_query(s.conn.tx, s.stmt, values, C.int32_t(len(args)), &rows)
	} else {
		rc = C.stoolap_stmt_query(s.stmt, values, C.int32_t(len(args)), &rows)
	}
	if rc != C.STOOLAP_OK {
		return nil, s.failure()
	}
	return &Rows{rows: rows}, nil
}

type Rows struct{ rows *C.StoolapRows }

func (r *Rows) Columns() []string {
	names := make([]string, C.stoolap_rows_column_count(r.rows))
	for i := range names {
		names[i] = C.GoString(C.stoolap_rows_column_name(r.rows, C.int32_t(i)))
	}
	return names
}

func (r *Rows) Close() error {
	C.stoolap_rows_close(r.rows)
	r.rows = nil
	return nil
}

func (r *Rows) Next(cells []driver.Value) error {
	switch C.stoolap_rows_next(r.rows) {
	case C.STOOLAP_ROW:
	case C.STOOLAP_DONE:
		return io.EOF
	default:
		return errors.New(C.GoString(C.stoolap_rows_errmsg(r.rows)))
	}
	for i := range cells {
		at := C.int32_t(i)
		var length C.int64_t
		switch C.stoolap_rows_column_type(r.rows, at) {
		case C.STOOLAP_TYPE_NULL:
			cells[i] = nil
		case C.STOOLAP_TYPE_INTEGER:
			cells[i] = int64(C.stoolap_rows_column_int64(r.rows, at))
		case C.STOOLAP_TYPE_FLOAT:
			cells[i] = float64(C.stoolap_rows_column_double(r.rows, at))
		case C.STOOLAP_TYPE_BOOLEAN:
			cells[i] = C.stoolap_rows_column_bool(r.rows, at) != 0
		case C.STOOLAP_TYPE_TIMESTAMP:
			cells[i] = time.Unix(0, int64(C.stoolap_rows_column_timestamp(r.rows, at))).UTC()
		case C.STOOLAP_TYPE_BLOB:
			data := C.stoolap_rows_column_blob(r.rows, at, &length)
			cells[i] = C.GoBytes(unsafe.Pointer(data), C.int(length))
		default:
			text := C.stoolap_rows_column_text(r.rows, at, &length)
			cells[i] = C.GoStringN(text, C.int(length))
		}
	}
	return nil
}

// Version is that of the library.
func Version() string { return C.GoString(C.stoolap_version()) }
