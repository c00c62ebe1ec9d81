package guest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

var cache = wazero.NewCompilationCache()

func start(t *testing.T, folder string) *Guest {
	t.Helper()
	g, err := Start(context.Background(), cache, folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func open(t *testing.T, g *Guest, dsn string) *Owner {
	t.Helper()
	db, err := g.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func memory(t *testing.T) *Owner { return open(t, start(t, ""), "memory://") }

func exec(t *testing.T, o *Owner, affected int64, sql string, args ...any) {
	t.Helper()
	if n, err := o.Exec(sql, args...); err != nil || n != affected {
		t.Fatalf("%s: %d affected, error %v", sql, n, err)
	}
}

func rows(t *testing.T, o *Owner, want [][]any, sql string, args ...any) {
	t.Helper()
	if got, err := o.All(sql, args...); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %v, want %v, error %v", sql, got, want, err)
	}
}

// failure checks for an error that has a text, and not a trap.
func failure(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || err.Error() == "" || !strings.Contains(err.Error(), part) ||
		strings.Contains(err.Error(), "wasm error") || strings.Contains(err.Error(), "no export") {
		t.Fatalf("the error is %v", err)
	}
}

func TestImportsAndExports(t *testing.T) {
	ctx := context.Background()
	binary, err := os.ReadFile(os.Getenv("ORRERY_WASM"))
	if err != nil {
		t.Fatal(err)
	}
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer runtime.Close(ctx)
	module, err := runtime.CompileModule(ctx, binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range module.ImportedFunctions() {
		if from, name, _ := f.Import(); from != "wasi_snapshot_preview1" {
			t.Errorf("import %s.%s", from, name)
		}
	}
	if len(module.ImportedMemories()) != 0 || module.ExportedMemories()["memory"] == nil {
		t.Error("the memory is not exported")
	}
	// i: 32 bits, I: 64 bits, F: a double; the last one is the result, v for none.
	types := map[string]string{"__wbindgen_malloc": "iii", "__wbindgen_free": "iiiv"}
	for signature, names := range map[string]string{
		"i":      "version",
		"ii":     "open_in_memory close errmsg stmt_errmsg tx_commit tx_rollback tx_errmsg rows_next rows_column_count rows_errmsg",
		"iii":    "open clone begin rows_column_name rows_column_type rows_column_bool rows_column_is_null",
		"iiii":   "exec query prepare begin_with_isolation tx_exec tx_query rows_column_text rows_column_blob rows_fetch_all",
		"iiiii":  "stmt_exec stmt_query",
		"iiiiii": "exec_params query_params tx_exec_params tx_query_params tx_stmt_exec tx_stmt_query",
		"iiI":    "rows_column_int64 rows_column_timestamp",
		"iiF":    "rows_column_double",
		"iI":     "rows_affected",
		"iv":     "stmt_finalize rows_close string_free",
		"iIv":    "buffer_free",
	} {
		for _, name := range strings.Fields(names) {
			types["stoolap_"+name] = signature
		}
	}
	if len(types) != 2+43 {
		t.Fatalf("%d functions in the table", len(types))
	}
	letters := map[api.ValueType]string{api.ValueTypeI32: "i", api.ValueTypeI64: "I", api.ValueTypeF64: "F"}
	for name, want := range types {
		f := module.ExportedFunctions()[name]
		if f == nil {
			t.Errorf("no export %s", name)
			continue
		}
		got := ""
		for _, p := range f.ParamTypes() {
			got += letters[p]
		}
		if len(f.ResultTypes()) == 0 {
			got += "v"
		}
		for _, r := range f.ResultTypes() {
			got += letters[r]
		}
		if got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
}

func TestAllocator(t *testing.T) {
	g := start(t, "")
	if g.arena%8 != 0 {
		t.Errorf("the arena is at %d", g.arena)
	}
	seen := map[uint64]uint64{}
	for i := 0; i < 200; i++ {
		size, align := uint64(i*37), uint64(1)<<(i%5)
		p, err := g.Call("__wbindgen_malloc", size, align)
		if err != nil || p == 0 || p%align != 0 {
			t.Fatalf("malloc(%d, %d) gives %d, %v", size, align, p, err)
		}
		for other, length := range seen {
			if p < other+length && other < p+size {
				t.Fatalf("%d and %d overlap", p, other)
			}
		}
		seen[p] = size
		if i%3 == 0 {
			if _, err := g.Call("__wbindgen_free", p, size, align); err != nil {
				t.Fatal(err)
			}
			delete(seen, p)
		}
	}
	huge, err := g.Call("__wbindgen_malloc", 64<<20, 8)
	if err != nil || huge == 0 || !g.module.Memory().Write(uint32(huge)+64<<20-1, []byte{1}) {
		t.Fatalf("64 MiB: %d, %v", huge, err)
	}
}

func TestVersionAndRows(t *testing.T) {
	db := memory(t)
	pointer, _ := db.Call("stoolap_version")
	if text, ok := db.text(pointer); !ok || text == "" {
		t.Fatalf("version %q at %d", text, pointer)
	}
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
	exec(t, db, 2, "INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	exec(t, db, 1, "INSERT INTO t VALUES ($1, $2)", 3, "three")
	rows(t, db, [][]any{{int64(1), "one"}, {int64(3), "three"}}, "SELECT * FROM t WHERE id <> ? ORDER BY id", 2)
	r, err := db.Query("SELECT id AS number, name FROM t")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"number", "name"} {
		pointer, _ := db.Call("stoolap_rows_column_name", uint64(r.handle), uint64(i))
		if name, ok := db.text(pointer); !ok || name != want {
			t.Errorf("column %d is %q", i, name)
		}
	}
	columns, first, err := r.fetchAll()
	if err != nil || len(first) != 3 || !reflect.DeepEqual(columns, []string{"number", "name"}) {
		t.Fatal(columns, first, err)
	}
	columns, second, err := r.fetchAll()
	if err != nil || len(second) != 0 || len(columns) != 2 {
		t.Fatal("a second time", columns, second, err)
	}
	if rc, _ := db.Call("stoolap_rows_next", uint64(r.handle)); rc != statusDone {
		t.Error("after it next gives", rc)
	}
	exec(t, db, 3, "DELETE FROM t")
}

func TestTypesAndParameters(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (i INTEGER PRIMARY KEY, f FLOAT, s TEXT, b BOOLEAN, at TIMESTAMP, j JSON)")
	at := time.Date(2024, 1, 15, 10, 30, 0, 123456789, time.UTC)
	const insert = "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)"
	exec(t, db, 1, insert, math.MinInt64, -0.5, "it's ü 漢", true, at, `{"a":1}`)
	exec(t, db, 1, insert, math.MaxInt64, math.Inf(1), "", false, time.Unix(0, 0), "[1, 2]")
	exec(t, db, 1, insert, 0, nil, nil, nil, nil, nil)
	rows(t, db, [][]any{
		{int64(math.MinInt64), -0.5, "it's ü 漢", true, at, `{"a":1}`},
		{int64(0), nil, nil, nil, nil, nil},
		{int64(math.MaxInt64), math.Inf(1), "", false, time.Unix(0, 0).UTC(), "[1, 2]"},
	}, "SELECT * FROM t ORDER BY i")
	// A text keeps its NUL in the packed buffer.
	exec(t, db, 1, "UPDATE t SET s = $1 WHERE i = 0", "a\x00b")
	rows(t, db, [][]any{{"a\x00b"}}, "SELECT s FROM t WHERE i = 0")
}

func TestEmptyTextAtAddressZero(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT NOT NULL)")
	exec(t, db, 1, "INSERT INTO t VALUES ($1, $2)", 1, "")
	rows(t, db, [][]any{{int64(1), ""}}, "SELECT * FROM t WHERE s = $1", "")
}

func TestVectors(t *testing.T) {
	db := memory(t)
	if _, err := db.Exec("CREATE TABLE v (id INTEGER PRIMARY KEY, e VECTOR(3))"); err != nil {
		if strings.Contains(err.Error(), "not supported yet") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	packed := blob{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0}
	exec(t, db, 1, "INSERT INTO v VALUES ($1, $2)", 1, packed)
	exec(t, db, 1, "INSERT INTO v VALUES (2, '[1.0, -2.0, 0.0]')")
	rows(t, db, [][]any{{packed}, {packed}}, "SELECT e FROM v ORDER BY id")
}

func TestSQLLargerThanTheArena(t *testing.T) {
	db := memory(t)
	long := strings.Repeat("x", 2*arenaBytes)
	rows(t, db, [][]any{{int64(len(long))}}, "SELECT LENGTH('"+long+"') AS n")
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)")
	exec(t, db, 1, "INSERT INTO t VALUES (1, '"+long+"')")
	rows(t, db, [][]any{{int64(1), long}}, "SELECT * FROM t")
	// What the engine keeps may not lie in the arena.
	statement, err := db.Prepare("SELECT id FROM t WHERE s <> '" + long[:arenaBytes/2] + "'")
	if err != nil {
		t.Fatal(err)
	}
	db.reset()
	db.place(bytes.Repeat([]byte{0xff}, arenaBytes-64), 1)
	r, err := statement.Query(nil)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := r.step(); err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
}

func TestManyRows(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, f FLOAT)")
	insert, err := db.Prepare("INSERT INTO t VALUES ($1, $2, $3)")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin(0)
	if err != nil {
		t.Fatal(err)
	}
	const count = 50000
	for i := 0; i < count; i++ {
		if n, err := insert.Exec(tx, i, fmt.Sprintf("a text of row %d that is long enough", i), float64(i)/4); err != nil || n != 1 {
			t.Fatal(i, n, err)
		}
	}
	if err := tx.End("stoolap_tx_commit"); err != nil {
		t.Fatal(err)
	}
	r, err := db.Query("SELECT * FROM t ORDER BY id DESC")
	if err != nil {
		t.Fatal(err)
	}
	_, all, err := r.fetchAll()
	if err != nil || len(all) != count || !reflect.DeepEqual(all[count-1], []any{int64(0), "a text of row 0 that is long enough", 0.0}) {
		t.Fatal(len(all), err)
	}
	rows(t, db, [][]any{{int64(count), float64(count-1) / 4}}, "SELECT COUNT(*), MAX(f) FROM t")
}

// Memory that results need is given back: the guest may not grow with every query.
func TestMemoryIsGivenBack(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)")
	for i := 0; i < 500; i++ {
		exec(t, db, 1, "INSERT INTO t VALUES ($1, $2)", i, strings.Repeat("y", 500))
	}
	size := uint32(0)
	for i := 0; i < 300; i++ {
		r, err := db.Query(fmt.Sprintf("SELECT * FROM t WHERE id > %d", i%7-10))
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			_, _, err = r.fetchAll()
		}
		if err := r.close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if i == 50 {
			size = db.module.Memory().Size()
		}
	}
	if now := db.module.Memory().Size(); now > size+4<<20 {
		t.Errorf("memory grew from %d to %d", size, now)
	}
}

