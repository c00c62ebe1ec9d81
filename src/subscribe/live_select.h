// LiveSelects: any SELECT of the engine as a live query, for our own console and client.
//
// A result is kept as it was sent; note() marks the queries whose input tables a commit changed,
// refresh() runs those again and says how the result changed. What takes long is in refresh(), so a
// caller may let several commits pass before it. A query with ORDER BY keeps its order; of others
// the rows that came stand behind those that stayed.
//
// Errors: those of the engine; kNotSupported for what is no SELECT, kLimit for results of more than
// kLiveRowsMax rows, kInvalidArgument for an id that is in use. A query that fails when it runs
// again is gone. On the database's lane, like Subscriptions; apart from them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/session.h"
#include "storage/change_set.h"
#include "subscribe/subscriptions.h"
#include "types/datum.h"

namespace orrery::subscribe {

inline constexpr size_t kLiveRowsMax = 100'000;  ///< every one is compared at every change

using LiveSelectId = uint64_t;  ///< the caller's choice
using LiveRow = std::vector<types::Value>;

struct LiveColumn {
  std::string name;
  types::TypeId type = types::TypeId::kNull;
};
struct LiveResult {
  std::vector<LiveColumn> columns;
  std::vector<LiveRow> rows;
};
/// From the old rows: take away those at `removed`, then put each of `added` where it says, first
/// one first.
struct LiveChange {
  struct Added {
    uint32_t position = 0;  ///< in the new rows
    LiveRow row;
  };
  LiveSelectId id = 0;
  std::vector<uint32_t> removed;  ///< positions in the old rows, ascending
  std::vector<Added> added;       ///< ascending
  std::optional<Error> error;     ///< why the query is gone
};

class LiveSelects {
 public:
  /// `session` is used for nothing else.
  LiveSelects(std::shared_ptr<engine::Session> session, TableWatch& watch);
  ~LiveSelects();

  Result<LiveResult> subscribe(LiveSelectId id, std::string_view sql);
  void unsubscribe(LiveSelectId id);
  void note(const storage::ChangeSet& changes);
  /// Queries whose result is the same as before are left out.
  std::vector<LiveChange> refresh();
  size_t count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The steps from one list of rows to another that keeps as many rows as possible in their order.
/// `kept` gets, for each new row, whether it was there.
void diff_rows(const std::vector<std::string>& before, const std::vector<std::string>& after,
               std::vector<uint32_t>* removed, std::vector<bool>* kept);

}  // namespace orrery::subscribe
