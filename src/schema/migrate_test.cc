// One test for each change that a migration can make or must refuse.
#include "schema/migrate.h"

#include <gtest/gtest.h>


#include "schema/builder_for_test.h"
#include "schema/golden_for_test.h"
#include "types/algebraic_text.h"

namespace orrery::schema {
namespace {

using B = DefinitionBuilder;
using Texts = std::vector<std::string>;
using Kind = MigrationStepKind;

/// The steps as "Kind name".
Texts steps_of(const MigrationPlan& plan) {
  Texts out;
  for (const MigrationStep& step : plan.steps) {
    out.emplace_back(migration_step_kind_name(step.kind));
    if (!step.name.empty()) out.back() += " " + step.name;
    if (!step.column.empty()) out.back() += "." + step.column;
  }
  return out;
}
Texts steps(const B& before, const B& after) {
  ModuleDef old_def = valid(before);
  ModuleDef new_def = valid(after);
  MigrationErrors errors;
  auto plan = plan_migration(old_def, new_def, &errors);
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message());
  if (!plan) return {};
  EXPECT_FALSE(migration_plan_text(*plan, PlanStyle::kPlain).empty());
  Texts out = steps_of(*plan);
  EXPECT_EQ(plan->breaks_clients(), !out.empty() && out.back() == "DisconnectAllUsers");
  return out;
}
Texts errors(const B& before, const B& after) {
  ModuleDef old_def = valid(before);
  ModuleDef new_def = valid(after);
  MigrationErrors errors;
  auto plan = plan_migration(old_def, new_def, &errors);
  EXPECT_FALSE(plan.has_value());
  EXPECT_EQ(plan.has_value(), errors.empty());
  Texts out;
  for (const MigrationError& error : errors) {
    EXPECT_FALSE(error.message.empty());
    out.emplace_back(migration_error_kind_name(error.kind));
  }
  return out;
}

B base() {
  B b;
  RawTable& t =
      b.table("items", {{"id", Type::u32()}, {"name", Type::string()}, {"size", Type::u8()}});
  B::primary_key(&t, 0);
  return b;
}
RawTable& items(B* b) {
  return b->def.tables[0];
}
void set_row(B* b, Fields fields) {
  std::vector<Type> types = b->def.typespace.types();
  types[items(b).product_type_ref] = Type::product(std::move(fields));
  b->def.typespace = types::Typespace(std::move(types));
}

TEST(Migrate, NothingChanges) {
  EXPECT_EQ(steps(base(), base()), Texts{});
}

TEST(Migrate, TablesComeAndGo) {
  B more = base();
  B::sequence(&more.table("others", {{"id", Type::u8()}}), 0);
  EXPECT_EQ(steps(base(), more), Texts{"AddTable others"});
  EXPECT_EQ(steps(more, base()), (Texts{"RemoveTable others", "DisconnectAllUsers"}));
  ModuleDef before = valid(more), after = valid(base());
  auto plan = plan_migration(before, after);
  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->prechecks.size(), 1u);
  EXPECT_EQ(plan->prechecks[0].kind, MigrationPrecheckKind::kTableIsEmpty);
  EXPECT_EQ(plan->prechecks[0].table, "others");
  EXPECT_EQ(plan->steps[0].old_table, before.find_table("others"));
  EXPECT_EQ(plan->steps[0].new_table, nullptr);
}

TEST(Migrate, ColumnsAreAddedAtTheEndWithADefault) {
  B more = base();
  set_row(
      &more,
      {{"id", Type::u32()}, {"name", Type::string()}, {"size", Type::u8()}, {"hue", Type::u8()}});
  EXPECT_EQ(errors(base(), more), Texts{"AddColumn"});
  items(&more).defaults.push_back({3, "\x07"});
  EXPECT_EQ(steps(base(), more), (Texts{"AddColumns items", "DisconnectAllUsers"}));
  EXPECT_EQ(errors(more, base()), Texts{"RemoveColumn"});

  B middle = base();
  set_row(
      &middle,
      {{"id", Type::u32()}, {"hue", Type::u8()}, {"name", Type::string()}, {"size", Type::u8()}});
  items(&middle).defaults.push_back({1, "\x07"});
  EXPECT_EQ(errors(base(), middle), Texts{"ReorderTable"});
  B swapped = base();
  set_row(&swapped, {{"id", Type::u32()}, {"size", Type::u8()}, {"name", Type::string()}});
  EXPECT_EQ(errors(base(), swapped), Texts{"ReorderTable"});
}

