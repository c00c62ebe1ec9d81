// Guest side of bench_host: reducers that make one kind of host call `n` times.
typedef unsigned int u32;
typedef unsigned long long u64;
#define IMPORT(minor, name) \
  __attribute__((import_module("spacetime_10." minor), import_name(#name))) extern
#define EXPORT(name) __attribute__((export_name(#name)))
IMPORT("0", table_id_from_name) u32 table_id_from_name(const char*, u32, u32*);
IMPORT("0", index_id_from_name) u32 index_id_from_name(const char*, u32, u32*);
IMPORT("0", datastore_insert_bsatn) u32 datastore_insert_bsatn(u32, void*, u32*);
IMPORT("0", datastore_update_bsatn) u32 datastore_update_bsatn(u32, u32, void*, u32*);
IMPORT("0", datastore_table_scan_bsatn) u32 datastore_table_scan_bsatn(u32, u32*);
IMPORT("0", row_iter_bsatn_advance) int row_iter_bsatn_advance(u32, void*, u32*);
IMPORT("0", console_timer_end) u32 console_timer_end(u32);
IMPORT("4", datastore_index_scan_point_bsatn)
u32 datastore_index_scan_point_bsatn(u32, const void*, u32, u32*);
IMPORT("0", bytes_source_read) int bytes_source_read(u32, void*, u32*);

static unsigned char buffer[1 << 17];
struct Row {
  u64 id;
  u64 value;
};

EXPORT(__describe_module__) void describe(u32 sink) {
  (void)sink;
}
EXPORT(bare)
u32 bare(u32 id, u64 s0, u64 s1, u64 s2, u64 s3, u64 c0, u64 c1, u64 t, u32 source, u32 sink) {
  (void)s0, (void)s1, (void)s2, (void)s3, (void)c0, (void)c1, (void)t, (void)source, (void)sink;
  return id;
}

EXPORT(__call_reducer__)
u32 call_reducer(u32 id, u64 s0, u64 s1, u64 s2, u64 s3, u64 c0, u64 c1, u64 t, u32 source,
                 u32 sink) {
  (void)s0, (void)s1, (void)s2, (void)s3, (void)c0, (void)c1, (void)t, (void)sink;
  if (id == 0) return 0;
  u64 argument[2] = {0, 0};  // from, count
  u32 size = sizeof(argument);
  bytes_source_read(source, argument, &size);
  u32 table = 0, index = 0, iterator = 0;
  if (table_id_from_name("account", 7, &table) != 0) return 100;
  if (index_id_from_name("account_id_idx_btree", 20, &index) != 0) return 101;
  struct Row row;
  for (u64 i = argument[0]; i < argument[0] + argument[1]; ++i) {
    row.id = i;
    row.value = i;
    size = sizeof(row);
    switch (id) {
      case 1:
        console_timer_end(0);
        break;
      case 2:
        if (table_id_from_name("account", 7, &table) != 0) return 2;
        break;
      case 3:
        if (datastore_insert_bsatn(table, &row, &size) != 0) return 3;
        break;
      case 4:
        if (datastore_index_scan_point_bsatn(index, &row.id, 8, &iterator) != 0) return 4;
        size = sizeof(buffer);
        if (row_iter_bsatn_advance(iterator, buffer, &size) != -1 || size != 16) return 5;
        break;
      case 5:
        row.value = ~i;
        if (datastore_update_bsatn(table, index, &row, &size) != 0) return 6;
        break;
      case 6: {
        if (datastore_table_scan_bsatn(table, &iterator) != 0) return 7;
        int state = 0;
        while (state == 0) {
          size = sizeof(buffer);
          state = row_iter_bsatn_advance(iterator, buffer, &size);
        }
        if (state != -1) return 8;
        break;
      }
    }
  }
  return 0;
}