func TestStatements(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)")
	insert, err := db.Prepare("INSERT INTO t VALUES ($1, $2)")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 3; i++ {
		if n, err := insert.Exec(nil, i, "n"); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	_, err = insert.Exec(nil, 1, "again")
	failure(t, err, "")
	find, err := db.Prepare("SELECT s FROM t WHERE id = $1")
	if err != nil {
		t.Fatal(err)
	}
	r, err := find.Query(nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := r.step(); err != nil || !reflect.DeepEqual(all, [][]any{{"n"}}) {
		t.Fatal(all, err)
	}
	_, err = db.Prepare("INVALID SQL")
	failure(t, err, "")
	for i := 0; i < 2; i++ {
		if err := insert.Finalize(); err != nil {
			t.Fatal(err)
		}
	}
	if rc, err := db.Call("stoolap_stmt_exec", uint64(insert.handle), 0, 0, 0); err != nil || rc != statusError {
		t.Error("a finalized statement gives", rc, err)
	}
}

func TestTransactions(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
	exec(t, db, 1, "INSERT INTO t VALUES (1, 10)")
	for isolation := uint64(0); isolation < 2; isolation++ {
		tx, err := db.Begin(isolation)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, tx, 1, "UPDATE t SET n = n + $1", 5)
		rows(t, tx, [][]any{{int64(15)}}, "SELECT n FROM t")
		rows(t, db, [][]any{{int64(10)}}, "SELECT n FROM t")
		_, err = tx.Exec("SELECT * FROM missing")
		failure(t, err, "missing")
		if err := tx.End("stoolap_tx_rollback"); err != nil {
			t.Fatal(err)
		}
	}
	rows(t, db, [][]any{{int64(10)}}, "SELECT n FROM t")
	tx, _ := db.Begin(0)
	exec(t, tx, 1, "INSERT INTO t VALUES (2, 20)")
	if err := tx.End("stoolap_tx_commit"); err != nil {
		t.Fatal(err)
	}
	rows(t, db, [][]any{{int64(2)}}, "SELECT COUNT(*) FROM t")
	_, err := db.Begin(7)
	failure(t, err, "isolation")
}

