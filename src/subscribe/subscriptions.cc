#include "subscribe/subscriptions.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "subscribe/initial_rows.h"
#include "subscribe/live_plan.h"

namespace orrery::subscribe {

/// What one subscriber holds under one id.
struct QuerySet {
  SubscriberId subscriber = 0;
  QuerySetId id = 0;
  ClientProtocol protocol = ClientProtocol::kV2;
  std::vector<LivePlan*> plans;
  std::unique_ptr<HeldViews> views;
  bool pending = true;                ///< its initial rows are still being made
  std::vector<QuerySetRows> backlog;  ///< while pending, one for each commit
  uint64_t backlog_commit = 0;        ///< which evaluation made the last of them
  bool failed = false;
};

namespace {

using SetKey = std::pair<SubscriberId, QuerySetId>;

bool before_in_order(const QuerySet* a, const QuerySet* b) {
  return SetKey(a->subscriber, a->id) < SetKey(b->subscriber, b->id);
}

Error with_sql(const Error& error, std::string_view sql) {
  return Error(error.code(), error.message() + ", executing: `" + std::string(sql) + "`",
               error.position());
}
Error no_such_set(QuerySetId set) {
  return Error(ErrorCode::kInvalidArgument,
               "Subscription not found: query set " + std::to_string(set));
}
std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\n\r\v\f");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n\r\v\f") - begin + 1);
}

/// Puts rows that a changed row leads to where they are gathered.
class ChangeSink final : public RowSink {
 public:
  enum class Bytes : uint8_t { kBorrow, kCopy };
  ChangeSink(ChangedRows* out, int weight, Bytes bytes)
      : out_(out), weight_(weight), bytes_(bytes) {}
  void row(std::string_view bytes) override {
    if (bytes_ == Bytes::kBorrow) {
      out_->add(bytes, weight_);
    } else {
      out_->add_copy(bytes, weight_);
    }
  }

 private:
  ChangedRows* out_;
  int weight_;
  Bytes bytes_;
};

}  // namespace

struct Subscriptions::Impl {
  Impl(storage::Store& s, ViewSource& v, TableWatch& w) : store(s), views(v), watch(w) {}

  struct WatchedTable {
    explicit WatchedTable(types::AlgebraicType stored_type) : routes(std::move(stored_type)) {}
    Routes routes;
    size_t uses = 0;  ///< relations of plans
  };

  Result<std::vector<QueryDraft>> draft_all(const Viewer& viewer,
                                            std::span<const std::string> queries);
  Status check_protocol(const Viewer& viewer, const std::vector<QueryDraft>& drafts) const;
  bool holds_plan(SubscriberId subscriber, const LivePlan* plan) const;
  Result<std::unique_ptr<InitialRows>> begin(SubscriberId subscriber, const Viewer& viewer,
                                             QuerySetId id, std::span<const std::string> queries);
  LivePlan* add_plan(QueryDraft draft, std::vector<std::shared_ptr<const JoinPlan>> alternatives);
  void add_routes(LivePlan* plan);
  void remove_routes(LivePlan* plan);
  void remove_plan(LivePlan* plan);
  void remove_set(QuerySet* set);
  Result<QuerySetRows> dropped_rows(const QuerySet& set);

  void refresh_catalog();
  void fail(LivePlan* plan, Error error);
  void fail_plans_of(storage::TableId table, const Error& error);
  void touch(LivePlan* plan);
  void route_rows(const storage::ChangeSet::Table& table, const storage::ChangeSet::Rows& rows,
                  int weight, const storage::CommitCapture& commit);
  void follow(const Route& route, std::string_view row, int weight,
              const storage::CommitCapture& commit);
  bool finish_plan(LivePlan* plan, Evaluation* out);
  void deliver(const std::vector<LivePlan*>& of_result, Evaluation* out);
  std::vector<QuerySet*> take_failures(Evaluation* out);
  void fail_mixed_plans(const storage::ChangeSet& changes, const Error& error);
  Evaluation evaluate(const storage::CommitCapture& commit, Redefined redefined);
  Result<std::unique_ptr<InitialRows>> begin_query(const Viewer& viewer, std::string_view sql);

