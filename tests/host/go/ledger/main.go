//go:build wasip1

// A module without any library: accounts, and a transfer between them. Built with
// GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared; published and driven by ../ledger_test.go.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"
)

type account struct {
	id      uint64
	name    string
	balance int64
}

func (a account) encode() []byte {
	var w writer
	w.u64(a.id)
	w.text(a.name)
	w.u64(uint64(a.balance))
	return w.bytes
}

func decodeAccounts(bytes []byte) []account {
	var all []account
	for r := (reader{bytes}); len(r.bytes) > 0; {
		all = append(all, account{r.u64(), r.text(), int64(r.u64())})
	}
	return all
}

func nameKey(name string) []byte {
	var w writer
	w.text(name)
	return w.bytes
}

func find(name string) (account, error) {
	var iterator uint32
	key := nameKey(name)
	check(pointScan(index("account_name_idx_btree"), pointer(key), uint32(len(key)), unsafe.Pointer(&iterator)))
	if found := decodeAccounts(rows(iterator)); len(found) == 1 {
		return found[0], nil
	}
	return account{}, fmt.Errorf("there is no account %q", name)
}

func open(arguments *reader) error {
	name := arguments.text()
	row := account{name: name, balance: int64(arguments.u64())}.encode()
	size := uint32(len(row))
	switch code := insertRow(table("account"), pointer(row), unsafe.Pointer(&size)); code {
	case 0:
	case uniqueExists:
		return fmt.Errorf("%q has an account", name)
	default:
		check(code)
	}
	// What was generated stands at the beginning of the buffer: the id.
	generated := reader{row[:size]}
	logInfo(fmt.Sprintf("account %d is %q", generated.u64(), name))
	return nil
}

func update(row account) {
	bytes := row.encode()
	size := uint32(len(bytes))
	check(updateRow(table("account"), index("account_id_idx_btree"), pointer(bytes), unsafe.Pointer(&size)))
}

// transfer fails after its first change where there is too little: the host takes that change back.
func transfer(arguments *reader) error {
	from, err := find(arguments.text())
	if err != nil {
		return err
	}
	to, err := find(arguments.text())
	if err != nil {
		return err
	}
	amount := int64(arguments.u64())
	to.balance += amount
	update(to)
	if from.balance < amount {
		return fmt.Errorf("%s has %d, not %d", from.name, from.balance, amount)
	}
	from.balance -= amount
	update(from)
	return nil
}

func closeAccount(arguments *reader) error {
	var deleted uint32
	key := nameKey(arguments.text())
	check(pointDelete(index("account_name_idx_btree"), pointer(key), uint32(len(key)), unsafe.Pointer(&deleted)))
	if deleted == 0 {
		return errors.New("nothing to close")
	}
	return nil
}

// audit reads all there is in three ways and logs it.
func audit(*reader) error {
	var count uint64
	check(rowCount(table("account"), unsafe.Pointer(&count)))
	var scan, ordered uint32
	check(tableScan(table("account"), unsafe.Pointer(&scan)))
	unbounded := []byte{2}
	check(rangeScan(index("account_name_idx_btree"), nil, 0, 0, pointer(unbounded), 1, pointer(unbounded), 1,
		unsafe.Pointer(&ordered)))
	var sum int64
	for _, one := range decodeAccounts(rows(scan)) {
		sum += one.balance
	}
	var names []string
	for _, one := range decodeAccounts(rows(ordered)) {
		names = append(names, one.name)
	}
	logInfo(fmt.Sprintf("%d accounts, %d in all: %s", count, sum, strings.Join(names, " ")))

	// An iterator that is not read to its end is closed; a name that is not there is an error number.
	check(tableScan(table("account"), unsafe.Pointer(&scan)))
	check(closeIterator(scan))
	var id uint32
	const missing = "vault"
	if code := tableIDFromName(textPointer(missing), uint32(len(missing)), unsafe.Pointer(&id)); code != noSuchTable {
		return fmt.Errorf("a table that is not there answers %d", code)
	}
	return nil
}

