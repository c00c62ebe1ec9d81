#include "subscribe/live_select.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "sql/lexer.h"
#include "sql/parser.h"
#include "subscribe/live_plan.h"

namespace orrery::subscribe {
namespace {

// Views may be made of views; a circle cannot be, but a bound costs nothing.
constexpr uint32_t kViewDepthMax = 64;

void append_cell(const types::Datum& cell, std::string* out) {
  *out += static_cast<char>(cell.type());
  if (cell.is_null()) return;
  if (types::layout_of(cell.type()) == types::Layout::kString) {
    std::string_view text = cell.view();
    uint32_t size = static_cast<uint32_t>(text.size());
    out->append(reinterpret_cast<const char*>(&size), sizeof(size));
    *out += text;
    return;
  }
  int64_t bits = cell.as_int64();
  out->append(reinterpret_cast<const char*>(&bits), sizeof(bits));
}

/// Every table whose name is a word of the text: those that it reads, and by chance others.
void find_inputs(const storage::Catalog& catalog, std::string_view sql, uint32_t depth,
                 std::set<storage::TableId>* out) {
  sql::Lexer lexer(sql);
  while (true) {
    sql::Token token = lexer.next();
    std::string name;
    switch (token.kind) {
      case sql::TokenKind::kEnd:
      case sql::TokenKind::kError:
        return;
      case sql::TokenKind::kWord:
        name = lexer.text(token);
        break;
      case sql::TokenKind::kDoubleQuoted:
      case sql::TokenKind::kBacktickQuoted:
        name = sql::quoted_name(lexer.text(token));
        break;
      default:
        continue;
    }
    if (auto table = catalog.find_table(name)) out->insert(table->def().id);
    const storage::ViewDef* view = catalog.find_view(name);
    if (view != nullptr && depth < kViewDepthMax) {
      find_inputs(catalog, view->sql, depth + 1, out);
    }
  }
}

/// The longest ascending run of matches: positions in `old_of_new` (npos: none).
std::vector<bool> longest_ascending(const std::vector<size_t>& old_of_new) {
  constexpr size_t kNone = SIZE_MAX;
  std::vector<size_t> tails, previous(old_of_new.size(), kNone);
  for (size_t i = 0; i < old_of_new.size(); ++i) {
    if (old_of_new[i] == kNone) continue;
    auto place = std::lower_bound(tails.begin(), tails.end(), i, [&](size_t a, size_t b) {
      return old_of_new[a] < old_of_new[b];
    });
    if (place != tails.begin()) previous[i] = *(place - 1);
    if (place == tails.end()) {
      tails.push_back(i);
    } else {
      *place = i;
    }
  }
  std::vector<bool> out(old_of_new.size(), false);
  for (size_t i = tails.empty() ? kNone : tails.back(); i != kNone; i = previous[i]) out[i] = true;
  return out;
}

struct LiveSelect {
  std::string sql;
  bool ordered = false;
  std::set<storage::TableId> inputs;
  std::vector<std::string> rows;  ///< as the client has them, encoded
  bool dirty = false;
};

struct FreshRows {
  LiveResult result;
  std::vector<std::string> keys;
};

void change_in_order(LiveSelect* select, FreshRows* fresh, LiveChange* change) {
  std::vector<bool> kept;
  diff_rows(select->rows, fresh->keys, &change->removed, &kept);
  for (uint32_t i = 0; i < kept.size(); ++i) {
    if (!kept[i]) change->added.push_back({i, std::move(fresh->result.rows[i])});
  }
  select->rows = std::move(fresh->keys);
}

/// What stays keeps its place, whatever order the engine gives.
void change_as_bag(LiveSelect* select, FreshRows* fresh, LiveChange* change) {
  std::unordered_map<std::string_view, uint32_t, StringHash> gone;
  for (const std::string& key : select->rows) ++gone[key];
  std::vector<size_t> added;
  for (size_t i = 0; i < fresh->keys.size(); ++i) {
    auto it = gone.find(fresh->keys[i]);
    if (it != gone.end() && it->second > 0) {
      --it->second;
    } else {
      added.push_back(i);
    }
  }
  for (uint32_t i = 0; i < select->rows.size(); ++i) {
    uint32_t& left = gone.find(select->rows[i])->second;
    if (left == 0) continue;
    --left;
    change->removed.push_back(i);
  }
  std::vector<std::string> rows;
  size_t at = 0;
  for (uint32_t i = 0; i < select->rows.size(); ++i) {
    if (at < change->removed.size() && change->removed[at] == i) {
      ++at;
    } else {
      rows.push_back(std::move(select->rows[i]));
    }
  }
  for (size_t i : added) {
    change->added.push_back({static_cast<uint32_t>(rows.size()), std::move(fresh->result.rows[i])});
    rows.push_back(std::move(fresh->keys[i]));
  }
  select->rows = std::move(rows);
}

}  // namespace

void diff_rows(const std::vector<std::string>& before, const std::vector<std::string>& after,
               std::vector<uint32_t>* removed, std::vector<bool>* kept) {
  std::unordered_map<std::string_view, std::vector<uint32_t>, StringHash> places;
  for (size_t i = before.size(); i > 0; --i) {
    places[before[i - 1]].push_back(static_cast<uint32_t>(i - 1));
  }
  std::vector<size_t> old_of_new(after.size(), SIZE_MAX);
  for (size_t i = 0; i < after.size(); ++i) {
    auto it = places.find(after[i]);
    if (it == places.end() || it->second.empty()) continue;
    old_of_new[i] = it->second.back();
    it->second.pop_back();
  }
  *kept = longest_ascending(old_of_new);
  std::vector<bool> stays(before.size(), false);
  for (size_t i = 0; i < after.size(); ++i) {
    if ((*kept)[i]) stays[old_of_new[i]] = true;
  }
  removed->clear();
  for (uint32_t i = 0; i < before.size(); ++i) {
    if (!stays[i]) removed->push_back(i);
  }
}

struct LiveSelects::Impl {
  Impl(std::shared_ptr<engine::Session> s, TableWatch& w) : session(std::move(s)), watch(w) {}

