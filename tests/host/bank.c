// Accounts with balances, transfers between them, and everything that a module should not do.
#include "spacetime.h"

// Reducers, in the order of their ids.
enum { kNoop, kFill, kTransfer, kRefuse, kCrash, kSpin, kGrow, kPoison, kTick, kLater, kInit };
static const char* const kNames[] = {"noop", "fill", "transfer", "refuse", "crash", "spin",
                                     "grow", "poison", "tick", "later", "init"};

static u32 account_table, account_key, timer_table, ledger_table;

static void find_names(void) {
  if (account_table != 0) return;
  table_id_from_name("account", LENGTH("account"), &account_table);
  table_id_from_name("timer", LENGTH("timer"), &timer_table);
  table_id_from_name("ledger", LENGTH("ledger"), &ledger_table);
  index_id_from_name("account_id", LENGTH("account_id"), &account_key);
}

struct __attribute__((packed)) Account {
  u32 id;
  i64 balance;
};

static int find_account(u32 id, struct Account* out) {
  u32 iter = 0;
  if (datastore_point(account_key, (const u8*)&id, 4, &iter) != 0) __builtin_trap();
  usize size = sizeof(*out);
  const int more = iter_advance(iter, (u8*)out, &size);
  if (more == 0) iter_close(iter);
  return size == sizeof(*out);
}

static void store_account(struct Account* account) {
  usize size = sizeof(*account);
  if (datastore_update(account_table, account_key, (u8*)account, &size) != 0) __builtin_trap();
}

static int refuse(u32 sink, const char* text) {
  usize n = 0;
  while (text[n] != 0) ++n;
  sink_write(sink, (const u8*)text, &n);
  return 1;
}

static int transfer(u32 arguments, u32 sink) {
  struct __attribute__((packed)) {
    u32 from, to;
    i64 amount;
  } wish;
  struct Account from, to;
  if (read_arguments(arguments, (u8*)&wish, sizeof(wish)) != sizeof(wish)) __builtin_trap();
  if (!find_account(wish.from, &from) || !find_account(wish.to, &to)) {
    return refuse(sink, "no such account");
  }
  if (from.balance < wish.amount) return refuse(sink, "not enough money");
  if (wish.from == wish.to) return 0;
  from.balance -= wish.amount;
  to.balance += wish.amount;
  store_account(&from);
  store_account(&to);
  return 0;
}

static int fill(u32 arguments) {
  u32 count = 0;
  read_arguments(arguments, (u8*)&count, sizeof(count));
  for (u32 i = 0; i < count; ++i) {
    struct Account account = {i, 1000};
    usize size = sizeof(account);
    if (datastore_insert(account_table, (u8*)&account, &size) != 0) __builtin_trap();
  }
  return 0;
}

/// A row of timer, due `micros` after the call.
static void schedule(i64 timestamp, i64 micros) {
  struct __attribute__((packed)) {
    u64 id;
    u8 tag;
    i64 at;
  } row = {0, 1, timestamp + micros};
  usize size = sizeof(row);
  if (datastore_insert(timer_table, (u8*)&row, &size) != 0) __builtin_trap();
}

static void note(u64 what) {
  u64 row[2] = {0, what};
  usize size = sizeof(row);
  if (datastore_insert(ledger_table, (u8*)row, &size) != 0) __builtin_trap();
}

EXPORT("__call_reducer__")
int call_reducer(u32 id, u64 s0, u64 s1, u64 s2, u64 s3, u64 c0, u64 c1, u64 timestamp,
                 u32 arguments, u32 sink) {
  (void)s0, (void)s1, (void)s2, (void)s3, (void)c0, (void)c1;
  find_names();
  switch (id) {
    case kNoop:
      return 0;
    case kFill:
      return fill(arguments);
    case kTransfer:
      return transfer(arguments, sink);
    case kRefuse:
      note(1);
      return refuse(sink, "refused by the module");
    case kCrash:
      note(2);
      __builtin_trap();
    case kSpin:
      note(3);
      for (volatile u32 i = 0;; ++i) {
      }
    case kGrow:
      note(4);
      while (__builtin_wasm_memory_grow(0, 256) != (usize)-1) {
      }
      __builtin_trap();
    case kPoison:
      note(666);
      return 0;
    case kTick:
      note(5);
      return 0;
    case kLater: {
      i64 micros = 0;
      read_arguments(arguments, (u8*)&micros, sizeof(micros));
      schedule((i64)timestamp, micros);
      return 0;
    }
    case kInit:
      note(0);
      return 0;
    default:
      return -1;
  }
}

/// The view `notes`: the whole ledger; it crashes where it meets 666.
EXPORT("__call_view_anon__") int call_view_anon(u32 id, u32 arguments, u32 sink) {
  (void)id, (void)arguments;
  static u64 rows[8192];
  find_names();
  u32 iter = 0;
  if (datastore_scan(ledger_table, &iter) != 0) __builtin_trap();
  usize bytes = sizeof(rows);
  const int more = iter_advance(iter, (u8*)rows, &bytes);
  if (more == 0) iter_close(iter);
  const u32 count = (u32)(bytes / 16);
  for (u32 i = 0; i < count; ++i) {
    if (rows[i * 2 + 1] == 666) __builtin_trap();
  }
  put_u8(sink, 0);
  put_u32(sink, count);
  if (bytes > 0) put_bytes(sink, rows, bytes);
  return 2;
}

