#include "fdb/layers/prefix_allocator.h"

#include <algorithm>
#include <utility>

namespace orrery::fdb {
namespace {

/// Far from what overflows.
constexpr int64_t kStartMax = int64_t{1} << 62;

/// A counter's value: 8 bytes, little-endian.
int64_t number_of(const std::optional<std::string>& value) {
  uint64_t out = 0;
  if (!value) return 0;
  for (size_t i = std::min<size_t>(value->size(), 8); i > 0; --i) {
    out = out << 8 | static_cast<uint8_t>((*value)[i - 1]);
  }
  return static_cast<int64_t>(out);
}

}  // namespace

/// Keeps two allocations of one transaction from drawing the same number: each would read before
/// the other writes.
class PrefixAllocator::Claim {
 public:
  Claim(DirectoryTransaction& tr, std::string key) : tr_(tr), key_(std::move(key)) {
    held_ = tr_.claims_.insert(key_).second;
  }
  Claim(const Claim&) = delete;
  ~Claim() {
    if (held_) tr_.claims_.erase(key_);
  }
  bool held() const { return held_; }
  const std::string& key() const { return key_; }

 private:
  DirectoryTransaction& tr_;
  std::string key_;
  bool held_ = false;
};

uint64_t PrefixAllocator::window_size(int64_t start) {
  // Small windows keep keys short, large ones keep allocations apart.
  if (start < 255) return 64;
  if (start < 65535) return 1024;
  return 8192;
}

Task<Result<std::optional<int64_t>>> PrefixAllocator::latest_start(DirectoryTransaction& tr) const {
  auto rows = co_await tr.get_range(counters_.range(), 1, ScanOrder::kReverse, ReadMode::kSnapshot);
  if (!rows) co_return fail(rows.error());
  if (rows->empty()) co_return std::optional<int64_t>();
  auto start = counters_.unpack_as<int64_t>(rows->front().first);
  if (!start || std::get<0>(*start) < 0 || std::get<0>(*start) > kStartMax) {
    co_return fail(error::invalid_directory_layer_metadata);
  }
  co_return std::optional<int64_t>(std::get<0>(*start));
}

Status PrefixAllocator::forget_before(DirectoryTransaction& tr, int64_t start) const {
  FDB_TRY(tr.clear_range({.begin = counters_.key(), .end = counters_.pack(start)}));
  FDB_TRY(tr.set_next_write_no_conflict());
  return tr.clear_range({.begin = recent_.key(), .end = recent_.pack(start)});
}

Task<Result<int64_t>> PrefixAllocator::enter_window(DirectoryTransaction& tr, int64_t start) const {
  while (true) {
    FDB_CO_TRY(tr.add(counters_.pack(start), 1));
    Result<std::optional<std::string>> value =
        co_await tr.get(counters_.pack(start), ReadMode::kSnapshot);
    if (!value) co_return fail(value.error());
    const auto window = static_cast<int64_t>(window_size(start));
    if (number_of(*value) < window / 2) co_return start;
    start += window;
    FDB_CO_TRY(forget_before(tr, start));
  }
}

Task<Result<std::optional<int64_t>>> PrefixAllocator::draw(DirectoryTransaction& tr,
                                                           int64_t start) const {
  const uint64_t window = window_size(start);
  while (true) {
    // Windows are powers of two, so every number is as likely.
    const int64_t candidate = start + static_cast<int64_t>(random_.next_u64() % window);
    Claim claim(tr, recent_.pack(candidate));
    if (!claim.held()) continue;
    Result<std::optional<std::string>> taken = co_await tr.get(claim.key(), ReadMode::kConflicting);
    if (!taken) co_return fail(taken.error());
    // Read second: who moves the window on forgets what was taken of it.
    Result<std::optional<int64_t>> latest = co_await latest_start(tr);
    if (!latest) co_return fail(latest.error());
    // Written without a conflict, for others to see; who finds it taken draws again.
    FDB_CO_TRY(tr.set_next_write_no_conflict());
    FDB_CO_TRY(tr.set(claim.key(), ""));
    if (*latest && **latest > start) co_return std::optional<int64_t>();
    if (!*taken) {
      FDB_CO_TRY(tr.add_write_conflict_key(claim.key()));
      co_return std::optional<int64_t>(candidate);
    }
  }
}

Task<Result<std::string>> PrefixAllocator::allocate(DirectoryTransaction& tr) const {
  while (true) {
    Result<std::optional<int64_t>> latest = co_await latest_start(tr);
    if (!latest) co_return fail(latest.error());
    Result<int64_t> start = co_await enter_window(tr, latest->value_or(0));
    if (!start) co_return fail(start.error());
    Result<std::optional<int64_t>> drawn = co_await draw(tr, *start);
    if (!drawn) co_return fail(drawn.error());
    if (*drawn) co_return tuple::pack(**drawn);
  }
}

}  // namespace orrery::fdb
