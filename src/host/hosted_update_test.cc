// Publishing, updating, starting over.
#include "host/hosted_database_for_test.h"

namespace orrery::host {
namespace {

FakeModule people_two(bool with_default, bool failing_init) {
  FakeModule module;
  add_table(&module.def, "person",
            {{"id", AlgebraicType::u64()},
             {"name", AlgebraicType::string()},
             {"age", AlgebraicType::u32()},
             {"score", AlgebraicType::i32()}},
            {.indexed = {2}});
  if (with_default) module.def.tables[0].defaults.push_back({3, raw_bytes<int32_t>(7)});
  add_table(&module.def, "added", {{"id", AlgebraicType::u64()}});
  add_lifecycle(&module, schema::Lifecycle::kInit, "init", [=](FakeCall& call) {
    if (failing_init) return user_error("not today");
    return outcome_of(call.insert("added", raw_bytes<uint64_t>(0)));
  });
  module.def.order_by_tag();
  return module;
}

TEST_F(HostedDatabaseTest, UpdatesMigrateOrChangeNothing) {
  in_files();
  runtime_->add("two", people_two(true, false));
  runtime_->add("no default", people_two(false, false));
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  Recorder recorder;
  database_->set_observer(&recorder);
  EXPECT_FALSE(database_->update("garbage", ClientBreak::kAllow));
  auto refused = database_->update("no default", ClientBreak::kAllow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message().rfind("Database update rejected", 0), 0u)
      << refused.error().message();
  auto same = database_->update("people", ClientBreak::kRefuse);
  ASSERT_TRUE(same);
  EXPECT_FALSE(same->changed);
  auto plan = database_->plan_update("two", PlanStyle::kPlain);
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_TRUE(plan->breaks_clients);
  refused = database_->update("two", ClientBreak::kRefuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(recorder.modules, 0);
  EXPECT_EQ(add("bob", 41).status, CallStatus::kOk);
  auto done = database_->update("two", ClientBreak::kAllow);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(done->changed && done->clients_disconnected);
  EXPECT_EQ(recorder.modules, 1);
  database_->set_observer(nullptr);
  for (int i = 0; i < 2; ++i) {
    auto report = sql(*database_, ann_, "SELECT * FROM person WHERE name = 'bob'");
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->rows, person_row(3, "bob", 41) + raw_bytes<int32_t>(7));
    EXPECT_EQ(count("SELECT * FROM st_table WHERE table_type = 'user'"), 2u);
    EXPECT_EQ(reducer(*database_, ann_, "add").status, CallStatus::kNoSuchFunction);
    reopen();
  }
}

TEST_F(HostedDatabaseTest, FiltersAreCheckedWhereTheyArePublished) {
  in_files();
  FakeModule filtered = people(counters_);
  filtered.def.row_level_security = {"SELECT * FROM nothing"};
  filtered.def.order_by_tag();
  runtime_->add("filtered", filtered);
  create("people");
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  database_->stop();
  options_.check_row_level_security = [](const schema::ModuleDef&, std::string_view text) {
    return text == "SELECT * FROM nothing" ? Status(Error(ErrorCode::kTableNotFound, "no such"))
                                           : Status();
  };
  reopen();
  const std::string program = database_->program_hash_hex();
  auto refused = database_->update("filtered", ClientBreak::kAllow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message().find("no such"), std::string::npos);
  EXPECT_FALSE(database_->plan_update("filtered", PlanStyle::kPlain));
  EXPECT_FALSE(database_->reset("filtered"));
  EXPECT_EQ(database_->program_hash_hex(), program);
  EXPECT_EQ(names(owner_), "founder,ann");
  EXPECT_FALSE(HostedDatabase::create(options_, identity_of("other"), owner_.identity, "filtered"));
  // One that was published before there was a check still comes up.
  database_->stop();
  auto check = std::exchange(options_.check_row_level_security, nullptr);
  reopen();
  ASSERT_TRUE(database_->update("filtered", ClientBreak::kAllow));
  options_.check_row_level_security = check;
  reopen();
  EXPECT_EQ(names(owner_), "founder,ann");
}

TEST_F(HostedDatabaseTest, TablesWithRowsAreNotRemoved) {
  runtime_->add("two", people_two(true, false));
  create();
  EXPECT_EQ(reducer(*database_, ann_, "keep_secret").status, CallStatus::kOk);
  auto refused = database_->update("two", ClientBreak::kAllow);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("table contains data"), std::string::npos);
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  EXPECT_EQ(names(ann_), "founder,ann");
}

TEST_F(HostedDatabaseTest, ResetStartsOver) {
  runtime_->add("two", people_two(true, false));
  create();
  EXPECT_EQ(add("ann", 40).status, CallStatus::kOk);
  EXPECT_EQ(connect(caller_of("bob", 2)).status, CallStatus::kOk);
  EXPECT_EQ(count("SELECT * FROM st_client"), 1u);
  ASSERT_TRUE(database_->reset({}));
  EXPECT_EQ(names(ann_), "founder");
  EXPECT_EQ(count("SELECT * FROM st_client"), 0u);
  ASSERT_TRUE(database_->reset("two"));
  EXPECT_EQ(names(ann_), "");
  EXPECT_EQ(count("SELECT * FROM added"), 1u);
}

TEST_F(HostedDatabaseTest, AFailingInitLeavesNothing) {
  in_files();
  runtime_->add("bad", people_two(true, true));
  auto made = HostedDatabase::create(options_, identity_of("db"), owner_.identity, "bad");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("not today"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/databases/" + identity_of("db").to_hex()));
}

TEST_F(HostedDatabaseTest, AHostWithoutItsControlDatabaseTouchesNothing) {
  in_files();
  std::string data;
  {
    auto host = Host::open(options_);
    ASSERT_TRUE(host) << host.error().message();
    PublishRequest request;
    request.name_or_identity = "people";
    request.program = "people";
    request.owner = owner_.identity;
    auto report = (*host)->publish(request);
    ASSERT_TRUE(report) << report.error().message();
    data = folder_ + "/databases/" + report->identity.to_hex() + "/data";
  }
  std::filesystem::rename(folder_ + "/control", folder_ + "/aside");
  auto without = Host::open(options_);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code(), ErrorCode::kCorruption);
  EXPECT_TRUE(std::filesystem::exists(data + "/MANIFEST"));
  std::filesystem::rename(folder_ + "/aside", folder_ + "/control");
  // A database that is damaged is told of, and the others run.
  std::filesystem::resize_file(data + "/MANIFEST", 0);
  std::string told;
  options_.on_trouble = [&](const std::string& text) { told += text; };
  auto with = Host::open(options_);
  ASSERT_TRUE(with) << with.error().message();
  EXPECT_TRUE(told.starts_with("the database 'people' cannot be opened: ")) << told;
  EXPECT_EQ((*with)->database("people").error().code(), ErrorCode::kReopenRequired);
}

TEST_F(HostedDatabaseTest, AHostKeepsItsDatabases) {
  in_files();
  runtime_->add("two", people_two(true, false));
  types::Identity first;
  {
    auto host = Host::open(options_);
    ASSERT_TRUE(host) << host.error().message();
    PublishRequest request;
    request.name_or_identity = "my-people";
    request.program = "people";
    request.owner = owner_.identity;
    auto report = (*host)->publish(request);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report->created);
    first = report->identity;
    report = (*host)->publish(request);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_FALSE(report->created || report->changed);
    // What was agreed to was the replacement of another program.
    request.program = "two";
    request.clients = ClientBreak::kAllow;
    request.replaces = types::program_digest("something else");
    auto late = (*host)->publish(request);
    ASSERT_FALSE(late);
    EXPECT_NE(late.error().message().find("updated since"), std::string::npos);
    EXPECT_EQ((*(*host)->database("my-people"))->program_hash_hex(),
              types::program_digest("people").to_hex());
    request.program = "people";
    request.replaces = types::program_digest("people");
    EXPECT_TRUE((*host)->publish(request));
    request.replaces.reset();
    request.owner = ann_.identity;
    EXPECT_FALSE((*host)->publish(request));
    request.name_or_identity = "Bad--Name";
    EXPECT_FALSE((*host)->publish(request));
    request.name_or_identity = "";
    report = (*host)->publish(request);
    ASSERT_TRUE(report);
    auto taken = (*host)->add_name(report->identity, "my-people", ann_.identity);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), ErrorCode::kUnique);
    EXPECT_EQ((*host)->set_names(report->identity, {"spare", "my-people"}, ann_.identity)
                  .error()
                  .code(),
              ErrorCode::kUnique);
    EXPECT_EQ((*host)->find("my-people")->identity, first);
    EXPECT_FALSE((*host)->find("spare"));
    EXPECT_TRUE((*host)->set_names(first, {"one", "two"}, owner_.identity));
    EXPECT_FALSE((*host)->find("my-people"));
    EXPECT_TRUE((*host)->add_name(report->identity, "my-people", ann_.identity));
    EXPECT_EQ((*host)->find("my-people")->identity, report->identity);
    EXPECT_TRUE((*host)->set_names(report->identity, {}, ann_.identity));
    EXPECT_TRUE((*host)->set_lock("one", DatabaseLock::kLocked, owner_.identity));
    EXPECT_TRUE((*host)->find("two")->locked);
    request.name_or_identity = "one";
    request.owner = owner_.identity;
    request.data = PublishRequest::Data::kClear;
    EXPECT_EQ((*host)->publish(request).error().code(), ErrorCode::kDbLocked);
    EXPECT_EQ((*host)->reset("one", "", owner_.identity).error().code(), ErrorCode::kDbLocked);
  }
  std::filesystem::create_directories(folder_ + "/databases/" + identity_of("junk").to_hex());
  auto host = Host::open(options_);
  ASSERT_TRUE(host) << host.error().message();
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/databases/" + identity_of("junk").to_hex()));
  EXPECT_EQ((*host)->databases().size(), 2u);
  auto record = (*host)->find("two");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->identity, first);
  EXPECT_EQ(record->names, (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE((*host)->find("my-people"));
  auto database = (*host)->database("one");
  ASSERT_TRUE(database) << database.error().message();
  EXPECT_EQ(reducer(**database, ann_, "add", text_bytes("x") + raw_bytes<uint32_t>(1)).status,
            CallStatus::kOk);
  database->reset();
  EXPECT_FALSE((*host)->remove("one", owner_.identity));
  EXPECT_TRUE((*host)->set_lock("one", DatabaseLock::kUnlocked, owner_.identity));
  EXPECT_FALSE((*host)->remove("one", ann_.identity));
  EXPECT_TRUE((*host)->remove("one", owner_.identity));
  EXPECT_FALSE((*host)->find("one"));
  EXPECT_EQ((*host)->databases_of(ann_.identity).size(), 1u);
}

}  // namespace
}  // namespace orrery::host
