#include "host/abi/datastore_imports.h"

#include "host/abi/guest.h"
#include "storage/row_layout.h"
#include "storage/transaction.h"

namespace orrery::host::abi {
namespace {

constexpr uint32_t number(Errno value) {
  return static_cast<uint32_t>(value);
}

/// A table that the guest named by its id, with the transaction it is used in.
struct OpenTable {
  storage::Transaction* transaction = nullptr;
  const BoundTable* bound = nullptr;
  storage::Table& table() const { return *bound->table; }
};
struct OpenIndex {
  storage::Transaction* transaction = nullptr;
  const BoundIndex* bound = nullptr;
  storage::Table& table() const { return *bound->table->table; }
  const storage::Index& index() const { return *bound->index; }
};

/// The transaction under way, or what to answer where there is none.
Errno open_transaction(const GuestCall& call, GuestAccess access, storage::Transaction** out) {
  *out = call.transaction;
  if (call.transaction == nullptr || call.tables == nullptr) return Errno::kNotInTransaction;
  if (access == GuestAccess::kReadWrite && call.access == GuestAccess::kReadOnly) {
    return Errno::kTransactionIsReadOnly;
  }
  return Errno::kOk;
}

Errno open_table(const GuestCall& call, GuestAccess access, uint32_t id, OpenTable* out) {
  const Errno error = open_transaction(call, access, &out->transaction);
  if (error != Errno::kOk) return error;
  out->bound = call.tables->table(id);
  return out->bound == nullptr ? Errno::kNoSuchTable : Errno::kOk;
}

Errno open_index(const GuestCall& call, GuestAccess access, uint32_t id, OpenIndex* out) {
  const Errno error = open_transaction(call, access, &out->transaction);
  if (error != Errno::kOk) return error;
  out->bound = call.tables->index(id);
  return out->bound == nullptr ? Errno::kNoSuchIndex : Errno::kOk;
}

/// Runs a change of rows as one statement: all of it happens, or nothing.
template <class Change>
Errno change_rows(Guest& guest, storage::Transaction& transaction, const storage::Table& table,
                  Change change) {
  guest.env().iterators().before_write(table);
  transaction.begin_statement();
  Status done = change();
  if (done) done = transaction.end_statement();
  if (done) [[likely]] {
    return Errno::kOk;
  }
  transaction.abort_statement();
  return guest.env().errno_of(guest.call(), done.error());
}

/// The number of the thing that `find` finds by its name.
template <class Find>
uint32_t id_from_name(HostCall& call, uint32_t name, uint32_t size, uint32_t out, Errno missing,
                      Find find) {
  Guest guest(call);
  const std::string_view text = guest.view(name, size);
  uint8_t* result = guest.bytes(out, 4);
  if (!guest.ok()) return 0;
  const GuestCall& scope = guest.env().call();
  const bool in_transaction = scope.transaction != nullptr && scope.tables != nullptr;
  const auto* found = in_transaction ? find(*scope.tables, text) : nullptr;
  if (found == nullptr) [[unlikely]] {
    guest.check_utf8(text);  // a name that is known is valid
    return number(in_transaction ? missing : Errno::kNotInTransaction);
  }
  guest.store(result, found->id);
  return 0;
}

struct RangeArguments {
  uint32_t prefix, prefix_size, prefix_columns, start, start_size, end, end_size;
};

/// Reads the bounds of a range from the guest.
Errno read_range(Guest& guest, const OpenIndex& open, const RangeArguments& arguments,
                 storage::KeyRange* out) {
  storage::BsatnRange range;
  if (arguments.prefix_columns > UINT16_MAX) {
    guest.call().trap("a prefix of " + std::to_string(arguments.prefix_columns) + " columns");
    return Errno::kOk;
  }
  // Without prefix columns whatever pointer is there is not looked at.
  if (arguments.prefix_columns > 0) {
    range.prefix = guest.view(arguments.prefix, arguments.prefix_size);
    range.prefix_columns = arguments.prefix_columns;
  }
  range.lower = guest.view(arguments.start, arguments.start_size);
  range.upper = guest.view(arguments.end, arguments.end_size);
  if (!guest.ok()) return Errno::kOk;
  auto decoded = storage::decode_range(open.table(), open.index(), range);
  if (decoded) {
    *out = *std::move(decoded);
    return Errno::kOk;
  }
  if (decoded.error().code() == ErrorCode::kNotSupported) return Errno::kWrongIndexAlgorithm;
  return guest.env().errno_of(guest.call(), decoded.error());
}

Errno read_point(Guest& guest, const OpenIndex& open, std::string_view key,
                 storage::KeyRange* out) {
  auto decoded = storage::decode_point(open.table(), open.index(), key);
  if (!decoded) return guest.env().errno_of(guest.call(), decoded.error());
  *out = *std::move(decoded);
  return Errno::kOk;
}

void store_iterator(Guest& guest, uint8_t* out, uint32_t number) {
  if (number == 0) [[unlikely]] {
    guest.call().trap("more than " + std::to_string(RowIterators::kOpenMax) +
                      " row iterators are open");
  }
  guest.store(out, number);
}

uint32_t open_scan(InstanceEnv& env, const OpenIndex& open, storage::KeyRange range) {
  if (env.call().reads != nullptr) env.call().reads->read_range(*open.bound, range);
  return env.iterators().open(
      open.table(),
      storage::BsatnScan(open.table(), open.index(), open.transaction->view(), std::move(range)));
}

uint32_t delete_range(Guest& guest, const OpenIndex& open, const storage::KeyRange& range,
                      uint8_t* out) {
  uint64_t deleted = 0;
  const Errno done = change_rows(guest, *open.transaction, open.table(), [&]() -> Status {
    ORRERY_TRY_ASSIGN(
        deleted, storage::delete_range_bsatn(*open.transaction, open.table(), open.index(), range));
    return {};
  });
  if (done == Errno::kOk) guest.store(out, static_cast<uint32_t>(deleted));
  return number(done);
}

/// A row on its way into a scheduled table: refused where its time is too far.
Errno check_time(Guest& guest, const BoundTable& table, std::string_view row) {
  const Status fine = guest.env().host().check_schedule(table, row);
  if (fine) return Errno::kOk;
  if (fine.error().code() == ErrorCode::kLimit) return Errno::kScheduleDelayTooLong;
  return guest.env().errno_of(guest.call(), fine.error());
}

inline Errno check_schedule(Guest& guest, const BoundTable& table, std::string_view row) {
  if (!table.scheduled) [[likely]] {
    return Errno::kOk;
  }
  return check_time(guest, table, row);
}

void write_back(Guest& guest, uint8_t* row, uint8_t* size) {
  const std::string& generated = guest.env().scratch();
  if (!generated.empty()) std::memcpy(row, generated.data(), generated.size());
  guest.store(size, static_cast<uint32_t>(generated.size()));
}

}  // namespace

uint32_t table_id_from_name(HostCall& call, uint32_t name, uint32_t size, uint32_t out) {
  return id_from_name(
      call, name, size, out, Errno::kNoSuchTable,
      [](const BoundTables& tables, std::string_view text) { return tables.find_table(text); });
}

uint32_t index_id_from_name(HostCall& call, uint32_t name, uint32_t size, uint32_t out) {
  return id_from_name(
      call, name, size, out, Errno::kNoSuchIndex,
      [](const BoundTables& tables, std::string_view text) { return tables.find_index(text); });
}

uint32_t datastore_table_row_count(HostCall& call, uint32_t table, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 8);
  OpenTable open;
  if (!guest.ok()) return 0;
  if (Errno error = open_table(guest.env().call(), GuestAccess::kReadOnly, table, &open);
      error != Errno::kOk) {
    return number(error);
  }
  if (ReadRecorder* reads = guest.env().call().reads) reads->read_table(*open.bound);
  guest.store(result, open.transaction->row_count(open.table()));
  return 0;
}

