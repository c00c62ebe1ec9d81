// What live queries cost: subscribing, and evaluating one commit for a thousand subscribers.
//
// One thread, in memory. Times are of Subscriptions alone: the commit is made outside of them.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "schema/validate.h"
#include "storage/catalog.h"
#include "storage/datastore.h"
#include "storage/table.h"
#include "subscribe/subscriptions.h"

namespace {

using namespace orrery;
using A = types::AlgebraicType;

const char* const kHelp = R"(subscribe [--quick] [--case TEXT]
Evaluates commits of one changed row for 1,000 subscribers, and makes the rows of a table of 1,000,000 (--quick: 50,000).
Prints nanoseconds per commit (median of the rounds), per subscription, or per row.
)";

using Clock = std::chrono::steady_clock;
double nanos_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

types::Identity identity(uint32_t n) {
  types::Identity out;
  out.value.limbs[0] = n * 0x9e3779b97f4a7c15ULL;
  out.value.limbs[1] = n;
  return out;
}
std::string bytes_of(uint32_t n) {
  return std::string(reinterpret_cast<const char*>(&n), 4);
}

/// item(id, owner, n) with unique id and indexed owner; tag(item, text) with indexed item.
class Host : public subscribe::ViewSource, public subscribe::TableWatch {
 public:
  Host() : definition(make_definition()) {
    auto transaction = store.begin(storage::Isolation::kSnapshot);
    transaction->begin_statement();
    for (const schema::TableDef* table : definition->all_tables()) {
      storage::TableDef def;
      def.name = table->name;
      for (const schema::ColumnDef& column : table->columns) {
        def.columns.emplace_back();
        def.columns.back().name = column.name;
        def.columns.back().type = column.resolved_type;
      }
      for (const schema::IndexDef& index : table->indexes) {
        storage::IndexDef out;
        out.name = index.name;
        out.unique = index.is_unique;
        out.columns = index.columns;
        def.indexes.push_back(std::move(out));
      }
      ORRERY_ASSERT(transaction->create_table(std::move(def)).has_value());
    }
    ORRERY_ASSERT(transaction->end_statement().has_value());
    ORRERY_ASSERT(transaction->commit().has_value());
  }
  Result<Instance> use(const schema::ViewDef&, const types::Identity&) override {
    return Error(ErrorCode::kNotSupported, "no views here");
  }
  void release(const Instance&) override {}
  void watch(storage::TableId id, bool on) override {
    auto table = store.catalog()->find_table(id);
    on ? table->add_watcher() : table->remove_watcher();
  }

  void insert(std::string_view table, const std::vector<std::string>& rows,
              storage::CommitCapture* capture) {
    auto transaction = store.begin(storage::Isolation::kSnapshot);
    auto into = transaction->catalog()->find_table(table);
    transaction->begin_statement();
    for (const std::string& row : rows) {
      ORRERY_ASSERT(storage::insert_bsatn(*transaction, *into, row, nullptr).has_value());
    }
    ORRERY_ASSERT(transaction->end_statement().has_value());
    ORRERY_ASSERT(transaction->commit_unsynced(capture).has_value());
  }

  storage::Store store;
  std::shared_ptr<const schema::ModuleDef> definition;

 private:
  static std::shared_ptr<const schema::ModuleDef> make_definition() {
    schema::RawModuleDefV10 raw;
    raw.case_conversion_policy = schema::CaseConversionPolicy::kNone;
    auto add = [&](const char* name, std::vector<types::TypeElement> columns,
                   const std::vector<uint16_t>& indexed, bool unique) {
      uint32_t ref = raw.typespace.add(A::product(std::move(columns)));
      raw.types.push_back({{}, std::string(name) + "_row", ref, true});
      schema::RawTable table;
      table.name = name;
      table.product_type_ref = ref;
      for (uint16_t column : indexed) {
        std::string index = std::string(name) + std::to_string(column);
        table.indexes.push_back({index, {}, schema::IndexAlgorithm::kBTree, {column}});
        if (unique && column == 0) table.constraints.push_back({{}, {column}});
      }
      raw.tables.push_back(std::move(table));
    };
    add("item", {{"id", A::u32()}, {"owner", A::identity()}, {"n", A::u32()}}, {0, 1}, true);
    add("tag", {{"item", A::u32()}, {"text", A::string()}}, {0}, false);
    raw.order_by_tag();
    auto out = schema::validate(schema::RawModuleDef(std::move(raw)));
    ORRERY_ASSERT(out.has_value());
    return std::make_shared<const schema::ModuleDef>(std::move(*out));
  }
};

std::string item(uint32_t id, uint32_t owner) {
  return bytes_of(id) + std::string(identity(owner).bytes()) + bytes_of(id % 1000);
}

struct Case {
  const char* name;
  std::function<std::string(uint32_t subscriber)> query;
  std::string table;
  std::function<std::string(uint32_t round)> row;
};

constexpr uint32_t kSubscribers = 1000;
constexpr uint32_t kRounds = 2001;

