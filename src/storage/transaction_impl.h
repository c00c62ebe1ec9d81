// TransactionImpl: an open transaction. Taken from the store's pool and given back, so that its
// buffers keep their memory.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/store_impl.h"
#include "storage/transaction.h"

namespace orrery::storage {

/// A change of definitions, enough to take it back and to log it.
struct DefinitionChange {
  enum class Kind : uint8_t {
    kCreateTable,
    kDropTable,
    kTruncate,
    kCreateIndex,
    kDropIndex,
    kCreateView,
    kDropView,
    kRewrite,
  };
  Kind kind = Kind::kCreateTable;
  TableId table = 0;
  IndexId index = 0;
  std::string name;       ///< of a view
  std::string view_sql;
  TableDef def;           ///< after kCreateTable, kRewrite; its last index after kCreateIndex
  std::vector<ColumnSource> sources;
  std::shared_ptr<const CatalogImpl> before;
};

struct TransactionImpl {
  explicit TransactionImpl(Store::Impl& s) : store(s) {}
  ~TransactionImpl() { delete spare_state; }
  TransactionImpl(const TransactionImpl&) = delete;
  TransactionImpl& operator=(const TransactionImpl&) = delete;

  Store::Impl& store;
  TxnId id = 0;
  Isolation isolation = Isolation::kReadCommitted;
  ViewRegistry::Slot* slot = nullptr;
  ReadView view;
  std::shared_ptr<const CatalogImpl> catalog;
  TxnState* state = nullptr;        ///< from the first write on
  TxnState* spare_state = nullptr;  ///< for the next `state`
  /// Those that the last transaction of this object wrote to: it spares the next one the counting
  /// of references. They live no longer than by `catalog`.
  std::vector<std::shared_ptr<TableImpl>> kept_tables;
  TransactionImpl* next_free = nullptr;
  bool open = false;
  bool id_is_used = false;  ///< something may know it
  uint32_t own_ids = 0;     ///< behind `id`, taken by restart() in advance

  TableImpl* last_table = nullptr;  ///< of which prepare_write() need not be asked again
  uint64_t statement_start = 0;
  std::optional<Error> doom;        ///< why COMMIT will fail
  const CancelFlag* cancelled = nullptr;  ///< see Transaction::stop_when()
  bool stale = false;               ///< see Transaction::met_newer_commit()
  bool met_equal = false;           ///< see Transaction::insert_met_equal()
  struct DeferredCheck {
    TableImpl* table;
    IndexImpl* index;
    RowId row;
  };
  std::vector<DeferredCheck> deferred;
  /// Automatic keys that the statement took from one table; given back where it fails and nobody
  /// took one since.
  struct TakenKeys {
    std::atomic<int64_t>* largest = nullptr;
    int64_t before = 0;
    int64_t last = 0;
  };
  TakenKeys taken_keys;
  /// Reservations of sequences that the redo has to tell of; made by note_reservations().
  struct Reserved {
    TableId table = 0;
    uint32_t place = 0;
    std::shared_ptr<Sequence> sequence;
    Sequence::Reservation reservation;
  };
  std::vector<Reserved> reserved;
  std::vector<uint64_t> scratch;  ///< a row image
  std::vector<uint64_t> scratch2;
  std::vector<uint16_t> columns_scratch;
  std::vector<RowId> rows_scratch;
  std::string redo;

  std::vector<DefinitionChange> definitions;
  std::vector<TableId> changed_tables;  ///< ids whose definition this transaction changed
  std::vector<std::string> changed_views;
  std::vector<std::shared_ptr<TableCore>> owned_cores;  ///< whose definition_owner is this one
  std::vector<std::string> reserved_names;

  void start(Isolation level);
  /// The same behind finish(); an id that left no trace is used again.
  void restart(Isolation level);
  static constexpr uint32_t kIdsTaken = 64;
  void open_view(Isolation level);
  void forget_catalog() {
    catalog = nullptr;
    kept_tables.clear();
  }
  void finish();  ///< after commit or rollback: gives up view, locks and buffers
  void renew_view();

  // transaction_write.cc
  Status prepare_write(TableImpl& table) {
    if (&table == last_table) [[likely]] return {};
    return prepare_table(table);
  }
  Status prepare_table(TableImpl& table);
  std::shared_ptr<TableImpl> share(TableImpl& table);
  TxnState& writable_state();
  Result<RowId> insert_image(TableImpl& table, const uint8_t* image);
  /// insert_image(), unless the table is a set that has the row.
  Result<RowId> insert_row(TableImpl& table, const uint8_t* image) {
    met_equal = false;
    return table.def().row_set ? insert_in_set(table, image) : insert_image(table, image);
  }
  Result<RowId> insert_in_set(TableImpl& table, const uint8_t* image);
  /// Gives columns with a sequence that hold 0 or NULL their number.
  static void take_numbers(const TableImpl& table, uint8_t* image);
  /// Takes a row that became equal to another one out of a set.
  Status merge_equal(TableImpl& table, RowId row);
  /// Makes `image` the row's newest version; `columns` are those that may differ. In `same_key`
  /// (may be null) it has the key of `base`.
  Status update_image(TableImpl& table, RowId row, const uint8_t* image,
                      std::span<const uint16_t> columns, const uint8_t* base,
                      const IndexImpl* same_key = nullptr);
  /// The version that a change of `row` starts from; nullptr where nothing is there to change.
  Result<const uint8_t*> base_for_change(TableImpl& table, RowId row);
  Result<int64_t> next_auto_key(TableImpl& table);
  Status erase_row(TableImpl& table, RowId row);
  Status check_unique(const TableImpl& table, const IndexImpl& index, const uint8_t* image,
                      RowId self);
  bool is_committed(const TxnMark& mark) const {
    return mark.stamp.load(std::memory_order_relaxed) <= store.last_commit.load();
  }
  /// Of a committed transaction.
  bool is_since_view(const TxnMark& mark) const {
    return mark.stamp.load(std::memory_order_relaxed) > view.seq;
  }
  uint8_t* image_scratch(const TableImpl& table) { return scratch_of(scratch, table); }
  static uint8_t* scratch_of(std::vector<uint64_t>& space, const TableImpl& table) {
    size_t words = (table.layout().image_bytes() + 7) / 8;
    if (space.size() < words) space.resize(words);
    return reinterpret_cast<uint8_t*>(space.data());
  }
  void log_record(TableImpl& table, UndoRecord* record);