uint32_t datastore_table_scan_bsatn(HostCall& call, uint32_t table, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 4);
  OpenTable open;
  if (!guest.ok()) return 0;
  if (Errno error = open_table(guest.env().call(), GuestAccess::kReadOnly, table, &open);
      error != Errno::kOk) {
    return number(error);
  }
  if (ReadRecorder* reads = guest.env().call().reads) reads->read_table(*open.bound);
  store_iterator(guest, result,
                 guest.env().iterators().open_table(open.table(), open.transaction->view()));
  return 0;
}

uint32_t datastore_index_scan_range_bsatn(HostCall& call, uint32_t index, uint32_t prefix,
                                          uint32_t prefix_size, uint32_t prefix_columns,
                                          uint32_t start, uint32_t start_size, uint32_t end,
                                          uint32_t end_size, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 4);
  OpenIndex open;
  if (!guest.ok()) return 0;
  if (Errno error = open_index(guest.env().call(), GuestAccess::kReadOnly, index, &open);
      error != Errno::kOk) {
    return number(error);
  }
  storage::KeyRange range;
  const Errno error = read_range(
      guest, open, {prefix, prefix_size, prefix_columns, start, start_size, end, end_size}, &range);
  if (error != Errno::kOk || !guest.ok()) return number(error);
  store_iterator(guest, result, open_scan(guest.env(), open, std::move(range)));
  return 0;
}

