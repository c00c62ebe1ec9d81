// Package crossing: a database file is the same for the native library and for the WebAssembly engine.
package crossing

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"orrery/tests/drivers/guest"
	_ "orrery/tests/drivers/native"
)

const (
	create = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, x FLOAT, at TIMESTAMP)"
	insert = "INSERT INTO t VALUES (%d, 'name %d', %d.5, '2024-01-%02d 00:00:00')"
	read   = "SELECT COUNT(*), SUM(id), SUM(x), MIN(name), COUNT(DISTINCT at) FROM t"
	want   = "[[20 210 220 name 1 20]]"
)

func native(t *testing.T, path, result string, statements ...string) {
	t.Helper()
	db, err := sql.Open("orrery-native", "file://"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
	var count, sum, distinct int64
	var x float64
	var name string
	if err := db.QueryRow(read).Scan(&count, &sum, &x, &name, &distinct); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint([][]any{{count, sum, x, name, distinct}}); got != result {
		t.Fatalf("natively: %s", got)
	}
}

func wasm(t *testing.T, folder, result string, statements ...string) {
	t.Helper()
	g, err := guest.Start(context.Background(), nil, folder)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	db, err := g.Open("file:///data/db")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
	if got, err := db.All(read); err != nil || fmt.Sprint(got) != result {
		t.Fatalf("in WebAssembly: %v, %v", got, err)
	}
	if err := db.End("stoolap_close"); err != nil {
		t.Fatal(err)
	}
}

func inserts(from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprintf(insert, i, i, i, i))
	}
	return all
}

func TestFromOneToTheOther(t *testing.T) {
	const half = "[[10 55 60 name 1 10]]"
	folder := t.TempDir()
	wasm(t, folder, half, append([]string{create}, inserts(1, 10)...)...)
	native(t, filepath.Join(folder, "db"), want, append(inserts(11, 20), "CREATE INDEX t_name ON t (name)")...)
	wasm(t, folder, want)

	folder = t.TempDir()
	native(t, filepath.Join(folder, "db"), half, append([]string{create}, inserts(1, 10)...)...)
	wasm(t, folder, want, append(inserts(11, 20), "PRAGMA checkpoint")...)
	native(t, filepath.Join(folder, "db"), want)
}
