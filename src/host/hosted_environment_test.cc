// The environment that a publish gives to a module.
#include "host/hosted_database_for_test.h"

namespace orrery::host {
namespace {

using Rest = EnvironmentUpdate::Rest;
using schema::EnvironmentKind;

/// `check` answers with the value of its argument, "-" where there is none.
FakeModule configured(std::vector<schema::RawEnvironmentDeclaration> declarations) {
  FakeModule module;
  add_table(&module.def, "note",
            {{"id", AlgebraicType::u64()}, {"text", AlgebraicType::string()}});
  auto look_up = [](FakeCall& call) {
    auto value = call.host->environment_value(call.arguments.substr(4));
    if (!value) return user_error("undeclared");
    return user_error(*value ? "=" + **value : "-");
  };
  add_reducer(&module, "look_up", {{"key", AlgebraicType::string()}}, look_up);
  add_lifecycle(&module, schema::Lifecycle::kInit, "init", [](FakeCall& call) {
    auto key = call.host->environment_value("KEY");
    if (!key || !*key) return user_error("init has no KEY");
    return outcome_of(call.insert("note", raw_bytes<uint64_t>(0) + text_bytes(**key)));
  });
  module.def.environment = std::move(declarations);
  module.def.order_by_tag();
  return module;
}

class EnvironmentTest : public HostedDatabaseTest {
 protected:
  void SetUp() override {
    HostedDatabaseTest::SetUp();
    in_files();
    const schema::RawEnvironmentDeclaration key = {"KEY", EnvironmentKind::kText, {}, false};
    const schema::RawEnvironmentDeclaration mode = {
        "MODE", EnvironmentKind::kUnion, {"debug", "release"}, true};
    runtime_->add("one", configured({key, mode}));
    runtime_->add("two", configured({key, mode, {"URL", EnvironmentKind::kText, {}, false}}));
  }
  Status publish(EnvironmentUpdate environment) {
    auto made = HostedDatabase::create(options_, identity_of("db"), owner_.identity, "one",
                                       std::move(environment));
    if (!made) return std::move(made).error();
    database_ = *made;
    return {};
  }
  std::string value(std::string_view key) {
    return reducer(*database_, ann_, "look_up", text_bytes(key)).message;
  }
  std::string update(std::string program, EnvironmentUpdate environment) {
    auto done = database_->update(std::move(program), ClientBreak::kAllow, std::move(environment));
    return done ? (done->changed ? "changed" : "same") : done.error().message();
  }
};

TEST_F(EnvironmentTest, IsCheckedKeptAndRead) {
  Status refused = publish({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), std::string(kMissingEnvironment) + "KEY");
  EXPECT_FALSE(publish({.values = {{"KEY", "a"}, {"MODE", "fast"}}}));
  Status done = publish({.values = {{"KEY", "secret"}, {"LATER", "x"}}});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(count("SELECT * FROM note WHERE text = 'secret'"), 1u);  // by init
  EXPECT_EQ(value("KEY"), "=secret");
  EXPECT_EQ(value("MODE"), "-");
  EXPECT_EQ(value("LATER"), "undeclared");
  EXPECT_EQ(count("SELECT * FROM st_env WHERE key = 'LATER' AND value = 'x'"), 1u);
  EXPECT_FALSE(sql(*database_, ann_, "SELECT * FROM st_env"));
  EXPECT_FALSE(sql(*database_, owner_, "DELETE FROM st_env"));

  EXPECT_EQ(update("one", {}), "same");
  EXPECT_EQ(update("one", {.values = {{"MODE", ""}}}).find("Database update rejected"), 0u);
  EXPECT_EQ(update("one", {.removed = {"KEY"}}),
            "Database update rejected: " + std::string(kMissingEnvironment) + "KEY");
  EXPECT_EQ(value("KEY"), "=secret");
  EXPECT_EQ(update("one", {.values = {{"MODE", "debug"}, {"KEY", ""}}}), "changed");
  EXPECT_EQ(value("MODE"), "=debug");
  EXPECT_EQ(value("KEY"), "=");
  EXPECT_NE(update("two", {}).find("URL"), std::string::npos);
  EXPECT_EQ(value("URL"), "undeclared");
  EXPECT_EQ(update("two", {.rest = Rest::kRemove, .values = {{"KEY", "k"}, {"URL", "u"}}}),
            "changed");
  reopen();
  EXPECT_EQ(value("URL"), "=u");
  EXPECT_EQ(value("MODE"), "-");
  EXPECT_EQ(database_->environment_keys(), (std::vector<std::string>{"KEY", "URL"}));
  EXPECT_FALSE(database_->reset("one"));
  EXPECT_EQ(value("URL"), "=u");
  EXPECT_TRUE(database_->reset("one", {.values = {{"KEY", "new"}}}));
  EXPECT_EQ(database_->environment_keys(), std::vector<std::string>{"KEY"});
  EXPECT_EQ(count("SELECT * FROM note WHERE text = 'new'"), 1u);
}

}  // namespace
}  // namespace orrery::host
