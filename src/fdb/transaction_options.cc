#include "fdb/transaction_options.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace orrery::fdb {
namespace {

constexpr uint64_t kProtocolVersionMin = 0x0FDB00A200060001;

bool has_known_protocol_version(std::string_view span) {
  uint64_t version = 0;
  for (size_t i = 8; i > 0; --i) version = version << 8 | static_cast<uint8_t>(span[i - 1]);
  return (version & 0x0FFF'FFFF'FFFF'FFFF) >= kProtocolVersionMin;
}

void set_lock_aware(TransactionSettings& s) {
  s.lock_aware = true;
  s.read_only = false;
}

void set_read_lock_aware(TransactionSettings& s) {
  if (!s.lock_aware) s.read_only = true;
  s.lock_aware = true;
}

/// What an option that is a switch or a number does.
struct Setting {
  TransactionOption option;
  void (*apply)(TransactionSettings& s, int32_t n);
};

// clang-format off
constexpr Setting kSettings[] = {
#define SET(name, what) {TransactionOption::name, [](TransactionSettings& s, [[maybe_unused]] int32_t n) { what; }},
    SET(causal_write_risky, s.causal_write_risky = true)
    SET(causal_read_risky, s.causal_read_risky = true)
    SET(include_port_in_address, s.include_port = true)
    SET(next_write_no_write_conflict_range, s.next_write_no_conflict = true)
    SET(commit_on_first_proxy, s.commit_on_first_proxy = true)
    SET(check_writes_enable, s.check_writes = true)
    SET(read_your_writes_disable, s.read_your_writes = false)
    SET(read_ahead_disable, s.read_ahead = false)
    SET(priority_system_immediate, s.priority = TransactionPriority::kImmediate)
    SET(priority_batch, s.priority = TransactionPriority::kBatch)
    SET(initialize_new_database, s.read_version_zero = s.causal_write_risky = true)
    SET(access_system_keys, s.write_system_keys = s.read_system_keys = s.raw_access = true)
    SET(read_system_keys, s.read_system_keys = s.raw_access = true)
    SET(raw_access, s.raw_access = true)
    SET(bypass_storage_quota, s.bypass_storage_quota = true)
    SET(debug_dump, s.debug_dump = true)
    SET(log_transaction, s.log_transaction = true)
    SET(transaction_logging_max_field_length, s.logging_field_length_max = n)
    SET(server_request_tracing, s.server_request_tracing = true)
    SET(timeout, s.timeout_ms = n)
    SET(retry_limit, s.retry_limit = n)
    SET(max_retry_delay, s.max_retry_delay_ms = n)
    SET(size_limit, s.size_limit = n)
    SET(automatic_idempotency, s.automatic_idempotency = true)
    SET(read_server_side_cache_enable, s.cache_reads = true)
    SET(read_server_side_cache_disable, s.cache_reads = false)
    SET(read_priority_normal, s.read_priority = ReadPriority::kNormal)
    SET(read_priority_low, s.read_priority = ReadPriority::kLow)
    SET(read_priority_high, s.read_priority = ReadPriority::kHigh)
    SET(snapshot_ryw_enable, ++s.snapshot_ryw_count)
    SET(snapshot_ryw_disable, --s.snapshot_ryw_count)
    SET(lock_aware, set_lock_aware(s))
    SET(used_during_commit_protection_disable, s.used_during_commit_protection = false)
    SET(read_lock_aware, set_read_lock_aware(s))
    SET(first_in_batch, s.first_in_batch = true)
    SET(use_provisional_proxies, s.use_provisional_proxies = true)
    SET(report_conflicting_keys, s.report_conflicting_keys = true)
    SET(special_key_space_relaxed, s.special_key_space_relaxed = true)
    SET(special_key_space_enable_writes, s.special_key_space_writes = true)
    SET(expensive_clear_cost_estimation_enable, s.expensive_clear_cost_estimation = true)
    SET(bypass_unreadable, s.bypass_unreadable = true)
    SET(skip_grv_cache, s.skip_grv_cache = true)
#undef SET
};
// clang-format on
static_assert(std::ranges::is_sorted(kSettings, {}, &Setting::option));

}  // namespace

void wipe(std::string& secret) {
  volatile char* bytes = secret.data();
  for (size_t i = 0; i < secret.size(); ++i) bytes[i] = 0;
  secret.clear();
}

TransactionTexts::~TransactionTexts() {
  wipe(authorization_token);
}

const TransactionTexts& TransactionOptions::texts() const {
  static const TransactionTexts kNone;
  return texts_ != nullptr ? *texts_ : kNone;
}

TransactionTexts& TransactionOptions::mutable_texts() {
  if (texts_ == nullptr) texts_ = std::make_unique<TransactionTexts>();
  return *texts_;
}

bool TransactionOptions::take_next_write_no_conflict() {
  bool taken = settings_.next_write_no_conflict;
  settings_.next_write_no_conflict = false;
  return taken;
}

Status TransactionOptions::set(int code, std::optional<std::string_view> value,
                               const TransactionSituation& situation) {
  const OptionInfo* info = find_option(transaction_options(), code);
  if (info == nullptr) return fail(error::invalid_option);
  Result<OptionValue> checked = check_value(info->rule, value);
  if (!checked) return fail(checked.error());
  FDB_TRY(apply(static_cast<TransactionOption>(code), *checked, situation));
  if ((info->flags & kPersistent) != 0) keep(*info, value);
  return {};
}

Status TransactionOptions::set(TransactionOption option, int64_t value,
                               const TransactionSituation& situation) {
  return set(option, option_bytes(value).view(), situation);
}

void TransactionOptions::keep(const OptionInfo& info, std::optional<std::string_view> value) {
  if ((info.flags & kSensitive) != 0) {
    if (kept_token_) wipe(*kept_token_);
    kept_token_ = value ? std::optional<std::string>(*value) : std::nullopt;
    return;
  }
  auto option = static_cast<TransactionOption>(info.code);
  std::erase_if(kept_, [&](const Kept& old) { return old.option == option; });
  Kept& added = kept_.emplace_back();
  added.option = option;
  if (value) added.value.emplace(*value);
}

void TransactionOptions::clear_settings(const DatabaseOptions& database) {
  settings_ = TransactionSettings{};
  settings_.snapshot_ryw_count = database.snapshot_ryw_count();
  settings_.include_port = api_version_ >= 630;
  texts_.reset();
}

Status TransactionOptions::apply_defaults(const DatabaseOptions& database,
                                          const TransactionSituation& situation) {
  kept_.clear();
  if (kept_token_) wipe(*kept_token_);
  kept_token_.reset();
  clear_settings(database);
  for (const TransactionDefault& given : database.transaction_defaults()) {
    kept_.push_back({.option = given.option, .value = given.value});
  }
  return apply_kept(situation);
}

Status TransactionOptions::prepare_retry(const DatabaseOptions& database,
                                         const TransactionSituation& situation) {
  // Before version 16 a retry left all options as they were.
  if (api_version_ < 16) return {};
  clear_settings(database);
  return apply_kept(situation);
}

Status TransactionOptions::apply_kept(const TransactionSituation& situation) {
  auto apply_one = [&](TransactionOption option,
                       const std::optional<std::string>& value) -> Status {
    const OptionInfo* info = find_option(transaction_options(), static_cast<int>(option));
    Result<OptionValue> checked = check_value(info->rule, value);
    if (!checked) return fail(checked.error());
    return apply(option, *checked, situation);
  };
  const Kept* timeout = nullptr;
  for (const Kept& kept : kept_) {
    if (kept.option == TransactionOption::timeout) {
      timeout = &kept;
    } else {
      FDB_TRY(apply_one(kept.option, kept.value));
    }
  }
  if (kept_token_) FDB_TRY(apply_one(TransactionOption::authorization_token, kept_token_));
  if (timeout != nullptr) FDB_TRY(apply_one(TransactionOption::timeout, timeout->value));
  return {};
}

Status TransactionOptions::check(TransactionOption option, const OptionValue& value,
                                 const TransactionSituation& situation) const {
  switch (option) {
    case TransactionOption::read_your_writes_disable:
      if (situation.has_operations) return fail(error::client_invalid_operation);
      return {};
    case TransactionOption::initialize_new_database:
      if (situation.has_read_version) return fail(error::read_version_already_set);
      return {};
    case TransactionOption::access_system_keys:
    case TransactionOption::read_system_keys:
    case TransactionOption::raw_access:
    case TransactionOption::use_provisional_proxies:
      if (situation.has_tenant) return fail(error::invalid_option);
      return {};
    case TransactionOption::use_grv_cache:
      if (api_version_ >= 720 && !situation.grv_cache_available) return fail(error::invalid_option);
      return {};
    case TransactionOption::debug_transaction_identifier:
    case TransactionOption::transaction_logging_enable:
      if (!texts().debug_identifier.empty() && texts().debug_identifier != *value.bytes) {
        return fail(error::client_invalid_operation);
      }
      return {};
    case TransactionOption::log_transaction:
      if (texts().debug_identifier.empty()) return fail(error::client_invalid_operation);
      return {};
    case TransactionOption::transaction_logging_max_field_length:
      if (value.number == 0) return fail(error::invalid_option_value);
      return {};
    case TransactionOption::span_parent:
      if (!has_known_protocol_version(*value.bytes)) {
        return fail(error::incompatible_protocol_version);
      }
      return {};
    case TransactionOption::tag:
    case TransactionOption::auto_throttle_tag:
      if (texts().tags.size() >= kTransactionTagsMax) return fail(error::too_many_tags);
      return {};
    default:
      return {};
  }
}

Status TransactionOptions::apply_text(TransactionOption option, std::string_view text) {
  TransactionTexts& texts = mutable_texts();
  switch (option) {
    case TransactionOption::debug_retry_logging:
      settings_.debug_retry_logging = true;
      texts.retry_logging_name = text;
      break;
    case TransactionOption::transaction_logging_enable:
      settings_.log_transaction = true;
      texts.debug_identifier = text;
      break;
    case TransactionOption::debug_transaction_identifier:
      texts.debug_identifier = text;
      break;
    case TransactionOption::idempotency_id:
      texts.idempotency_id = text;
      settings_.automatic_idempotency = false;
      break;
    case TransactionOption::span_parent:
      texts.span_parent = text;
      break;
    case TransactionOption::authorization_token:
      wipe(texts.authorization_token);
      texts.authorization_token = text;
      break;
    default:
      return add_tag(option, text);
  }
  return {};
}

Status TransactionOptions::add_tag(TransactionOption option, std::string_view tag) {
  auto add = [tag](std::vector<std::string>& tags) {
    if (std::ranges::find(tags, tag) == tags.end()) tags.emplace_back(tag);
  };
  add(mutable_texts().tags);
  if (option == TransactionOption::auto_throttle_tag) add(mutable_texts().read_tags);
  return {};
}

Status TransactionOptions::apply(TransactionOption option, const OptionValue& value,
                                 const TransactionSituation& situation) {
  FDB_TRY(check(option, value, situation));
  if (value.bytes || find_option(transaction_options(), static_cast<int>(option))->rule.kind ==
                         ValueKind::kString) {
    return apply_text(option, value.bytes.value_or(std::string_view()));
  }
  if (option == TransactionOption::use_grv_cache) {
    // Who was turned away once may have read too old a version, so a retry asks for a new one.
    if (situation.error_count == 0) settings_.use_grv_cache = true;
    return {};
  }
  const auto* setting = std::ranges::lower_bound(kSettings, option, {}, &Setting::option);
  if (setting != std::end(kSettings) && setting->option == option) {
    setting->apply(settings_, static_cast<int32_t>(value.number));
  }
  return {};
}

}  // namespace orrery::fdb