// outside uses what WASI gives: the clock, the two streams, and nothing else.
func outside(*reader) error {
	if year := time.Now().Year(); year < 2024 {
		return fmt.Errorf("the clock says %d", year)
	}
	fmt.Println("to the standard output")
	fmt.Fprintln(os.Stderr, "to the standard error")
	if _, err := os.ReadFile("/etc/passwd"); err == nil {
		return errors.New("a module can read files")
	}
	return nil
}

func crash(*reader) error { panic("the bank is broken") }

func found(*reader) error {
	logInfo("the ledger is open")
	return nil
}

type parameter struct {
	name string
	kind uint8
}

// Tags of types.
const (
	tagProduct = 2
	tagString  = 4
	tagI64     = 12
	tagU64     = 13
)

var reducers = []struct {
	name       string
	parameters []parameter
	call       func(*reader) error
}{
	{"open", []parameter{{"name", tagString}, {"balance", tagI64}}, open},
	{"transfer", []parameter{{"from", tagString}, {"to", tagString}, {"amount", tagI64}}, transfer},
	{"close", []parameter{{"name", tagString}}, closeAccount},
	{"audit", nil, audit},
	{"outside", nil, outside},
	{"crash", nil, crash},
	{"found", nil, found},
}

func (w *writer) product(elements []parameter) {
	w.u32(len(elements))
	for _, one := range elements {
		w.some(one.name)
		w.u8(one.kind)
	}
}

func (w *writer) index(name, accessor string, column uint16) {
	w.some(name)
	w.some(accessor)
	w.u8(0) // a B-tree
	w.u32(1)
	w.u16(column)
}

func (w *writer) unique(name string, column uint16) {
	w.some(name)
	w.u8(0)
	w.u32(1)
	w.u16(column)
}

//go:wasmexport __describe_module__
func describeModule(sink uint32) {
	var w writer
	w.u8(2)  // version 10
	w.u32(5) // sections
	w.u8(0)  // the types
	w.u32(1)
	w.u8(tagProduct)
	w.product([]parameter{{"id", tagU64}, {"name", tagString}, {"balance", tagI64}})
	w.u8(1) // their names
	w.u32(1)
	w.u32(0) // in no scope
	w.text("Account")
	w.u32(0) // the first type
	w.u8(1)  // the order of its fields is its own
	w.u8(2)  // the tables
	w.u32(1)
	w.text("account")
	w.u32(0) // the type of its rows
	w.u32(1) // its primary key: one column, the first
	w.u16(0)
	w.u32(2)
	w.index("account_id_idx_btree", "id", 0)
	w.index("account_name_idx_btree", "name", 1)
	w.u32(2)
	w.unique("account_id_key", 0)
	w.unique("account_name_key", 1)
	w.u32(1) // a sequence for the id
	w.some("account_id_seq")
	w.u16(0)
	w.none()
	w.none()
	w.none()
	w.u64(1) // its step, 128 bits
	w.u64(0)
	w.u8(1)  // a table of the user
	w.u8(0)  // public
	w.u32(0) // no defaults
	w.u8(0)  // no event table
	w.u8(3)  // the reducers
	w.u32(len(reducers))
	for i, one := range reducers {
		w.text(one.name)
		w.product(one.parameters)
		if i == len(reducers)-1 {
			w.u8(0) // for the host alone
		} else {
			w.u8(1)
		}
		w.u8(tagProduct) // what it gives: nothing
		w.u32(0)
		w.u8(tagString) // its error
	}
	w.u8(7) // lifecycle
	w.u32(1)
	w.u8(0) // init
	w.text("found")
	writeSink(sink, w.bytes)
}

//go:wasmexport __call_reducer__
func callReducer(id uint32, _, _, _, _ uint64, _, _ uint64, _ uint64, arguments, sink uint32) int32 {
	if int(id) >= len(reducers) {
		writeSink(sink, []byte("no such reducer"))
		return -1
	}
	if err := reducers[id].call(&reader{readSource(arguments)}); err != nil {
		writeSink(sink, []byte(err.Error()))
		return 1
	}
	return 0
}

func main() {}