  Result<FreshRows> run(const LiveSelect& select);
  void set_inputs(LiveSelect* select);
  void drop_inputs(LiveSelect* select);
  bool refresh(LiveSelectId id, LiveSelect* select, LiveChange* change);

  std::shared_ptr<engine::Session> session;
  TableWatch& watch;
  std::map<LiveSelectId, LiveSelect> selects;
  uint64_t catalog_version = 0;
};

Result<FreshRows> LiveSelects::Impl::run(const LiveSelect& select) {
  FreshRows out;
  ORRERY_TRY_ASSIGN(engine::Rows rows, session->query(select.sql));
  for (const plan::OutputColumn& column : rows.columns()) {
    out.result.columns.push_back({column.name, column.type});
  }
  while (true) {
    ORRERY_TRY_ASSIGN(bool more, rows.next());
    if (!more) return out;
    if (out.keys.size() >= kLiveRowsMax) {
      return Error(ErrorCode::kLimit, "a live query of more than " + std::to_string(kLiveRowsMax) +
                                          " rows; add LIMIT");
    }
    LiveRow row;
    std::string key;
    for (uint32_t i = 0; i < out.result.columns.size(); ++i) {
      types::Datum cell = rows.cell(i);
      append_cell(cell, &key);
      row.emplace_back(cell);
    }
    out.result.rows.push_back(std::move(row));
    out.keys.push_back(std::move(key));
  }
}

void LiveSelects::Impl::set_inputs(LiveSelect* select) {
  std::set<storage::TableId> inputs;
  std::shared_ptr<const storage::Catalog> catalog = session->database()->store()->catalog();
  find_inputs(*catalog, select->sql, 0, &inputs);
  for (storage::TableId id : inputs) watch.watch(id, true);
  drop_inputs(select);
  select->inputs = std::move(inputs);
}

void LiveSelects::Impl::drop_inputs(LiveSelect* select) {
  for (storage::TableId id : select->inputs) watch.watch(id, false);
  select->inputs.clear();
}

/// False where nothing changed.
bool LiveSelects::Impl::refresh(LiveSelectId id, LiveSelect* select, LiveChange* change) {
  change->id = id;
  auto fresh = run(*select);
  if (!fresh) {
    change->error = std::move(fresh).error();
    return true;
  }
  if (select->ordered) {
    change_in_order(select, &*fresh, change);
  } else {
    change_as_bag(select, &*fresh, change);
  }
  return !change->removed.empty() || !change->added.empty();
}

LiveSelects::LiveSelects(std::shared_ptr<engine::Session> session, TableWatch& watch)
    : impl_(new Impl(std::move(session), watch)) {}
LiveSelects::~LiveSelects() {
  for (auto& [id, select] : impl_->selects) impl_->drop_inputs(&select);
}

Result<LiveResult> LiveSelects::subscribe(LiveSelectId id, std::string_view sql) {
  if (impl_->selects.contains(id)) {
    return Error(ErrorCode::kInvalidArgument,
                 "live query " + std::to_string(id) + " exists already");
  }
  ORRERY_TRY_ASSIGN(std::vector<sql::StatementPtr> statements,
                    sql::parse_script(sql, {.unknown_statement = sql::UnknownStatement::kError}));
  if (statements.size() != 1 || statements[0]->kind != sql::StatementKind::kSelect) {
    return Error(ErrorCode::kNotSupported, "only a SELECT can be a live query");
  }
  LiveSelect select;
  select.sql = sql;
  select.ordered = !sql::as<sql::SelectStatement>(*statements[0]).query->order_by.empty();
  ORRERY_TRY_ASSIGN(FreshRows fresh, impl_->run(select));
  select.rows = std::move(fresh.keys);
  impl_->set_inputs(&select);
  impl_->selects.emplace(id, std::move(select));
  return std::move(fresh.result);
}

void LiveSelects::unsubscribe(LiveSelectId id) {
  auto it = impl_->selects.find(id);
  if (it == impl_->selects.end()) return;
  impl_->drop_inputs(&it->second);
  impl_->selects.erase(it);
}

void LiveSelects::note(const storage::ChangeSet& changes) {
  for (auto& [id, select] : impl_->selects) {
    for (const storage::ChangeSet::Table& table : changes.tables()) {
      select.dirty = select.dirty || select.inputs.contains(table.id);
    }
    for (storage::TableId table : changes.redefined()) {
      select.dirty = select.dirty || select.inputs.contains(table);
    }
  }
}

std::vector<LiveChange> LiveSelects::refresh() {
  uint64_t version = impl_->session->database()->store()->catalog_version();
  if (std::exchange(impl_->catalog_version, version) != version) {
    for (auto& [id, select] : impl_->selects) {
      impl_->set_inputs(&select);
      select.dirty = true;
    }
  }
  std::vector<LiveChange> out;
  for (auto it = impl_->selects.begin(); it != impl_->selects.end();) {
    auto& [id, select] = *it;
    if (!std::exchange(select.dirty, false)) {
      ++it;
      continue;
    }
    LiveChange change;
    bool changed = impl_->refresh(id, &select, &change);
    bool failed = change.error.has_value();
    if (changed) out.push_back(std::move(change));
    if (failed) impl_->drop_inputs(&select);
    it = failed ? impl_->selects.erase(it) : std::next(it);
  }
  return out;
}

size_t LiveSelects::count() const {
  return impl_->selects.size();
}

}  // namespace orrery::subscribe
