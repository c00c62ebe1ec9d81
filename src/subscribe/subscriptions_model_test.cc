// Random tables, queries and transactions: after every commit what each client has, made only of
// what it was sent, is what a plain evaluation of its queries over plain rows gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "subscribe/hosted_tables_for_test.h"
#include "types/bsatn.h"

namespace orrery::subscribe {
namespace {

using A = types::AlgebraicType;
using types::AlgebraicValue;
using Bag = std::map<std::string, int64_t>;

std::vector<TestTable> model_tables() {
  return {
      {.name = "t",
       .columns = {{"id", A::u32()},
                   {"a", A::u32()},
                   {"b", A::i32()},
                   {"s", A::string()},
                   {"owner", A::identity()}},
       .indexes = {{{0}, true}, {{1}}, {{4}}}},
      {.name = "u",
       .columns = {{"s", A::string()}, {"id", A::u32()}, {"a", A::u32()}, {"c", A::u8()}},
       .indexes = {{{1}, true}, {{2}}, {{0}}}},
      {.name = "w",
       .columns = {{"x", A::u32()}, {"y", A::u32()}, {"f", A::f64()}},
       .indexes = {{{0}}, {{1}}, {{0, 1}}}},
      {.name = "v",
       .columns = {{"a", A::u32()}, {"n", A::i32()}},
       .indexes = {{{0}}},
       .view = true},
      {.name = "e",
       .columns = {{"a", A::u32()}, {"s", A::string()}},
       .indexes = {{{0}}},
       .event = true},
  };
}

/// Conditions as the model evaluates them, apart from the parser's and the plans'.
struct Cond {
  enum class Kind { kValue, kColumns, kAnd, kOr, kNot } kind = Kind::kValue;
  std::string op;
  uint32_t relation = 0, column = 0;  // left
  uint32_t other_relation = 0, other_column = 0;
  AlgebraicValue value;
  std::string text;
  std::vector<Cond> operands;
};
struct ModelRelation {
  std::string table, alias;
};
struct ModelQuery {
  std::vector<ModelRelation> relations;
  std::vector<Cond> conjuncts;
  uint32_t projected = 0;
  std::string sql;
  /// Equal for queries that are the same but for the order of their conditions.
  std::string canonical;
};

using Tuple = std::vector<const AlgebraicValue*>;

const AlgebraicValue& field(const Tuple& tuple, uint32_t relation, uint32_t column) {
  return tuple[relation]->elements()[column];
}

bool holds(const Cond& c, const Tuple& tuple) {
  switch (c.kind) {
    case Cond::Kind::kAnd:
      return std::all_of(c.operands.begin(), c.operands.end(),
                         [&](const Cond& o) { return holds(o, tuple); });
    case Cond::Kind::kOr:
      return std::any_of(c.operands.begin(), c.operands.end(),
                         [&](const Cond& o) { return holds(o, tuple); });
    case Cond::Kind::kNot:
      return !holds(c.operands[0], tuple);
    case Cond::Kind::kValue:
    case Cond::Kind::kColumns:
      break;
  }
  const AlgebraicValue& left = field(tuple, c.relation, c.column);
  const AlgebraicValue& right =
      c.kind == Cond::Kind::kValue ? c.value : field(tuple, c.other_relation, c.other_column);
  int order = AlgebraicValue::compare(left, right);
  if (c.op == "=") return order == 0;
  if (c.op == "<>") return order != 0;
  if (c.op == "<") return order < 0;
  if (c.op == "<=") return order <= 0;
  if (c.op == ">") return order > 0;
  return order >= 0;
}

struct Client {
  SubscriberId id = 0;
  Viewer viewer;
  struct Set {
    std::vector<ModelQuery> queries;
    std::map<std::string, Bag> rows;  // by table
    std::map<std::string, Bag> events;
    bool pending = false;
    std::unique_ptr<InitialRows> initial;
  };
  std::map<QuerySetId, Set> sets;
};

class Model {
 public:
  explicit Model(uint64_t seed, std::vector<std::string> rules)
      : tables_(model_tables()),
        rules_on_(!rules.empty()),
        random_(seed),
        host_(model_tables(), std::move(rules)),
        subscriptions_(host_.store, host_, host_) {
    subscriptions_.set_definition(host_.definition);
    for (uint8_t i = 0; i < 4; ++i) {
      clients_.push_back(
          {.id = i + uint64_t{10}, .viewer = {test_identity(i), i == 3 || !rules_on_}, .sets = {}});
    }
  }
  ~Model() {
    for (Client& client : clients_) subscriptions_.drop(client.id);
    EXPECT_EQ(subscriptions_.plan_count(), 0U);
    EXPECT_EQ(subscriptions_.subscriber_count(), 0U);
  }

