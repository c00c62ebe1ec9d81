// A module definition and the tables that a host would make of it, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "schema/validate.h"
#include "storage/catalog.h"
#include "storage/datastore.h"
#include "storage/store.h"
#include "storage/table.h"
#include "storage/transaction.h"
#include "subscribe/subscriptions.h"

namespace orrery::subscribe {

struct TestIndex {
  std::vector<uint16_t> columns;
  bool unique = false;
};
struct TestTable {
  std::string name;
  std::vector<types::TypeElement> columns;
  std::vector<TestIndex> indexes = {};
  bool is_private = false;
  bool event = false;
  bool view = false;  ///< a view of the sender, that has its own rows in a backing table
};

inline std::string test_u32(uint32_t n) {
  return std::string(reinterpret_cast<const char*>(&n), 4);
}
inline std::string test_string(std::string_view s) {
  return test_u32(static_cast<uint32_t>(s.size())) + std::string(s);
}
inline types::Identity test_identity(uint8_t n) {
  types::Identity out;
  out.value.limbs[0] = n;
  out.value.limbs[3] = 0xC200000000000000ULL;
  return out;
}

inline schema::ModuleDef make_test_definition(const std::vector<TestTable>& tables,
                                              std::vector<std::string> rules = {}) {
  schema::RawModuleDefV10 raw;
  raw.case_conversion_policy = schema::CaseConversionPolicy::kNone;
  for (const TestTable& table : tables) {
    uint32_t ref = raw.typespace.add(types::AlgebraicType::product(table.columns));
    raw.types.push_back({{}, table.name + "_row", ref, true});
    auto access = table.is_private ? schema::TableAccess::kPrivate : schema::TableAccess::kPublic;
    if (table.view) {
      schema::RawView view;
      view.name = table.name;
      view.is_public = !table.is_private;
      view.return_type = types::AlgebraicType::array(types::AlgebraicType::ref(ref));
      raw.views.push_back(std::move(view));
      continue;
    }
    schema::RawTable out;
    out.name = table.name;
    out.product_type_ref = ref;
    out.access = access;
    out.is_event = table.event;
    for (const TestIndex& index : table.indexes) {
      std::string name = table.name + "_idx" + std::to_string(out.indexes.size());
      out.indexes.push_back({name, {}, schema::IndexAlgorithm::kBTree, index.columns});
      if (index.unique) out.constraints.push_back({{}, index.columns});
    }
    raw.tables.push_back(std::move(out));
  }
  raw.row_level_security = std::move(rules);
  raw.order_by_tag();
  schema::ValidationErrors errors;
  auto definition = schema::validate(raw, &errors);
  EXPECT_TRUE(definition) << definition.error().message();
  return std::move(definition).value();
}

/// The store of a hosted database, without the host.
class HostedTables : public ViewSource, public TableWatch {
 public:
  explicit HostedTables(std::vector<TestTable> tables, std::vector<std::string> rules = {})
      : definition(std::make_shared<const schema::ModuleDef>(
            make_test_definition(tables, std::move(rules)))) {
    auto transaction = store.begin(storage::Isolation::kSnapshot);
    transaction->begin_statement();
    for (const TestTable& table : tables) create(*transaction, table);
    EXPECT_TRUE(transaction->end_statement());
    EXPECT_TRUE(transaction->commit());
  }
  ~HostedTables() override {
    for (const auto& [id, n] : watched) EXPECT_EQ(n, 0) << "table " << id << " is still watched";
    EXPECT_EQ(views_in_use, 0);
  }

  std::shared_ptr<storage::Table> table(std::string_view name) const {
    return store.catalog()->find_table(name);
  }
  static std::string argument_hash(const types::Identity& caller) {
    return std::string(caller.bytes());
  }

  Result<Instance> use(const schema::ViewDef& view, const types::Identity& caller) override {
    ++views_in_use;
    return Instance{table(view.qualified_name)->def().id, argument_hash(caller)};
  }
  void release(const Instance&) override { --views_in_use; }
  void watch(storage::TableId id, bool on) override {
    watched[id] += on ? 1 : -1;
    auto table = store.catalog()->find_table(id);
    if (on) table->add_watcher();
    if (!on) table->remove_watcher();
  }

  struct Change {
    std::string table;
    std::string row;
    bool insert = true;
  };
  storage::CommitCapture commit(const std::vector<Change>& changes) {
    auto transaction = store.begin(storage::Isolation::kSnapshot);
    for (const Change& change : changes) {
      auto table = transaction->catalog()->find_table(change.table);
      transaction->begin_statement();
      if (change.insert) {
        auto id = storage::insert_bsatn(*transaction, *table, change.row, nullptr);
        EXPECT_TRUE(id) << id.error().message();
      } else {
        auto n = storage::delete_equal_bsatn(*transaction, *table, test_u32(1) + change.row);
        EXPECT_TRUE(n) << n.error().message();
      }
      EXPECT_TRUE(transaction->end_statement());
    }
    storage::CommitCapture capture;
    auto done = transaction->commit_unsynced(&capture);
    EXPECT_TRUE(done) << done.error().message();
    return capture;
  }

  storage::Store store;
  std::shared_ptr<const schema::ModuleDef> definition;
  std::map<storage::TableId, int> watched;
  int views_in_use = 0;

 private:
  void create(storage::Transaction& transaction, const TestTable& table) {
    storage::TableDef def;
    def.name = table.name;
    def.event = table.event;
    def.row_set = true;
    uint16_t hidden = table.view ? 1 : 0;
    if (table.view) {
      def.columns.emplace_back();
      def.columns.back().name = "arg_hash";
      def.columns.back().type = types::AlgebraicType::u256();
    }
    for (const types::TypeElement& column : table.columns) {
      def.columns.emplace_back();
      def.columns.back().name = *column.name;
      def.columns.back().type = column.type;
    }
    auto add_index = [&](std::vector<uint16_t> columns, bool unique) {
      storage::IndexDef out;
      out.name = table.name + "_idx" + std::to_string(def.indexes.size());
      out.unique = unique;
      out.columns = std::move(columns);
      def.indexes.push_back(std::move(out));
    };
    if (table.view) add_index({0}, false);
    for (const TestIndex& index : table.indexes) {
      std::vector<uint16_t> columns;
      if (table.view) columns.push_back(0);
      for (uint16_t column : index.columns) columns.push_back(column + hidden);
      add_index(std::move(columns), index.unique);
    }
    auto id = transaction.create_table(std::move(def));
    EXPECT_TRUE(id) << id.error().message();
  }
};

}  // namespace orrery::subscribe
