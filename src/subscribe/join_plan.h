// JoinPlan: how one bound query (one table, or several joined) is evaluated.
//
// For every relation there is an order that begins with it: its changed rows come from outside, the
// rows of the others are looked up, by index where there is one. The order that is best when
// nothing is given is used for the initial rows. A plan is immutable, holds on to its tables and
// may be used from many threads; JoinRun has what one evaluation needs besides.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/catalog.h"
#include "storage/table.h"
#include "subscribe/bound_query.h"
#include "subscribe/filter.h"

namespace orrery::subscribe {

/// What a lookup's key is made of: a value, or a cell of a relation that has its row already.
struct KeyPart {
  std::optional<std::string> value;
  uint32_t relation = 0;
  uint32_t slot = 0;
  CellType cell = CellType::kU8;
};
/// How to get at the rows of a relation.
struct AccessPath {
  const storage::Index* index = nullptr;  ///< null: a scan
  std::vector<KeyPart> key;               ///< of the index's first columns
  bool full_key = false;                  ///< of all its columns
  bool joined = false;                    ///< the key has a cell of another relation
  std::string lower, upper;               ///< BSATN Bounds of the column after the key, or empty
};
/// Where no index leads from one row to those it is joined with: the rows of a relation by the
/// value of a column.
struct HashSide {
  KeyPart wanted;  ///< a cell of a relation that has its row already
  uint32_t slot = 0;
};
struct JoinStep {
  uint32_t relation = 0;
  AccessPath access;
  std::optional<HashSide> hash;  ///< instead of going through `access` again and again
  /// What can be checked from here on and the lookup does not see to. That of the first step checks
  /// everything about its row, whatever its access.
  Filter filter;
};
struct JoinOrder {
  std::vector<JoinStep> steps;
  bool indexed = false;  ///< every step but the first looks up joined rows, or one row
};

/// Rows that a relation gives must have one of these values: plans are found by them.
struct Selector {
  uint32_t column = 0;
  CellType cell = CellType::kU8;
  std::vector<std::string> values;
};

struct JoinRelation {
  std::shared_ptr<storage::Table> table;
  types::AlgebraicType stored_type;
  RowShape shape;
  uint32_t hidden_bytes = 0;  ///< of a stored row that nobody sees
  bool event = false;
  std::optional<Selector> selector;
};

enum class PlanUse : uint8_t { kSubscription, kOnce };

struct JoinPlan {
  std::vector<JoinRelation> relations;
  std::vector<JoinOrder> orders;  ///< by the relation that they begin with
  uint32_t projected = 0;
  uint32_t best_start = 0;
  bool has_event = false;
  bool has_hash = false;  ///< some step of some order has one

  bool is_join() const { return relations.size() > 1; }
};

/// `query` with its views' argument hashes put in; `tables` are the ids by relation. kNotSupported
/// where a subscription's joins lack indexes.
Result<std::shared_ptr<const JoinPlan>> make_join_plan(const BoundQuery& query,
                                                       const std::vector<storage::TableId>& tables,
                                                       const storage::Catalog& catalog,
                                                       PlanUse use);

/// Takes result rows, as clients see them. The bytes are good until it returns.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void row(std::string_view bytes) = 0;
};

/// Evaluates a plan. One thread; may be used again and again.
class JoinRun {
 public:
  explicit JoinRun(std::shared_ptr<const JoinPlan> plan);
  ~JoinRun();
  JoinRun(JoinRun&&) noexcept;

  /// All rows that `view` sees. Nothing where an event table is in the query.
  Status all(const storage::ReadView& view, const std::atomic<bool>* cancelled, RowSink& sink);
  /// The result rows that `row` of relation `start` takes part in, where earlier relations are as
  /// `after` sees them and later ones as `before` does; for a row of an event table all as `after`
  /// does.
  Status of_row(uint32_t start, std::string_view row, const storage::ReadView& before,
                const storage::ReadView& after, RowSink& sink);
  /// Gives back what was kept to go through the rows of one state many times.
  void forget();

 private:
  struct Frame;
  struct Side;
  Status bind(uint32_t relation, std::string_view row);
  Status step(size_t depth, RowSink& sink);
  Status take(size_t depth, std::string_view row, RowSink& sink);
  Status take_frame(size_t depth, RowSink& sink);
  Status fetch(size_t depth, RowSink& sink);
  Status lookup(size_t depth, RowSink& sink);
  template <class Cursor>
  Status drain(size_t depth, Cursor& cursor, RowSink& sink);
  Side& side_of(size_t depth);
  Status probe(size_t depth, Side& side, RowSink& sink);
  void fill_key(const AccessPath& access, std::string* key) const;
  const storage::ReadView& view_of(uint32_t relation) const;

  std::shared_ptr<const JoinPlan> plan_;
  const JoinOrder* order_ = nullptr;
  std::vector<BoundRow> rows_;                   ///< by relation
  std::vector<std::vector<uint32_t>> offsets_;   ///< by relation
  std::vector<std::unique_ptr<Frame>> frames_;   ///< by depth
  std::vector<const storage::ReadView*> views_;  ///< by relation
  std::vector<std::unique_ptr<Side>> sides_;     ///< by first relation and depth
  Side* building_ = nullptr;                     ///< rows that are fetched go here
  const std::atomic<bool>* cancelled_ = nullptr;
};

}  // namespace orrery::subscribe