  void run(int steps);
  int checked_rows() const { return checked_rows_; }
  int deliveries() const { return deliveries_; }

 private:
  uint64_t pick(uint64_t n) { return random_() % n; }
  const TestTable& table(const std::string& name) const {
    for (const TestTable& t : tables_) {
      if (t.name == name) return t;
    }
    ADD_FAILURE() << name;
    return tables_[0];
  }
  A row_type(const TestTable& t) const { return A::product(t.columns); }

  AlgebraicValue random_value(const A& type, std::string* text);
  AlgebraicValue random_row(const TestTable& t);
  std::string encode(const TestTable& t, const AlgebraicValue& row);
  Cond random_atom(const ModelQuery& q, uint32_t relation);
  Cond random_cond(const ModelQuery& q, uint32_t relation, int depth);
  std::string text_of(const ModelQuery& q, const Cond& c) const;
  ModelQuery random_query();
  void finish_query(ModelQuery* q);
  void add_join(ModelQuery* q, const std::string& a, uint32_t ca, const std::string& b,
                uint32_t cb);

  /// The rows of a table as a viewer may see them, with how often.
  std::vector<std::pair<const AlgebraicValue*, int64_t>> visible(const std::string& name,
                                                                 const Client& client) const;
  Bag evaluate(const ModelQuery& q, const Client& client,
               const std::set<std::string>* events) const;
  void join(const ModelQuery& q, const Client& client, const std::set<std::string>* events,
            Tuple* tuple, int64_t weight, Bag* out) const;

  void transact();
  void take(Client::Set* set, const TableRows& rows);
  void deliver(const Evaluation& evaluation);
  void subscribe();
  void unsubscribe();
  void finish_pending();
  void check();
  Client* client(SubscriberId id) { return &clients_[id - 10]; }