TEST(Migrate, EventTablesMayChangeTheirColumns) {
  auto event = [](Fields fields) {
    B b;
    b.table("happened", std::move(fields)).is_event = true;
    return b;
  };
  B one = event({{"a", Type::u8()}, {"b", Type::u8()}});
  Texts reschema = {"ReschemaEventTable happened", "DisconnectAllUsers"};
  EXPECT_EQ(steps(one, event({{"b", Type::u8()}, {"a", Type::u8()}})), reschema);
  EXPECT_EQ(steps(one, event({{"a", Type::u8()}})), reschema);
  EXPECT_EQ(steps(one, event({{"a", Type::u8()}, {"b", Type::string()}})), reschema);
  EXPECT_EQ(steps(one, event({{"a", Type::u8()}, {"b", Type::u8()}, {"c", Type::u8()}})), reschema);
  EXPECT_EQ(steps(one, one), Texts{});
  B stays = one;
  stays.def.tables[0].is_event = false;
  EXPECT_EQ(errors(one, stays), Texts{"ChangeTableEventFlag"});
}

MigrationErrors type_errors(const Type& before, const Type& after, bool* changed = nullptr) {
  MigrationErrors out;
  bool rewrites = check_type_change("t", "c", before, after, &out);
  if (changed != nullptr) *changed = rewrites;
  return out;
}
Texts type_change(const Type& before, const Type& after) {
  Texts out;
  for (const MigrationError& error : type_errors(before, after)) {
    out.emplace_back(migration_error_kind_name(error.kind));
  }
  return out;
}

TEST(Migrate, SumsGainVariantsAtTheEnd) {
  B before = base(), after = base();
  Type kind = before.type("Kind", Type::sum({{"a", Type::u64()}}));
  after.type("Kind", Type::sum({{"a", Type::u64()}, {"b", Type::boolean()}}));
  set_row(&before, {{"id", Type::u32()}, {"kinds", Type::array(kind)}, {"kind", kind}});
  set_row(&after, {{"id", Type::u32()}, {"kinds", Type::array(kind)}, {"kind", kind}});
  EXPECT_EQ(steps(before, after), Texts{"ChangeColumns items"});
  EXPECT_EQ(errors(after, before),
            (Texts{"ChangeColumnTypeFewerVariants", "ChangeWithinColumnTypeFewerVariants"}));
}

