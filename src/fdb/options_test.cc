#include "fdb/options.h"

#include <gtest/gtest.h>

#include <string>

#include "fdb/database_options.h"
#include "fdb/network_options.h"
#include "fdb/transaction_options.h"

namespace orrery::fdb {
namespace {

using std::literals::operator""s;
using std::literals::operator""sv;

constexpr TransactionSituation kFresh;

Error error_of(const Status& status) {
  return status ? Error(0) : status.error();
}

TEST(Options, HaveTheCodesOfFoundationDb) {
  EXPECT_EQ(static_cast<int>(NetworkOption::tls_verify_peers), 47);
  EXPECT_EQ(static_cast<int>(DatabaseOption::transaction_automatic_idempotency), 506);
  EXPECT_EQ(static_cast<int>(TransactionOption::authorization_token), 2000);
  EXPECT_EQ(network_options().size(), 48u);
  EXPECT_EQ(database_options().size(), 19u);
  EXPECT_EQ(transaction_options().size(), 55u);
  for (const OptionInfo& info : database_options()) {
    if (info.default_for >= 0) {
      EXPECT_NE(find_option(transaction_options(), info.default_for), nullptr) << info.name;
    }
  }
  EXPECT_EQ(find_option(transaction_options(), 22), nullptr);
  EXPECT_EQ(find_option(network_options(), 44), nullptr);
  const OptionInfo* token = find_option(transaction_options(), 2000);
  ASSERT_NE(token, nullptr);
  EXPECT_EQ(token->name, "authorization_token");
  EXPECT_EQ(token->flags, kPersistent | kSensitive);
  EXPECT_EQ(*streaming_mode(-2), StreamingMode::kWantAll);
  EXPECT_FALSE(streaming_mode(5) || streaming_mode(-3));
}

TEST(Options, EveryUnfitValueIsRefused) {
  for (auto options : {network_options(), transaction_options(), database_options()}) {
    for (const OptionInfo& info : options) {
      if (info.rule.presence == Presence::kIgnored) continue;
      if (info.rule.kind == ValueKind::kNone) {
        EXPECT_TRUE(check_value(info.rule, std::nullopt)) << info.name;
        EXPECT_TRUE(check_value(info.rule, "")) << info.name;
        EXPECT_EQ(check_value(info.rule, "x").error(), error::invalid_option_value) << info.name;
      }
      if (info.rule.presence == Presence::kRequired) {
        EXPECT_EQ(check_value(info.rule, std::nullopt).error(), error::invalid_option_value);
      }
      if (info.rule.kind == ValueKind::kInt) {
        for (std::string_view wrong : {""sv, "1234567"sv, "123456789"sv}) {
          EXPECT_EQ(check_value(info.rule, wrong).error(), error::invalid_option_value);
        }
        EXPECT_EQ(check_value(info.rule, option_bytes(info.rule.min).view())->number,
                  info.rule.min);
        EXPECT_EQ(check_value(info.rule, option_bytes(info.rule.max).view())->number,
                  info.rule.max);
        EXPECT_FALSE(check_value(info.rule, option_bytes(info.rule.min - 1).view())) << info.name;
        if (info.rule.max < INT64_MAX) {
          EXPECT_FALSE(check_value(info.rule, option_bytes(info.rule.max + 1).view())) << info.name;
        }
      }
    }
  }
}

TEST(TransactionOptions, EveryCodeDoesSomethingOrIsKnownNotTo) {
  DatabaseOptions database(730);
  for (const OptionInfo& info : transaction_options()) {
    TransactionOptions options(730);
    ASSERT_TRUE(options.apply_defaults(database, kFresh));
    if (info.code == 404) {
      EXPECT_EQ(error_of(options.set(404, std::nullopt, kFresh)), error::client_invalid_operation);
      continue;
    }
    std::optional<std::string> value;
    if (info.rule.kind == ValueKind::kInt) value = std::string(option_bytes(100).view());
    if (info.rule.kind == ValueKind::kString) value = "0123456789abcdef";
    if (info.rule.kind == ValueKind::kBytes) {
      value = "\x00\x00\x00\x73\xb0\x00\xdb\x0f"s + std::string(25, 'x');
    }
    // From what is the default to something else, whichever way the option goes.
    const TransactionSettings before = options.settings();
    EXPECT_TRUE(options.set(info.code, value, kFresh)) << info.name;
    const bool has_text = info.rule.kind == ValueKind::kString || value.value_or("").size() > 8;
    const bool is_default = info.name == "include_port_in_address" ||
                            info.name == "read_server_side_cache_enable" ||
                            info.name == "read_priority_normal";
    const bool has_no_effect =
        info.name == "causal_read_disable" || info.name.starts_with("durability_");
    EXPECT_EQ(options.settings() == before, has_no_effect || is_default ||
                                                (has_text && !info.name.contains("logging")))
        << info.name;
  }
}

TEST(TransactionOptions, RefuseWithTheErrorsOfFoundationDb) {
  DatabaseOptions database(730);
  TransactionOptions options(730);
  ASSERT_TRUE(options.apply_defaults(database, kFresh));
  using enum TransactionOption;
  EXPECT_EQ(error_of(options.set(99, std::nullopt, kFresh)), error::invalid_option);
  EXPECT_EQ(error_of(options.set(size_limit, 31, kFresh)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(size_limit, 10000001, kFresh)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(timeout, -1, kFresh)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(retry_limit, -2, kFresh)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(transaction_logging_max_field_length, 0, kFresh)),
            error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(idempotency_id, "short"sv, kFresh)), error::invalid_option);
  EXPECT_EQ(error_of(options.set(span_parent, std::string(33, '\xff'), kFresh)), Error(0));
  EXPECT_EQ(error_of(options.set(span_parent, std::string(33, '\0'), kFresh)),
            error::incompatible_protocol_version);
  EXPECT_EQ(error_of(options.set(span_parent, std::string(32, 'x'), kFresh)),
            error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(read_your_writes_disable, std::nullopt, {.has_operations = true})),
            error::client_invalid_operation);
  EXPECT_EQ(
      error_of(options.set(initialize_new_database, std::nullopt, {.has_read_version = true})),
      error::read_version_already_set);
  EXPECT_EQ(error_of(options.set(raw_access, std::nullopt, {.has_tenant = true})),
            error::invalid_option);
  EXPECT_EQ(error_of(options.set(use_grv_cache, std::nullopt, {.grv_cache_available = false})),
            error::invalid_option);
  EXPECT_TRUE(options.settings().read_your_writes);
  EXPECT_FALSE(options.settings().raw_access || options.settings().use_grv_cache);
  EXPECT_EQ(options.settings().size_limit, 10000000);
}