  std::vector<TestTable> tables_;
  bool rules_on_;
  std::mt19937_64 random_;
  HostedTables host_;
  Subscriptions subscriptions_;
  /// Encoded rows to their values, by table; those of the view by owner's identity in front.
  std::map<std::string, std::map<std::string, AlgebraicValue>> rows_;
  std::set<std::string> events_;  // of the last commit
  std::map<std::string, AlgebraicValue> event_values_;
  std::vector<Client> clients_;
  QuerySetId next_set_ = 1;
  int checked_rows_ = 0;
  int deliveries_ = 0;
};

AlgebraicValue Model::random_value(const A& type, std::string* text) {
  if (type.is(types::TypeKind::kString)) {
    std::string s(pick(3), static_cast<char>('x' + pick(2)));
    if (pick(8) == 0) s += "'";
    *text = "'";
    for (char c : s) *text += c == '\'' ? std::string("''") : std::string(1, c);
    *text += "'";
    return AlgebraicValue::string(s);
  }
  if (type.is(types::TypeForm::kIdentity)) {
    types::Identity who = test_identity(static_cast<uint8_t>(pick(4)));
    *text = "0x" + who.to_hex();
    return AlgebraicValue::product({AlgebraicValue::u256(who.value)});
  }
  if (type.is(types::TypeKind::kF64)) {
    static constexpr double kValues[] = {-1.5, -0.0, 0.0, 2.5};
    static constexpr const char* kTexts[] = {"-1.5", "-0.0", "0", "25e-1"};
    size_t i = pick(4);
    *text = kTexts[i];
    return AlgebraicValue::f64(kValues[i]);
  }
  if (type.is(types::TypeKind::kI32)) {
    int64_t n = static_cast<int64_t>(pick(7)) - 3;
    *text = std::to_string(n);
    return AlgebraicValue::signed_integer(types::TypeKind::kI32, n);
  }
  uint64_t n = pick(5);
  *text = std::to_string(n);
  return AlgebraicValue::unsigned_integer(type.kind(), n);
}

AlgebraicValue Model::random_row(const TestTable& t) {
  std::vector<AlgebraicValue> fields;
  std::string text;
  for (const auto& column : t.columns) {
    AlgebraicValue value = random_value(column.type, &text);
    if (*column.name == "id") {
      value = AlgebraicValue::unsigned_integer(types::TypeKind::kU32, pick(12));
    }
    fields.push_back(std::move(value));
  }
  return AlgebraicValue::product(std::move(fields));
}

std::string Model::encode(const TestTable& t, const AlgebraicValue& row) {
  ByteWriter out;
  EXPECT_TRUE(types::bsatn_encode(row_type(t), row, &out));
  return out.buffer();
}

// --- queries ---

Cond Model::random_atom(const ModelQuery& q, uint32_t relation) {
  static const char* const kOps[] = {"=", "=", "=", "<>", "<", "<=", ">", ">="};
  const TestTable& t = table(q.relations[relation].table);
  Cond c;
  c.op = kOps[pick(8)];
  c.relation = relation;
  c.column = static_cast<uint32_t>(pick(t.columns.size()));
  const A& type = t.columns[c.column].type;
  if (pick(6) == 0) {
    for (uint32_t other = 0; other < t.columns.size(); ++other) {
      if (other == c.column || !(t.columns[other].type == type)) continue;
      c.kind = Cond::Kind::kColumns;
      c.other_relation = relation;
      c.other_column = other;
      return c;
    }
  }
  c.value = random_value(type, &c.text);
  return c;
}

Cond Model::random_cond(const ModelQuery& q, uint32_t relation, int depth) {
  if (depth == 0 || pick(3) != 0) return random_atom(q, relation);
  Cond c;
  uint64_t kind = pick(4);
  c.kind = kind == 0 ? Cond::Kind::kNot : (kind == 1 ? Cond::Kind::kAnd : Cond::Kind::kOr);
  size_t n = kind == 0 ? 1 : 2 + pick(2);
  for (size_t i = 0; i < n; ++i) {
    uint32_t r = pick(3) == 0 ? static_cast<uint32_t>(pick(q.relations.size())) : relation;
    c.operands.push_back(random_cond(q, r, depth - 1));
  }
  return c;
}

std::string Model::text_of(const ModelQuery& q, const Cond& c) const {
  auto name = [&](uint32_t r, uint32_t column) {
    std::string out = *table(q.relations[r].table).columns[column].name;
    return q.relations.size() > 1 ? q.relations[r].alias + ".\"" + out + "\"" : out;
  };
  switch (c.kind) {
    case Cond::Kind::kValue:
      return name(c.relation, c.column) + " " + c.op + " " + c.text;
    case Cond::Kind::kColumns:
      return name(c.relation, c.column) + " " + c.op + " " + name(c.other_relation, c.other_column);
    case Cond::Kind::kNot:
      return "NOT (" + text_of(q, c.operands[0]) + ")";
    case Cond::Kind::kAnd:
    case Cond::Kind::kOr:
      break;
  }
  std::string out;
  for (const Cond& o : c.operands) {
    if (!out.empty()) out += c.kind == Cond::Kind::kAnd ? " AND " : " or ";
    out += "(" + text_of(q, o) + ")";
  }
  return "(" + out + ")";
}

void Model::add_join(ModelQuery* q, const std::string& a, uint32_t ca, const std::string& b,
                     uint32_t cb) {
  q->relations = {{a, "l"}, {b, "r"}};
  Cond on;
  on.kind = Cond::Kind::kColumns;
  on.op = "=";
  on.relation = 0;
  on.column = ca;
  on.other_relation = 1;
  on.other_column = cb;
  q->conjuncts.push_back(on);
  q->projected = static_cast<uint32_t>(pick(2));
}

void Model::finish_query(ModelQuery* q) {
  bool joined = q->relations.size() > 1;
  std::set<std::string> texts;
  q->sql = "SELECT " + (joined ? q->relations[q->projected].alias + ".*" : "*") + " FROM " +
           q->relations[0].table;
  if (joined) {
    q->sql += " l JOIN " + q->relations[1].table + " AS r ON " + text_of(*q, q->conjuncts[0]);
  }
  std::string where;
  for (size_t i = 0; i < q->conjuncts.size(); ++i) {
    std::string text = text_of(*q, q->conjuncts[i]);
    texts.insert(text);
    if (joined && i == 0) continue;
    where += (where.empty() ? " WHERE " : " AND ") + text;
  }
  q->sql += where;
  for (const ModelRelation& r : q->relations) q->canonical += r.table + ",";
  q->canonical += std::to_string(q->projected);
  for (const std::string& text : texts) q->canonical += ";" + text;
}

ModelQuery Model::random_query() {
  ModelQuery q;
  switch (pick(10)) {
    case 0:
      add_join(&q, "t", 1, "u", 2);
      break;
    case 1:
      add_join(&q, "w", 0, "w", 1);
      break;
    case 2:
      add_join(&q, "u", 0, "t", 3);  // t.s has no index
      break;
    case 3:
      add_join(&q, "t", 0, "w", 0);
      break;
    case 4:
      add_join(&q, "e", 0, "u", 2);
      q.projected = 0;
      break;
    case 5:
      add_join(&q, "u", 1, "v", 0);
      break;
    default: {
      static const char* const kNames[] = {"t", "t", "u", "w", "v", "e"};
      q.relations = {{kNames[pick(6)], ""}};
      break;
    }
  }
  size_t n = pick(4);
  for (size_t i = 0; i < n; ++i) {
    Cond c = random_cond(q, static_cast<uint32_t>(pick(q.relations.size())), 2);
    if (c.kind == Cond::Kind::kAnd) continue;  // would be conditions of their own
    q.conjuncts.push_back(std::move(c));
  }
  finish_query(&q);
  return q;
}

// --- the plain evaluation ---

std::vector<std::pair<const AlgebraicValue*, int64_t>> Model::visible(const std::string& name,
                                                                      const Client& c) const {
  std::vector<std::pair<const AlgebraicValue*, int64_t>> out;
  auto rows = rows_.find(name);
  if (rows == rows_.end()) return out;
  for (const auto& [bytes, value] : rows->second) {
    int64_t n = 1;
    if (name == "v" && bytes.substr(0, 32) != c.viewer.identity.bytes()) n = 0;
    if (name == "t" && rules_on_ && !c.viewer.owner) {
      // The two rules that the test sets.
      n = value.elements()[4].elements()[0] == AlgebraicValue::u256(c.viewer.identity.value) ? 1
                                                                                             : 0;
      auto w = rows_.find("w");
      if (w != rows_.end()) {
        for (const auto& [other_bytes, other] : w->second) {
          bool joined = AlgebraicValue::compare(value.elements()[1], other.elements()[0]) == 0;
          bool wanted = other.elements()[1].as_unsigned() == 3;
          if (joined && wanted) ++n;
        }
      }
    }
    if (n > 0) out.emplace_back(&value, n);
  }
  return out;
}

void Model::join(const ModelQuery& q, const Client& c, const std::set<std::string>* events,
                 Tuple* tuple, int64_t weight, Bag* out) const {
  if (tuple->size() == q.relations.size()) {
    for (const Cond& cond : q.conjuncts) {
      if (!holds(cond, *tuple)) return;
    }
    const TestTable& t = table(q.relations[q.projected].table);
    (*out)[const_cast<Model*>(this)->encode(t, *(*tuple)[q.projected])] += weight;
    return;
  }
  const std::string& name = q.relations[tuple->size()].table;
  auto next = [&](const AlgebraicValue& value, int64_t n) {
    tuple->push_back(&value);
    join(q, c, events, tuple, weight * n, out);
    tuple->pop_back();
  };
  if (name == "e") {
    if (events == nullptr) return;
    for (const std::string& bytes : *events) next(event_values_.at(bytes), 1);
    return;
  }
  for (const auto& [value, n] : visible(name, c)) next(*value, n);
}

Bag Model::evaluate(const ModelQuery& q, const Client& c,
                    const std::set<std::string>* events) const {
  Bag out;
  Tuple tuple;
  join(q, c, events, &tuple, 1, &out);
  return out;
}

// --- what happens ---

void Model::transact() {
  std::vector<HostedTables::Change> changes;
  events_.clear();
  size_t n = 1 + pick(pick(5) == 0 ? 30 : 6);
  for (size_t i = 0; i < n; ++i) {
    const TestTable& t = tables_[pick(tables_.size())];
    auto& rows = rows_[t.name];
    std::string hidden;
    if (t.view) hidden = test_identity(static_cast<uint8_t>(pick(4))).bytes();
    bool remove = !rows.empty() && !t.event && pick(5) < 2;
    if (remove) {
      auto it = std::next(rows.begin(), static_cast<ptrdiff_t>(pick(rows.size())));
      changes.push_back({t.name, it->first, false});
      rows.erase(it);
      continue;
    }
    AlgebraicValue row = random_row(t);
    std::string bytes = hidden + encode(t, row);
    if (t.event) {
      if (!events_.insert(bytes).second) continue;
      event_values_[bytes] = row;
    } else {
      if (rows.contains(bytes)) continue;
      // An id that is taken: the row with it goes first, which makes an update of the two.
      if (t.name == "t" || t.name == "u") {
        size_t id = t.name == "t" ? 0 : 1;
        for (auto it = rows.begin(); it != rows.end();) {
          bool same = AlgebraicValue::compare(it->second.elements()[id], row.elements()[id]) == 0;
          if (same) changes.push_back({t.name, it->first, false});
          it = same ? rows.erase(it) : std::next(it);
        }
      }
      rows.emplace(bytes, row);
    }
    changes.push_back({t.name, bytes, true});
  }
  storage::CommitCapture capture = host_.commit(changes);
  for (Client& c : clients_) {
    for (auto& [id, set] : c.sets) set.events.clear();
  }
  if (!capture.changes.empty()) deliver(subscriptions_.evaluate(capture));
}

void Model::take(Client::Set* set, const TableRows& rows) {
  if (rows.event) {
    EXPECT_TRUE(rows.deletes->empty());
    for (size_t i = 0; i < rows.inserts->row_count(); ++i) {
      ++set->events[rows.table_name][std::string(rows.inserts->row(i))];
    }
    return;
  }
  Bag& bag = set->rows[rows.table_name];
  // Deletes first: every one of them must have been there before.
  for (size_t i = 0; i < rows.deletes->row_count(); ++i) {
    auto it = bag.find(std::string(rows.deletes->row(i)));
    if (it == bag.end()) {
      ADD_FAILURE() << "a row of " << rows.table_name << " was deleted that the client has not";
      continue;
    }
    if (--it->second == 0) bag.erase(it);
  }
  for (size_t i = 0; i < rows.inserts->row_count(); ++i) {
    ++bag[std::string(rows.inserts->row(i))];
  }
}

void Model::deliver(const Evaluation& evaluation) {
  EXPECT_TRUE(evaluation.failures.empty());
  for (size_t i = 0; i < evaluation.deliveries.size(); ++i) {
    const Delivery& d = evaluation.deliveries[i];
    if (i > 0) {
      const Delivery& last = evaluation.deliveries[i - 1];
      EXPECT_LT(std::tuple(last.subscriber, last.set, last.result),
                std::tuple(d.subscriber, d.set, d.result));
    }
    const TableRows& rows = evaluation.results[d.result];
    EXPECT_FALSE(rows.inserts->empty() && rows.deletes->empty());
    Client::Set& set = client(d.subscriber)->sets.at(d.set);
    EXPECT_FALSE(set.pending);
    take(&set, rows);
    ++deliveries_;
  }
}

void Model::subscribe() {
  Client& c = clients_[pick(clients_.size())];
  Client::Set set;
  std::vector<std::string> texts;
  size_t n = 1 + pick(3);
  for (size_t i = 0; i < n; ++i) {
    set.queries.push_back(random_query());
    texts.push_back(set.queries.back().sql);
  }
  QuerySetId id = next_set_++;
  auto initial = subscriptions_.begin_subscribe(c.id, c.viewer, id, texts);
  ASSERT_TRUE(initial) << texts[0] << ": " << initial.error().message();
  set.initial = std::move(*initial);
  set.pending = true;
  c.sets.emplace(id, std::move(set));
  if (pick(2) == 0) finish_pending();
}

void Model::finish_pending() {
  for (Client& c : clients_) {
    for (auto& [id, set] : c.sets) {
      if (!set.pending) continue;
      auto rows = set.initial->produce(nullptr);
      ASSERT_TRUE(rows) << rows.error().message();
      set.initial.reset();
      for (const TableRows& table : rows->tables) take(&set, table);
      auto backlog = subscriptions_.finish_subscribe(c.id, id);
      ASSERT_TRUE(backlog);
      for (const QuerySetRows& commit : *backlog) {
        for (const TableRows& table : commit.tables) take(&set, table);
      }
      set.events.clear();
      set.pending = false;
    }
  }
}

void Model::unsubscribe() {
  Client& c = clients_[pick(clients_.size())];
  if (c.sets.empty()) return;
  auto it = std::next(c.sets.begin(), static_cast<ptrdiff_t>(pick(c.sets.size())));
  if (it->second.pending) return;
  auto rows = subscriptions_.unsubscribe(c.id, it->first, Subscriptions::DroppedRows::kSend);
  ASSERT_TRUE(rows);
  for (const TableRows& table : rows->tables) take(&it->second, table);
  for (const auto& [name, bag] : it->second.rows) EXPECT_TRUE(bag.empty()) << name;
  c.sets.erase(it);
}

void Model::check() {
  for (Client& c : clients_) {
    for (auto& [id, set] : c.sets) {
      if (set.pending) continue;
      std::map<std::string, Bag> want, want_events;
      std::set<std::string> seen;
      std::string texts;
      for (const ModelQuery& q : set.queries) {
        texts += q.sql + "\n";
        if (!seen.insert(q.canonical).second) continue;
        bool event = false;
        for (const ModelRelation& r : q.relations) event = event || r.table == "e";
        const std::string& name = q.relations[q.projected].table;
        for (const auto& [bytes, n] : evaluate(q, c, &events_)) {
          (event ? want_events : want)[name][bytes] += n;
          ++checked_rows_;
        }
      }
      std::erase_if(set.rows, [](const auto& entry) { return entry.second.empty(); });
      ASSERT_EQ(set.rows, want) << texts;
      ASSERT_EQ(set.events, want_events) << texts;
      set.events.clear();
    }
  }
  events_.clear();
}

void Model::run(int steps) {
  for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
    if (pick(3) == 0) subscribe();
    if (pick(5) == 0) unsubscribe();
    transact();
    check();
    if (pick(4) == 0) finish_pending();
    check();
    // One-off queries see the same.
    Client& c = clients_[pick(clients_.size())];
    ModelQuery q = random_query();
    auto rows = subscriptions_.query(c.viewer, q.sql);
    ASSERT_TRUE(rows) << q.sql << ": " << rows.error().message();
    Bag got;
    for (size_t k = 0; k < rows->inserts->row_count(); ++k) {
      ++got[std::string(rows->inserts->row(k))];
    }
    ASSERT_EQ(got, evaluate(q, c, nullptr)) << q.sql;
  }
  finish_pending();
  check();
}

TEST(SubscriptionsModel, ClientsHaveWhatTheirQueriesGive) {
  int rows = 0, deliveries = 0;
  for (uint64_t seed = 1; seed <= 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed, {});
    model.run(120);
    rows += model.checked_rows();
    deliveries += model.deliveries();
  }
  EXPECT_GT(rows, 10000);
  EXPECT_GT(deliveries, 10000);
}

TEST(SubscriptionsModel, RowLevelSecurityIsPartOfTheQuery) {
  int rows = 0;
  for (uint64_t seed = 1; seed <= 30 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed * 1000, {"SELECT * FROM t WHERE owner = :sender",
                              "SELECT t.* FROM w JOIN t ON w.x = t.a WHERE w.y = 3"});
    model.run(120);
    rows += model.checked_rows();
  }
  EXPECT_GT(rows, 10000);
}

}  // namespace
}  // namespace orrery::subscribe