/// The procedure `note_twice`: two transactions.
EXPORT("__call_procedure__")
int call_procedure(u32 id, u64 s0, u64 s1, u64 s2, u64 s3, u64 c0, u64 c1, u64 timestamp,
                   u32 arguments, u32 sink) {
  (void)id, (void)s0, (void)s1, (void)s2, (void)s3, (void)c0, (void)c1, (void)timestamp,
      (void)arguments;
  for (int i = 0; i < 2; ++i) {
    i64 now = 0;
    if (procedure_start(&now) != 0) __builtin_trap();
    find_names();
    note(7);
    if (procedure_commit() != 0) __builtin_trap();
  }
  u64 result = 2;
  put_bytes(sink, &result, sizeof(result));
  return 0;
}

static void put_index(u32 sink, const char* name, const char* accessor) {
  put_some(sink, name);
  put_some(sink, accessor);
  put_u8(sink, 0);  // BTree
  put_u32(sink, 1);
  put_u16(sink, 0);
}

/// A table whose first column is its primary key.
static void put_table(u32 sink, const char* name, u32 ref, const char* index, int sequence) {
  put_text(sink, name);
  put_u32(sink, ref);
  put_u32(sink, 1);
  put_u16(sink, 0);
  put_u32(sink, 1);
  put_index(sink, index, "id");
  put_u32(sink, 1);
  put_none(sink);
  put_u8(sink, 0);
  put_u32(sink, 1);
  put_u16(sink, 0);
  put_u32(sink, sequence ? 1 : 0);
  if (sequence) {
    put_none(sink);
    put_u16(sink, 0);
    put_none(sink);
    put_none(sink);
    put_none(sink);
    u64 one[2] = {1, 0};
    put_bytes(sink, one, sizeof(one));
  }
  put_u8(sink, 1);   // user
  put_u8(sink, 0);   // public
  put_u32(sink, 0);  // defaults
  put_u8(sink, 0);   // not for events
}

static void put_field(u32 sink, const char* name, u8 type) {
  put_some(sink, name);
  put_u8(sink, type);
}

static void put_type_name(u32 sink, const char* name, u32 ref) {
  put_u32(sink, 0);
  put_text(sink, name);
  put_u32(sink, ref);
  put_u8(sink, 1);
}

static void put_micros(u32 sink, const char* field) {
  put_u8(sink, kProduct);
  put_u32(sink, 1);
  put_field(sink, field, kI64);
}

static void put_reducer(u32 sink, u32 id) {
  put_text(sink, kNames[id]);
  switch (id) {
    case kFill:
      put_u32(sink, 1);
      put_field(sink, "count", kU32);
      break;
    case kTransfer:
      put_u32(sink, 3);
      put_field(sink, "from", kU32);
      put_field(sink, "to", kU32);
      put_field(sink, "amount", kI64);
      break;
    case kLater:
      put_u32(sink, 1);
      put_field(sink, "micros", kI64);
      break;
    case kTick:
      put_u32(sink, 1);
      put_some(sink, "timer");
      put_u8(sink, kRef);
      put_u32(sink, 1);
      break;
    default:
      put_u32(sink, 0);
  }
  put_u8(sink, 1);  // for clients
  put_u8(sink, kProduct);
  put_u32(sink, 0);
  put_u8(sink, kString);
}

EXPORT("__describe_module__") void describe(u32 sink) {
  put_u8(sink, 2);
  put_u32(sink, 8);

  put_u8(sink, 0);  // typespace
  put_u32(sink, 3);
  put_u8(sink, kProduct);
  put_u32(sink, 2);
  put_field(sink, "id", kU32);
  put_field(sink, "balance", kI64);
  put_u8(sink, kProduct);
  put_u32(sink, 2);
  put_field(sink, "scheduled_id", kU64);
  put_some(sink, "scheduled_at");
  put_u8(sink, kSum);
  put_u32(sink, 2);
  put_some(sink, "Interval");
  put_micros(sink, "__time_duration_micros__");
  put_some(sink, "Time");
  put_micros(sink, "__timestamp_micros_since_unix_epoch__");
  put_u8(sink, kProduct);
  put_u32(sink, 2);
  put_field(sink, "id", kU64);
  put_field(sink, "what", kU64);

  put_u8(sink, 1);  // types
  put_u32(sink, 3);
  put_type_name(sink, "Account", 0);
  put_type_name(sink, "Timer", 1);
  put_type_name(sink, "Ledger", 2);

  put_u8(sink, 2);  // tables
  put_u32(sink, 3);
  put_table(sink, "account", 0, "account_id", 0);
  put_table(sink, "timer", 1, "timer_scheduled_id", 1);
  put_table(sink, "ledger", 2, "ledger_id", 1);

  put_u8(sink, 3);  // reducers
  put_u32(sink, kInit + 1);
  for (u32 id = 0; id <= kInit; ++id) put_reducer(sink, id);

  put_u8(sink, 4);  // procedures
  put_u32(sink, 1);
  put_text(sink, "note_twice");
  put_u32(sink, 0);
  put_u8(sink, kU64);
  put_u8(sink, 1);

  put_u8(sink, 5);  // views
  put_u32(sink, 1);
  put_text(sink, "notes");
  put_u32(sink, 0);
  put_u8(sink, 1);
  put_u8(sink, 1);
  put_u32(sink, 0);
  put_u8(sink, kArray);
  put_u8(sink, kRef);
  put_u32(sink, 2);

  put_u8(sink, 6);  // schedules
  put_u32(sink, 1);
  put_some(sink, "timer_schedule");
  put_text(sink, "timer");
  put_u16(sink, 1);
  put_text(sink, "tick");

  put_u8(sink, 7);  // lifecycle
  put_u32(sink, 1);
  put_u8(sink, 0);
  put_text(sink, "init");
}