// The Go driver asks a transaction for its message after the failed commit that freed it, and rolls it back again.
func TestFreedTransactions(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
	exec(t, db, 1, "INSERT INTO t VALUES (1, 10)")
	first, _ := db.Begin(1)
	second, _ := db.Begin(1)
	exec(t, first, 1, "UPDATE t SET n = 11 WHERE id = 1")
	_, update := second.Exec("UPDATE t SET n = 12 WHERE id = 1")
	if err := first.End("stoolap_tx_commit"); err != nil {
		t.Fatal(err)
	}
	commit := second.End("stoolap_tx_commit")
	if update == nil && commit == nil {
		t.Error("both writers won")
	}
	for _, tx := range []*Owner{first, second} {
		if pointer, err := db.Call("stoolap_tx_errmsg", uint64(tx.handle)); err != nil {
			t.Fatal(err)
		} else if _, ok := db.text(pointer); !ok {
			t.Error("the message is out of reach")
		}
		if rc, err := db.Call("stoolap_tx_rollback", uint64(tx.handle)); err != nil || rc != statusError {
			t.Error("a rollback after the end gives", rc, err)
		}
		if rc, err := db.Call("stoolap_tx_commit", uint64(tx.handle)); err != nil || rc != statusError {
			t.Error("a commit after the end gives", rc, err)
		}
	}
	rows(t, db, [][]any{{int64(11)}}, "SELECT n FROM t")
}