  storage::Store& store;
  ViewSource& views;
  TableWatch& watch;
  std::shared_ptr<const schema::ModuleDef> definition;
  std::unordered_map<std::string, std::unique_ptr<LivePlan>> plans;
  std::map<SetKey, std::unique_ptr<QuerySet>> sets;
  std::unordered_map<storage::TableId, WatchedTable> tables;
  std::unordered_map<SubscriberId, size_t> subscribers;  ///< how many sets each holds
  uint64_t catalog_version = 0;
  uint64_t plans_made = 0;
  uint64_t evaluations = 0;

  // While one commit is evaluated; kept for the next one.
  std::vector<Route> found;
  std::vector<LivePlan*> touched;
  protocol::RowListBuilder builder;
};

// --- subscribing ---

Result<std::vector<QueryDraft>> Subscriptions::Impl::draft_all(
    const Viewer& viewer, std::span<const std::string> queries) {
  if (definition == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "there is no module to subscribe to");
  }
  std::vector<QueryDraft> out;
  for (const std::string& query : queries) {
    std::string_view sql = trimmed(query);
    auto drafts = bind_query(*definition, viewer, sql);
    if (!drafts) return with_sql(drafts.error(), sql);
    for (QueryDraft& draft : *drafts) out.push_back(std::move(draft));
  }
  return out;
}

Status Subscriptions::Impl::check_protocol(const Viewer& viewer,
                                           const std::vector<QueryDraft>& drafts) const {
  if (viewer.protocol != ClientProtocol::kV1) return {};
  for (const QueryDraft& draft : drafts) {
    if (!draft.event) continue;
    return Error(ErrorCode::kNotSupported,
                 "Subscribing to event tables requires WebSocket v2. Please upgrade your client "
                 "SDK and regenerate your module bindings.");
  }
  return {};
}

bool Subscriptions::Impl::holds_plan(SubscriberId subscriber, const LivePlan* plan) const {
  return std::any_of(plan->subscribers.begin(), plan->subscribers.end(),
                     [&](const QuerySet* set) { return set->subscriber == subscriber; });
}

Result<std::unique_ptr<InitialRows>> Subscriptions::Impl::begin(
    SubscriberId subscriber, const Viewer& viewer, QuerySetId id,
    std::span<const std::string> queries) {
  ORRERY_TRY_ASSIGN(std::vector<QueryDraft> drafts, draft_all(viewer, queries));
  ORRERY_TRY(check_protocol(viewer, drafts));
  auto held = std::make_unique<HeldViews>(views);
  for (QueryDraft& draft : drafts) {
    // Views may be made while this goes on; what is found by name is there before.
    std::shared_ptr<const storage::Catalog> catalog = store.catalog();
    Status resolved = resolve_tables(*catalog, viewer, held.get(), &draft);
    if (!resolved) return with_sql(resolved.error(), draft.sql);
  }
  // Nothing commits from here on: the state, the plans and the set belong together.
  if (sets.contains({subscriber, id})) {
    return Error(ErrorCode::kInvalidArgument,
                 "Subscription with id " + std::to_string(id) + " already exists for client");
  }
  refresh_catalog();
  std::shared_ptr<const storage::Catalog> catalog;
  auto rows =
      std::make_unique<RowProduction>(store.read_view(&catalog), subscriber, id, RowsAs::kInserts);
  std::vector<std::vector<std::shared_ptr<const JoinPlan>>> made(drafts.size());
  for (size_t i = 0; i < drafts.size(); ++i) {
    if (plans.contains(drafts[i].key)) continue;
    auto alternatives = make_plans(drafts[i], *catalog, PlanUse::kSubscription);
    if (!alternatives) return with_sql(alternatives.error(), drafts[i].sql);
    made[i] = std::move(*alternatives);
  }
  auto set = std::make_unique<QuerySet>();
  set->subscriber = subscriber;
  set->id = id;
  set->protocol = viewer.protocol;
  set->views = std::move(held);
  for (size_t i = 0; i < drafts.size(); ++i) {
    auto it = plans.find(drafts[i].key);
    LivePlan* plan =
        it != plans.end() ? it->second.get() : add_plan(std::move(drafts[i]), std::move(made[i]));
    if (std::find(set->plans.begin(), set->plans.end(), plan) != set->plans.end()) continue;
    set->plans.push_back(plan);
    bool known = viewer.protocol == ClientProtocol::kV1 && holds_plan(subscriber, plan);
    if (!known) rows->add(plan->query, plan->alternatives);
    auto place = std::upper_bound(plan->subscribers.begin(), plan->subscribers.end(), set.get(),
                                  before_in_order);
    plan->subscribers.insert(place, set.get());
  }
  ++subscribers[subscriber];
  sets.emplace(SetKey(subscriber, id), std::move(set));
  return std::unique_ptr<InitialRows>(std::move(rows));
}