TEST(TransactionOptions, TakeFiveTags) {
  DatabaseOptions database(730);
  TransactionOptions options(730);
  ASSERT_TRUE(options.apply_defaults(database, kFresh));
  using enum TransactionOption;
  EXPECT_EQ(error_of(options.set(tag, std::string(256, 'x'), kFresh)), error::tag_too_long);
  EXPECT_TRUE(options.set(tag, std::string(255, 'x'), kFresh));
  EXPECT_TRUE(options.set(tag, "a"sv, kFresh));
  EXPECT_TRUE(options.set(tag, "a"sv, kFresh));
  EXPECT_TRUE(options.set(auto_throttle_tag, "a"sv, kFresh));
  EXPECT_TRUE(options.set(auto_throttle_tag, "b"sv, kFresh));
  EXPECT_TRUE(options.set(tag, ""sv, kFresh));
  EXPECT_EQ(options.texts().tags.size(), 4u);
  EXPECT_EQ(options.texts().read_tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(options.set(tag, "c"sv, kFresh));
  EXPECT_EQ(error_of(options.set(tag, "d"sv, kFresh)), error::too_many_tags);
  EXPECT_EQ(error_of(options.set(tag, "a"sv, kFresh)), error::too_many_tags);
}

TEST(TransactionOptions, LoggingNeedsItsIdentifierFirst) {
  DatabaseOptions database(730);
  TransactionOptions options(730);
  ASSERT_TRUE(options.apply_defaults(database, kFresh));
  using enum TransactionOption;
  EXPECT_EQ(error_of(options.set(log_transaction, std::nullopt, kFresh)),
            error::client_invalid_operation);
  EXPECT_EQ(error_of(options.set(debug_transaction_identifier, std::string(101, 'x'), kFresh)),
            error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(debug_transaction_identifier, ""sv, kFresh)),
            error::invalid_option_value);
  EXPECT_TRUE(options.set(debug_transaction_identifier, "me"sv, kFresh));
  EXPECT_TRUE(options.set(debug_transaction_identifier, "me"sv, kFresh));
  EXPECT_EQ(error_of(options.set(debug_transaction_identifier, "you"sv, kFresh)),
            error::client_invalid_operation);
  EXPECT_TRUE(options.set(log_transaction, std::nullopt, kFresh));
  EXPECT_TRUE(options.settings().log_transaction);
}

