// One test for each rule of validation.
#include "schema/validate.h"

#include <gtest/gtest.h>

#include "schema/builder_for_test.h"
#include "schema/raw_codec.h"

namespace orrery::schema {
namespace {

using Errors = std::vector<std::string>;
using B = DefinitionBuilder;

B one_table() {
  B b;
  RawTable& t = b.table("items", {{"id", Type::u32()}, {"name", Type::string()}});
  B::primary_key(&t, 0);
  return b;
}

TEST(Validate, AnEmptyDefinitionIsValid) {
  EXPECT_EQ(errors_of(B()), Errors{});
  EXPECT_EQ(errors_of(RawModuleDefV9()), Errors{});
  EXPECT_EQ(errors_of(one_table()), Errors{});
}

TEST(Validate, ErrorsAreCollectedSortedAndSaidOnce) {
  B b = one_table();
  b.def.tables[0].primary_key = {0, 1};
  b.def.tables.push_back(b.def.tables[0]);
  b.reducer("9").err_type = Type::u8();
  EXPECT_EQ(errors_of(b), (Errors{"DuplicateName", "DuplicateName", "DuplicateName",
                                  "DuplicateName", "IdentifierError.InvalidStart",
                                  "RepeatedPrimaryKey", "InvalidReducerReturnType"}));
  Result<ModuleDef> def = validate(b.raw());
  ASSERT_FALSE(def.has_value());
  EXPECT_EQ(def.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(std::count(def.error().message().begin(), def.error().message().end(), '\n'), 6);
}

TEST(Validate, DuplicateNames) {
  B b = one_table();
  RawTable& other = b.table("other", {{"id", Type::u32()}});
  B::index(&other, "items", {0});  // an alias of an index counts too
  EXPECT_EQ(errors_of(b), Errors{"DuplicateName"});

  B views = one_table();
  views.view("items", Type::array(Type::ref(0)));
  EXPECT_EQ(errors_of(views), Errors{"DuplicateName"});

  B columns;
  columns.table("t", {{"aB", Type::u8()}, {"a_b", Type::u8()}});
  EXPECT_EQ(errors_of(columns), Errors{"DuplicateName"});
}

TEST(Validate, DuplicateTypeNames) {
  B b = one_table();
  b.type("itemsRow", Type::product({}));
  EXPECT_EQ(errors_of(b), Errors{"DuplicateTypeName"});
}

TEST(Validate, DuplicateFunctionNames) {
  B b;
  b.reducer("do_it");
  b.procedure("doIt", {}, Type::u8());
  EXPECT_EQ(errors_of(b), Errors{"DuplicateFunctionName"});
}

TEST(Validate, Identifiers) {
  auto with_name = [](const std::string& name) {
    B b;
    b.table("t", {{"a", Type::u8()}});
    b.def.case_conversion_policy = CaseConversionPolicy::kNone;
    b.def.tables[0].name = name;
    return errors_of(b);
  };
  EXPECT_EQ(with_name(""), Errors{"IdentifierError.Empty"});
  EXPECT_EQ(with_name("1t"), Errors{"IdentifierError.InvalidStart"});
  EXPECT_EQ(with_name("t!"), Errors{"IdentifierError.InvalidContinue"});
  EXPECT_EQ(with_name("e\u0301"), Errors{"IdentifierError.NotCanonicalized"});
  EXPECT_EQ(with_name("st_mine"), Errors{"TableNameReserved"});
  B system;
  system.table("st_mine", {{"a", Type::u8()}}).type = TableType::kSystem;
  EXPECT_EQ(errors_of(system), Errors{});

  B column;
  column.table("t", {{"a b", Type::u8()}});
  EXPECT_EQ(errors_of(column),
            (Errors{"IdentifierError.InvalidContinue", "ClientCodegenError.NotValidIdentifier"}));
}

TEST(Validate, TablesNeedARowType) {
  B b = one_table();
  b.def.tables[0].product_type_ref = 7;
  EXPECT_EQ(errors_of(b), Errors{"InvalidProductTypeRef"});
  B sum;
  sum.def.tables.push_back({});
  sum.def.tables[0].name = "t";
  sum.type("T", Type::sum({{"a", Type::u8()}}));
  EXPECT_EQ(errors_of(sum), Errors{"InvalidProductTypeRef"});
}

TEST(Validate, ColumnsNeedNamesAndPlaces) {
  B unnamed;
  unnamed.def.case_conversion_policy = CaseConversionPolicy::kNone;
  unnamed.table("t", {types::TypeElement(Type::u8())});
  EXPECT_EQ(errors_of(unnamed),
            (Errors{"UnnamedColumn", "ClientCodegenError.NamelessTypeDefElement"}));

  B missing = one_table();
  B::index(&missing.def.tables[0], "i", {2});
  missing.def.tables[0].constraints.push_back({std::nullopt, {3}});
  B::sequence(&missing.def.tables[0], 4);
  missing.def.tables[0].defaults.push_back({5, ""});
  EXPECT_EQ(errors_of(missing),
            (Errors{"ColumnNotFound", "ColumnNotFound", "ColumnNotFound", "ColumnNotFound"}));

  B repeated = one_table();
  B::index(&repeated.def.tables[0], "i", {1, 0, 1});
  EXPECT_EQ(errors_of(repeated), Errors{"DuplicateColumns"});

  B empty = one_table();
  B::index(&empty.def.tables[0], "i", {});
  EXPECT_EQ(errors_of(empty), Errors{"ColumnNotFound"});
}

TEST(Validate, PrimaryKeys) {
  B two = one_table();
  two.def.tables[0].primary_key = {0, 1};
  EXPECT_EQ(errors_of(two), Errors{"RepeatedPrimaryKey"});
  B bare = one_table();
  bare.def.tables[0].primary_key = {1};
  EXPECT_EQ(errors_of(bare), Errors{"MissingPrimaryKeyUniqueConstraint"});
  B outside = one_table();
  outside.def.tables[0].primary_key = {9};
  EXPECT_EQ(errors_of(outside), Errors{"ColumnNotFound"});
}

TEST(Validate, AnIndexThatIsRefusedIsNoReasonForASecondComplaint) {
  B b = one_table();
  b.def.tables[0].constraints.push_back({std::nullopt, {1}});
  B::index(&b.def.tables[0], "i", {9});
  EXPECT_EQ(errors_of(b), Errors{"ColumnNotFound"});
}

TEST(Validate, UniqueConstraintsNeedAnIndexOverTheSameSet) {
  B b = one_table();
  b.def.tables[0].constraints.push_back({std::nullopt, {1}});
  EXPECT_EQ(errors_of(b), Errors{"UniqueConstraintWithoutIndex"});
  B::index(&b.def.tables[0], "i", {1, 0});
  EXPECT_EQ(errors_of(b), Errors{"UniqueConstraintWithoutIndex"});
  b.def.tables[0].constraints.back().columns = {0, 1};
  EXPECT_EQ(errors_of(b), Errors{});
  ModuleDef def = valid(b);
  EXPECT_TRUE(def.find_index("i").index->is_unique);
  EXPECT_EQ(def.find_index("i").index->columns, (ColumnList{1, 0}));
}

TEST(Validate, Sequences) {
  B text = one_table();
  B::sequence(&text.def.tables[0], 1);
  EXPECT_EQ(errors_of(text), Errors{"InvalidSequenceColumnType"});

  B twice = one_table();
  B::sequence(&twice.def.tables[0], 0);
  B::sequence(&twice.def.tables[0], 0);
  twice.def.tables[0].sequences[1].name = "other";
  EXPECT_EQ(errors_of(twice), Errors{"OneAutoInc"});

  auto range = [](std::optional<int> min, std::optional<int> start, std::optional<int> max) {
    B b = one_table();
    B::sequence(&b.def.tables[0], 0);
    RawSequence& s = b.def.tables[0].sequences[0];
    s.min_value = min;
    s.start = start;
    s.max_value = max;
    return errors_of(b);
  };
  EXPECT_EQ(range(1, 1, 1), Errors{});
  EXPECT_EQ(range({}, 5, {}), Errors{});
  EXPECT_EQ(range(2, 1, 3), Errors{"InvalidSequenceRange"});
  EXPECT_EQ(range({}, 4, 3), Errors{"InvalidSequenceRange"});
  EXPECT_EQ(range(4, {}, 3), Errors{"InvalidSequenceRange"});
}

TEST(Validate, DirectIndexes) {
  B b;
  Type plain = b.type("Plain", Type::plain_enum(std::vector<std::string_view>{"A", "B"}));
  Type rich = b.type("Rich", Type::sum({{"A", Type::u8()}}));
  b.table("t", {{"a", Type::u8()},
                {"b", Type::u64()},
                {"c", plain},
                {"d", rich},
                {"e", Type::i32()},
                {"f", Type::string()}});
  std::vector<size_t> expected = {0, 0, 0, 1, 1, 1};
  for (uint16_t column = 0; column < expected.size(); ++column) {
    B one = b;
    B::index(&one.def.tables[0], "i", {column}, IndexAlgorithm::kDirect);
    EXPECT_EQ(errors_of(one), Errors(expected[column], "DirectIndexOnBadType")) << column;
  }
}

TEST(Validate, ScheduledTables) {
  B good;
  good.scheduled_table("jobs", "run");
  EXPECT_EQ(errors_of(good), Errors{});
  ModuleDef def = valid(good);
  EXPECT_EQ(def.find_reducer("run").def->visibility, FunctionVisibility::kPrivate);
  EXPECT_EQ(def.find_table("jobs")->schedule->name, "jobs_sched");

  B procedure = good;
  procedure.def.reducers.clear();
  procedure.procedure("run", {{"row", Type::ref(good.def.tables[0].product_type_ref)}},
                      Type::unit());
  def = valid(procedure);
  EXPECT_EQ(def.find_procedure("run").def->visibility, FunctionVisibility::kPrivate);
  EXPECT_EQ(def.find_table("jobs")->schedule->function_kind, FunctionKind::kProcedure);

  B no_key = good;
  no_key.def.tables[0].primary_key.clear();
  EXPECT_EQ(errors_of(no_key), Errors{"ScheduledIncorrectColumns"});
  B wrong_column = good;
  wrong_column.def.schedules[0].at_column = 0;
  EXPECT_EQ(errors_of(wrong_column), Errors{"ScheduledIncorrectColumns"});
  B no_function = good;
  no_function.def.schedules[0].function_name = "walk";
  EXPECT_EQ(errors_of(no_function), Errors{"MissingScheduledFunction"});
  B params = good;
  params.def.reducers[0].params = Type::product({{"a", Type::u8()}});
  EXPECT_EQ(errors_of(params), Errors{"IncorrectScheduledFunctionParams"});
  B twice = good;
  twice.def.schedules.push_back(twice.def.schedules[0]);
  EXPECT_EQ(errors_of(twice), Errors{"DuplicateSchedule"});
  B no_table = good;
  no_table.def.schedules[0].table_name = "nobody";
  EXPECT_EQ(errors_of(no_table), Errors{"TableNotFound"});
}

TEST(Validate, Lifecycles) {
  B b;
  b.reducer("start");
  b.def.lifecycle_reducers.push_back({Lifecycle::kInit, "start"});
  ModuleDef def = valid(b);
  EXPECT_EQ(def.lifecycle_reducer(Lifecycle::kInit), 0u);
  EXPECT_EQ(def.lifecycle_reducer(Lifecycle::kOnConnect), std::nullopt);
  EXPECT_EQ(def.reducers()[0].visibility, FunctionVisibility::kPrivate);

  B missing = b;
  missing.def.lifecycle_reducers.push_back({Lifecycle::kOnConnect, "hello"});
  EXPECT_EQ(errors_of(missing), Errors{"LifecycleWithoutReducer"});
  B twice = b;
  twice.reducer("again");
  twice.def.lifecycle_reducers.push_back({Lifecycle::kInit, "again"});
  EXPECT_EQ(errors_of(twice), Errors{"DuplicateLifecycle"});
  B both = b;
  both.def.lifecycle_reducers.push_back({Lifecycle::kOnDisconnect, "start"});
  EXPECT_EQ(errors_of(both), Errors{"DuplicateLifecycle"});
}

TEST(Validate, ReducersReturnNothingOrAText) {
  B b;
  b.reducer("a").ok_type = Type::u8();
  b.reducer("b").err_type = Type::u8();
  EXPECT_EQ(errors_of(b), (Errors{"InvalidReducerReturnType", "InvalidReducerReturnType"}));
}

TEST(Validate, DefaultValues) {
  B b = one_table();
  b.def.tables[0].defaults.push_back({0, std::string("\x05\0\0\0", 4)});
  EXPECT_EQ(*valid(b).tables()[0].columns[0].default_value, std::string("\x05\0\0\0", 4));
  B twice = b;
  twice.def.tables[0].defaults.push_back({0, std::string("\x06\0\0\0", 4)});
  EXPECT_EQ(errors_of(twice), Errors{"MultipleColumnDefaultValues"});
  B bad = b;
  bad.def.tables[0].defaults[0].value = "\x05";
  EXPECT_EQ(errors_of(bad), Errors{"ColumnDefaultValueMalformed"});
}

TEST(Validate, TypesAreOrderedByNameUnlessTheySayOtherwise) {
  B b = one_table();
  b.def.types[0].custom_ordering = false;
  EXPECT_EQ(errors_of(b), Errors{});  // id, name
  Type t = b.type("T", Type::product({{"b", Type::u8()}, {"a", Type::u8()}}));
  EXPECT_EQ(errors_of(b), Errors{});
  b.def.types.back().custom_ordering = false;
  EXPECT_EQ(errors_of(b), Errors{"TypeHasIncorrectOrdering"});
  b.def.types.back().ref = 99;
  EXPECT_EQ(errors_of(b), Errors{"InvalidTypeRef"});
}

TEST(Validate, TypesInUse) {
  auto with_param = [](B b, Type type) {
    b.reducer("r", {{"p", std::move(type)}});
    return errors_of(b);
  };
  EXPECT_EQ(with_param(B(), Type::product({{"x", Type::u8()}})),
            Errors{"ClientCodegenError.NonSpecialTypeNotAUse"});
  EXPECT_EQ(with_param(B(), Type::array(Type::option(Type::sum({{"x", Type::u8()}})))),
            Errors{"ClientCodegenError.NonSpecialTypeNotAUse"});
  EXPECT_EQ(with_param(B(), Type::ref(5)), Errors{"ClientCodegenError.TypeRefError"});
  for (Type good : {Type::unit(), Type::identity(), Type::connection_id(), Type::uuid(),
                    Type::timestamp_micros(), Type::time_duration(), Type::schedule_at(),
                    Type::sum({}), Type::result(Type::bytes(), Type::string())}) {
    EXPECT_EQ(with_param(B(), Type::array(Type::option(good))), Errors{}) << good.to_string();
  }
  B circle;
  circle.def.typespace = types::Typespace({Type::ref(1), Type::array(Type::ref(0))});
  EXPECT_EQ(with_param(circle, Type::ref(0)), Errors{"ClientCodegenError.TypeRefError"});
  B undeclared;
  undeclared.def.typespace = types::Typespace({Type::product({{"x", Type::u8()}})});
  EXPECT_EQ(with_param(undeclared, Type::ref(0)),
            Errors{"ClientCodegenError.NonSpecialTypeNotAUse"});
  B alias;
  alias.def.typespace = types::Typespace({Type::identity()});
  EXPECT_EQ(with_param(alias, Type::ref(0)), Errors{});
  B nameless;
  nameless.reducer("r", {types::TypeElement(Type::u8())});
  EXPECT_EQ(errors_of(nameless), Errors{"ClientCodegenError.NamelessReducerParam"});
  B no_definition;
  no_definition.type("T", Type::u8());
  EXPECT_EQ(errors_of(no_definition), Errors{"ClientCodegenError.NotValidForDefinition"});
  B result;
  result.procedure("p", {}, Type::product({{"x", Type::u8()}}));
  EXPECT_EQ(errors_of(result), Errors{"ClientCodegenError.NonSpecialTypeNotAUse"});
}

TEST(Validate, ColumnsCannotHoldRecursiveTypes) {
  B b;
  Type list =
      b.type("List", Type::sum({{"cons", Type::array(Type::ref(0))}, {"nil", Type::unit()}}));
  b.reducer("r", {{"list", list}});
  EXPECT_EQ(errors_of(b), Errors{});
  b.table("t", {{"list", list}});
  EXPECT_EQ(errors_of(b), Errors{"ClientCodegenError.TypeRefError"});
}

TEST(Validate, Views) {
  B b = one_table();
  Type row = Type::ref(0);
  b.view("one", Type::option(row));
  b.view("many", Type::array(row));
  b.view("query", Type::product({{"__query__", row}}), {{"first", Type::u8()}});
  ModuleDef def = valid(b);
  EXPECT_EQ(def.find_view("one").def->returns, ViewReturn::kOption);
  EXPECT_EQ(def.find_view("many").def->returns, ViewReturn::kArray);
  EXPECT_EQ(def.find_view("query").def->returns, ViewReturn::kQuery);
  EXPECT_EQ(def.find_view("query").def->primary_key, 0);  // that of the table with these rows
  EXPECT_EQ(def.find_view("many").def->primary_key, std::nullopt);
  EXPECT_EQ(def.find_view("many").def->row_type.to_string(), "(id: U32, name: String)");

  for (Type bad : {row, Type::u8(), Type::array(Type::u8()), Type::product({{"other", row}})}) {
    B one = one_table();
    one.view("v", bad);
    EXPECT_EQ(errors_of(one), Errors{"InvalidViewReturnType"}) << bad.to_string();
  }
  B dangling = one_table();
  dangling.view("v", Type::array(Type::ref(9)));
  EXPECT_EQ(errors_of(dangling), Errors{"InvalidProductTypeRef"});
}

TEST(Validate, ViewPrimaryKeys) {
  B b = one_table();
  b.view("myView", Type::array(Type::ref(0)));
  b.def.view_primary_keys.push_back({"myView", {"name"}});
  EXPECT_EQ(valid(b).views()[0].primary_key, 1);
  B twice = b;
  twice.def.view_primary_keys.push_back({"myView", {"id"}});
  EXPECT_EQ(errors_of(twice), Errors{"RepeatedViewPrimaryKey"});
  B two_columns = b;
  two_columns.def.view_primary_keys[0].columns = {"id", "name"};
  EXPECT_EQ(errors_of(two_columns), Errors{"MultipleViewPrimaryKeyColumns"});
  B no_view = b;
  no_view.def.view_primary_keys[0].view_name = "my_view";  // the source name counts
  EXPECT_EQ(errors_of(no_view), Errors{"ViewPrimaryKeyViewNotFound"});
  B no_column = b;
  no_column.def.view_primary_keys[0].columns = {"nobody"};
  EXPECT_EQ(errors_of(no_column), Errors{"ViewPrimaryKeyColumnNotFound"});
}

TEST(Validate, HttpRoutes) {
  B b;
  b.def.http_handlers = {"getIt", "post_it"};
  HttpMethod get = HttpMethod::from_token("GET");
  b.def.http_routes = {{"getIt", get, "/a/b-c_~9"},
                       {"post_it", HttpMethod::from_token("POST"), "/a/b-c_~9"},
                       {"getIt", std::nullopt, ""}};
  ModuleDef def = valid(b);
  EXPECT_EQ(def.match_route(get, "/a/b-c_~9")->handler_name, "get_it");
  EXPECT_EQ(def.match_route(HttpMethod::from_token("BREW"), "")->handler_id, 0u);
  EXPECT_EQ(def.match_route(HttpMethod::from_token("PUT"), "/a/b-c_~9"), nullptr);
  auto with_route = [&b](RawHttpRoute route) {
    B one = b;
    one.def.http_routes.push_back(std::move(route));
    return errors_of(one);
  };
  for (std::string bad : {"a", "/A", "/a b", "/a?x", "/ä"}) {
    EXPECT_EQ(with_route({"getIt", get, bad}), Errors{"InvalidHttpRoutePath"}) << bad;
  }
  EXPECT_EQ(with_route({"getIt", get, "/a/b-c_~9"}), Errors{"DuplicateHttpRoute"});
  EXPECT_EQ(with_route({"getIt", std::nullopt, "/a/b-c_~9"}), Errors{"DuplicateHttpRoute"});
  EXPECT_EQ(with_route({"getIt", get, ""}), Errors{"DuplicateHttpRoute"});
  EXPECT_EQ(with_route({"nobody", get, "/x"}), Errors{"MissingHttpHandler"});
  b.def.http_handlers.push_back("get_it");
  EXPECT_EQ(errors_of(b), Errors{"DuplicateHttpHandlerName"});
}

B with_submodule(const std::string& name_space, B inner) {
  B b = one_table();
  inner.def.order_by_tag();
  b.def.submodules.push_back({name_space, inner.def});
  return b;
}

TEST(Validate, Submodules) {
  B inner = one_table();
  inner.reducer("work");
  inner.view("seen", Type::array(Type::ref(0)));
  B outer = with_submodule("lib", with_submodule("deep", inner));
  outer.reducer("first");
  outer.view("seen", Type::array(Type::ref(0)));
  ModuleDef def = valid(outer);
  ASSERT_NE(def.find_table("lib.deep.items"), nullptr);
  EXPECT_EQ(def.find_table("lib.deep.items")->name, "items");
  EXPECT_EQ(def.find_index("lib.deep.items_id_idx_btree").index->qualified_name,
            "lib.deep.items_id_idx_btree");
  EXPECT_EQ(def.find_reducer("lib.deep.work").id, 1u);
  EXPECT_EQ(def.reducer_by_id(1).def->qualified_name, "lib.deep.work");
  EXPECT_EQ(def.reducer_by_id(1).module->path(), (std::vector<std::string>{"lib", "deep"}));
  EXPECT_FALSE(def.reducer_by_id(2));
  EXPECT_EQ(def.find_view("lib.deep.seen").id, 1u);
  EXPECT_FALSE(def.find_reducer("lib.work"));
  EXPECT_FALSE(def.find_reducer("other.work"));
  std::vector<std::string> names;
  for (const TableDef* table : def.all_tables()) names.push_back(table->qualified_name);
  EXPECT_EQ(names, (std::vector<std::string>{"items", "lib.deep.items", "lib.items"}));

  EXPECT_EQ(errors_of(with_submodule(std::string(64, 'x'), B())), Errors{"NamespaceTooLong"});
  EXPECT_EQ(errors_of(with_submodule(std::string(63, 'x'), B())), Errors{});
  EXPECT_EQ(errors_of(with_submodule("a.b", B())), Errors{"IdentifierError.InvalidContinue"});
  B twice = with_submodule("lib", B());
  twice.def.submodules.push_back({"lib", {}});
  EXPECT_EQ(errors_of(twice), Errors{"DuplicateName"});
  B lifecycle;
  lifecycle.reducer("start");
  lifecycle.def.lifecycle_reducers.push_back({Lifecycle::kInit, "start"});
  EXPECT_EQ(errors_of(with_submodule("lib", lifecycle)), Errors{"LifecycleInSubmodule"});
  B faulty;
  faulty.reducer("9");
  EXPECT_EQ(errors_of(with_submodule("lib", faulty)), Errors{"IdentifierError.InvalidStart"});
}

TEST(Validate, RowLevelSecurityIsCheckedByTheCaller) {
  B b = one_table();
  b.def.row_level_security = {"SELECT * FROM items", "nonsense", "nonsense"};
  EXPECT_EQ(valid(b).row_level_security(),
            (std::vector<std::string>{"SELECT * FROM items", "nonsense"}));
  ValidationOptions options;
  options.check_row_level_security = [](const ModuleDef& def, std::string_view sql) -> Status {
    EXPECT_NE(def.find_table("items"), nullptr);
    if (sql.starts_with("SELECT")) return {};
    return Error(ErrorCode::kParse, "no SELECT");
  };
  ValidationErrors errors;
  EXPECT_FALSE(validate(b.raw(), &errors, options).has_value());
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].kind, ValidationErrorKind::kInvalidRowLevelQuery);
  EXPECT_EQ(errors[0].message, "row-level security `nonsense`: no SELECT");
}

TEST(Validate, NamesAreConvertedAndTheSourcesStayAliases) {
  B b;
  Type fruit = b.type("fruit_kind", Type::plain_enum(std::vector<std::string_view>{"GrannySmith"}));
  RawTable& t = b.table("AppleTree", {{"treeId", Type::u64()}, {"Apple_name", fruit}});
  B::primary_key(&t, 0);
  B::sequence(&t, 0);
  b.reducer("plantTree", {{"howMany", Type::u8()}});
  b.explicit_name(NameKind::kIndex, "AppleTree0_unique", "by_id");
  ModuleDef def = valid(b);
  const TableDef& table = *def.find_table("AppleTree");
  EXPECT_EQ(table.name, "apple_tree");
  EXPECT_EQ(table.columns[0].name, "tree_id");
  EXPECT_EQ(table.columns[0].accessor_name, "treeId");
  EXPECT_EQ(table.find_column("treeId"), 0);
  EXPECT_EQ(table.find_column("apple_name"), 1);
  EXPECT_EQ(table.find_column("x"), std::nullopt);
  EXPECT_EQ(table.row_type.to_string(), "(tree_id: U64, apple_name: (grannySmith |))");
  EXPECT_EQ(table.constraints[0].name, "apple_tree_tree_id_key");
  EXPECT_EQ(table.sequences[0].name, "apple_tree_tree_id_seq");
  EXPECT_EQ(def.find_index("by_id").index, &table.indexes[0]);
  EXPECT_EQ(def.find_index("AppleTree0_unique").index, &table.indexes[0]);
  EXPECT_EQ(def.find_reducer("plant_tree").def->params.elements()[0].name, "howMany");
  EXPECT_TRUE(def.find_reducer("plantTree"));
  EXPECT_EQ(def.type_of_ref(0)->full_name(), "FruitKind");

  b.explicit_name(NameKind::kTable, "AppleTree", "Baum");
  b.explicit_name(NameKind::kFunction, "plantTree", "Pflanze");
  ModuleDef renamed = valid(b);
  EXPECT_EQ(renamed.tables()[0].name, "Baum");
  EXPECT_EQ(renamed.tables()[0].constraints[0].name, "Baum_tree_id_key");
  EXPECT_EQ(renamed.reducers()[0].name, "Pflanze");

  b.def.explicit_names.clear();
  b.def.case_conversion_policy = CaseConversionPolicy::kNone;
  ModuleDef as_is = valid(b);
  EXPECT_EQ(as_is.tables()[0].name, "AppleTree");
  EXPECT_EQ(as_is.tables()[0].columns[1].name, "Apple_name");
  EXPECT_EQ(as_is.type_of_ref(0)->full_name(), "fruit_kind");
}

TEST(Validate, Version9NamesThingsItself) {
  RawModuleDefV9 v9;
  B b;
  RawTable& t = b.table("Jobs", {{"Id", Type::u64()}, {"At", Type::schedule_at()}});
  B::primary_key(&t, 0);
  t.indexes.push_back({std::nullopt, std::nullopt, IndexAlgorithm::kHash, {0}});
  t.constraints[0].name = "jobs_once";
  B::sequence(&t, 0);
  t.schedule = RawSchedule{"tick", {}, 1, "Run"};
  b.reducer("Run", {{"job", Type::ref(0)}});
  b.reducer("Start").lifecycle = Lifecycle::kInit;
  v9.typespace = b.def.typespace;
  v9.types = b.def.types;
  v9.tables = b.def.tables;
  v9.reducers = b.def.reducers;
  RawProcedure procedure;
  procedure.name = "Ask";
  v9.misc_exports = {RawColumnDefaultV9{"Jobs", 0, std::string(8, '\1')}, procedure};
  ModuleDef def = valid(RawModuleDef(v9));
  const TableDef& table = def.tables()[0];
  EXPECT_EQ(table.name, "Jobs");
  EXPECT_NE(table.find_index("Jobs0_unique"), nullptr);
  EXPECT_NE(table.find_index("Jobs_Id_idx_hash"), nullptr);
  EXPECT_EQ(table.constraints[0].name, "jobs_once");
  EXPECT_EQ(table.schedule->name, "tick");
  EXPECT_EQ(*table.columns[0].default_value, std::string(8, '\1'));
  EXPECT_EQ(def.lifecycle_reducer(Lifecycle::kInit), 1u);
  EXPECT_TRUE(def.find_procedure("Ask"));

  v9.misc_exports.push_back(RawColumnDefaultV9{"Nobody", 0, ""});
  EXPECT_EQ(errors_of(RawModuleDef(v9)), Errors{"TableNotFound"});
  auto again = decode_module_def(encode_module_def(RawModuleDef(v9)));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(encode_module_def(*again), encode_module_def(RawModuleDef(v9)));
}

TEST(Validate, HostileDefinitionsStayCheap) {
  // Many tables over one very wide row type.
  B wide;
  Fields fields;
  for (int i = 0; i < 20000; ++i) fields.emplace_back("c" + std::to_string(i), Type::u8());
  RawTable& t = wide.table("t0", std::move(fields));
  RawTable copy = t;
  for (int i = 1; i < 1000; ++i) {
    copy.name = "t" + std::to_string(i);
    wide.def.tables.push_back(copy);
  }
  EXPECT_EQ(errors_of(wide), Errors{"InvalidProductTypeRef"});

  // References that lead on and on.
  B chain;
  std::vector<Type> types;
  for (uint32_t i = 1; i < 100000; ++i) types.push_back(Type::array(Type::ref(i)));
  types.push_back(Type::u8());
  chain.def.typespace = types::Typespace(std::move(types));
  chain.reducer("r", {{"p", Type::ref(0)}});
  EXPECT_EQ(errors_of(chain), Errors{"ClientCodegenError.TypeRefError"});

  // Types that double at each step.
  B doubling;
  for (uint32_t i = 0; i < 60; ++i) {
    doubling.type("T" + std::to_string(i),
                  Type::product({{"a", Type::ref(i + 1)}, {"b", Type::ref(i + 1)}}));
  }
  doubling.type("Last", Type::product({{"a", Type::u8()}}));
  doubling.table("t", {{"x", Type::ref(0)}});
  EXPECT_EQ(errors_of(doubling), Errors{"ClientCodegenError.TypeRefError"});

  // A long column name in a long list of columns.
  B name;
  RawTable& n = name.table("t", {{std::string(5000, 'x'), Type::u8()}});
  B::index(&n, "i", ColumnList(50000, 0));
  EXPECT_EQ(errors_of(name), (Errors{"IdentifierError.TooLong", "DuplicateColumns"}));

  // More errors than anybody reads.
  B many;
  for (int i = 0; i < 5000; ++i) many.reducer("-" + std::to_string(i));
  EXPECT_EQ(errors_of(many).size(), kValidationErrorsMax);
}

}  // namespace
}  // namespace orrery::schema