LivePlan* Subscriptions::Impl::add_plan(QueryDraft draft,
                                        std::vector<std::shared_ptr<const JoinPlan>> alternatives) {
  auto plan = std::make_unique<LivePlan>();
  plan->query = std::move(draft);
  plan->number = plans_made++;
  plan->alternatives = std::move(alternatives);
  LivePlan* out = plan.get();
  plans.emplace(out->query.key, std::move(plan));
  add_routes(out);
  return out;
}

void Subscriptions::Impl::add_routes(LivePlan* plan) {
  plan->runs.clear();
  plan->join = false;
  for (uint32_t a = 0; a < plan->alternatives.size(); ++a) {
    const JoinPlan& alternative = *plan->alternatives[a];
    plan->runs.emplace_back(plan->alternatives[a]);
    plan->join = plan->join || alternative.is_join();
    for (uint32_t r = 0; r < alternative.relations.size(); ++r) {
      const JoinRelation& relation = alternative.relations[r];
      storage::TableId id = relation.table->def().id;
      WatchedTable& table = tables.try_emplace(id, relation.stored_type).first->second;
      if (table.uses++ == 0) watch.watch(id, true);
      // The other side of an event has no rows to join with, whatever changes there.
      if (alternative.has_event && !relation.event) continue;
      table.routes.add({plan, a, r});
    }
  }
}

void Subscriptions::Impl::remove_routes(LivePlan* plan) {
  for (uint32_t a = 0; a < plan->alternatives.size(); ++a) {
    const std::vector<JoinRelation>& relations = plan->alternatives[a]->relations;
    for (uint32_t r = 0; r < relations.size(); ++r) {
      auto it = tables.find(relations[r].table->def().id);
      it->second.routes.remove({plan, a, r});
      if (--it->second.uses > 0) continue;
      watch.watch(it->first, false);
      tables.erase(it);
    }
  }
}

void Subscriptions::Impl::remove_plan(LivePlan* plan) {
  remove_routes(plan);
  std::erase(touched, plan);
  plans.erase(plans.find(plan->query.key));
}

void Subscriptions::Impl::remove_set(QuerySet* set) {
  for (LivePlan* plan : set->plans) {
    std::erase(plan->subscribers, set);
    if (plan->subscribers.empty()) remove_plan(plan);
  }
  auto count = subscribers.find(set->subscriber);
  if (--count->second == 0) subscribers.erase(count);
  // The views are given back when nothing here knows of the set any more.
  std::unique_ptr<QuerySet> last = std::move(sets.extract({set->subscriber, set->id}).mapped());
}

Result<QuerySetRows> Subscriptions::Impl::dropped_rows(const QuerySet& set) {
  RowProduction rows(store.read_view(), set.subscriber, set.id, RowsAs::kDeletes);
  for (LivePlan* plan : set.plans) {
    bool kept =
        set.protocol == ClientProtocol::kV1 &&
        std::any_of(plan->subscribers.begin(), plan->subscribers.end(), [&](const QuerySet* other) {
          return other != &set && other->subscriber == set.subscriber;
        });
    if (!kept) rows.add(plan->query, plan->alternatives);
  }
  return rows.produce(nullptr);
}

