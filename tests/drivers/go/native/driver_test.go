package native

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("orrery-native", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, db interface {
	Exec(string, ...any) (sql.Result, error)
}, query string, args ...any) int64 {
	t.Helper()
	result, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	affected, _ := result.RowsAffected()
	return affected
}

func number(t *testing.T, db interface {
	QueryRow(string, ...any) *sql.Row
}, query string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestVersion(t *testing.T) {
	if Version() == "" {
		t.Fatal("no version")
	}
	want, err := filepath.EvalSymlinks(os.Getenv("ORRERY_LIBRARY"))
	if err != nil {
		t.Skip("ORRERY_LIBRARY names no file")
	}
	maps, _ := os.ReadFile("/proc/self/maps")
	if !strings.Contains(string(maps), want) {
		t.Fatalf("%s is not the library that was loaded", want)
	}
}

func TestEightGoroutinesInMemory(t *testing.T) { eightGoroutines(t, "memory://eight") }

func TestEightGoroutinesOnDisk(t *testing.T) {
	eightGoroutines(t, "file://"+filepath.Join(t.TempDir(), "db"))
}

// Each goroutine inserts keys of its own through prepared statements and transactions, reads its own rows back, and
// reads everybody's; in the end every acknowledged row is there once.
func eightGoroutines(t *testing.T, dsn string) {
	const goroutines, rounds, perRound = 8, 40, 5
	db := open(t, dsn)
	db.SetMaxOpenConns(goroutines)
	exec(t, db, "CREATE TABLE events (id INTEGER PRIMARY KEY, worker INTEGER NOT NULL, round INTEGER, note TEXT, at TIMESTAMP)")
	exec(t, db, "CREATE INDEX events_worker ON events (worker)")
	var group sync.WaitGroup
	failures := make(chan error, goroutines)
	for worker := 0; worker < goroutines; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if err := work(db, worker, goroutines, rounds, perRound); err != nil {
				failures <- fmt.Errorf("worker %d: %w", worker, err)
			}
		}()
	}
	group.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM events"); n != goroutines*rounds*perRound {
		t.Errorf("%d rows", n)
	}
	if n := number(t, db, "SELECT COUNT(DISTINCT id) FROM events"); n != goroutines*rounds*perRound {
		t.Errorf("%d keys", n)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM events WHERE worker = ? AND note LIKE 'round %'", 3); n != rounds*perRound {
		t.Errorf("%d rows of worker 3", n)
	}
}

func work(db *sql.DB, worker, goroutines, rounds, perRound int) error {
	insert, err := db.Prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	seen := int64(0)
	for round := 0; round < rounds; round++ {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		add := tx.Stmt(insert)
		for i := 0; i < perRound; i++ {
			id := (round*perRound+i)*goroutines + worker
			if _, err := add.Exec(id, worker, round, fmt.Sprintf("round %d", round), time.Unix(int64(id), 0)); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		var own int64
		if err := tx.QueryRow("SELECT COUNT(*) FROM events WHERE worker = ?", worker).Scan(&own); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		if want := int64((round + 1) * perRound); own != want {
			return fmt.Errorf("round %d: saw %d rows of its own, not %d", round, own, want)
		}
		var all int64
		if err := db.QueryRow("SELECT COUNT(*) FROM events").Scan(&all); err != nil {
			return err
		}
		// Commits are whole, and none of them goes away.
		if all%int64(perRound) != 0 || all < seen || all < own {
			return fmt.Errorf("round %d: %d rows after %d", round, all, seen)
		}
		seen = all
		rows, err := db.Query("SELECT id, note FROM events WHERE worker = ? ORDER BY id", worker)
		if err != nil {
			return err
		}
		count := 0
		for rows.Next() {
			var id int
			var note string
			if err := rows.Scan(&id, &note); err != nil {
				return err
			}
			if id != count*goroutines+worker || note != fmt.Sprintf("round %d", count/perRound) {
				return fmt.Errorf("row %d is (%d, %q)", count, id, note)
			}
			count++
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		if count != (round+1)*perRound {
			return fmt.Errorf("round %d: read %d rows", round, count)
		}
	}
	return nil
}

// Transfers between accounts, retried on conflict: the sum holds for every reader at every moment.
func TestConflictsKeepSums(t *testing.T) {
	const goroutines, transfers, accounts, total = 8, 50, 4, 400
	db := open(t, "memory://transfers")
	exec(t, db, "CREATE TABLE accounts (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)")
	for i := 0; i < accounts; i++ {
		exec(t, db, "INSERT INTO accounts VALUES (?, ?)", i, total/accounts)
	}
	var group sync.WaitGroup
	for worker := 0; worker < goroutines; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < transfers; i++ {
				from, to := (worker+i)%accounts, (worker+i*3+1)%accounts
				for attempt := 0; ; attempt++ {
					err := transfer(db, from, to)
					if err == nil {
						break
					}
					if attempt > 10000 {
						t.Errorf("worker %d gives up: %v", worker, err)
						return
					}
				}
				var sum int64
				if err := db.QueryRow("SELECT SUM(amount) FROM accounts").Scan(&sum); err != nil || sum != total {
					t.Errorf("worker %d reads %d in all: %v", worker, sum, err)
					return
				}
			}
		}()
	}
	group.Wait()
	if n := number(t, db, "SELECT SUM(amount) FROM accounts"); n != total {
		t.Errorf("%d in the end", n)
	}
}