TEST(Migrate, TypesOfColumns) {
  Type small = Type::sum({{"a", Type::u8()}});
  bool changed = false;
  EXPECT_TRUE(
      type_errors(small, Type::sum({{"a", Type::u8()}, {"b", Type::u8()}}), &changed).empty());
  EXPECT_TRUE(changed);
  EXPECT_TRUE(
      type_errors(Type::product({{"x", small}}),
                  Type::product({{"x", Type::sum({{"a", Type::u8()}, {"b", Type::unit()}})}}),
                  &changed)
          .empty());
  EXPECT_TRUE(changed);
  EXPECT_TRUE(type_errors(small, small, &changed).empty());
  EXPECT_FALSE(changed);
  EXPECT_EQ(type_change(Type::u8(), Type::u16()), Texts{"ChangeColumnType"});
  EXPECT_EQ(type_change(Type::u8(), small), Texts{"ChangeColumnType"});
  EXPECT_EQ(type_change(Type::array(Type::u8()), Type::array(Type::u16())),
            Texts{"ChangeWithinColumnType"});
  EXPECT_EQ(type_change(small, Type::sum({{"z", Type::u8()}})),
            Texts{"ChangeColumnTypeRenamedVariant"});
  EXPECT_EQ(type_change(Type::array(small), Type::array(Type::sum({{"z", Type::u8()}}))),
            Texts{"ChangeWithinColumnTypeRenamedVariant"});
  // A payload of two bytes where there was one makes the value larger and aligns it otherwise.
  EXPECT_EQ(type_change(small, Type::sum({{"a", Type::u8()}, {"b", Type::u16()}})),
            (Texts{"ChangeColumnTypeSizeMismatch", "ChangeColumnTypeAlignMismatch"}));
  Type pair = Type::product({{"x", Type::u8()}, {"y", Type::u8()}});
  EXPECT_EQ(
      type_change(Type::array(small), Type::array(Type::sum({{"a", Type::u8()}, {"b", pair}}))),
      Texts{"ChangeWithinColumnTypeSizeMismatch"});
  Type wide = Type::product({{"x", Type::u8()},
                             {"y", Type::u8()},
                             {"z", Type::u8()},
                             {"w", Type::u8()},
                             {"v", Type::u8()},
                             {"u", Type::u8()},
                             {"t", Type::u8()}});
  // 1 + 7 bytes aligned to 1, against 4 + 4 aligned to 4.
  EXPECT_EQ(type_change(Type::sum({{"a", wide}}), Type::sum({{"a", Type::u32()}})),
            (Texts{"ChangeWithinColumnType", "ChangeColumnTypeAlignMismatch"}));
  EXPECT_EQ(type_change(pair, Type::product({{"x", Type::u8()}})),
            Texts{"ChangeColumnTypeFewerFields"});
  EXPECT_EQ(type_change(Type::array(pair), Type::array(Type::product({{"x", Type::u8()}}))),
            Texts{"ChangeWithinColumnTypeFewerFields"});
  EXPECT_EQ(type_change(pair, Type::product({{"x", Type::u8()}, {"z", Type::u8()}})),
            Texts{"ChangeColumnTypeRenamedField"});
  EXPECT_EQ(type_change(Type::array(pair),
                        Type::array(Type::product({{"x", Type::u8()}, {"z", Type::u8()}}))),
            Texts{"ChangeWithinColumnTypeRenamedField"});
  // Strings and arrays have a fixed part of four bytes.
  EXPECT_EQ(type_change(Type::sum({{"a", Type::string()}}),
                        Type::sum({{"a", Type::string()}, {"b", Type::bytes()}})),
            Texts{});
}

TEST(Migrate, TableKind) {
  B system = base();
  items(&system).type = TableType::kSystem;
  EXPECT_EQ(errors(base(), system), Texts{"ChangeTableType"});
}

TEST(Migrate, AccessAndPrimaryKey) {
  B other = base();
  items(&other).access = TableAccess::kPrivate;
  EXPECT_EQ(steps(base(), other), Texts{"ChangeAccess items"});
  B no_key = base();
  items(&no_key).primary_key.clear();
  EXPECT_EQ(steps(base(), no_key), Texts{"ChangePrimaryKey items"});
  EXPECT_EQ(steps(no_key, base()), Texts{"ChangePrimaryKey items"});
}

TEST(Migrate, SourceNames) {
  B renamed = base();
  items(&renamed).name = "Items";
  items(&renamed).indexes[0].name = "theIndex";
  set_row(&renamed, {{"id", Type::u32()}, {"Name", Type::string()}, {"size", Type::u8()}});
  EXPECT_EQ(steps(base(), renamed),
            (Texts{"ChangeIndexSourceName items_id_idx_btree", "ChangeTableAccessorName items",
                   "ChangeColumnAccessorName items.name"}));
  B accessor = base();
  items(&accessor).indexes[0].accessor_name = "by_id";
  EXPECT_EQ(errors(base(), accessor), Texts{"ChangeIndexAccessor"});
}

TEST(Migrate, Indexes) {
  B more = base();
  B::index(&items(&more), "by_name", {1});
  EXPECT_EQ(steps(base(), more), Texts{"AddIndex items_name_idx_btree"});
  EXPECT_EQ(steps(more, base()), Texts{"RemoveIndex items_name_idx_btree"});
  B named = more, changed = more;
  named.explicit_name(NameKind::kIndex, "by_name", "by_name");
  changed.explicit_name(NameKind::kIndex, "by_name", "by_name");
  items(&changed).indexes[1].algorithm = IndexAlgorithm::kHash;
  EXPECT_EQ(steps(named, changed), (Texts{"RemoveIndex by_name", "AddIndex by_name"}));
}