Result<std::unique_ptr<InitialRows>> Subscriptions::Impl::begin_query(const Viewer& viewer,
                                                                      std::string_view sql) {
  if (definition == nullptr) {
    return Error(ErrorCode::kInvalidArgument, "there is no module to query");
  }
  if (is_all_tables_query(sql)) {
    return Error(ErrorCode::kNotSupported, "SELECT * FROM * is for subscriptions only");
  }
  ORRERY_TRY_ASSIGN(std::vector<QueryDraft> drafts, bind_query(*definition, viewer, sql));
  HeldViews held(views);
  ORRERY_TRY(resolve_tables(*store.catalog(), viewer, &held, &drafts.front()));
  std::shared_ptr<const storage::Catalog> catalog;
  auto rows = std::make_unique<RowProduction>(store.read_view(&catalog), 0, 0, RowsAs::kInserts);
  ORRERY_TRY_ASSIGN(auto plans_of_query, make_plans(drafts.front(), *catalog, PlanUse::kOnce));
  rows->add(drafts.front(), std::move(plans_of_query));
  return std::unique_ptr<InitialRows>(std::move(rows));
}

// --- following commits ---

void Subscriptions::Impl::refresh_catalog() {
  uint64_t version = store.catalog_version();
  if (version == catalog_version) return;
  catalog_version = version;
  std::shared_ptr<const storage::Catalog> catalog = store.catalog();
  for (auto& [key, plan] : plans) {
    bool same = true;
    for (const std::shared_ptr<const JoinPlan>& alternative : plan->alternatives) {
      for (const JoinRelation& relation : alternative->relations) {
        same = same && catalog->find_table(relation.table->def().id) == relation.table;
      }
    }
    if (same) continue;
    auto made = make_plans(plan->query, *catalog, PlanUse::kSubscription);
    if (!made) {
      fail(plan.get(), std::move(made).error());
      continue;
    }
    remove_routes(plan.get());
    plan->alternatives = std::move(*made);
    add_routes(plan.get());
  }
}

void Subscriptions::Impl::touch(LivePlan* plan) {
  if (plan->touched) return;
  plan->touched = true;
  touched.push_back(plan);
}

void Subscriptions::Impl::fail(LivePlan* plan, Error error) {
  touch(plan);
  if (plan->error != nullptr) return;
  plan->error = std::make_unique<Error>(with_sql(error, plan->query.sql));
}

void Subscriptions::Impl::fail_plans_of(storage::TableId table, const Error& error) {
  for (auto& [key, plan] : plans) {
    for (const std::vector<storage::TableId>& of : plan->query.tables) {
      if (std::find(of.begin(), of.end(), table) == of.end()) continue;
      fail(plan.get(), error.clone());
    }
  }
}

void Subscriptions::Impl::follow(const Route& route, std::string_view row, int weight,
                                 const storage::CommitCapture& commit) {
  LivePlan* plan = route.plan;
  if (plan->error != nullptr) return;
  const JoinPlan& alternative = *plan->alternatives[route.alternative];
  // Where the changed row is itself what is returned its bytes outlive the evaluation.
  bool own = alternative.projected == route.relation;
  ChangeSink sink(&plan->changed, weight,
                  own ? ChangeSink::Bytes::kBorrow : ChangeSink::Bytes::kCopy);
  Status done = plan->runs[route.alternative].of_row(route.relation, row, commit.before.view(),
                                                     commit.after.view(), sink);
  if (!done) return fail(plan, std::move(done).error());
  if (!plan->changed.empty() || alternative.has_hash) touch(plan);
}

void Subscriptions::Impl::route_rows(const storage::ChangeSet::Table& table,
                                     const storage::ChangeSet::Rows& rows, int weight,
                                     const storage::CommitCapture& commit) {
  WatchedTable& watched = tables.find(table.id)->second;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string_view row = rows[i].bytes;
    found.clear();
    Status routed = watched.routes.find(row, commit, &found);
    if (!routed) {
      return fail_plans_of(table.id, routed.error());
    }
    for (const Route& route : found) follow(route, row, weight, commit);
  }
}