uint32_t datastore_index_scan_point_bsatn(HostCall& call, uint32_t index, uint32_t point,
                                          uint32_t point_size, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 4);
  const std::string_view key = guest.view(point, point_size);
  OpenIndex open;
  if (!guest.ok()) return 0;
  InstanceEnv& env = guest.env();
  if (Errno error = open_index(env.call(), GuestAccess::kReadOnly, index, &open);
      error != Errno::kOk)
    return number(error);
  if (!open.index().def().unique || env.call().reads != nullptr) {
    storage::KeyRange range;
    const Errno error = read_point(guest, open, key, &range);
    if (error != Errno::kOk || !guest.ok()) return number(error);
    store_iterator(guest, result, open_scan(env, open, std::move(range)));
    return 0;
  }
  // At most one row: it is fetched at once, which spares a cursor.
  const std::span<uint8_t> place = env.iterators().place_for_one();
  if (!place.empty()) [[likely]] {
    auto bytes = storage::read_unique_bsatn(open.table(), open.index(), key,
                                            open.transaction->view(), place);
    if (!bytes) return number(env.errno_of(call, bytes.error()));
    if (*bytes <= place.size()) [[likely]] {
      guest.store(result, env.iterators().open_one(*bytes));
      return 0;
    }
  }
  storage::ReadLatch latch(open.table());
  auto found = storage::find_unique_bsatn(open.table(), open.index(), key,
                                          open.transaction->view(), nullptr);
  if (!found) return number(env.errno_of(call, found.error()));
  store_iterator(guest, result, env.iterators().open_row(open.table(), *found));
  return 0;
}

uint32_t datastore_delete_by_index_scan_range_bsatn(HostCall& call, uint32_t index, uint32_t prefix,
                                                    uint32_t prefix_size, uint32_t prefix_columns,
                                                    uint32_t start, uint32_t start_size,
                                                    uint32_t end, uint32_t end_size, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 4);
  OpenIndex open;
  if (!guest.ok()) return 0;
  if (Errno error = open_index(guest.env().call(), GuestAccess::kReadWrite, index, &open);
      error != Errno::kOk) {
    return number(error);
  }
  storage::KeyRange range;
  const Errno error = read_range(
      guest, open, {prefix, prefix_size, prefix_columns, start, start_size, end, end_size}, &range);
  if (error != Errno::kOk || !guest.ok()) return number(error);
  return delete_range(guest, open, range, result);
}

uint32_t datastore_delete_by_index_scan_point_bsatn(HostCall& call, uint32_t index, uint32_t point,
                                                    uint32_t point_size, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 4);
  const std::string_view key = guest.view(point, point_size);
  OpenIndex open;
  if (!guest.ok()) return 0;
  if (Errno error = open_index(guest.env().call(), GuestAccess::kReadWrite, index, &open);
      error != Errno::kOk) {
    return number(error);
  }
  storage::KeyRange range;
  const Errno error = read_point(guest, open, key, &range);
  if (error != Errno::kOk || !guest.ok()) return number(error);
  return delete_range(guest, open, range, result);
}

uint32_t datastore_delete_all_by_eq_bsatn(HostCall& call, uint32_t table, uint32_t rows,
                                          uint32_t size, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 4);
  const std::string_view relation = guest.view(rows, size);
  OpenTable open;
  if (!guest.ok()) return 0;
  if (Errno error = open_table(guest.env().call(), GuestAccess::kReadWrite, table, &open);
      error != Errno::kOk) {
    return number(error);
  }
  uint64_t deleted = 0;
  const Errno done = change_rows(guest, *open.transaction, open.table(), [&]() -> Status {
    ORRERY_TRY_ASSIGN(deleted,
                      storage::delete_equal_bsatn(*open.transaction, open.table(), relation));
    return {};
  });
  if (done == Errno::kOk) guest.store(result, static_cast<uint32_t>(deleted));
  return number(done);
}