TEST(Migrate, UniqueConstraints) {
  B more = base();
  B::index(&items(&more), "by_name", {1});
  B unique = more;
  items(&unique).constraints.push_back({std::nullopt, {1}});
  EXPECT_EQ(steps(more, unique), Texts{"AddConstraint items_name_key"});
  EXPECT_EQ(steps(unique, more), Texts{"RemoveConstraint items_name_key"});
  ModuleDef before = valid(more), after = valid(unique);
  auto plan = plan_migration(before, after);
  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->prechecks.size(), 1u);
  EXPECT_EQ(plan->prechecks[0].kind, MigrationPrecheckKind::kUniqueConstraintHolds);
  EXPECT_EQ(plan->prechecks[0].columns, ColumnList{1});

  auto v9 = [](uint16_t column) {
    RawModuleDefV9 def;
    B b = base();
    B::index(&items(&b), "by_size", {2});
    B::index(&items(&b), "by_name", {1});
    items(&b).constraints.push_back({"only", {column}});
    def.typespace = b.def.typespace;
    def.types = b.def.types;
    def.tables = b.def.tables;
    return valid(RawModuleDef(def));
  };
  ModuleDef one = v9(1), two = v9(2);
  MigrationErrors refused;
  EXPECT_FALSE(plan_migration(one, two, &refused).has_value());
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].kind, MigrationErrorKind::kChangeUniqueConstraint);
}

TEST(Migrate, Sequences) {
  B more = base();
  B::sequence(&items(&more), 0);
  EXPECT_EQ(steps(base(), more), Texts{"AddSequence items_id_seq"});
  EXPECT_EQ(steps(more, base()), Texts{"RemoveSequence items_id_seq"});
  B other = more;
  items(&other).sequences[0].start = 5;
  items(&other).sequences[0].max_value = 99;
  EXPECT_EQ(steps(more, other), (Texts{"RemoveSequence items_id_seq", "AddSequence items_id_seq"}));
  ModuleDef before = valid(more), after = valid(other);
  auto plan = plan_migration(before, after);
  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->prechecks.size(), 1u);
  EXPECT_EQ(plan->prechecks[0].kind, MigrationPrecheckKind::kSequenceRangeIsUnused);
  EXPECT_TRUE(plan->prechecks[0].min == 1 && plan->prechecks[0].max == 99);
  // Whatever of it is another makes it a new one.
  const auto change = [&](void (*set)(RawSequence&)) {
    B changed = more;
    set(items(&changed).sequences[0]);
    EXPECT_EQ(steps(more, changed),
              (Texts{"RemoveSequence items_id_seq", "AddSequence items_id_seq"}));
    EXPECT_EQ(steps(changed, changed), Texts{});
  };
  change([](RawSequence& s) { s.start = 5; });
  change([](RawSequence& s) { s.min_value = 1; });
  change([](RawSequence& s) { s.max_value = 200; });
  change([](RawSequence& s) { s.increment = 2; });
  // A new table brings its sequence along.
  B table = base();
  B::sequence(&table.table("t", {{"id", Type::u8()}}), 0);
  EXPECT_EQ(steps(base(), table), Texts{"AddTable t"});
}

TEST(Migrate, Schedules) {
  B with = base();
  with.scheduled_table("jobs", "run");
  B without = with;
  without.def.schedules.clear();
  EXPECT_EQ(steps(without, with), Texts{"AddSchedule jobs_sched"});
  EXPECT_EQ(steps(with, without), Texts{"RemoveSchedule jobs_sched"});
  B other = with;
  other.reducer("walk", {{"row", Type::ref(1)}});
  other.def.schedules[0].function_name = "walk";
  EXPECT_EQ(steps(with, other), (Texts{"RemoveSchedule jobs_sched", "AddSchedule jobs_sched"}));
  // The key that rows are known by may move to another column.
  const auto keyed_by = [](uint16_t column) {
    B b = base();
    RawTable& jobs = b.table(
        "jobs", {{"id", Type::u64()}, {"at", Type::schedule_at()}, {"spare", Type::u64()}});
    B::unique(&jobs, 0);
    B::unique(&jobs, 2);
    jobs.primary_key = {column};
    b.def.schedules.push_back({std::nullopt, "jobs", 1, "run"});
    b.reducer("run", {{"row", Type::ref(jobs.product_type_ref)}});
    return b;
  };
  EXPECT_EQ(steps(keyed_by(0), keyed_by(2)),
            (Texts{"RemoveSchedule jobs_sched", "AddSchedule jobs_sched", "ChangePrimaryKey jobs"}));
}

