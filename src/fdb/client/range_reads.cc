// read_range(): one shard after another, as getRange of fdbclient/NativeAPI does.
#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fdb/client/ask_storage.h"
#include "fdb/client/locate.h"
#include "fdb/client/read_request.h"
#include "fdb/client/reads.h"
#include "fdb/client/shard_bounds.h"
#include "fdb/wire/messages/range.h"

namespace orrery::fdb {
namespace {

constexpr int kReplyByteLimit = 80'000;

using wire::first_greater_or_equal;
using wire::KeySelector;

bool is_first_greater_or_equal(const KeySelector& s) {
  return !s.or_equal && s.offset == 1;
}
bool is_last_less_or_equal(const KeySelector& s) {
  return s.or_equal && s.offset == 0;
}
bool is_backward(const KeySelector& s) {
  return !s.or_equal && s.offset <= 0;
}
bool is_definitely_greater(const KeySelector& s, std::string_view key) {
  return s.offset >= 1 && (is_first_greater_or_equal(s) ? s.key > key : s.key >= key);
}
bool is_definitely_less(const KeySelector& s, std::string_view key) {
  return s.offset <= 0 && (is_last_less_or_equal(s) ? s.key < key : s.key <= key);
}
KeySelector before(KeySelector s) {
  --s.offset;
  return s;
}

/// The ends of what is left to read. Their keys lie in the caller's range or in strings of their
/// own.
struct Rest {
  KeySelector begin;
  KeySelector end;
  std::string begin_key;
  std::string end_key;