TEST(TransactionOptions, RetriesKeepThePersistentOnes) {
  DatabaseOptions database(730);
  ASSERT_TRUE(database.set(DatabaseOption::transaction_retry_limit, 3));
  ASSERT_TRUE(database.set(DatabaseOption::transaction_report_conflicting_keys));
  TransactionOptions options(730);
  ASSERT_TRUE(options.apply_defaults(database, kFresh));
  using enum TransactionOption;
  ASSERT_TRUE(options.set(timeout, 500, kFresh));
  ASSERT_TRUE(options.set(max_retry_delay, 7, kFresh));
  ASSERT_TRUE(options.set(authorization_token, "secret"sv, kFresh));
  ASSERT_TRUE(options.set(size_limit, 100, kFresh));
  ASSERT_TRUE(options.set(access_system_keys, std::nullopt, kFresh));
  ASSERT_TRUE(options.set(tag, "t"sv, kFresh));
  ASSERT_TRUE(options.set(snapshot_ryw_disable, std::nullopt, kFresh));
  EXPECT_TRUE(options.settings().write_system_keys && options.settings().raw_access);
  EXPECT_FALSE(options.settings().snapshot_ryw());

  ASSERT_TRUE(options.prepare_retry(database, kFresh));
  const TransactionSettings& settings = options.settings();
  EXPECT_EQ(settings.timeout_ms, 500);
  EXPECT_EQ(settings.retry_limit, 3);
  EXPECT_EQ(settings.max_retry_delay_ms, 7);
  EXPECT_TRUE(settings.report_conflicting_keys);
  EXPECT_EQ(options.texts().authorization_token, "secret");
  EXPECT_EQ(settings.size_limit, 10000000);
  EXPECT_FALSE(settings.write_system_keys || settings.raw_access);
  EXPECT_TRUE(settings.snapshot_ryw());
  EXPECT_TRUE(options.texts().tags.empty());

  ASSERT_TRUE(options.apply_defaults(database, kFresh));
  EXPECT_EQ(settings.timeout_ms, 0);
  EXPECT_EQ(settings.retry_limit, 3);
  EXPECT_EQ(settings.max_retry_delay_ms, 1000);
  EXPECT_EQ(options.texts().authorization_token, "");
}

TEST(TransactionOptions, BadDefaultsFailTheTransactionNotTheDatabase) {
  DatabaseOptions database(730);
  EXPECT_TRUE(database.set(DatabaseOption::transaction_size_limit, 31));
  TransactionOptions options(730);
  EXPECT_EQ(error_of(options.apply_defaults(database, kFresh)), error::invalid_option_value);
  EXPECT_TRUE(database.set(DatabaseOption::transaction_size_limit, 32));
  EXPECT_TRUE(options.apply_defaults(database, kFresh));
  EXPECT_EQ(options.settings().size_limit, 32);
  EXPECT_EQ(database.transaction_defaults().size(), 1u);
}