TEST(Migrate, Views) {
  auto with_view = [](Fields row, Fields params) {
    B b = base();
    Type result = b.type("Result", Type::product(std::move(row)));
    b.view("seen", Type::array(result), std::move(params));
    return b;
  };
  B view = with_view({{"a", Type::u8()}}, {{"p", Type::u8()}});
  EXPECT_EQ(steps(base(), view), Texts{"AddView seen"});
  EXPECT_EQ(steps(view, base()), (Texts{"RemoveView seen", "DisconnectAllUsers"}));
  EXPECT_EQ(steps(view, view), Texts{"UpdateView seen"});
  Texts again = {"RemoveView seen", "AddView seen", "DisconnectAllUsers"};
  EXPECT_EQ(steps(view, with_view({{"a", Type::u8()}, {"b", Type::u8()}}, {{"p", Type::u8()}})),
            again);
  EXPECT_EQ(steps(view, with_view({{"a", Type::u16()}}, {{"p", Type::u8()}})), again);
  EXPECT_EQ(steps(view, with_view({{"a", Type::u8()}}, {{"q", Type::u8()}})), again);
  EXPECT_EQ(steps(view, with_view({{"a", Type::u8()}}, {})), again);
  B anonymous = view;
  anonymous.def.views[0].is_anonymous = true;
  EXPECT_EQ(steps(view, anonymous), again);
  B key = view;
  key.def.view_primary_keys.push_back({"seen", {"a"}});
  EXPECT_EQ(steps(view, key), again);
  B hidden = view;
  hidden.def.views[0].is_public = false;
  EXPECT_EQ(steps(view, hidden), (Texts{"ChangeAccess seen", "UpdateView seen"}));
}

TEST(Migrate, RowLevelSecurityIsMadeAnew) {
  B one = base(), two = base();
  one.def.row_level_security = {"A", "B"};
  two.def.row_level_security = {"B", "C.x"};
  Texts all = {"RemoveRowLevelSecurity A", "RemoveRowLevelSecurity B", "AddRowLevelSecurity A",
               "AddRowLevelSecurity B"};
  EXPECT_EQ(steps(one, one), all);
  EXPECT_EQ(steps(one, two),
            (Texts{"RemoveRowLevelSecurity A", "RemoveRowLevelSecurity B", "AddRowLevelSecurity B",
                   "AddRowLevelSecurity C.x", "DisconnectAllUsers"}));
}

TEST(Migrate, FunctionsChangeFreely) {
  B b = base();
  b.reducer("r", {{"x", Type::u8()}});
  b.procedure("p", {}, Type::u8());
  b.def.http_handlers = {"h"};
  b.def.lifecycle_reducers.push_back({Lifecycle::kInit, "init"});
  b.reducer("init");
  b.type("Unused", Type::product({{"x", Type::u8()}}));
  EXPECT_EQ(steps(base(), b), Texts{});
  EXPECT_EQ(steps(b, base()), Texts{});
}

TEST(Migrate, SubmodulesAreCompared) {
  auto with_lib = [](B inner) {
    B b = base();
    inner.def.order_by_tag();
    b.def.submodules.push_back({"lib", inner.def});
    return b;
  };
  B changed = base();
  items(&changed).access = TableAccess::kPrivate;
  B::index(&items(&changed), "by_size", {2});
  EXPECT_EQ(steps(base(), with_lib(base())), Texts{"AddTable lib.items"});
  EXPECT_EQ(steps(with_lib(base()), with_lib(changed)),
            (Texts{"AddIndex lib.items_size_idx_btree", "ChangeAccess lib.items"}));
}

