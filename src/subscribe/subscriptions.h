// Subscriptions: the live queries of one database.
//
// A client holds query sets under ids of its choice; each is a list of SQL texts of the
// subscription dialect. Equal texts (with equal :sender where the text uses it) are one plan with
// many subscribers. After each commit evaluate() computes the delta of every plan that the change
// set can touch, once, serialises it once, and tells who gets which blocks.
//
// All functions run on the database's lane (one thread at a time). Errors: kSyntax, kNotFound,
// kNotSupported with the texts the original's clients expect.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/row_list.h"
#include "schema/module_def.h"
#include "storage/change_set.h"
#include "storage/store.h"
#include "types/identity.h"

namespace orrery::subscribe {

using SubscriberId = uint64_t;  ///< of a connection; the caller's choice
using QuerySetId = uint32_t;

/// Who looks: what :sender is, and whether row-level security and privacy apply.
struct Viewer {
  types::Identity identity;
  bool owner = false;
};

/// Makes views current; the host's door (see host::HostedDatabase::use_view).
class ViewSource {
 public:
  struct Instance {
    storage::TableId table = 0;
    std::string argument_hash;
  };
  virtual ~ViewSource() = default;
  virtual Result<Instance> use(const schema::ViewDef& view, const types::Identity& caller) = 0;
  virtual void release(const Instance& instance) = 0;
};
/// Tells which tables' changes are wanted.
class TableWatch {
 public:
  virtual ~TableWatch() = default;
  virtual void watch(storage::TableId table, bool watched) = 0;
};

/// The rows of one table in one answer; the encoding is shared by all who get it.
struct TableRows {
  std::string_view table_name;  ///< canonical
  storage::TableId table = 0;
  std::shared_ptr<const protocol::RowList> inserts;  ///< never null
  std::shared_ptr<const protocol::RowList> deletes;  ///< never null
  bool event = false;
};
struct QuerySetRows {
  QuerySetId set = 0;
  std::vector<TableRows> tables;
};
/// What one subscriber gets from one commit. Sets in order of id, tables in order of name.
struct SubscriberUpdate {
  SubscriberId subscriber = 0;
  std::vector<QuerySetRows> sets;
};
/// A live query that failed while it was evaluated: it is gone.
struct FailedSet {
  SubscriberId subscriber = 0;
  QuerySetId set = 0;
  Error error;
};
struct Evaluation {
  std::vector<SubscriberUpdate> updates;
  std::vector<FailedSet> failures;
};

class Subscriptions {
 public:
  Subscriptions(storage::Store& store, ViewSource& views, TableWatch& watch);
  ~Subscriptions();

  /// The definition that names are looked up in; ends every subscription of the one before.
  void set_definition(std::shared_ptr<const schema::ModuleDef> definition);

  /// The rows of the set as of now. The set is live from here on: evaluate() of the next commit
  /// continues from exactly this state. kAlreadyExists where the id is in use.
  Result<QuerySetRows> subscribe(SubscriberId subscriber, const Viewer& viewer, QuerySetId set,
                                 std::span<const std::string> queries);
  enum class DroppedRows : uint8_t { kOmit, kSend };
  /// kNotFound where there is no such set.
  Result<QuerySetRows> unsubscribe(SubscriberId subscriber, QuerySetId set, DroppedRows rows);
  void drop(SubscriberId subscriber);

  Evaluation evaluate(const storage::ChangeSet& changes);

  /// One query of the dialect, answered once.
  Result<TableRows> query(const Viewer& viewer, std::string_view sql);

  size_t plan_count() const;
  size_t subscriber_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::subscribe