TEST(TransactionOptions, DependOnTheApiVersion) {
  for (int version : {13, 299, 300, 629, 630, 730}) {
    DatabaseOptions database(version);
    TransactionOptions options(version);
    ASSERT_TRUE(options.apply_defaults(database, kFresh));
    EXPECT_EQ(options.settings().snapshot_ryw(), version >= 300);
    EXPECT_EQ(options.settings().include_port, version >= 630);
    ASSERT_TRUE(options.set(TransactionOption::priority_batch, std::nullopt, kFresh));
    ASSERT_TRUE(options.prepare_retry(database, kFresh));
    EXPECT_EQ(options.settings().priority == TransactionPriority::kBatch, version < 16);
    EXPECT_EQ(error_of(options.set(TransactionOption::use_grv_cache, std::nullopt,
                                   {.grv_cache_available = false})),
              version >= 720 ? error::invalid_option : Error(0));
  }
}

TEST(TransactionOptions, LockAwareness) {
  DatabaseOptions database(730);
  TransactionOptions options(730);
  using enum TransactionOption;
  ASSERT_TRUE(options.apply_defaults(database, kFresh));
  ASSERT_TRUE(options.set(read_lock_aware, std::nullopt, kFresh));
  EXPECT_TRUE(options.settings().lock_aware && options.settings().read_only);
  ASSERT_TRUE(options.set(lock_aware, std::nullopt, kFresh));
  EXPECT_TRUE(options.settings().lock_aware && !options.settings().read_only);
  ASSERT_TRUE(options.set(read_lock_aware, std::nullopt, kFresh));
  EXPECT_FALSE(options.settings().read_only);
}

TEST(TransactionOptions, TheNextWriteIsOne) {
  DatabaseOptions database(730);
  TransactionOptions options(730);
  ASSERT_TRUE(options.apply_defaults(database, kFresh));
  EXPECT_FALSE(options.take_next_write_no_conflict());
  ASSERT_TRUE(
      options.set(TransactionOption::next_write_no_write_conflict_range, std::nullopt, kFresh));
  EXPECT_TRUE(options.take_next_write_no_conflict());
  EXPECT_FALSE(options.take_next_write_no_conflict());
}

TEST(DatabaseOptions, AreRemembered) {
  DatabaseOptions options(730);
  using enum DatabaseOption;
  EXPECT_EQ(error_of(options.set(99, std::nullopt)), error::invalid_option);
  EXPECT_EQ(error_of(options.set(max_watches, 1000001)), error::invalid_option_value);
  EXPECT_TRUE(options.set(max_watches, 3));
  EXPECT_TRUE(options.set(location_cache_size, 100));
  EXPECT_TRUE(options.set(datacenter_id, "dc1"sv));
  EXPECT_TRUE(options.set(machine_id, "m"sv));
  EXPECT_TRUE(options.set(machine_id));
  EXPECT_TRUE(options.set(snapshot_ryw_disable));
  EXPECT_TRUE(options.set(test_causal_read_risky, 50));
  EXPECT_EQ(options.max_watches(), 3);
  EXPECT_EQ(options.location_cache_size(), 100);
  EXPECT_EQ(options.datacenter_id(), "dc1");
  EXPECT_EQ(options.machine_id(), std::nullopt);
  EXPECT_EQ(options.snapshot_ryw_count(), 0);
  EXPECT_EQ(options.test_causal_read_risky(), 50);
}