TEST(Migrate, EveryErrorIsReportedOnce) {
  B after = base();
  set_row(&after, {{"name", Type::u8()}, {"size", Type::u8()}, {"new", Type::u8()}});
  items(&after).primary_key.clear();
  items(&after).constraints.clear();
  items(&after).indexes.clear();
  EXPECT_EQ(errors(base(), after),
            (Texts{"AddColumn", "RemoveColumn", "ReorderTable", "ChangeColumnType"}));
}

/// A change with many kinds of steps.
MigrationPlan large_plan(const ModuleDef& before, const ModuleDef& after) {
  auto plan = plan_migration(before, after);
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().message());
  return plan ? std::move(*plan) : MigrationPlan();
}
B before_large() {
  B b = base();
  Type kind = b.type("Kind", Type::sum({{"a", Type::u64()}}));
  set_row(&b, {{"id", Type::u32()}, {"name", Type::string()}, {"kind", kind}});
  B::index(&items(&b), "by_name", {1});
  RawTable& plain = b.table("plain", {{"id", Type::u8()}});
  plain.access = TableAccess::kPublic;
  b.table("gone", {{"id", Type::u8()}});
  b.view("seen", Type::array(Type::ref(2)), {{"p", Type::u8()}});
  b.def.row_level_security = {"SELECT * FROM items", "SELECT * FROM gone"};
  return b;
}
B after_large() {
  B b = base();
  Type kind = b.type("Kind", Type::sum({{"a", Type::u64()}, {"b", Type::boolean()}}));
  set_row(&b, {{"id", Type::u32()}, {"name", Type::string()}, {"kind", kind}});
  items(&b).primary_key.clear();
  RawTable& plain = b.table("plain", {{"id", Type::u8()}, {"more", Type::array(Type::u16())}});
  plain.access = TableAccess::kPrivate;
  B::sequence(&plain, 0);
  plain.defaults.push_back({1, std::string("\1\0\0\0\5\0", 6)});
  b.scheduled_table("jobs", "run");
  b.view("seen", Type::array(Type::ref(2)), {{"p", Type::u8()}}).is_anonymous = true;
  b.def.row_level_security = {"SELECT * FROM items"};
  return b;
}

TEST(Migrate, PlansAreWrittenForPeople) {
  ModuleDef before = valid(before_large()), after = valid(after_large());
  EXPECT_EQ(migration_plan_text(large_plan(before, after), PlanStyle::kPlain),
            R"(━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
Database Migration Plan
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

▸ Removed index items_name_idx_btree on [name] of table items
▸ Removed view: seen
    Parameters:
        • p: U8
    Columns:
        • id: U8

▸ Removed row level security policy:
    `SELECT * FROM gone`
▸ Removed table: gone

▸ Changed columns for table items
    ~ Modified: kind ((a: U64) → (a: U64 | b: Bool))
▸ Created column in table plain
    + more: Array<U16> (default: [5])
▸ Created user table: jobs (public)
    Columns:
        • id: U64
        • at: (Interval: (__time_duration_micros__: I64) | Time: (__timestamp_micros_since_unix_epoch__: I64))
    Unique constraints:
        • jobs_id_key on [id]
    Indexes:
        • jobs_id_idx_btree on [id]
    Schedule:
        • Calls reducer: run

▸ Created auto-increment constraint plain_id_seq on column id of table plain
▸ Created anonymous view: seen
    Parameters:
        • p: U8
    Columns:
        • id: U8
        • more: Array<U16>

▸ Changed access for table plain (public → private)
▸ Changed primary key on table items (removed)
!!! Warning: this breaks connected clients; all of them will be disconnected
)");
}

TEST(Migrate, PlansMayBeColoured) {
  ModuleDef before = valid(base());
  B other = base();
  items(&other).access = TableAccess::kPrivate;
  ModuleDef after = valid(other);
  std::string text = migration_plan_text(large_plan(before, after), PlanStyle::kAnsiColor);
  EXPECT_NE(
      text.find("▸ \x1b[0m\x1b[1m\x1b[33mChanged\x1b[0m access for table "
                "\x1b[0m\x1b[1m\x1b[36mitems\x1b[0m (\x1b[0m\x1b[32mpublic → private\x1b[0m)\n"),
      std::string::npos)
      << text;
}

}  // namespace
}  // namespace orrery::schema