// There is nobody to wait for in one thread: a row that an open transaction has claimed is refused at once.
func TestClaimedRowFailsAtOnce(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
	exec(t, db, 1, "INSERT INTO t VALUES (1, 10)")
	tx, _ := db.Begin(0)
	exec(t, tx, 1, "UPDATE t SET n = 11 WHERE id = 1")
	started := time.Now()
	_, err := db.Exec("UPDATE t SET n = 12 WHERE id = 1")
	failure(t, err, "")
	if waited := time.Since(started); waited > 2*time.Second {
		t.Error("it took", waited)
	}
	if err := tx.End("stoolap_tx_commit"); err != nil {
		t.Fatal(err)
	}
	rows(t, db, [][]any{{int64(11)}}, "SELECT n FROM t")
}

func TestDatabases(t *testing.T) {
	g := start(t, "")
	one, two := open(t, g, "memory://"), open(t, g, "memory://")
	exec(t, one, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
	_, err := two.Exec("INSERT INTO t VALUES (1)")
	failure(t, err, "t")
	named, again := open(t, g, "memory://mydb"), open(t, g, "memory://mydb")
	exec(t, named, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
	clone, err := again.Clone()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, clone, 1, "INSERT INTO t VALUES (5)")
	rows(t, named, [][]any{{int64(5)}}, "SELECT id FROM t")
	for _, db := range []*Owner{one, two, named, again} {
		if err := db.End("stoolap_close"); err != nil {
			t.Fatal(err)
		}
	}
	rows(t, clone, [][]any{{int64(5)}}, "SELECT id FROM t")
	for _, dsn := range []string{"nowhere://x", "nothing", "file://"} {
		_, err := g.Open(dsn)
		failure(t, err, "")
	}
}

func TestUseAfterClose(t *testing.T) {
	db := memory(t)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
	r, err := db.Query("SELECT 1 AS one")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	if rc, err := db.Call("stoolap_rows_next", uint64(r.handle)); err != nil || rc != statusError {
		t.Error("closed rows give", rc, err)
	}
	if err := db.End("stoolap_close"); err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("SELECT 1")
	if err != nil && strings.Contains(err.Error(), "wasm error") {
		t.Fatal(err)
	}
	if err == nil {
		t.Error("a closed database runs SQL")
	}
	// Handles that never were.
	for _, handle := range []uint64{0, 1, 8, 0x1234, 0xfffffff8, 0x7fffffff} {
		for _, name := range []string{"close", "errmsg", "stmt_errmsg", "tx_errmsg", "tx_commit", "tx_rollback", "rows_next",
			"rows_column_count", "rows_errmsg", "rows_affected", "rows_close", "stmt_finalize"} {
			if name == "errmsg" && handle == 0 {
				continue
			}
			if _, err := db.Call("stoolap_"+name, handle); err != nil {
				t.Errorf("%s(%#x): %v", name, handle, err)
			}
		}
	}
}

// An answer or an error, and no trap: that would leave the module unusable.
func TestAbsurdSQL(t *testing.T) {
	db := memory(t)
	deep := 200000
	for name, sql := range map[string]string{
		"parentheses": "SELECT " + strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep),
		"open only":   "SELECT " + strings.Repeat("(", 1<<20),
		"minus":       "SELECT " + strings.Repeat("- ", deep) + "1",
		"not":         "SELECT " + strings.Repeat("NOT ", deep) + "TRUE",
		"case":        "SELECT " + strings.Repeat("CASE WHEN TRUE THEN ", deep/10) + "1" + strings.Repeat(" END", deep/10),
		"subqueries":  strings.Repeat("SELECT * FROM (", deep/10) + "SELECT 1 AS x" + strings.Repeat(") AS s", deep/10),
		"functions":   "SELECT " + strings.Repeat("ABS(", deep) + "1" + strings.Repeat(")", deep),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := db.Exec(sql); err != nil {
				failure(t, err, "")
			}
		})
	}
	// Long but flat.
	terms := make([]string, 10000)
	for i := range terms {
		terms[i] = fmt.Sprintf("x = %d", i)
	}
	exec(t, db, 0, "CREATE TABLE t (x INTEGER PRIMARY KEY)")
	exec(t, db, 1, "INSERT INTO t VALUES (9999)")
	if got, err := db.All("SELECT x FROM t WHERE " + strings.Join(terms, " OR ")); err != nil {
		failure(t, err, "")
	} else if !reflect.DeepEqual(got, [][]any{{int64(9999)}}) {
		t.Error(got)
	}
	for _, bad := range []string{"", ";", "SELECT", "INVALID SQL", "SELECT '", "SELECT \"", "SELECT /*", "\xff\xfe", "SELECT 1/0",
		"SELECT 9223372036854775807 + 1", "SELECT * FROM missing", "DROP TABLE missing"} {
		if _, err := db.Exec(bad); err != nil {
			failure(t, err, "")
		}
	}
	rows(t, db, [][]any{{int64(1)}}, "SELECT 1 AS one")
}