TEST(NetworkOptions, AreRemembered) {
  NetworkOptions options;
  using enum NetworkOption;
  EXPECT_EQ(error_of(options.set(44, "x"sv)), error::invalid_option);
  EXPECT_TRUE(options.set(trace_enable));
  EXPECT_TRUE(options.set(trace_roll_size, 0));
  EXPECT_TRUE(options.set(trace_format, "JSON"sv));
  EXPECT_EQ(error_of(options.set(trace_format, "yaml"sv)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(trace_clock_source, "sundial"sv)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(trace_file_identifier, "a b"sv)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(trace_file_identifier, std::string(51, 'a'))),
            error::invalid_option_value);
  EXPECT_TRUE(options.set(trace_file_identifier, std::string(50, 'a')));
  EXPECT_TRUE(options.set(knob, "min_trace_severity=5"sv));
  EXPECT_EQ(error_of(options.set(knob, "min_trace_severity"sv)), error::invalid_option_value);
  EXPECT_EQ(error_of(options.set(distributed_client_tracer, "x"sv)), error::invalid_option_value);
  EXPECT_TRUE(options.set(distributed_client_tracer, "network_lossy"sv));
  EXPECT_TRUE(options.set(tls_cert_path, "/cert"sv));
  EXPECT_TRUE(options.set(tls_cert_bytes, "pem"sv));
  EXPECT_EQ(error_of(options.set(tls_cert_bytes)), error::invalid_option_value);
  EXPECT_TRUE(options.set(tls_verify_peers, "Check.Valid=0"sv));
  EXPECT_TRUE(options.set(client_threads_per_version, 1024));
  EXPECT_EQ(error_of(options.set(client_threads_per_version, 0)), error::invalid_option_value);
  const NetworkSettings& settings = options.settings();
  EXPECT_EQ(settings.trace.directory, "");
  EXPECT_EQ(settings.trace.format, "json");
  EXPECT_EQ(settings.tls.certificate.path, "");
  EXPECT_EQ(settings.tls.certificate.bytes, "pem");
  EXPECT_EQ(settings.tracer, DistributedTracer::kNetworkLossy);
  EXPECT_EQ(settings.knobs.size(), 1u);
  EXPECT_EQ(settings.client_threads, 1024);
}

TEST(NetworkOptions, ExcludeEachOtherAndComeInTime) {
  using enum NetworkOption;
  NetworkOptions options;
  EXPECT_TRUE(options.set(disable_multi_version_client_api));
  EXPECT_EQ(error_of(options.set(disable_local_client)), error::invalid_option);
  EXPECT_EQ(error_of(options.set(disable_client_bypass)), error::invalid_option);
  NetworkOptions others;
  EXPECT_TRUE(others.set(disable_client_bypass));
  EXPECT_EQ(error_of(others.set(disable_multi_version_client_api)), error::invalid_option);
  EXPECT_EQ(error_of(others.set(external_client_library, ""sv)), error::invalid_option_value);
  others.mark_set_up();
  EXPECT_EQ(error_of(others.set(external_client_library, "/x.so"sv)), error::invalid_option);
  EXPECT_TRUE(others.set(trace_log_group, "g"sv));
}

TEST(NetworkOptions, ComeFromTheEnvironment) {
  NetworkOptions options;
  auto variables = [](const std::string& name) -> std::optional<std::string> {
    if (name == "FDB_NETWORK_OPTION_KNOB") return "a=1:b=c\\:d\\\\";
    if (name == "FDB_NETWORK_OPTION_TRACE_ROLL_SIZE") return "12345";
    if (name == "FDB_NETWORK_OPTION_TLS_CA_PATH") return "/ca";
    if (name == "FDB_NETWORK_OPTION_DISABLE_CLIENT_STATISTICS_LOGGING") return "";
    return std::nullopt;
  };
  ASSERT_TRUE(options.load_variables(variables));
  ASSERT_TRUE(options.load_variables([](const std::string&) { return "x"; }));
  const NetworkSettings& settings = options.settings();
  ASSERT_EQ(settings.knobs.size(), 2u);
  EXPECT_EQ(settings.knobs[1], (std::pair<std::string, std::string>("b", "c:d\\")));
  EXPECT_EQ(settings.trace.roll_size, 12345);
  EXPECT_EQ(settings.tls.ca.path, "/ca");
  EXPECT_FALSE(settings.client_statistics);
  for (const char* wrong : {"12x", "", "-1", "1:"}) {
    NetworkOptions fresh;
    EXPECT_EQ(error_of(fresh.load_variables([&](const std::string& name) {
                return name.ends_with("_ROLL_SIZE") ? std::optional<std::string>(wrong)
                                                    : std::nullopt;
              })),
              error::environment_variable_network_option_failed);
  }
  EXPECT_FALSE(split_option_values("a\\b") || split_option_values("a\\"));
}

}  // namespace
}  // namespace orrery::fdb