/// True where the plan has a result.
bool Subscriptions::Impl::finish_plan(LivePlan* plan, Evaluation* out) {
  if (plan->join) plan->changed.net();
  bool any = !plan->changed.empty() && plan->error == nullptr;
  if (any) {
    TableRows rows;
    rows.table_name = plan->query.table_name;
    rows.table = plan->query.table;
    rows.event = plan->query.event;
    Status encoded = plan->changed.encode(&builder, &rows);
    if (encoded) {
      out->results.push_back(std::move(rows));
    } else {
      fail(plan, std::move(encoded).error());
      any = false;
    }
  }
  plan->changed.clear();
  for (JoinRun& run : plan->runs) run.forget();
  return any;
}

void Subscriptions::Impl::deliver(const std::vector<LivePlan*>& of_result, Evaluation* out) {
  for (uint32_t result = 0; result < of_result.size(); ++result) {
    const std::vector<QuerySet*>& to = of_result[result]->subscribers;
    for (size_t i = 0; i < to.size(); ++i) {
      QuerySet* set = to[i];
      if (set->failed) continue;
      if (set->protocol == ClientProtocol::kV1) {
        // Once per subscriber: to the first set that has its rows.
        for (; i + 1 < to.size() && to[i + 1]->subscriber == set->subscriber; ++i) {
          if (set->pending && !to[i + 1]->pending) set = to[i + 1];
        }
      }
      if (!set->pending) {
        out->deliveries.push_back({set->subscriber, set->id, result});
        continue;
      }
      if (set->backlog_commit != evaluations) {
        set->backlog_commit = evaluations;
        set->backlog.push_back({set->subscriber, set->id, {}});
      }
      set->backlog.back().tables.push_back(out->results[result]);
    }
  }
  if (of_result.size() < 2) return;
  std::sort(out->deliveries.begin(), out->deliveries.end(),
            [](const Delivery& a, const Delivery& b) {
              return std::tuple(a.subscriber, a.set, a.result) <
                     std::tuple(b.subscriber, b.set, b.result);
            });
}

/// Says which sets failed; they take no part in what is delivered.
std::vector<QuerySet*> Subscriptions::Impl::take_failures(Evaluation* out) {
  std::vector<QuerySet*> failed;
  for (LivePlan* plan : touched) {
    plan->touched = false;
    std::unique_ptr<Error> error = std::move(plan->error);
    if (error == nullptr) continue;
    for (QuerySet* set : plan->subscribers) {
      if (set->failed) continue;
      set->failed = true;
      failed.push_back(set);
      out->failures.push_back({set->subscriber, set->id, error->clone()});
    }
  }
  return failed;
}

/// Of plans that join rows of redefined tables, whose old versions are gone, with rows that changed.
void Subscriptions::Impl::fail_mixed_plans(const storage::ChangeSet& changes, const Error& error) {
  const std::span<const storage::TableId> redefined = changes.redefined();
  for (auto& [key, plan] : plans) {
    for (const std::vector<storage::TableId>& of : plan->query.tables) {
      const bool any_redefined = std::any_of(of.begin(), of.end(), [&](storage::TableId id) {
        return std::find(redefined.begin(), redefined.end(), id) != redefined.end();
      });
      const bool any_changed = std::any_of(
          of.begin(), of.end(), [&](storage::TableId id) { return changes.find(id) != nullptr; });
      if (any_redefined && any_changed) fail(plan.get(), error.clone());
    }
  }
}

Evaluation Subscriptions::Impl::evaluate(const storage::CommitCapture& commit,
                                         Redefined redefined) {
  Evaluation out;
  ++evaluations;
  refresh_catalog();
  const Error reopen(ErrorCode::kReopenRequired,
                     "a table of the query was redefined; subscribe to it again");
  if (redefined == Redefined::kFails) {
    for (storage::TableId id : commit.changes.redefined()) fail_plans_of(id, reopen);
  } else if (!commit.changes.redefined().empty()) {
    fail_mixed_plans(commit.changes, reopen);
  }
  for (const storage::ChangeSet::Table& table : commit.changes.tables()) {
    if (!tables.contains(table.id)) continue;
    route_rows(table, table.deletes, -1, commit);
    route_rows(table, table.inserts, 1, commit);
  }
  std::sort(touched.begin(), touched.end(), [](const LivePlan* a, const LivePlan* b) {
    int order = a->query.table_name.compare(b->query.table_name);
    if (order != 0) return order < 0;
    return std::tuple(a->changed.turn(), a->number) < std::tuple(b->changed.turn(), b->number);
  });
  std::vector<LivePlan*> of_result;
  for (LivePlan* plan : touched) {
    if (finish_plan(plan, &out)) of_result.push_back(plan);
  }
  std::vector<QuerySet*> failed = take_failures(&out);
  touched.clear();
  deliver(of_result, &out);
  for (QuerySet* set : failed) remove_set(set);
  return out;
}

