// Package guest drives the WebAssembly engine under wazero as the Go WASM driver does: an arena in the guest's memory
// for arguments, two slots in it for results, strings read in fetches of 256 bytes, nothing but WASI preview 1.
package guest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const (
	statusOK, statusError, statusRow, statusDone = 0, 1, 100, 101

	typeNull, typeInteger, typeFloat, typeText, typeBoolean, typeTimestamp, typeJSON, typeBlob = 0, 1, 2, 3, 4, 5, 6, 7

	arenaBytes = 256 << 10
	valueBytes = 24
	guardBytes = 256 // what a host fetches at a string's address
)

// Guest is one instance of the module.
type Guest struct {
	ctx     context.Context
	runtime wazero.Runtime
	module  api.Module
	arena   uint32
	used    uint32
}

type blob []byte

// Start instantiates the module of ORRERY_WASM; folder, where there is one, is mounted at /data.
func Start(ctx context.Context, cache wazero.CompilationCache, folder string) (*Guest, error) {
	binary, err := os.ReadFile(os.Getenv("ORRERY_WASM"))
	if err != nil {
		return nil, err
	}
	config := wazero.NewRuntimeConfig()
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	g := &Guest{ctx: ctx, runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	wasi_snapshot_preview1.MustInstantiate(ctx, g.runtime)
	// No arguments, environment or standard streams; the clocks are real, random numbers are wazero's fixed sequence.
	module := wazero.NewModuleConfig().WithSysNanosleep().WithSysNanotime().WithSysWalltime()
	if folder != "" {
		module = module.WithFSConfig(wazero.NewFSConfig().WithDirMount(folder, "/data"))
	}
	if g.module, err = g.runtime.InstantiateWithConfig(ctx, binary, module); err != nil {
		g.runtime.Close(ctx)
		return nil, err
	}
	arena, err := g.Call("__wbindgen_malloc", arenaBytes, 8)
	if err != nil || arena == 0 {
		g.Close()
		return nil, fmt.Errorf("no arena: %w", err)
	}
	g.arena = uint32(arena)
	g.reset()
	return g, nil
}

func (g *Guest) Close() error { return g.runtime.Close(g.ctx) }

// Call fails only where the guest traps or has no such export.
func (g *Guest) Call(name string, args ...uint64) (uint64, error) {
	function := g.module.ExportedFunction(name)
	if function == nil {
		return 0, fmt.Errorf("no export %s", name)
	}
	results, err := function.Call(g.ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if len(results) == 0 {
		return 0, nil
	}
	return results[0], nil
}

// The first 16 bytes of the arena are the slots.
func (g *Guest) reset()        { g.used = 16 }
func (g *Guest) slotA() uint32 { return g.arena }
func (g *Guest) slotB() uint32 { return g.arena + 8 }

func (g *Guest) place(data []byte, align uint32) (uint32, error) {
	at := (g.used + align - 1) &^ (align - 1)
	if uint64(at)+uint64(len(data)) > arenaBytes {
		return 0, errors.New("the arena is full")
	}
	g.used = at + uint32(len(data))
	g.module.Memory().Write(g.arena+at, data)
	return g.arena + at, nil
}

// withText passes a terminated text, in the arena or, where that is too small, in memory of its own.
func (g *Guest) withText(text string, use func(pointer uint64) error) error {
	data := append([]byte(text), 0)
	pointer, err := g.place(data, 1)
	if err == nil {
		return use(uint64(pointer))
	}
	own, err := g.Call("__wbindgen_malloc", uint64(len(data)), 1)
	if err != nil || own == 0 {
		return fmt.Errorf("no memory for %d bytes: %w", len(data), err)
	}
	g.module.Memory().Write(uint32(own), data)
	err = use(own)
	_, freed := g.Call("__wbindgen_free", own, uint64(len(data)), 1)
	return errors.Join(err, freed)
}

func (g *Guest) u32(at uint32) uint32 {
	v, _ := g.module.Memory().ReadUint32Le(at)
	return v
}

func (g *Guest) i64(at uint32) int64 {
	v, _ := g.module.Memory().ReadUint64Le(at)
	return int64(v)
}

// text reads a C string as the driver does; ok is false where the driver would see nothing.
func (g *Guest) text(pointer uint64) (text string, ok bool) {
	if pointer == 0 {
		return "", true
	}
	for size := uint32(guardBytes); size <= 1<<20; size *= 2 {
		data, inside := g.module.Memory().Read(uint32(pointer), size)
		if !inside {
			return "", false
		}
		if end := bytes.IndexByte(data, 0); end >= 0 {
			return string(data[:end]), true
		}
		if size == guardBytes {
			size = 512 // the next fetch is 1 KiB
		}
	}
	return "", false
}

func (g *Guest) message(function string, handle uint32) error {
	pointer, err := g.Call(function, uint64(handle))
	if err != nil {
		return err
	}
	text, ok := g.text(pointer)
	if !ok {
		return fmt.Errorf("%s: the text is out of reach", function)
	}
	return errors.New(text)
}

// params writes the array and, behind it, texts and blobs; an empty one without others beside it has address 0.
func (g *Guest) params(args []any) (uint64, error) {
	if len(args) == 0 {
		return 0, nil
	}
	array := make([]byte, valueBytes*len(args))
	texts := 0
	for _, arg := range args {
		switch v := arg.(type) {
		case string:
			texts += len(v)
		case blob:
			texts += len(v)
		}
	}
	at, err := g.place(array, 8)
	if err != nil {
		return 0, err
	}
	var data uint32
	if texts > 0 {
		if data, err = g.place(make([]byte, texts), 1); err != nil {
			return 0, err
		}
	}
	little := binary.LittleEndian
	for i, arg := range args {
		cell := array[valueBytes*i:]
		content := func(kind uint32, bytes []byte) {
			little.PutUint32(cell, kind)
			little.PutUint32(cell[8:], data)
			little.PutUint64(cell[16:], uint64(len(bytes)))
			if len(bytes) > 0 {
				g.module.Memory().Write(data, bytes)
				data += uint32(len(bytes))
			}
		}
		switch v := arg.(type) {
		case nil:
		case int:
			little.PutUint32(cell, typeInteger)
			little.PutUint64(cell[8:], uint64(v))
		case float64:
			little.PutUint32(cell, typeFloat)
			little.PutUint64(cell[8:], math.Float64bits(v))
		case bool:
			little.PutUint32(cell, typeBoolean)
			if v {
				little.PutUint32(cell[8:], 1)
			}
		case string:
			content(typeText, []byte(v))
		case blob:
			content(typeBlob, v)
		case time.Time:
			little.PutUint32(cell, typeTimestamp)
			little.PutUint64(cell[8:], uint64(v.UnixNano()))
		default:
			return 0, fmt.Errorf("no parameter of type %T", arg)
		}
	}
	g.module.Memory().Write(at, array)
	return uint64(at), nil
}

// Owner is what SQL runs on: a database or a transaction, told apart by the names of their functions.
type Owner struct {
	*Guest
	prefix string // stoolap_ or stoolap_tx_
	handle uint32
}

func (g *Guest) Open(dsn string) (*Owner, error) {
	g.reset()
	var db *Owner
	err := g.withText(dsn, func(pointer uint64) error {
		rc, err := g.Call("stoolap_open", pointer, uint64(g.slotA()))
		if err != nil {
			return err
		}
		if rc != statusOK {
			return g.message("stoolap_errmsg", 0)
		}
		db = &Owner{g, "stoolap_", g.u32(g.slotA())}
		return nil
	})
	return db, err
}

// handleFrom calls a function whose last argument is where a handle goes.
func (g *Guest) handleFrom(owner *Owner, function string, args ...uint64) (uint32, error) {
	g.reset()
	rc, err := g.Call(function, append(args, uint64(g.slotA()))...)
	if err != nil {
		return 0, err
	}
	if rc != statusOK {
		return 0, g.message("stoolap_errmsg", owner.handle)
	}
	return g.u32(g.slotA()), nil
}

func (o *Owner) Clone() (*Owner, error) {
	handle, err := o.handleFrom(&Owner{o.Guest, "", 0}, "stoolap_clone", uint64(o.handle))
	return &Owner{o.Guest, "stoolap_", handle}, err
}

func (o *Owner) Begin(isolation uint64) (*Owner, error) {
	handle, err := o.handleFrom(o, "stoolap_begin_with_isolation", uint64(o.handle), isolation)
	return &Owner{o.Guest, "stoolap_tx_", handle}, err
}

// End closes a database or ends a transaction; its message is the global one.
func (o *Owner) End(function string) error {
	rc, err := o.Call(function, uint64(o.handle))
	if err != nil {
		return err
	}
	if rc != statusOK {
		return o.message("stoolap_errmsg", 0)
	}
	return nil
}

func (o *Owner) run(function, sql string, out uint32, args []any) error {
	o.reset()
	return o.withText(sql, func(pointer uint64) error {
		call := []uint64{uint64(o.handle), pointer}
		if len(args) > 0 {
			array, err := o.params(args)
			if err != nil {
				return err
			}
			function += "_params"
			call = append(call, array, uint64(len(args)))
		}
		rc, err := o.Call(o.prefix+function, append(call, uint64(out))...)
		if err != nil {
			return err
		}
		if rc != statusOK {
			return o.message(o.prefix+"errmsg", o.handle)
		}
		return nil
	})
}

// Exec reads the count as eight bytes from slot B.
func (o *Owner) Exec(sql string, args ...any) (int64, error) {
	o.module.Memory().WriteUint64Le(o.slotB(), 0xaaaaaaaaaaaaaaaa)
	if err := o.run("exec", sql, o.slotB(), args); err != nil {
		return 0, err
	}
	return o.i64(o.slotB()), nil
}

func (o *Owner) Query(sql string, args ...any) (*Rows, error) {
	if err := o.run("query", sql, o.slotA(), args); err != nil {
		return nil, err
	}
	return &Rows{o.Guest, o.u32(o.slotA())}, nil
}

// All runs a query and returns its cells, stepping row by row and from the packed buffer; both must agree.
func (o *Owner) All(sql string, args ...any) ([][]any, error) {
	rows, err := o.Query(sql, args...)
	if err != nil {
		return nil, err
	}
	stepped, err := rows.step()
	if err != nil {
		return nil, err
	}
	if rows, err = o.Query(sql, args...); err != nil {
		return nil, err
	}
	_, packed, err := rows.fetchAll()
	if err != nil {
		return nil, err
	}
	if a, b := fmt.Sprintf("%#v", stepped), fmt.Sprintf("%#v", packed); a != b {
		return nil, fmt.Errorf("stepped %s, packed %s", a, b)
	}
	return packed, rows.close()
}

type Statement struct {
	*Guest
	handle uint32
}

func (o *Owner) Prepare(sql string) (*Statement, error) {
	o.reset()
	var s *Statement
	err := o.withText(sql, func(pointer uint64) error {
		rc, err := o.Call("stoolap_prepare", uint64(o.handle), pointer, uint64(o.slotA()))
		if err != nil {
			return err
		}
		if rc != statusOK {
			return o.message("stoolap_errmsg", o.handle)
		}
		s = &Statement{o.Guest, o.u32(o.slotA())}
		return nil
	})
	return s, err
}

func (s *Statement) run(tx *Owner, function string, out uint32, args []any) error {
	s.reset()
	array, err := s.params(args)
	if err != nil {
		return err
	}
	call := []uint64{uint64(s.handle), array, uint64(len(args)), uint64(out)}
	name := "stoolap_stmt_" + function
	if tx != nil {
		call, name = append([]uint64{uint64(tx.handle)}, call...), "stoolap_tx_stmt_"+function
	}
	rc, err := s.Call(name, call...)
	if err != nil {
		return err
	}
	if rc == statusOK {
		return nil
	}
	if tx != nil {
		return s.message("stoolap_tx_errmsg", tx.handle)
	}
	return s.message("stoolap_stmt_errmsg", s.handle)
}

func (s *Statement) Exec(tx *Owner, args ...any) (int64, error) {
	err := s.run(tx, "exec", s.slotB(), args)
	return s.i64(s.slotB()), err
}

func (s *Statement) Query(tx *Owner, args ...any) (*Rows, error) {
	err := s.run(tx, "query", s.slotA(), args)
	return &Rows{s.Guest, s.u32(s.slotA())}, err
}

func (s *Statement) Finalize() error {
	_, err := s.Call("stoolap_stmt_finalize", uint64(s.handle))
	return err
}

type Rows struct {
	*Guest
	handle uint32
}

func (r *Rows) close() error {
	_, err := r.Call("stoolap_rows_close", uint64(r.handle))
	return err
}

func (r *Rows) cell(i uint64) (any, error) {
	get := func(name string) uint64 {
		v, _ := r.Call("stoolap_rows_column_"+name, uint64(r.handle), i)
		return v
	}
	switch kind := get("type"); uint32(kind) {
	case typeNull:
		if get("is_null") != 1 {
			return nil, errors.New("a cell of type NULL is not null")
		}
		return nil, nil
	case typeInteger:
		return int64(get("int64")), nil
	case typeFloat:
		return math.Float64frombits(get("double")), nil
	case typeBoolean:
		return get("bool") != 0, nil
	case typeTimestamp:
		return time.Unix(0, int64(get("timestamp"))).UTC(), nil
	case typeText, typeJSON, typeBlob:
		name := "text"
		if kind == typeBlob {
			name = "blob"
		}
		pointer, err := r.Call("stoolap_rows_column_"+name, uint64(r.handle), i, uint64(r.slotB()))
		if err != nil {
			return nil, err
		}
		length := r.i64(r.slotB())
		data, ok := r.module.Memory().Read(uint32(pointer), uint32(length))
		if !ok || pointer == 0 {
			return nil, fmt.Errorf("text at %d of %d bytes", pointer, length)
		}
		if kind == typeBlob {
			return blob(append([]byte{}, data...)), nil
		}
		if text, ok := r.text(pointer); !ok && length < 1<<20 || ok && text != string(data) && bytes.IndexByte(data, 0) < 0 {
			return nil, fmt.Errorf("as a C string it is %q, with its length %q", text, data)
		}
		return string(data), nil
	default:
		return nil, fmt.Errorf("cell type %d", kind)
	}
}

// step reads what is left row by row and closes.
func (r *Rows) step() ([][]any, error) {
	var all [][]any
	columns, err := r.Call("stoolap_rows_column_count", uint64(r.handle))
	if err != nil {
		return nil, err
	}
	for {
		rc, err := r.Call("stoolap_rows_next", uint64(r.handle))
		if err != nil {
			return nil, err
		}
		if rc == statusDone {
			return all, r.close()
		}
		if rc != statusRow {
			return nil, r.message("stoolap_rows_errmsg", r.handle)
		}
		row := make([]any, columns)
		for i := range row {
			if row[i], err = r.cell(uint64(i)); err != nil {
				return nil, err
			}
		}
		all = append(all, row)
	}
}

// fetchAll decodes the packed buffer and gives it back.
func (r *Rows) fetchAll() (columns []string, all [][]any, err error) {
	r.reset()
	rc, err := r.Call("stoolap_rows_fetch_all", uint64(r.handle), uint64(r.slotA()), uint64(r.slotB()))
	if err != nil {
		return nil, nil, err
	}
	if rc != statusOK {
		return nil, nil, r.message("stoolap_rows_errmsg", r.handle)
	}
	pointer, length := r.u32(r.slotA()), r.i64(r.slotB())
	view, ok := r.module.Memory().Read(pointer, uint32(length))
	if !ok {
		return nil, nil, fmt.Errorf("buffer at %d of %d bytes", pointer, length)
	}
	columns, all, err = decode(append([]byte{}, view...))
	_, freed := r.Call("stoolap_buffer_free", uint64(pointer), uint64(length))
	return columns, all, errors.Join(err, freed)
}

func decode(data []byte) (columns []string, all [][]any, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the packed buffer ends too early")
		}
	}()
	little := binary.LittleEndian
	take := func(n uint32) []byte {
		head := data[:n:n]
		data = data[n:]
		return head
	}
	columns = make([]string, little.Uint32(take(4)))
	for i := range columns {
		columns[i] = string(take(uint32(little.Uint16(take(2)))))
	}
	for rows := little.Uint32(take(4)); rows > 0; rows-- {
		row := make([]any, len(columns))
		for i := range row {
			switch tag := take(1)[0]; tag {
			case typeNull:
			case typeInteger:
				row[i] = int64(little.Uint64(take(8)))
			case typeFloat:
				row[i] = math.Float64frombits(little.Uint64(take(8)))
			case typeBoolean:
				row[i] = take(1)[0] != 0
			case typeTimestamp:
				row[i] = time.Unix(0, int64(little.Uint64(take(8)))).UTC()
			case typeText, typeJSON:
				row[i] = string(take(little.Uint32(take(4))))
			case typeBlob:
				row[i] = blob(append([]byte{}, take(little.Uint32(take(4)))...))
			default:
				return nil, nil, fmt.Errorf("tag %d", tag)
			}
		}
		all = append(all, row)
	}
	if len(data) != 0 {
		return nil, nil, fmt.Errorf("%d bytes left over", len(data))
	}
	return columns, all, nil
}
