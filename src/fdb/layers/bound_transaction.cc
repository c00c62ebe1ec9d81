#include "fdb/layers/bound_transaction.h"

#include <algorithm>
#include <cstring>

#include "fdb/client/transaction_state.h"

namespace orrery::fdb {
namespace {

ryw::ReadMode mode_of(ReadMode mode) {
  return mode == ReadMode::kSnapshot ? ryw::ReadMode::kSnapshot : ryw::ReadMode::kSerializable;
}

}  // namespace

Task<Result<std::optional<std::string>>> BoundTransaction::Inside::get(std::string key,
                                                                       ReadMode mode) {
  Result<std::optional<SharedBytes>> value = co_await state->get(key, mode_of(mode));
  if (!value) co_return fail(value.error());
  if (!*value) co_return std::optional<std::string>();
  co_return std::optional<std::string>(std::in_place, (*value)->view());
}

Task<Result<std::vector<DirectoryTransaction::Row>>> BoundTransaction::Inside::get_range(
    KeyRange range, size_t limit, ScanOrder order, ReadMode mode) {
  std::vector<Row> rows;
  RangeOptions options;
  options.snapshot = mode == ReadMode::kSnapshot;
  options.reverse = order == ScanOrder::kReverse;
  options.mode = StreamingMode::kWantAll;
  for (;;) {
    if (limit != 0) {
      options.limit = static_cast<int32_t>(std::min<size_t>(limit - rows.size(), INT32_MAX));
    }
    Result<RangeResult> part =
        co_await state->get_range(KeySelector::first_greater_or_equal(range.begin),
                                  KeySelector::first_greater_or_equal(range.end), options);
    if (!part) co_return fail(part.error());
    for (const ryw::Row& row : part->rows.list()) rows.emplace_back(row.key(), row.value());
    const bool is_full = limit != 0 && rows.size() >= limit;
    if (!part->more || part->rows.empty() || is_full) co_return std::move(rows);
    if (options.reverse) {
      range.end = rows.back().first;
    } else {
      range.begin = rows.back().first + '\0';
    }
  }
}

Status BoundTransaction::Inside::set(std::string_view key, std::string_view value) {
  state->set(key, value);
  return {};
}

Status BoundTransaction::Inside::clear(std::string_view key) {
  state->clear(key);
  return {};
}

Status BoundTransaction::Inside::clear_range(const KeyRange& range) {
  state->clear_range({range.begin, range.end});
  return {};
}

Status BoundTransaction::Inside::add(std::string_view key, int64_t number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof bytes);
  state->atomic(static_cast<uint32_t>(AtomicOp::kAdd), key, {bytes, sizeof bytes});
  return {};
}

Status BoundTransaction::Inside::set_next_write_no_conflict() {
  return state->set_option(static_cast<int>(TransactionOption::next_write_no_write_conflict_range),
                           std::nullopt);
}

Status BoundTransaction::Inside::add_write_conflict_key(std::string_view key) {
  std::string end(key);
  end.push_back('\0');
  return state->add_conflict_range({key, end}, ConflictRangeType::kWrite);
}

}  // namespace orrery::fdb