func transfer(db *sql.DB, from, to int) error {
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelSnapshot})
	if err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE accounts SET amount = amount - 1 WHERE id = ?", from); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if _, err := tx.Exec("UPDATE accounts SET amount = amount + 1 WHERE id = ?", to); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func TestTypes(t *testing.T) {
	db := open(t, "memory://")
	exec(t, db, "CREATE TABLE t (i INTEGER PRIMARY KEY, f FLOAT, s TEXT, b BOOLEAN, at TIMESTAMP, j JSON)")
	at := time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.UTC)
	exec(t, db, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", 1, 2.5, "it's\x00ü", true, at, `{"a":1}`)
	exec(t, db, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", 2, nil, "", false, nil, nil)
	var s, j sql.NullString
	var f sql.NullFloat64
	var b bool
	var when sql.NullTime
	read := func(id int) {
		t.Helper()
		if err := db.QueryRow("SELECT f, s, b, at, j FROM t WHERE i = ?", id).Scan(&f, &s, &b, &when, &j); err != nil {
			t.Fatal(err)
		}
	}
	read(1)
	if f.Float64 != 2.5 || s.String != "it's\x00ü" || !b || !when.Time.Equal(at) || j.String != `{"a":1}` {
		t.Error(f, s, b, when, j)
	}
	read(2)
	if f.Valid || !s.Valid || s.String != "" || b || when.Valid || j.Valid {
		t.Error(f, s, b, when, j)
	}
	if err := db.QueryRow("SELECT f FROM t WHERE i = 3").Scan(&f); !errors.Is(err, sql.ErrNoRows) {
		t.Error(err)
	}
	if n := exec(t, db, "UPDATE t SET b = NOT b"); n != 2 {
		t.Error("affected", n)
	}
}

func TestErrors(t *testing.T) {
	if db, err := sql.Open("orrery-native", "nowhere://x"); err == nil {
		db.Close()
		t.Error("an unknown scheme was opened")
	} else if !strings.Contains(err.Error(), "nowhere") {
		t.Error(err)
	}
	db := open(t, "memory://")
	exec(t, db, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
	exec(t, db, "INSERT INTO t VALUES (1)")
	for _, bad := range []string{"nonsense", "SELECT * FROM missing", "INSERT INTO t VALUES (1)", "SELECT missing FROM t"} {
		if _, err := db.Exec(bad); err == nil || err.Error() == "" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a key twice")
	}
	exec(t, tx, "INSERT INTO t VALUES (2)")
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM t"); n != 2 {
		t.Error(n)
	}
}

func TestFilePersists(t *testing.T) {
	dsn := "file://" + filepath.Join(t.TempDir(), "db")
	db := open(t, dsn)
	exec(t, db, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)")
	exec(t, db, "INSERT INTO t VALUES (1, 'kept')")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dsn)
	if n := number(t, again, "SELECT id FROM t WHERE s = 'kept'"); n != 1 {
		t.Error(n)
	}
}