uint32_t datastore_insert_bsatn(HostCall& call, uint32_t table, uint32_t row, uint32_t size) {
  Guest guest(call);
  uint8_t* size_at = guest.bytes(size, 4);
  if (!guest.ok()) return 0;
  uint8_t* row_at = guest.bytes(row, guest.load<uint32_t>(size_at));
  if (!guest.ok()) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(row_at),
                               guest.load<uint32_t>(size_at));
  OpenTable open;
  if (Errno error = open_table(guest.env().call(), GuestAccess::kReadWrite, table, &open);
      error != Errno::kOk) {
    return number(error);
  }
  const Errno timely = check_schedule(guest, *open.bound, bytes);
  if (timely != Errno::kOk) return number(timely);
  std::string& generated = guest.env().scratch();
  generated.clear();
  const Errno done = change_rows(guest, *open.transaction, open.table(), [&]() -> Status {
    auto inserted = storage::insert_bsatn(*open.transaction, open.table(), bytes, &generated);
    if (!inserted) return std::move(inserted).error();
    return {};
  });
  if (done == Errno::kOk) write_back(guest, row_at, size_at);
  return number(done);
}

uint32_t datastore_update_bsatn(HostCall& call, uint32_t table, uint32_t index, uint32_t row,
                                uint32_t size) {
  Guest guest(call);
  uint8_t* size_at = guest.bytes(size, 4);
  if (!guest.ok()) return 0;
  uint8_t* row_at = guest.bytes(row, guest.load<uint32_t>(size_at));
  if (!guest.ok()) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(row_at),
                               guest.load<uint32_t>(size_at));
  OpenTable open;
  if (Errno error = open_table(guest.env().call(), GuestAccess::kReadWrite, table, &open);
      error != Errno::kOk) {
    return number(error);
  }
  OpenIndex by;
  if (Errno error = open_index(guest.env().call(), GuestAccess::kReadWrite, index, &by);
      error != Errno::kOk)
    return number(error);
  if (by.bound->table != open.bound) return number(Errno::kNoSuchIndex);
  if (!by.index().def().unique) return number(Errno::kIndexNotUnique);
  const Errno timely = check_schedule(guest, *open.bound, bytes);
  if (timely != Errno::kOk) return number(timely);
  std::string& generated = guest.env().scratch();
  generated.clear();
  storage::UpdateOutcome outcome = storage::UpdateOutcome::kUpdated;
  const Errno done = change_rows(guest, *open.transaction, open.table(), [&]() -> Status {
    ORRERY_TRY_ASSIGN(outcome, storage::update_bsatn(*open.transaction, open.table(), by.index(),
                                                     bytes, &generated));
    return {};
  });
  if (done != Errno::kOk) return number(done);
  if (outcome == storage::UpdateOutcome::kNoSuchRow) return number(Errno::kNoSuchRow);
  write_back(guest, row_at, size_at);
  return 0;
}

uint32_t datastore_clear(HostCall& call, uint32_t table, uint32_t out) {
  Guest guest(call);
  uint8_t* result = guest.bytes(out, 8);
  OpenTable open;
  if (!guest.ok()) return 0;
  if (Errno error = open_table(guest.env().call(), GuestAccess::kReadWrite, table, &open);
      error != Errno::kOk) {
    return number(error);
  }
  uint64_t deleted = 0;
  const Errno done = change_rows(guest, *open.transaction, open.table(), [&]() -> Status {
    ORRERY_TRY_ASSIGN(deleted, storage::clear_table(*open.transaction, open.table()));
    return {};
  });
  if (done == Errno::kOk) guest.store(result, deleted);
  return number(done);
}

int32_t row_iter_bsatn_advance(HostCall& call, uint32_t iterator, uint32_t buffer, uint32_t size) {
  Guest guest(call);
  uint8_t* size_at = guest.bytes(size, 4);
  if (!guest.ok()) return 0;
  const std::span<uint8_t> out = guest.span(buffer, guest.load<uint32_t>(size_at));
  if (!guest.ok()) return 0;
  uint32_t used = 0;
  const int32_t state = guest.env().iterators().advance(iterator, out, &used);
  if (state != static_cast<int32_t>(Errno::kNoSuchIter)) guest.store(size_at, used);
  return state;
}

uint32_t row_iter_bsatn_close(HostCall& call, uint32_t iterator) {
  Guest guest(call);
  return number(guest.env().iterators().close(iterator));
}

}  // namespace orrery::host::abi
