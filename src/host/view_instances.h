// ViewInstances: the views that somebody uses, one instance per view and sender (or one, where the
// view is anonymous): what each read, and its rows in the view's backing table.
//
// An instance is evaluated when it is first used and again, in the same transaction, whenever a
// transaction changed something that it read. What an evaluation read counts from its commit on.
// On the lane only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "host/bound_tables.h"
#include "host/read_set.h"
#include "storage/change_set.h"
#include "storage/transaction.h"
#include "types/identity.h"

namespace orrery::host {

class ViewInstances {
 public:
  struct Instance {
    const BoundTable* backing = nullptr;
    types::Identity sender;  ///< zero where the view is anonymous
    std::string hash;        ///< of its arguments, as BSATN
    uint64_t uses = 0;    ///< of subscriptions
    uint64_t needed = 0;  ///< by instances that read its rows
    int64_t idle_since = 0;
    bool filled = false;
    ReadSet reads;
    std::vector<Instance*> needs;  ///< whose rows it reads
    // Until the transaction ends:
    bool pending = false;
    bool evaluating = false;
    ReadSet new_reads;
    std::vector<Instance*> new_needs;
    bool in_use() const { return uses > 0 || needed > 0; }
  };
  /// Runs a view: a BSATN array of its rows. Notes what it read.
  using Evaluate = std::function<Result<std::string>(storage::Transaction& transaction,
                                                     Instance& instance, ReadSet* reads)>;

  ~ViewInstances() { reset(nullptr); }
  /// Forgets all instances; `tables` are what views read from now on.
  void reset(std::shared_ptr<const BoundTables> tables);

  /// The instance of a caller, made where there is none.
  Instance& get(const schema::ViewDef& view, const types::Identity& caller);
  /// Null where there is none.
  Instance* find(storage::TableId backing, std::string_view hash);

  /// What instances have rows, for those that take their places when the module changes.
  struct Known {
    std::string view;  ///< qualified
    types::Identity sender;
    storage::TableId backing = 0;
    std::string hash;
    uint64_t uses = 0;
  };
  std::vector<Known> known() const;  ///< always in the same order
  /// Takes the place of one of the module before, whose rows are there: evaluates it where it is
  /// used. False where it has no rows any more, which drop_rows() takes away.
  bool take_over(storage::Transaction& transaction, const schema::ViewDef& view, const Known& known,
                 int64_t now, const Evaluate& evaluate);
  static Status drop_rows(storage::Transaction& transaction, const BoundTable& backing,
                          std::string_view hash);

  /// Evaluates the instance and makes its rows in the backing table what came out.
  Status fill(storage::Transaction& transaction, Instance& instance, const Evaluate& evaluate);
  /// For Evaluate: `reader` reads the rows of that view (for the same sender); they are made where
  /// they are not there. kNotSupported for views that read each other.
  Status need(storage::Transaction& transaction, Instance& reader, const schema::ViewDef& view,
              const Evaluate& evaluate);
  /// fill()s every instance that the transaction's changes so far touch, and those that read them.
  Status refresh(storage::Transaction& transaction, const Evaluate& evaluate);
  /// The transaction of fill() and refresh() ended.
  void committed();
  void rolled_back();

  /// Deletes the rows of instances that were last used before `before`; they are forgotten by
  /// forget() once that is committed. False where there is none.
  Result<bool> drop_idle(storage::Transaction& transaction, int64_t before);
  void forget_idle(int64_t before);

  size_t size() const { return instances_.size(); }

 private:
  /// Readers of one index.
  struct IndexReaders {
    std::unordered_map<int64_t, std::vector<Instance*>> int_points;
    /// Keys that begin with the text, by the text.
    std::unordered_map<std::string, std::vector<Instance*>> prefixes;
    std::vector<uint32_t> prefix_lengths;  ///< ascending, without doubles
    std::vector<std::pair<storage::KeyRange, Instance*>> ranges;
  };
  struct TableReaders {
    std::vector<Instance*> whole;
    std::unordered_map<storage::IndexId, IndexReaders> indexes;
  };
  using Touched = std::unordered_set<Instance*>;

  Status evaluate_into(storage::Transaction& transaction, Instance& instance,
                       const Evaluate& evaluate);
  static std::string key_of(storage::TableId backing, std::string_view hash);
  void set_reads(Instance& instance, ReadSet reads);
  void add_readers(Instance& instance);
  void remove_readers(Instance& instance);
  static void set_needs(Instance& instance, std::vector<Instance*> needs);
  void touch_rows(const BoundIndex& index, const IndexReaders& readers,
                  const storage::ChangeSet::Rows& rows, Touched* touched) const;
  Touched touched_by(const storage::ChangeSet& changes) const;

  std::shared_ptr<const BoundTables> tables_;
  std::unordered_map<std::string, std::unique_ptr<Instance>> instances_;
  std::unordered_map<storage::TableId, TableReaders> readers_;
  std::vector<Instance*> pending_;
  size_t filled_ = 0;
  size_t need_depth_ = 0;
  storage::ChangeSet changes_;
};

}  // namespace orrery::host
