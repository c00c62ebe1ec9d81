// Subscriptions: the live queries of one database.
//
// A client holds query sets under ids of its choice; each is a list of SQL texts of the
// subscription dialect (subscribe/dialect.h). Queries that come to the same plan, after names,
// :sender and row-level security are put in, are evaluated once, however they are written and
// whoever holds them. After each commit evaluate() computes what changed in every plan that the
// change set can touch, serialises it once, and says who gets it.
//
// Subscribing has two steps, so that many rows do not stop the database. begin_subscribe() is
// quick: it makes the set live and pins the state. InitialRows::produce() may then run on any
// thread, for as long as it takes, while commits go on; what they bring for the set is kept back.
// When the rows are made finish_subscribe() gives out what was kept, and from then on evaluate()
// delivers. subscribe() is all of it at once.
//
// All functions but InitialRows::produce() run on the database's lane (one thread at a time).
// ViewSource::use() may commit, and so call evaluate(), while begin_subscribe() or begin_query()
// runs. Errors: kParse, kTableNotFound, kColumnNotFound, kTypeMismatch, kNotSupported, ... with the
// texts that the original's clients know; kInvalidArgument for an id that is in use, or is not.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/row_list.h"
#include "schema/module_def.h"
#include "storage/store.h"
#include "storage/transaction.h"
#include "types/identity.h"

namespace orrery::subscribe {

using SubscriberId = uint64_t;  ///< of a connection; the caller's choice
using QuerySetId = uint32_t;

/// kV1: no event tables, and rows are counted per query: of a query that the subscriber holds in
/// several sets the rows come once.
enum class ClientProtocol : uint8_t { kV1, kV2 };

/// Who looks: what :sender is, and whether row-level security and privacy apply.
struct Viewer {
  types::Identity identity;
  bool owner = false;
  ClientProtocol protocol = ClientProtocol::kV2;  ///< the same for all sets of a subscriber
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

/// The rows of one query; the encoding is shared by all who get it. A table that several queries of
/// a set return has an entry for each.
struct TableRows {
  std::string table_name;  ///< canonical
  storage::TableId table = 0;
  std::shared_ptr<const protocol::RowList> inserts;  ///< never null
  std::shared_ptr<const protocol::RowList> deletes;  ///< never null
  bool event = false;                                ///< inserts are events
};
struct QuerySetRows {
  SubscriberId subscriber = 0;
  QuerySetId set = 0;
  std::vector<TableRows> tables;  ///< in order of name
};
/// results[result] is for this set of this subscriber.
struct Delivery {
  SubscriberId subscriber = 0;
  QuerySetId set = 0;
  uint32_t result = 0;
};
/// A live query that failed while it was evaluated: its set is gone.
struct FailedSet {
  SubscriberId subscriber = 0;
  QuerySetId set = 0;
  Error error;
};
struct Evaluation {
  /// In order of table name. Deliveries to many subscribers name the same results, so that what is
  /// made of them can be shared too.
  std::vector<TableRows> results;
  /// In order of subscriber, set, result.
  std::vector<Delivery> deliveries;
  std::vector<FailedSet> failures;
};

/// The rows of a query set as of one moment, still to be made. Any thread, one at a time. Holds
/// back the reclaiming of old row versions while it lives.
class InitialRows {
 public:
  virtual ~InitialRows() = default;
  /// kCancelled where the flag (may be null) is set meanwhile.
  virtual Result<QuerySetRows> produce(const std::atomic<bool>* cancelled) = 0;
};

class Subscriptions {
 public:
  Subscriptions(storage::Store& store, ViewSource& views, TableWatch& watch);
  ~Subscriptions();

  /// The definition that names are looked up in; ends every subscription of the one before.
  void set_definition(std::shared_ptr<const schema::ModuleDef> definition);

  /// The rows of the set as of now. The set is live from here on: evaluate() of the next commit
  /// continues from exactly this state. The whole set is refused where one query is.
  Result<QuerySetRows> subscribe(SubscriberId subscriber, const Viewer& viewer, QuerySetId set,
                                 std::span<const std::string> queries);
  /// The first step of subscribe().
  Result<std::unique_ptr<InitialRows>> begin_subscribe(SubscriberId subscriber,
                                                       const Viewer& viewer, QuerySetId set,
                                                       std::span<const std::string> queries);
  /// The last step: what commits since begin_subscribe() brought for the set, oldest first, one
  /// entry for each commit. kInvalidArgument where the set is gone meanwhile. Where produce()
  /// failed call unsubscribe() instead.
  Result<std::vector<QuerySetRows>> finish_subscribe(SubscriberId subscriber, QuerySetId set);

  enum class DroppedRows : uint8_t { kOmit, kSend };
  /// The rows (as deletes) are those of now; none where `rows` is kOmit.
  Result<QuerySetRows> unsubscribe(SubscriberId subscriber, QuerySetId set, DroppedRows rows);
  void drop(SubscriberId subscriber);

  /// What a commit changed. Every commit to a watched table must come here, in order. kKeepsRows: a
  /// table that the commit redefined has the rows that it had, as after a change of the module,
  /// which set_definition() follows.
  enum class Redefined : uint8_t { kFails, kKeepsRows };
  Evaluation evaluate(const storage::CommitCapture& commit,
                      Redefined redefined = Redefined::kFails);

  /// One query of the dialect, answered once.
  Result<TableRows> query(const Viewer& viewer, std::string_view sql);
  /// The same in two steps; the rows are those of one table.
  Result<std::unique_ptr<InitialRows>> begin_query(const Viewer& viewer, std::string_view sql);

  size_t plan_count() const;
  size_t subscriber_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::subscribe
