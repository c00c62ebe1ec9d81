// A module that does what a script tells it, so that tests can make any call of the module ABI with
// any arguments and see what came of it. Built by clang without any library.
//
// A script arrives as the arguments of a call and is laid at kInput: u32 count, then count steps of
// ten u32 (the import's number, then its arguments), then any data. Afterwards the result sink gets
// a 64-bit result per step and then the whole script as it is in memory now, so everything that the
// host wrote into it can be seen. Addresses in arguments are kInput plus an offset into the script.
typedef unsigned int u32;
typedef int i32;
typedef unsigned long long u64;
typedef long long i64;
typedef unsigned char u8;

#define IMPORT(minor, name) \
  __attribute__((import_module("spacetime_10." minor), import_name(#name))) extern
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT("0", table_id_from_name) u32 table_id_from_name(u32, u32, u32);
IMPORT("0", index_id_from_name) u32 index_id_from_name(u32, u32, u32);
IMPORT("0", datastore_table_row_count) u32 datastore_table_row_count(u32, u32);
IMPORT("0", datastore_table_scan_bsatn) u32 datastore_table_scan_bsatn(u32, u32);
IMPORT("0", datastore_index_scan_range_bsatn)
u32 datastore_index_scan_range_bsatn(u32, u32, u32, u32, u32, u32, u32, u32, u32);
IMPORT("0", datastore_btree_scan_bsatn)
u32 datastore_btree_scan_bsatn(u32, u32, u32, u32, u32, u32, u32, u32, u32);
IMPORT("0", datastore_delete_by_index_scan_range_bsatn)
u32 datastore_delete_by_index_scan_range_bsatn(u32, u32, u32, u32, u32, u32, u32, u32, u32);
IMPORT("0", datastore_delete_by_btree_scan_bsatn)
u32 datastore_delete_by_btree_scan_bsatn(u32, u32, u32, u32, u32, u32, u32, u32, u32);
IMPORT("0", datastore_delete_all_by_eq_bsatn)
u32 datastore_delete_all_by_eq_bsatn(u32, u32, u32, u32);
IMPORT("0", row_iter_bsatn_advance) i32 row_iter_bsatn_advance(u32, u32, u32);
IMPORT("0", row_iter_bsatn_close) u32 row_iter_bsatn_close(u32);
IMPORT("0", datastore_insert_bsatn) u32 datastore_insert_bsatn(u32, u32, u32);
IMPORT("0", datastore_update_bsatn) u32 datastore_update_bsatn(u32, u32, u32, u32);
IMPORT("0", bytes_source_read) i32 bytes_source_read(u32, u32, u32);
IMPORT("0", bytes_sink_write) u32 bytes_sink_write(u32, u32, u32);
IMPORT("0", console_log) void console_log(u32, u32, u32, u32, u32, u32, u32, u32);
IMPORT("0", console_timer_start) u32 console_timer_start(u32, u32);
IMPORT("0", console_timer_end) u32 console_timer_end(u32);
IMPORT("0", identity) void identity(u32);
IMPORT("0", volatile_nonatomic_schedule_immediate)
void volatile_nonatomic_schedule_immediate(u32, u32, u32, u32);
IMPORT("1", bytes_source_remaining_length) u32 bytes_source_remaining_length(u32, u32);
IMPORT("2", get_jwt) u32 get_jwt(u32, u32);
IMPORT("3", procedure_sleep_until) i64 procedure_sleep_until(i64);
IMPORT("3", procedure_start_mut_tx) u32 procedure_start_mut_tx(u32);
IMPORT("3", procedure_commit_mut_tx) u32 procedure_commit_mut_tx(void);
IMPORT("3", procedure_abort_mut_tx) u32 procedure_abort_mut_tx(void);
IMPORT("3", procedure_http_request) u32 procedure_http_request(u32, u32, u32, u32, u32);
IMPORT("4", datastore_index_scan_point_bsatn)
u32 datastore_index_scan_point_bsatn(u32, u32, u32, u32);
IMPORT("4", datastore_delete_by_index_scan_point_bsatn)
u32 datastore_delete_by_index_scan_point_bsatn(u32, u32, u32, u32);
IMPORT("5", datastore_clear) u32 datastore_clear(u32, u32);

#define WASI(name) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) extern
WASI(fd_write) u32 fd_write(u32, u32, u32, u32);
WASI(clock_time_get) u32 clock_time_get(u32, u64, u32);
WASI(random_get) u32 random_get(u32, u32);
WASI(args_sizes_get) u32 args_sizes_get(u32, u32);
WASI(args_get) u32 args_get(u32, u32);
WASI(environ_sizes_get) u32 environ_sizes_get(u32, u32);
WASI(fd_prestat_get) u32 fd_prestat_get(u32, u32);
WASI(fd_fdstat_get) u32 fd_fdstat_get(u32, u32);
WASI(poll_oneoff) u32 poll_oneoff(u32, u32, u32, u32);
WASI(path_open) u32 path_open(u32, u32, u32, u32, u32, u64, u64, u32, u32);
WASI(proc_exit) void proc_exit(u32);

enum { kInput = 1 << 20, kInputMax = 1 << 20, kResultsMax = 256 };
static u64 results[kResultsMax];

static u64 step(const u32* s) {
  const u32* a = s + 1;
  switch (s[0]) {
    case 0:
      return table_id_from_name(a[0], a[1], a[2]);
    case 1:
      return index_id_from_name(a[0], a[1], a[2]);
    case 2:
      return datastore_table_row_count(a[0], a[1]);
    case 3:
      return datastore_table_scan_bsatn(a[0], a[1]);
    case 4:
      return datastore_index_scan_range_bsatn(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]);
    case 5:
      return datastore_btree_scan_bsatn(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]);
    case 6:
      return datastore_delete_by_index_scan_range_bsatn(a[0], a[1], a[2], a[3], a[4], a[5], a[6],
                                                        a[7], a[8]);
    case 7:
      return datastore_delete_by_btree_scan_bsatn(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7],
                                                  a[8]);
    case 8:
      return datastore_delete_all_by_eq_bsatn(a[0], a[1], a[2], a[3]);
    case 9:
      return (u32)row_iter_bsatn_advance(a[0], a[1], a[2]);
    case 10:
      return row_iter_bsatn_close(a[0]);
    case 11:
      return datastore_insert_bsatn(a[0], a[1], a[2]);
    case 12:
      return datastore_update_bsatn(a[0], a[1], a[2], a[3]);
    case 13:
      return (u32)bytes_source_read(a[0], a[1], a[2]);
    case 14:
      return bytes_sink_write(a[0], a[1], a[2]);
    case 15:
      console_log(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
      return 0;
    case 16:
      return console_timer_start(a[0], a[1]);
    case 17:
      return console_timer_end(a[0]);
    case 18:
      identity(a[0]);
      return 0;
    case 19:
      volatile_nonatomic_schedule_immediate(a[0], a[1], a[2], a[3]);
      return 0;
    case 20:
      return bytes_source_remaining_length(a[0], a[1]);
    case 21:
      return get_jwt(a[0], a[1]);
    case 22:
      return (u64)procedure_sleep_until((i64)(a[0] | (u64)a[1] << 32));
    case 23:
      return procedure_start_mut_tx(a[0]);
    case 24:
      return procedure_commit_mut_tx();
    case 25:
      return procedure_abort_mut_tx();
    case 26:
      return procedure_http_request(a[0], a[1], a[2], a[3], a[4]);
    case 27:
      return datastore_index_scan_point_bsatn(a[0], a[1], a[2], a[3]);
    case 28:
      return datastore_delete_by_index_scan_point_bsatn(a[0], a[1], a[2], a[3]);
    case 29:
      return datastore_clear(a[0], a[1]);
    case 40:
      return fd_write(a[0], a[1], a[2], a[3]);
    case 41:
      return clock_time_get(a[0], 0, a[1]);
    case 42:
      return random_get(a[0], a[1]);
    case 43:
      return args_sizes_get(a[0], a[1]);
    case 44:
      return args_get(a[0], a[1]);
    case 45:
      return environ_sizes_get(a[0], a[1]);
    case 46:
      return fd_prestat_get(a[0], a[1]);
    case 47:
      return fd_fdstat_get(a[0], a[1]);
    case 48:
      return poll_oneoff(a[0], a[1], a[2], a[3]);
    case 49:
      return path_open(a[0], a[1], a[2], a[3], a[4], 0, 0, a[5], a[6]);
    case 50:
      proc_exit(a[0]);
      return 0;
    // Arguments that only an earlier step knows: copies a u32 to where a later step looks.
    case 60:
      *(u32*)a[0] = *(const u32*)a[1];
      return 0;
    default:
      __builtin_trap();
  }
}

static u32 read_all(u32 source) {
  u32 at = 0;
  if (source == 0) return 0;
  for (;;) {
    u32 size = kInputMax - at;
    i32 state = bytes_source_read(source, kInput + at, (u32)&size);
    if (state > 0) __builtin_trap();
    at += size;
    if (state == -1) return at;
  }
}

static void write_all(u32 sink, const void* bytes, u32 size) {
  if (bytes_sink_write(sink, (u32)bytes, (u32)&size) != 0) __builtin_trap();
}

static void run_script(u32 source, u32 sink) {
  u32 size = read_all(source);
  u32 count = *(const u32*)kInput;
  if (count > kResultsMax) __builtin_trap();
  for (u32 i = 0; i < count; ++i) results[i] = step((const u32*)(kInput + 4) + 10 * i);
  write_all(sink, results, count * 8);
  write_all(sink, (const void*)kInput, size);
}

// What ran before the description, in order.
static char order[16];
static u32 ran;
static void note(char c) {
  order[ran++] = c;
}
EXPORT(_initialize) void initialize(void) {
  note('i');
}
EXPORT(__preinit__20_x) void preinit_20(void) {
  note('3');
}
EXPORT(__preinit__10_b) void preinit_10b(void) {
  note('2');
}
EXPORT(__preinit__10_B) void preinit_10B(void) {
  note('1');
}
EXPORT(__preinit__9) void preinit_9(void) {
  note('4');
}
EXPORT(__setup__) i32 setup(u32 sink) {
  (void)sink;
  note('s');
  return 0;
}
EXPORT(__describe_module__) void describe(u32 sink) {
  write_all(sink, order, ran);
}

static u32 descend(u32 n, const volatile char* from) {
  volatile char here[64];
  here[n & 63] = from[0];
  return n == 0 ? here[0] : descend(n - 1, here) + here[1];
}

EXPORT(__call_reducer__)
i32 call_reducer(u32 id, u64 s0, u64 s1, u64 s2, u64 s3, u64 c0, u64 c1, u64 timestamp, u32 source,
                 u32 sink) {
  switch (id) {
    case 0:
      return 0;
    case 1:
      write_all(sink, "no luck", 7);
      return 1;
    case 2:
      __builtin_trap();
    case 3:
      for (volatile u32 i = 0;; ++i) {
      }
    case 4:
      return (i32)descend(100000000, order);
    case 5:
      while (__builtin_wasm_memory_grow(0, 16) != (u32)-1) {
      }
      return 0;
    case 6:
      write_all(sink, "odd", 3);
      return 7;
    case 7:
      run_script(source, sink);
      return 0;
    case 8: {
      u32 size = read_all(source);
      write_all(sink, (const void*)kInput, size);
      return 1;
    }
    case 9: {
      u64 words[7] = {s0, s1, s2, s3, c0, c1, timestamp};
      static char text[7 * 16];
      for (u32 i = 0; i < 7 * 16; ++i) {
        text[i] = "0123456789abcdef"[words[i / 16] >> (60 - 4 * (i % 16)) & 15];
      }
      write_all(sink, text, sizeof(text));
      return 1;
    }
    default:
      return -1;
  }
}

EXPORT(__call_view_anon__) i32 call_view_anon(u32 id, u32 source, u32 sink) {
  if (id == 1) {
    write_all(sink, "plain", 5);
    return 0;
  }
  if (id == 2) {
    write_all(sink, "no view", 7);
    return 1;
  }
  if (id == 3) return 9;
  run_script(source, sink);
  return 2;
}

EXPORT(__call_view__)
i32 call_view(u32 id, u64 s0, u64 s1, u64 s2, u64 s3, u32 source, u32 sink) {
  (void)id, (void)source;
  u64 words[4] = {s0, s1, s2, s3};
  write_all(sink, words, sizeof(words));
  return 2;
}

EXPORT(__call_procedure__)
i32 call_procedure(u32 id, u64 s0, u64 s1, u64 s2, u64 s3, u64 c0, u64 c1, u64 timestamp,
                   u32 source, u32 sink) {
  (void)s0, (void)s1, (void)s2, (void)s3, (void)c0, (void)c1, (void)timestamp;
  if (id == 1) {
    write_all(sink, "gave up", 7);
    return 5;
  }
  run_script(source, sink);
  return 0;
}

EXPORT(__call_http_handler__)
i32 call_http_handler(u32 id, u64 timestamp, u32 request, u32 body, u32 response_sink,
                      u32 body_sink) {
  (void)timestamp;
  if (id == 1) return 1;
  u32 size = read_all(request);
  write_all(response_sink, (const void*)kInput, size);
  size = read_all(body);
  write_all(body_sink, (const void*)kInput, size);
  return 0;
}
