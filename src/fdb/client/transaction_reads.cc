// What a transaction reads: of its own writes, of what it read before, and of the database.
#include <algorithm>
#include <utility>

#include "fdb/client/transaction_state.h"
#include "fdb/ryw/point_read.h"
#include "fdb/ryw/read_conflicts.h"

namespace orrery::fdb {
namespace {

/// By mode, and by iteration in iterator mode: how many bytes a reply is meant to have.
Result<ryw::RangeLimits> limits_of(const RangeOptions& options) {
  constexpr int kIterations[] = {4096,  6144,  9216,  13824, 20736,
                                 31104, 46656, 69984, 80000, 120000};
  constexpr int kAll = 80'000;
  int mode_bytes = 0;
  switch (options.mode) {
    case StreamingMode::kWantAll:
    case StreamingMode::kSerial:
      mode_bytes = kAll;
      break;
    case StreamingMode::kIterator:
      if (options.iteration <= 0) return fail(error::client_invalid_operation);
      mode_bytes = kIterations[std::min<size_t>(static_cast<size_t>(options.iteration),
                                                std::size(kIterations)) -
                               1];
      break;
    case StreamingMode::kExact:
      if (options.limit == 0 && options.target_bytes == 0)
        return fail(error::exact_mode_without_limits);
      break;
    case StreamingMode::kSmall:
      mode_bytes = 256;
      break;
    case StreamingMode::kMedium:
      mode_bytes = 1000;
      break;
    case StreamingMode::kLarge:
      mode_bytes = 4096;
      break;
    default:
      return fail(error::client_invalid_operation);
  }
  if (options.limit < 0 || options.target_bytes < 0) return fail(error::range_limits_invalid);
  ryw::RangeLimits limits;
  if (options.limit > 0) limits.rows = options.limit;
  if (options.target_bytes > 0 && mode_bytes > 0) {
    limits.bytes = std::min(options.target_bytes, mode_bytes);
  } else if (options.target_bytes > 0 || mode_bytes > 0) {
    limits.bytes = std::max(options.target_bytes, mode_bytes);
  }
  return limits;
}

}  // namespace

ReadParameters TransactionState::read_parameters() {
  ReadParameters parameters;
  parameters.version = (*version_)->version;
  parameters.tenant.tenant_id = tenant_id_;
  if (const std::string& token = options_.texts().authorization_token; !token.empty()) {
    parameters.tenant.token = token;
  }
  parameters.tenant_prefix = prefix();
  const TransactionSettings& settings = options_.settings();
  if (settings.lock_aware || !settings.cache_reads ||
      settings.read_priority != ReadPriority::kNormal) {
    wire::ReadOptions options;
    options.cache_result = settings.cache_reads;
    options.lock_aware = settings.lock_aware;
    if (settings.read_priority == ReadPriority::kLow) options.type = wire::ReadType::kLow;
    if (settings.read_priority == ReadPriority::kHigh) options.type = wire::ReadType::kHigh;
    parameters.options = options;
  }
  return parameters;
}

Task<Result<std::optional<SharedBytes>>> TransactionState::get(std::string_view key,
                                                               ryw::ReadMode mode) {
  FDB_CO_TRY(usable());
  FDB_CO_TRY(ryw::check_read_key(key, data_.access()));
  if (data_.exceeds_database(key)) co_return std::optional<SharedBytes>();
  ReadInFlight reading(*this);
  if (data_.read_your_writes()) {
    Result<std::optional<SharedBytes>> own = co_await read_own(key, mode);
    co_return std::move(own);
  }
  FDB_CO_TRY(co_await need_version());
  Result<std::optional<SharedBytes>> value = co_await read_value(client(), read_parameters(), key);
  if (value && mode == ryw::ReadMode::kSerializable) {
    data_.add_native_conflict({ryw::Edge(key), ryw::Edge(key, 1)});
  }
  co_return std::move(value);
}

Task<Result<std::optional<SharedBytes>>> TransactionState::read_own(std::string_view key,
                                                                    ryw::ReadMode mode) {
  ryw::ValueRead read(data_.context(mode), key, data_.unreadable());
  for (;;) {
    const Result<ryw::ValueRead::Step> step = read.advance();
    if (!step) co_return fail(step.error());
    if (*step == ryw::ValueRead::Step::kDone) break;
    FDB_CO_TRY(co_await need_version());
    Result<std::optional<SharedBytes>> value =
        co_await read_value(client(), read_parameters(), read.key());
    if (!value) co_return fail(note_tenant(value.error()));
    read.supply(*std::move(value));
  }
  if (mode == ryw::ReadMode::kSerializable) read.add_conflict(data_.read_conflicts());
  co_return read.take_result();
}

Task<Result<SharedBytes>> TransactionState::get_key(ryw::KeySelector selector, ryw::ReadMode mode) {
  FDB_CO_TRY(usable());
  FDB_CO_TRY(ryw::check_read_bound(selector.key, data_.access()));
  ReadInFlight reading(*this);
  const std::string_view key_end = data_.access().read_end();
  if (!data_.read_your_writes()) {
    FDB_CO_TRY(co_await need_version());
    Result<SharedBytes> found = co_await read_key(client(), read_parameters(), selector);
    if (!found) co_return fail(note_tenant(found.error()));
    const std::string_view key = ryw::clipped_key(found->view(), key_end);
    if (mode == ryw::ReadMode::kSerializable) {
      data_.add_native_conflict(ryw::key_conflict(ryw::Selector(selector), key));
    }
    co_return SharedBytes::copy_of(key);
  }
  ryw::KeyRead read(data_.context(mode), selector);
  for (;;) {
    const Result<ryw::KeyRead::Step> step = read.advance();
    if (!step) co_return fail(step.error());
    if (*step == ryw::KeyRead::Step::kDone) break;
    FDB_CO_TRY(co_await need_version());
    Result<ryw::RangeResult> rows = co_await read_range(client(), read_parameters(), read.wanted());
    if (!rows) co_return fail(note_tenant(rows.error()));
    read.supply(*std::move(rows));
  }
  if (mode == ryw::ReadMode::kSerializable) read.add_conflict(data_.read_conflicts());
  co_return SharedBytes::copy_of(read.key());
}

Task<Result<ryw::RangeResult>> TransactionState::get_range(ryw::KeySelector begin,
                                                           ryw::KeySelector end,
                                                           RangeOptions options) {
  FDB_CO_TRY(usable());
  const Result<ryw::RangeLimits> limits = limits_of(options);
  if (!limits) co_return fail(limits.error());
  const Result<bool> any = ryw::check_range_read(begin, end, *limits, data_.access());
  if (!any) co_return fail(any.error());
  if (!*any) co_return ryw::RangeResult();
  ReadInFlight reading(*this);
  if (!data_.read_your_writes()) {
    Result<ryw::RangeResult> native = co_await get_native_range(begin, end, *limits, options);
    co_return std::move(native);
  }
  const auto direction = options.reverse ? ryw::Direction::kReverse : ryw::Direction::kForward;
  const auto mode = options.snapshot ? ryw::ReadMode::kSnapshot : ryw::ReadMode::kSerializable;
  const ryw::Selector from(begin), to(end);
  ryw::RangeRead read(data_.context(mode), from, to, *limits, direction);
  for (;;) {
    const Result<ryw::RangeRead::Step> step = read.advance();
    if (!step) co_return fail(step.error());
    if (*step == ryw::RangeRead::Step::kDone) break;
    FDB_CO_TRY(co_await need_version());
    Result<ryw::RangeResult> rows = co_await read_range(client(), read_parameters(), read.wanted());
    if (!rows) co_return fail(note_tenant(rows.error()));
    read.supply(*std::move(rows));
  }
  if (!options.snapshot) data_.add_conflict(from, to, read, direction);
  co_return read.take_result();
}

Task<Result<ryw::RangeResult>> TransactionState::get_native_range(ryw::KeySelector begin,
                                                                  ryw::KeySelector end,
                                                                  ryw::RangeLimits limits,
                                                                  RangeOptions options) {
  FDB_CO_TRY(co_await need_version());
  const auto direction = options.reverse ? ryw::Direction::kReverse : ryw::Direction::kForward;
  const std::string_view key_end = data_.access().read_end();
  SharedBytes resolved;
  if (ryw::must_resolve_end(ryw::Selector(end), direction)) {
    Result<SharedBytes> found = co_await read_key(client(), read_parameters(), end);
    if (!found) co_return fail(note_tenant(found.error()));
    resolved = SharedBytes::copy_of(ryw::clipped_key(found->view(), key_end));
    end = ryw::KeySelector::first_greater_or_equal(resolved.view());
  }
  const ryw::NativeRange range{
      .begin = begin, .end = end, .limits = limits, .direction = direction};
  Result<ryw::RangeResult> rows = co_await read_range(client(), read_parameters(), range);
  if (!rows) co_return fail(note_tenant(rows.error()));
  if (!options.snapshot) {
    data_.add_native_conflict(
        ryw::native_range_conflict(ryw::Selector(begin), ryw::Selector(end), direction, *rows));
  }
  ryw::clip_rows(*rows, direction, key_end);
  co_return std::move(rows);
}

}  // namespace orrery::fdb