  explicit Rest(const ryw::NativeRange& range)
      : begin{range.begin.key, range.begin.or_equal, range.begin.offset},
        end{range.end.key, range.end.or_equal, range.end.offset} {}
  void begin_at(std::string_view key, bool or_equal) {
    begin_key = std::string(key);
    begin = {begin_key, or_equal, 1};
  }
  ryw::NativeRange range(const ryw::RangeLimits& limits, ryw::Direction direction) const {
    return {.begin = {begin.key, begin.or_equal, begin.offset},
            .end = {end.key, end.or_equal, end.offset},
            .limits = limits,
            .direction = direction};
  }
  void end_at(std::string_view key) {
    end_key = std::string(key);
    end = first_greater_or_equal(end_key);
  }
};

/// Appends the reply's rows, and counts them.
size_t append(ryw::RangeResult& result, ryw::RangeLimits& limits,
              const Answer<wire::GetKeyValuesReply>& answer) {
  std::vector<ryw::Row> rows;
  const wire::KeyValueList& data = answer.message.data;
  rows.reserve(data.size());
  for (const wire::KeyValue& each : data) {
    rows.emplace_back(each.key, each.value);
    limits.count(rows.back());
  }
  const size_t count = rows.size();
  if (count > 0) result.rows.append(std::move(rows), answer.payload.buffer());
  return count;
}

void set_limits(wire::GetKeyValuesRequest& request, const ryw::RangeLimits& limits,
                ryw::Direction direction) {
  // Where the bytes are used up already, the rows that must come are asked for without a limit of
  // bytes.
  if (limits.has_bytes() && limits.bytes == 0) {
    request.limit = limits.min_rows;
    request.limit_bytes = kReplyByteLimit;
  } else {
    request.limit = limits.has_rows() ? std::min(kReplyByteLimit, limits.rows) : kReplyByteLimit;
    request.limit_bytes =
        limits.has_bytes() ? std::min(kReplyByteLimit, limits.bytes) : kReplyByteLimit;
  }
  if (direction == ryw::Direction::kReverse) request.limit = -request.limit;
}

/// The rows from one key up to another, whatever moves meanwhile.
Task<Result<ryw::RangeResult>> read_exact_range(Client& client, ReadParameters parameters,
                                                std::string begin, std::string end,
                                                ryw::RangeLimits limits, ryw::Direction direction) {
  const bool reverse = direction == ryw::Direction::kReverse;
  ryw::RangeResult result;
  result.read_to_begin = begin.empty();
  result.read_through_end = end == ryw::kAllKeysEnd;
  while (begin < end) {
    const AbsoluteKey from(parameters.tenant_prefix, reverse ? end : begin);
    const Toward toward = reverse ? Toward::kBefore : Toward::kAfter;
    Result<ShardRef> shard = co_await locate(client, from.view(), toward);
    if (!shard) co_return fail(shard.error());
    const ShardBounds bounds(**shard, parameters.tenant_prefix);
    const std::string_view part_begin = std::max<std::string_view>(begin, bounds.begin);
    const std::string_view part_end = std::min<std::string_view>(end, bounds.end);
    auto request = read_request<wire::GetKeyValuesRequest>(parameters);
    request.begin = first_greater_or_equal(part_begin);
    request.end = first_greater_or_equal(part_end);
    set_limits(request, limits, direction);
    Result<Answer<wire::GetKeyValuesReply>> answer = co_await ask_storage(client, *shard, request);
    if (!answer) {
      if (!is_moved(answer.error())) co_return fail(answer.error());
      client.locations().invalidate(from.view(), toward);
      co_await client.loop().sleep(kWrongShardDelay);
      continue;
    }
    const size_t count = append(result, limits, *answer);
    const bool more = answer->message.more;
    std::string next = more && count > 0 ? std::string(result.rows.back().key())
                                         : std::string(reverse ? part_begin : part_end);
    if (more && !reverse) next.push_back('\0');
    (reverse ? end : begin) = std::move(next);
    if (limits.reached() || limits.satisfied_min_rows()) {
      result.more = begin < end || limits.reached();
      break;
    }
  }
  co_return std::move(result);
}

/// Resolves the selectors first: for ranges whose ends may lie in other shards than their keys.
Task<Result<ryw::RangeResult>> read_by_resolving(Client& client, ReadParameters parameters,
                                                 ryw::NativeRange range) {
  Result<SharedBytes> begin = co_await read_key(client, parameters, range.begin);
  if (!begin) co_return fail(begin.error());
  Result<SharedBytes> end = co_await read_key(client, parameters, range.end);
  if (!end) co_return fail(end.error());
  if (begin->view() >= end->view()) {
    ryw::RangeResult empty;
    empty.read_to_begin = begin->empty();
    empty.read_through_end = end->view() == ryw::kAllKeysEnd;
    co_return std::move(empty);
  }
  Task<Result<ryw::RangeResult>> exact =
      read_exact_range(client, parameters, std::string(begin->view()), std::string(end->view()),
                       range.limits, range.direction);
  Result<ryw::RangeResult> result = co_await exact;
  co_return std::move(result);
}

/// Appends what was read behind `result`.
void join(ryw::RangeResult& result, ryw::RangeResult&& rest) {
  rest.rows.for_each_run(0, rest.rows.size(),
                         [&](std::span<const ryw::Row> rows, const BufferRef& buffer) {
                           result.rows.append(rows, buffer);
                         });
  result.more = rest.more;
  result.read_to_begin |= rest.read_to_begin;
  result.read_through_end |= rest.read_through_end;
  result.read_through = std::move(rest.read_through);
}

/// The rest of a range that was begun, by resolving.
Task<Result<ryw::RangeResult>> finish_by_resolving(Client& client, ReadParameters parameters,
                                                   ryw::NativeRange left, ryw::RangeResult result) {
  Result<ryw::RangeResult> rest = co_await read_by_resolving(client, parameters, left);
  if (!rest) co_return fail(rest.error());
  join(result, *std::move(rest));
  co_return std::move(result);
}

}  // namespace

Task<Result<ryw::RangeResult>> read_range(Client& client, ReadParameters parameters,
                                          ryw::NativeRange range) {
  const bool reverse = range.direction == ryw::Direction::kReverse;
  ryw::RangeResult result;
  ryw::RangeLimits limits = range.limits;
  Rest rest(range);
  for (;;) {
    if (rest.begin.key.empty() && rest.begin.offset < 1) {
      result.read_to_begin = true;
      rest.begin = first_greater_or_equal("");
    }
    if (rest.end.key.empty() && (rest.end.offset < 1 || is_first_greater_or_equal(rest.end))) {
      co_return std::move(result);
    }
    if (!reverse && rest.begin.key >= ryw::kAllKeysEnd) {
      if (rest.begin.offset > 0) {
        result.read_through_end = true;
        co_return std::move(result);
      }
    }
    const KeySelector& near = reverse ? rest.end : rest.begin;
    const bool backward =
        is_backward(reverse ? before(near) : near) || near.key >= ryw::kAllKeysEnd;
    const Toward toward = backward ? Toward::kBefore : Toward::kAfter;
    const AbsoluteKey absolute(parameters.tenant_prefix, near.key);
    Result<ShardRef> shard = co_await locate(client, absolute.view(), toward);
    if (!shard) co_return fail(shard.error());
    const ShardBounds bounds(**shard, parameters.tenant_prefix);

    auto request = read_request<wire::GetKeyValuesRequest>(parameters);
    request.begin = rest.begin;
    request.end = rest.end;
    bool modified = false;
    if (reverse && is_definitely_less(before(rest.begin), bounds.begin) &&
        !(is_first_greater_or_equal(rest.begin) && rest.begin.key == bounds.begin)) {
      request.begin = first_greater_or_equal(bounds.begin);
      modified = true;
    } else if (!reverse && is_definitely_greater(rest.end, bounds.end)) {
      request.end = first_greater_or_equal(bounds.end);
      modified = true;
    }
    set_limits(request, limits, range.direction);
    Result<Answer<wire::GetKeyValuesReply>> answer = co_await ask_storage(client, *shard, request);
    if (!answer) {
      if (!is_moved(answer.error())) co_return fail(answer.error());
      client.locations().invalidate(absolute.view(), toward);
      if (answer.error() == error::all_alternatives_failed) {
        co_await client.loop().sleep(kWrongShardDelay);
        continue;
      }
      // A part of the range may be elsewhere than its selectors tell.
      Result<ryw::RangeResult> whole = co_await finish_by_resolving(
          client, parameters, rest.range(limits, range.direction), std::move(result));
      co_return std::move(whole);
    }
    const bool more = answer->message.more;
    const size_t count = append(result, limits, *answer);
    if (reverse && is_last_less_or_equal(rest.begin) && count > 0 &&
        result.rows.back().key() == rest.begin.key) {
      modified = false;
    }
    const bool finished = limits.reached() || (!modified && !more) || limits.satisfied_min_rows();
    if (finished) {
      result.more = modified || limits.reached() || more;
      if (modified && !more) {
        result.read_through = std::string(reverse ? bounds.begin : bounds.end);
      }
      co_return std::move(result);
    }
    if (more) {
      if (count == 0) co_return fail(error::internal_error);
      const std::string_view last = result.rows.back().key();
      if (reverse) {
        rest.end_at(last);
      } else {
        rest.begin_at(last, true);
      }
    } else if (count == 0) {
      // Selectors with offsets count rows, and there are none here: they are resolved first.
      Result<ryw::RangeResult> whole = co_await finish_by_resolving(
          client, parameters, rest.range(limits, range.direction), std::move(result));
      co_return std::move(whole);
    } else if (reverse) {
      rest.end_at(bounds.begin);
    } else {
      rest.begin_at(bounds.end, false);
    }
  }
}

}  // namespace orrery::fdb
