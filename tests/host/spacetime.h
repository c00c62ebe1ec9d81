// The imports of the module ABI that the small modules here use, and a writer of BSATN. No library.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
typedef unsigned long usize;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("spacetime_10.0", "table_id_from_name") u32 table_id_from_name(const char*, usize, u32*);
IMPORT("spacetime_10.0", "index_id_from_name") u32 index_id_from_name(const char*, usize, u32*);
IMPORT("spacetime_10.0", "datastore_insert_bsatn") u32 datastore_insert(u32, u8*, usize*);
IMPORT("spacetime_10.0", "datastore_update_bsatn") u32 datastore_update(u32, u32, u8*, usize*);
IMPORT("spacetime_10.0", "datastore_table_scan_bsatn") u32 datastore_scan(u32, u32*);
IMPORT("spacetime_10.4", "datastore_index_scan_point_bsatn")
u32 datastore_point(u32, const u8*, usize, u32*);
IMPORT("spacetime_10.0", "row_iter_bsatn_advance") int iter_advance(u32, u8*, usize*);
IMPORT("spacetime_10.0", "row_iter_bsatn_close") u32 iter_close(u32);
IMPORT("spacetime_10.0", "bytes_source_read") int source_read(u32, u8*, usize*);
IMPORT("spacetime_10.0", "bytes_sink_write") u32 sink_write(u32, const u8*, usize*);
IMPORT("spacetime_10.3", "procedure_start_mut_tx") u32 procedure_start(i64*);
IMPORT("spacetime_10.3", "procedure_commit_mut_tx") u32 procedure_commit(void);

#define LENGTH(text) (sizeof(text) - 1)

static void put_bytes(u32 sink, const void* bytes, usize n) { sink_write(sink, bytes, &n); }
static void put_u8(u32 sink, u8 n) { put_bytes(sink, &n, 1); }
static void put_u16(u32 sink, u16 n) { put_bytes(sink, &n, 2); }
static void put_u32(u32 sink, u32 n) { put_bytes(sink, &n, 4); }
static void put_text(u32 sink, const char* text) {
  u32 n = 0;
  while (text[n] != 0) ++n;
  put_u32(sink, n);
  put_bytes(sink, text, n);
}
/// The name of an element of a product.
static void put_some(u32 sink, const char* text) {
  put_u8(sink, 0);
  put_text(sink, text);
}
static void put_none(u32 sink) { put_u8(sink, 1); }

enum { kRef = 0, kSum = 1, kProduct = 2, kArray = 3, kString = 4, kU32 = 11, kI64 = 12, kU64 = 13 };

/// All arguments of a call; how many bytes.
static usize read_arguments(u32 source, u8* out, usize max) {
  usize got = max;
  if (source == 0) return 0;
  source_read(source, out, &got);
  return got;
}