void run_case(const Case& c) {
  Host host;
  subscribe::Subscriptions subscriptions(host.store, host, host);
  subscriptions.set_definition(host.definition);
  std::vector<std::string> items;
  for (uint32_t i = 0; i < kSubscribers; ++i) items.push_back(item(i, i));
  host.insert("item", items, nullptr);
  Clock::time_point start = Clock::now();
  for (uint32_t i = 0; i < kSubscribers; ++i) {
    std::string sql[] = {c.query(i)};
    ORRERY_ASSERT(subscriptions.subscribe(i, {identity(i)}, 1, sql).has_value());
  }
  double subscribing = nanos_since(start) / kSubscribers;
  std::vector<double> times;
  uint64_t delivered = 0;
  for (uint32_t round = 0; round < kRounds; ++round) {
    storage::CommitCapture capture;
    host.insert(c.table, {c.row(round)}, &capture);
    start = Clock::now();
    subscribe::Evaluation evaluation = subscriptions.evaluate(capture);
    times.push_back(nanos_since(start));
    delivered += evaluation.deliveries.size();
  }
  std::sort(times.begin(), times.end());
  std::printf("%-52s %9.0f ns/commit %9.0f ns/subscribe %6zu plans %10llu deliveries\n", c.name,
              times[times.size() / 2], subscribing, subscriptions.plan_count(),
              static_cast<unsigned long long>(delivered));
}

void run_rows(uint32_t rows, const char* name, const std::string& sql) {
  Host host;
  subscribe::Subscriptions subscriptions(host.store, host, host);
  subscriptions.set_definition(host.definition);
  std::vector<std::string> batch;
  for (uint32_t i = 0; i < rows; ++i) {
    batch.push_back(item(i, i % 100));
    if (batch.size() < 10000 && i + 1 < rows) continue;
    host.insert("item", batch, nullptr);
    batch.clear();
  }
  std::vector<double> first, second;
  size_t count = 0;
  for (int round = 0; round < 5; ++round) {
    std::string texts[] = {sql};
    Clock::time_point start = Clock::now();
    auto initial = subscriptions.begin_subscribe(1, {identity(1)}, 1, texts);
    ORRERY_ASSERT(initial.has_value());
    first.push_back(nanos_since(start));
    start = Clock::now();
    auto made = (*initial)->produce(nullptr);
    ORRERY_ASSERT(made.has_value());
    second.push_back(nanos_since(start));
    count = made->tables.at(0).inserts->row_count();
    subscriptions.drop(1);
  }
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  std::printf("%-52s %9.0f ns on the lane, then %6.1f ns/row for %zu of %u rows\n", name,
              first[first.size() / 2], second[second.size() / 2] / static_cast<double>(rows), count,
              rows);
}

}  // namespace

int main(int argc, char** argv) {
  bool quick = false;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    std::string_view arg = argv[i];
    if (arg == "--quick") {
      quick = true;
    } else if (arg == "--case" && i + 1 < argc) {
      only = argv[++i];
    } else {
      std::fputs(kHelp, stdout);
      return arg == "--help" ? 0 : 2;
    }
  }
  auto new_item = [](uint32_t round) { return item(kSubscribers + round, round % kSubscribers); };
  auto new_tag = [](uint32_t round) {
    return bytes_of(round % kSubscribers) + bytes_of(4) + "text";
  };
  std::vector<Case> cases = {
      {"1,000 subscribers of one table", [](uint32_t) { return "SELECT * FROM item"; }, "item",
       new_item},
      {"1,000 subscribers of one table, none concerned",
       [](uint32_t) { return "SELECT * FROM item WHERE n > 5000"; }, "item", new_item},
      {"1,000 queries WHERE owner = :sender",
       [](uint32_t) { return "SELECT * FROM item WHERE owner = :sender"; }, "item", new_item},
      {"1,000 joins WHERE item.owner = :sender, other side",
       [](uint32_t) {
         return "SELECT tag.* FROM tag JOIN item ON tag.item = item.id WHERE item.owner = "
                ":sender";
       },
       "tag", new_tag},
      {"1,000 joins WHERE item.owner = :sender, same side",
       [](uint32_t) {
         return "SELECT tag.* FROM tag JOIN item ON tag.item = item.id WHERE item.owner = "
                ":sender";
       },
       "item", new_item},
      {"1,000 different ranges",
       [](uint32_t i) { return "SELECT * FROM item WHERE n > " + std::to_string(i); }, "item",
       new_item},
  };
  for (const Case& c : cases) {
    if (std::string_view(c.name).find(only) != std::string_view::npos) run_case(c);
  }
  uint32_t rows = quick ? 50'000 : 1'000'000;
  const std::pair<const char*, const char*> tables[] = {
      {"rows of a table", "SELECT * FROM item"},
      {"rows of a table by a condition", "SELECT * FROM item WHERE n < 500"},
  };
  for (const auto& [name, sql] : tables) {
    if (std::string_view(name).find(only) != std::string_view::npos) run_rows(rows, name, sql);
  }
  return 0;
}