// --- the door ---

Subscriptions::Subscriptions(storage::Store& store, ViewSource& views, TableWatch& watch)
    : impl_(new Impl(store, views, watch)) {}
Subscriptions::~Subscriptions() {
  set_definition(nullptr);
}

void Subscriptions::set_definition(std::shared_ptr<const schema::ModuleDef> definition) {
  while (!impl_->sets.empty()) impl_->remove_set(impl_->sets.begin()->second.get());
  impl_->definition = std::move(definition);
}

Result<std::unique_ptr<InitialRows>> Subscriptions::begin_subscribe(
    SubscriberId subscriber, const Viewer& viewer, QuerySetId set,
    std::span<const std::string> queries) {
  return impl_->begin(subscriber, viewer, set, queries);
}

Result<std::vector<QuerySetRows>> Subscriptions::finish_subscribe(SubscriberId subscriber,
                                                                  QuerySetId set) {
  auto it = impl_->sets.find({subscriber, set});
  if (it == impl_->sets.end()) return no_such_set(set);
  it->second->pending = false;
  return std::exchange(it->second->backlog, {});
}

Result<QuerySetRows> Subscriptions::subscribe(SubscriberId subscriber, const Viewer& viewer,
                                              QuerySetId set,
                                              std::span<const std::string> queries) {
  ORRERY_TRY_ASSIGN(std::unique_ptr<InitialRows> rows,
                    impl_->begin(subscriber, viewer, set, queries));
  auto made = rows->produce(nullptr);
  if (!made) {
    impl_->remove_set(impl_->sets.find({subscriber, set})->second.get());
    return std::move(made).error();
  }
  ORRERY_TRY_ASSIGN(std::vector<QuerySetRows> backlog, finish_subscribe(subscriber, set));
  ORRERY_ASSERT(backlog.empty());
  return std::move(*made);
}

Result<QuerySetRows> Subscriptions::unsubscribe(SubscriberId subscriber, QuerySetId set,
                                                DroppedRows rows) {
  auto it = impl_->sets.find({subscriber, set});
  if (it == impl_->sets.end()) return no_such_set(set);
  Result<QuerySetRows> out = QuerySetRows{subscriber, set, {}};
  if (rows == DroppedRows::kSend) out = impl_->dropped_rows(*it->second);
  impl_->remove_set(it->second.get());
  return out;
}

void Subscriptions::drop(SubscriberId subscriber) {
  while (true) {
    auto it = impl_->sets.lower_bound({subscriber, 0});
    if (it == impl_->sets.end() || it->first.first != subscriber) return;
    impl_->remove_set(it->second.get());
  }
}

Evaluation Subscriptions::evaluate(const storage::CommitCapture& commit, Redefined redefined) {
  return impl_->evaluate(commit, redefined);
}

Result<std::unique_ptr<InitialRows>> Subscriptions::begin_query(const Viewer& viewer,
                                                                std::string_view sql) {
  return impl_->begin_query(viewer, sql);
}

Result<TableRows> Subscriptions::query(const Viewer& viewer, std::string_view sql) {
  ORRERY_TRY_ASSIGN(std::unique_ptr<InitialRows> rows, impl_->begin_query(viewer, sql));
  ORRERY_TRY_ASSIGN(QuerySetRows made, rows->produce(nullptr));
  return std::move(made.tables.at(0));
}

size_t Subscriptions::plan_count() const {
  return impl_->plans.size();
}
size_t Subscriptions::subscriber_count() const {
  return impl_->subscribers.size();
}

}  // namespace orrery::subscribe
