#include "fdb/transaction_options.h"

#include <algorithm>
#include <utility>

namespace orrery::fdb {
namespace {

constexpr uint64_t kProtocolVersionMin = 0x0FDB00A200060001;

bool has_known_protocol_version(std::string_view span) {
  uint64_t version = 0;
  for (size_t i = 8; i > 0; --i) version = version << 8 | static_cast<uint8_t>(span[i - 1]);
  return (version & 0x0FFF'FFFF'FFFF'FFFF) >= kProtocolVersionMin;
}

}  // namespace

void wipe(std::string& secret) {
  volatile char* bytes = secret.data();
  for (size_t i = 0; i < secret.size(); ++i) bytes[i] = 0;
  secret.clear();
}

TransactionTexts::~TransactionTexts() { wipe(authorization_token); }

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
  auto apply_one = [&](TransactionOption option, const std::optional<std::string>& value) -> Status {
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

// One case per option: longer than functions may be, and as plain as a table.
Status TransactionOptions::apply(TransactionOption option, const OptionValue& value,
                                 const TransactionSituation& situation) {
  FDB_TRY(check(option, value, situation));
  const auto number = static_cast<int32_t>(value.number);
  switch (option) {
    case TransactionOption::causal_write_risky: settings_.causal_write_risky = true; break;
    case TransactionOption::causal_read_risky: settings_.causal_read_risky = true; break;
    case TransactionOption::include_port_in_address: settings_.include_port = true; break;
    case TransactionOption::next_write_no_write_conflict_range:
      settings_.next_write_no_conflict = true;
      break;
    case TransactionOption::commit_on_first_proxy: settings_.commit_on_first_proxy = true; break;
    case TransactionOption::check_writes_enable: settings_.check_writes = true; break;
    case TransactionOption::read_your_writes_disable: settings_.read_your_writes = false; break;
    case TransactionOption::read_ahead_disable: settings_.read_ahead = false; break;
    case TransactionOption::priority_system_immediate:
      settings_.priority = TransactionPriority::kImmediate;
      break;
    case TransactionOption::priority_batch: settings_.priority = TransactionPriority::kBatch; break;
    case TransactionOption::initialize_new_database:
      settings_.read_version_zero = true;
      settings_.causal_write_risky = true;
      break;
    case TransactionOption::access_system_keys:
      settings_.write_system_keys = true;
      [[fallthrough]];
    case TransactionOption::read_system_keys:
      settings_.read_system_keys = true;
      [[fallthrough]];
    case TransactionOption::raw_access: settings_.raw_access = true; break;
    case TransactionOption::bypass_storage_quota: settings_.bypass_storage_quota = true; break;
    case TransactionOption::debug_dump: settings_.debug_dump = true; break;
    case TransactionOption::log_transaction: settings_.log_transaction = true; break;
    case TransactionOption::transaction_logging_max_field_length:
      settings_.logging_field_length_max = number;
      break;
    case TransactionOption::server_request_tracing: settings_.server_request_tracing = true; break;
    case TransactionOption::timeout: settings_.timeout_ms = number; break;
    case TransactionOption::retry_limit: settings_.retry_limit = number; break;
    case TransactionOption::max_retry_delay: settings_.max_retry_delay_ms = number; break;
    case TransactionOption::size_limit: settings_.size_limit = number; break;
    case TransactionOption::automatic_idempotency: settings_.automatic_idempotency = true; break;
    case TransactionOption::read_server_side_cache_enable: settings_.cache_reads = true; break;
    case TransactionOption::read_server_side_cache_disable: settings_.cache_reads = false; break;
    case TransactionOption::read_priority_normal:
      settings_.read_priority = ReadPriority::kNormal;
      break;
    case TransactionOption::read_priority_low: settings_.read_priority = ReadPriority::kLow; break;
    case TransactionOption::read_priority_high: settings_.read_priority = ReadPriority::kHigh; break;
    case TransactionOption::snapshot_ryw_enable: ++settings_.snapshot_ryw_count; break;
    case TransactionOption::snapshot_ryw_disable: --settings_.snapshot_ryw_count; break;
    case TransactionOption::lock_aware:
      settings_.lock_aware = true;
      settings_.read_only = false;
      break;
    case TransactionOption::read_lock_aware:
      if (!settings_.lock_aware) settings_.read_only = true;
      settings_.lock_aware = true;
      break;
    case TransactionOption::used_during_commit_protection_disable:
      settings_.used_during_commit_protection = false;
      break;
    case TransactionOption::first_in_batch: settings_.first_in_batch = true; break;
    case TransactionOption::use_provisional_proxies:
      settings_.use_provisional_proxies = true;
      break;
    case TransactionOption::report_conflicting_keys:
      settings_.report_conflicting_keys = true;
      break;
    case TransactionOption::special_key_space_relaxed:
      settings_.special_key_space_relaxed = true;
      break;
    case TransactionOption::special_key_space_enable_writes:
      settings_.special_key_space_writes = true;
      break;
    case TransactionOption::expensive_clear_cost_estimation_enable:
      settings_.expensive_clear_cost_estimation = true;
      break;
    case TransactionOption::bypass_unreadable: settings_.bypass_unreadable = true; break;
    case TransactionOption::use_grv_cache:
      // Who was turned away once may have read too old a version, so a retry asks for a new one.
      if (situation.error_count == 0) settings_.use_grv_cache = true;
      break;
    case TransactionOption::skip_grv_cache: settings_.skip_grv_cache = true; break;
    case TransactionOption::causal_read_disable:
    case TransactionOption::durability_datacenter:
    case TransactionOption::durability_risky:
    case TransactionOption::durability_dev_null_is_web_scale: break;
    case TransactionOption::debug_retry_logging:
    case TransactionOption::transaction_logging_enable:
    case TransactionOption::debug_transaction_identifier:
    case TransactionOption::idempotency_id:
    case TransactionOption::tag:
    case TransactionOption::auto_throttle_tag:
    case TransactionOption::span_parent:
    case TransactionOption::authorization_token:
      return apply_text(option, value.bytes.value_or(std::string_view()));
  }
  return {};
}

}  // namespace orrery::fdb
