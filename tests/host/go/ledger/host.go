//go:build wasip1

// The imports of the module ABI that the ledger uses (docs/MODULE_ABI.md), and what makes them pleasant to use.
package main

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

//go:wasmimport spacetime_10.0 table_id_from_name
func tableIDFromName(name unsafe.Pointer, size uint32, out unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 index_id_from_name
func indexIDFromName(name unsafe.Pointer, size uint32, out unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 datastore_table_row_count
func rowCount(table uint32, out unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 datastore_table_scan_bsatn
func tableScan(table uint32, out unsafe.Pointer) uint32

//go:wasmimport spacetime_10.4 datastore_index_scan_point_bsatn
func pointScan(index uint32, key unsafe.Pointer, size uint32, out unsafe.Pointer) uint32

//go:wasmimport spacetime_10.4 datastore_delete_by_index_scan_point_bsatn
func pointDelete(index uint32, key unsafe.Pointer, size uint32, out unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 datastore_index_scan_range_bsatn
func rangeScan(index uint32, prefix unsafe.Pointer, prefixSize, prefixColumns uint32,
	start unsafe.Pointer, startSize uint32, end unsafe.Pointer, endSize uint32, out unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 row_iter_bsatn_advance
func advance(iterator uint32, buffer, size unsafe.Pointer) int32

//go:wasmimport spacetime_10.0 row_iter_bsatn_close
func closeIterator(iterator uint32) uint32

//go:wasmimport spacetime_10.0 datastore_insert_bsatn
func insertRow(table uint32, row, size unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 datastore_update_bsatn
func updateRow(table, index uint32, row, size unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 bytes_source_read
func sourceRead(source uint32, buffer, size unsafe.Pointer) int32

//go:wasmimport spacetime_10.0 bytes_sink_write
func sinkWrite(sink uint32, buffer, size unsafe.Pointer) uint32

//go:wasmimport spacetime_10.0 console_log
func consoleLog(level uint32, target unsafe.Pointer, targetSize uint32, file unsafe.Pointer, fileSize uint32,
	line uint32, message unsafe.Pointer, messageSize uint32)

const (
	noSuchTable   = 4
	uniqueExists  = 12
	bufferToSmall = 11
	levelInfo     = 2
	noLine        = 0xffffffff
)

// errno is what an import answered.
type errno uint32

func (e errno) Error() string { return fmt.Sprintf("errno %d", uint32(e)) }

func check(code uint32) {
	if code != 0 {
		panic(errno(code))
	}
}

// pointer is never null, since the host refuses that also for no bytes at all.
func pointer(bytes []byte) unsafe.Pointer {
	if len(bytes) == 0 {
		return unsafe.Pointer(&nothing)
	}
	return unsafe.Pointer(unsafe.SliceData(bytes))
}

var nothing byte

func textPointer(text string) unsafe.Pointer { return pointer([]byte(text)) }

func logInfo(text string) {
	const target = "ledger"
	consoleLog(levelInfo, textPointer(target), uint32(len(target)), nil, 0, noLine, textPointer(text), uint32(len(text)))
}

func table(name string) uint32 {
	var id uint32
	check(tableIDFromName(textPointer(name), uint32(len(name)), unsafe.Pointer(&id)))
	return id
}

func index(name string) uint32 {
	var id uint32
	check(indexIDFromName(textPointer(name), uint32(len(name)), unsafe.Pointer(&id)))
	return id
}

// readSource gives all bytes of a source; 0 is the one that is always empty.
func readSource(source uint32) []byte {
	var all []byte
	if source == 0 {
		return all
	}
	for {
		var chunk [1024]byte
		size := uint32(len(chunk))
		state := sourceRead(source, unsafe.Pointer(&chunk), unsafe.Pointer(&size))
		if state > 0 {
			panic(errno(state))
		}
		all = append(all, chunk[:size]...)
		if state == -1 {
			return all
		}
	}
}

func writeSink(sink uint32, bytes []byte) {
	for len(bytes) > 0 {
		size := uint32(len(bytes))
		check(sinkWrite(sink, pointer(bytes), unsafe.Pointer(&size)))
		bytes = bytes[size:]
	}
}

// rows gives what an iterator yields. It begins with a small buffer so that the answer "too small" is met.
func rows(iterator uint32) []byte {
	var all []byte
	buffer := make([]byte, 16)
	for {
		size := uint32(len(buffer))
		switch state := advance(iterator, pointer(buffer), unsafe.Pointer(&size)); state {
		case bufferToSmall:
			buffer = make([]byte, size)
		case 0, -1:
			all = append(all, buffer[:size]...)
			if state == -1 {
				return all
			}
		default:
			panic(errno(state))
		}
	}
}

// BSATN: little-endian numbers, a text is its length and its bytes.
type writer struct{ bytes []byte }

func (w *writer) u8(n uint8)    { w.bytes = append(w.bytes, n) }
func (w *writer) u16(n uint16)  { w.bytes = binary.LittleEndian.AppendUint16(w.bytes, n) }
func (w *writer) u32(n int)     { w.bytes = binary.LittleEndian.AppendUint32(w.bytes, uint32(n)) }
func (w *writer) u64(n uint64)  { w.bytes = binary.LittleEndian.AppendUint64(w.bytes, n) }
func (w *writer) text(s string) { w.u32(len(s)); w.bytes = append(w.bytes, s...) }
func (w *writer) some(s string) { w.u8(0); w.text(s) }
func (w *writer) none()         { w.u8(1) }

type reader struct{ bytes []byte }

func (r *reader) take(n int) []byte {
	out := r.bytes[:n]
	r.bytes = r.bytes[n:]
	return out
}
func (r *reader) u32() uint32  { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64  { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) text() string { return string(r.take(int(r.u32()))) }