  // transaction_set.cc
  static Status check_new_sequences(const TableImpl& old, const TableImpl& made);
  enum class Equal : uint8_t { kNone, kVisible, kDeletedHere };
  Result<Equal> find_equal_row(TableImpl& table, const uint8_t* image, RowId self, RowId* found);

  // transaction_undo.cc
  void undo_to(uint64_t operations);
  /// Takes rows of event tables out, as a commit does.
  void drop_event_rows();
  void roll_back();

  // transaction_commit.cc
  Status validate_keys();
  void note_reservations();
  enum class CommitWait : uint8_t { kDurable, kNone };
  /// `capture` may be null.
  Result<CommitSeq> commit(CommitWait wait, CommitCapture* capture);
  /// A commit that is visible although it failed to become durable is `lost`; it cannot be undone.
  /// `state` is gone where its old versions are forgotten already; else it is in the line for purge.
  Status publish(std::string_view redo, CommitWait wait, const CommitCapture* capture,
                 CommitSeq* seq, bool* lost);
  bool forget_now(const CommitCapture* capture);
  /// Somebody wants to hear of what it changed.
  bool has_followed_changes() const;
  void capture_views(CommitSeq seq, CommitCapture* capture);
  void publish_definitions(CommitSeq seq);
  void release_writers();

  // transaction_ddl.cc
  /// The table as this transaction knows it, with the sole right to change its definition.
  Result<std::shared_ptr<TableImpl>> own_definition(std::string_view name, std::string_view verb);
  Status own_core(TableImpl& table, std::string_view verb);
  /// Nobody else may make a table or view of this name until the end of the transaction.
  Result<TableId> create_table(TableDef def);
  Status drop_table(std::string_view name);
  Result<uint64_t> truncate_table(std::string_view name);
  Status create_index(std::string_view name, IndexDef index);
  Status drop_index(std::string_view name, std::string_view index);
  Status fill_new_indexes(const TableImpl& old, const TableImpl& changed);
  Status create_view(ViewDef def);
  Status drop_view(std::string_view name);
  Status rewrite_table(std::string_view name, TableDef def, std::span<const ColumnSource> sources);
  Status reserve_name(std::string_view name);
  Status check_name_is_free(std::string_view name);
  /// Makes the change part of the private catalog; `table` (may be null) takes the place of the
  /// table with change.table's id.
  Status apply_definition(DefinitionChange change, std::shared_ptr<TableImpl> table);
  /// Rows of the system tables that tell of a table or view.
  Status describe_table(const TableDef& def);
  Status undescribe_table(TableId id);
  Status describe_view(const ViewDef& def);
  Status undescribe_view(std::string_view name);
};

/// What every definition must keep to.
Status check_columns(const TableDef& def);

/// Rows whose newest version is there; under the latch, when nobody else has changes open.
std::vector<RowId> live_rows(const TableCore& core);
/// Builds an empty index; kUnique or kPrimaryKey where two rows have one key, kCancelled where the
/// flag (may be null) is set.
Status fill_index(const TableImpl& table, IndexImpl& index, std::span<const RowId> rows,
                  const CancelFlag* cancelled);

Error system_table_error(const Table& table);
inline Status refuse_system_table(const Table& table) {
  if (!table.def().system) [[likely]] return {};
  return system_table_error(table);
}
/// The value of an automatic column, 0 for NULL; false where it is no integer or not one of those
/// that can be generated (0 to 2^63 - 1).
bool load_auto_key(const ColumnLayout& c, const uint8_t* image, int64_t* value);
/// Keeps the largest automatic key.
void note_auto_key(TableImpl& table, const uint8_t* image);

/// True where a rewrite leaves the images as they are: every column comes from the one in its place
/// and is stored alike.
bool images_stay(const TableImpl& old, const TableDef& def, std::span<const ColumnSource> sources);
/// Fills `made` with the rows of `old`, which keep their ids; `rows` gets these. Indexes stay empty.
Status copy_rows(const TableImpl& old, TableImpl* made, std::span<const ColumnSource> sources,
                 std::vector<RowId>* rows, const CancelFlag* cancelled);

/// "unique constraint failed for index ..." or the primary key's text.
Error key_error(const TableImpl& table, const IndexImpl& index, const uint8_t* image);
/// How a row is called in messages: its primary key, or its number.
std::string row_label(const TableImpl& table, const uint8_t* image, RowId row);

}  // namespace orrery::storage