// With the clocks given there are a time and a date; random numbers come from the host too.
func TestClockAndRandom(t *testing.T) {
	db := memory(t)
	random, err := db.Query("SELECT RANDOM() AS a, RANDOM() AS b")
	if err != nil {
		t.Fatal(err)
	}
	if all, err := random.step(); err != nil || len(all) != 1 || all[0][0] == all[0][1] {
		t.Fatal(all, err)
	}
	r, err := db.Query("SELECT NOW() AS t")
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.step()
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	now, ok := got[0][0].(time.Time)
	if !ok || time.Since(now).Abs() > time.Minute {
		t.Errorf("NOW() is %v", got[0][0])
	}
}

func TestFilePersistence(t *testing.T) {
	folder := t.TempDir()
	const dsn = "file:///data/mydb"
	first := start(t, folder)
	db := open(t, first, dsn)
	exec(t, db, 0, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
	exec(t, db, 2, "INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	if _, err := db.Exec("PRAGMA checkpoint"); err != nil {
		t.Fatal(err)
	}
	exec(t, db, 1, "INSERT INTO t VALUES (3, 'three')")
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 || entries[0].Name() != "mydb" {
		t.Fatal(entries, err)
	}
	// The driver's engine is closed without closing its databases.
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(t, folder)
	db = open(t, second, dsn)
	rows(t, db, [][]any{{int64(1), "one"}, {int64(2), "two"}, {int64(3), "three"}}, "SELECT * FROM t ORDER BY id")
	exec(t, db, 1, "UPDATE t SET name = 'drei' WHERE id = 3")
	if _, err := db.Exec("VACUUM"); err != nil {
		t.Error(err)
	}
	if _, err := db.Exec("ANALYZE t"); err != nil {
		t.Error(err)
	}
	if err := db.End("stoolap_close"); err != nil {
		t.Fatal(err)
	}
	db = open(t, second, dsn)
	rows(t, db, [][]any{{"drei"}}, "SELECT name FROM t WHERE id = 3")
	_, err := second.Open("file:///elsewhere/db")
	failure(t, err, "elsewhere")
}
