// Random transactions compared with a plain model: every read answers what a map with the writes applied would answer at
// the moment the read began, whatever is written meanwhile and however the database below cuts its answers; what is
// committed is what was written; and read conflicts cover all that an answer depends on, and nothing that was written.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fdb/ryw/model_for_test.h"
#include "fdb/ryw/transaction_data.h"

namespace orrery::fdb::ryw {
namespace {

using enum MutationType;

std::string shown(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    char hex[8];
    std::snprintf(hex, sizeof hex, c >= ' ' && c <= '~' ? "%c" : "\\%02x", static_cast<unsigned char>(c));
    out += hex;
  }
  return out;
}
std::string shown(const KeySelector& s) {
  return shown(s.key) + (s.or_equal ? "=" : "") + "+" + std::to_string(s.offset);
}
std::string shown(const Pairs& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) out += shown(key) + ":" + shown(value) + " ";
  return out;
}

/// One read that has begun: what it must answer is known from then on.
struct Pending {
  enum class Kind { kGet, kGetKey, kGetRange } kind;
  ReadMode mode;
  KeySelector begin;
  KeySelector end;
  std::string begin_key;
  std::string end_key;
  RangeLimits limits;
  Direction direction = Direction::kForward;
  Database model;         // what the read shall see
  Database written_as;    // of each written key: "d" where its value depends on the database, else ""
  Database unreadable;    // keys whose value a versionstamp hides
  std::vector<std::pair<std::string, std::string>> cleared;
  std::unique_ptr<ValueRead> value_read;
  std::unique_ptr<KeyRead> key_read;
  std::unique_ptr<RangeRead> range_read;
};

class Fuzz {
 public:
  explicit Fuzz(unsigned seed)
      : seed_(seed), random_(seed), data_({}, 1), reads_(snapshot_, random_) {
    const char* stems[] = {"a", "b", "ba", "bb", "c", "d", "da", "e", "f"};
    for (const char* stem : stems) {
      for (int zeros = 0; zeros < 3; zeros++) keys_.push_back(stem + std::string(static_cast<size_t>(zeros), '\0'));
    }
    keys_.push_back("");
    if (pick(4) == 0) {
      data_.access().read_system_keys = true;
      data_.access().write_system_keys = true;
      keys_.push_back("\xff\x01");
    }
    key_end_ = data_.access().read_end();
    const int density = 1 + pick(4);
    for (const std::string& key : keys_) {
      if (pick(4) < density) snapshot_[key] = text();
    }
    snapshot_["\xff/system"] = "s";
    snapshot_["\xff\x02"] = "t";
    stamped_ = pick(3) == 0;
    if (pick(6) == 0) data_.change_snapshot_ryw(-1), sees_in_snapshot_ = false;
    model_ = snapshot_;
    final_ = snapshot_;
  }

  void run() {
    const int steps = 5 + pick(40);
    for (int i = 0; i < steps && !testing::Test::HasFailure(); i++) {
      if (pick(2) == 0) {
        write();
      } else {
        begin_read();
      }
      while (!pending_.empty() && (pending_.size() > 2 || pick(3) != 0)) go_on();
    }
    while (!pending_.empty() && !testing::Test::HasFailure()) go_on();
    if (!testing::Test::HasFailure()) check_commit();
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "seed " << seed_ << "\nkey end " << shown(key_end_) << "\ndatabase "
                    << shown(Pairs(snapshot_.begin(), snapshot_.end())) << trace_;
    }
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  const std::string& key() { return keys_[static_cast<size_t>(pick(static_cast<int>(keys_.size())))]; }
  std::string text() {
    std::string out;
    for (int n = pick(4); n > 0; n--) out += static_cast<char>("\0\1ab\xff"[pick(5)]);
    return out;
  }
  void note(const std::string& line) { trace_ += "\n" + line; }

  // Writes: to the transaction, to what its reads shall see, and to what the commit shall make.
  void write() {
    const std::string at = key();
    switch (pick(6)) {
      case 0: {
        std::string from = at;
        std::string to = pick(5) == 0 ? key_end_ : key();
        if (from > to) std::swap(from, to);
        if (stamped_ && pick(8) == 0) from = "v", to = "w";
        arm();
        note("clear " + shown(from) + " " + shown(to));
        ASSERT_TRUE(data_.clear_range({from, to}));
        for (Database* d : {&model_, &final_}) apply_plainly(*d, kClearRange, from, to, stamp_);
        erase_between(written_as_, from, to);
        erase_between(unreadable_, from, to);
        cleared_.emplace_back(from, to);
        return;
      }
      case 1:
        arm();
        note("clear " + shown(at));
        ASSERT_TRUE(data_.clear(at));
        for (Database* d : {&model_, &final_}) d->erase(at);
        written_as_.erase(at);
        unreadable_.erase(at);
        cleared_.emplace_back(at, at + '\0');
        return;
      case 2: {
        arm();
        const std::string value = text();
        note("set " + shown(at) + " " + shown(value));
        ASSERT_TRUE(data_.set(at, value));
        for (Database* d : {&model_, &final_}) (*d)[at] = value;
        if (!unreadable_.contains(at)) written_as_[at] = "";
        return;
      }
      case 3:
        if (stamped_ && pick(3) == 0) return stamp();
        [[fallthrough]];
      default: atomic(at);
    }
  }
  void arm() {
    if (pick(5) == 0) data_.no_conflict_for_next_write();
  }
  static void erase_between(Database& database, const std::string& from, const std::string& to) {
    database.erase(database.lower_bound(from), database.lower_bound(to));
  }

  void atomic(const std::string& at) {
    const MutationType types[] = {kAddValue, kAndV2, kOr, kXor, kAppendIfFits, kMax, kMinV2,
                                  kByteMin, kByteMax, kCompareAndClear, kCompareAndClear};
    const MutationType type = types[pick(11)];
    std::string operand = text();
    if (type == kCompareAndClear && model_.contains(at) && pick(2) == 0) operand = model_[at];
    arm();
    note("atomic " + std::to_string(static_cast<int>(type)) + " " + shown(at) + " " + shown(operand));
    ASSERT_TRUE(data_.atomic(static_cast<uint32_t>(type), at, operand, 0));
    for (Database* d : {&model_, &final_}) apply_plainly(*d, type, at, operand, stamp_);
    if (unreadable_.contains(at) || written_as_.contains(at)) return;
    bool was_cleared = false;
    for (const auto& [from, to] : cleared_) was_cleared |= at >= from && at < to;
    written_as_[at] = was_cleared ? "" : "d";
  }

  void stamp() {
    any_stamp_ = true;
    if (pick(2) == 0) {
      const std::string at = key();
      const std::string operand = text() + std::string(10, 'x');
      const std::string offset{static_cast<char>(operand.size() - 10), 0, 0, 0};
      note("stamped value " + shown(at));
      ASSERT_TRUE(data_.atomic(15, at, operand + offset, 0));
      apply_plainly(final_, kSetVersionstampedValue, at, operand + offset, stamp_);
      model_[at] = "unreadable";
      unreadable_[at] = "";
      written_as_[at] = "";
      return;
    }
    const std::string operand = "v" + std::string(10, 'x') + text() + std::string("\1\0\0\0", 4);
    const std::string value = text();
    note("stamped key " + shown(operand));
    ASSERT_TRUE(data_.atomic(14, operand, value, 0));
    apply_plainly(final_, kSetVersionstampedKey, operand, value, stamp_);
    model_["v" + std::string(10, '\xff')] = "unreadable";
  }

  // Reads.
  KeySelector selector(std::string& holder) {
    holder = pick(8) == 0 ? key_end_ : pick(30) == 0 ? "v" : key();
    const int offsets[] = {1, 1, 1, 0, 1 + pick(4), -pick(4), pick(40) - 20};
    return {holder, pick(3) == 0, offsets[pick(7)]};
  }

  void begin_read() {
    auto read = std::make_unique<Pending>();
    read->mode = pick(3) == 0 ? ReadMode::kSnapshot : ReadMode::kSerializable;
    const bool sees = read->mode == ReadMode::kSerializable || sees_in_snapshot_;
    read->model = sees ? model_ : snapshot_;
    if (sees) {
      read->written_as = written_as_;
      read->cleared = cleared_;
      read->unreadable = unreadable_;
    }
    read->begin = selector(read->begin_key);
    read->end = selector(read->end_key);
    switch (pick(4)) {
      case 0:
        read->kind = Pending::Kind::kGet;
        if (read->begin_key >= key_end_) return;
        note("get " + shown(read->begin_key));
        read->value_read = std::make_unique<ValueRead>(data_.context(read->mode), read->begin_key,
                                                       Unreadable::kFails);
        break;
      case 1:
        read->kind = Pending::Kind::kGetKey;
        note("getKey " + shown(read->begin));
        read->key_read = std::make_unique<KeyRead>(data_.context(read->mode), read->begin);
        break;
      default: begin_range(*read); break;
    }
    if (read->value_read || read->key_read || read->range_read) pending_.push_back(std::move(read));
  }

  void begin_range(Pending& read) {
    read.kind = Pending::Kind::kGetRange;
    read.direction = pick(2) == 0 ? Direction::kReverse : Direction::kForward;
    if (pick(2) == 0) read.limits.rows = 1 + pick(6);
    if (pick(2) == 0) read.limits.bytes = 1 + pick(60);
    const auto any = check_range_read(read.begin, read.end, read.limits, data_.access());
    ASSERT_TRUE(any);
    if (!*any) return;
    note(std::string(read.direction == Direction::kReverse ? "reverse" : "range") + " " +
         shown(read.begin) + " " + shown(read.end) + " rows " + std::to_string(read.limits.rows) +
         " bytes " + std::to_string(read.limits.bytes));
    read.range_read = std::make_unique<RangeRead>(data_.context(read.mode), Selector(read.begin),
                                                  Selector(read.end), read.limits, read.direction);
  }

  /// Lets one of the reads take a step.
  void go_on() {
    const size_t index = static_cast<size_t>(pick(static_cast<int>(pending_.size())));
    Pending& read = *pending_[index];
    Result<bool> done = false;
    if (read.value_read) {
      const auto step = read.value_read->advance();
      if (!step) done = std::unexpected(step.error());
      if (step && *step == ValueRead::Step::kReadValue) {
        read.value_read->supply(reads_.value(read.value_read->key()));
      } else if (step) {
        done = true;
      }
    } else if (read.key_read) {
      done = step_range(*read.key_read);
    } else {
      done = step_range(*read.range_read);
    }
    ASSERT_LT(++turns_, 2'000) << "a read does not end";
    if (done && !*done) return;
    if (!done) {
      EXPECT_EQ(done.error(), error::accessed_unreadable);
      EXPECT_TRUE(any_stamp_);
    } else {
      check(read);
    }
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  template <class Read>
  Result<bool> step_range(Read& read) {
    const auto step = read.advance();
    if (!step) return std::unexpected(step.error());
    if (*step == RangeRead::Step::kDone) return true;
    const NativeRange wanted = read.wanted();
    note("  reads " + shown(wanted.begin) + " " + shown(wanted.end) + " rows " + std::to_string(wanted.limits.rows) +
         " min " + std::to_string(wanted.limits.min_rows) + " bytes " + std::to_string(wanted.limits.bytes));
    EXPECT_TRUE(!wanted.limits.has_rows() || wanted.limits.rows > 0);
    EXPECT_TRUE(wanted.limits.has_rows() || wanted.limits.has_bytes() || !wanted.limits.has_rows());
    read.supply(reads_.range(wanted));
    return false;
  }

  // What was answered.
  void check(Pending& read) {
    ConflictRanges conflicts(conflict_arena_);
    if (read.value_read) {
      ASSERT_FALSE(read.unreadable.contains(read.begin_key)) << "get " << shown(read.begin_key);
      const auto value = read.value_read->take_result();
      const auto expected = read.model.find(read.begin_key);
      ASSERT_EQ(value.has_value(), expected != read.model.end()) << "get " << shown(read.begin_key);
      if (value) {
        ASSERT_EQ(value->view(), expected->second) << "get " << shown(read.begin_key);
      }
      read.value_read->add_conflict(conflicts);
    } else if (read.key_read) {
      ASSERT_EQ(shown(read.key_read->key()), shown(resolve_plainly(read.model, read.begin, key_end_)))
          << "getKey " << shown(read.begin);
      read.key_read->add_conflict(conflicts);
    } else {
      const RangeResult& result = read.range_read->result();
      check_rows(read, result, read.model);
      const EdgeRange range = range_conflict(Selector(read.begin), Selector(read.end), read.direction,
                                             result, key_end_);
      conflicts.add_unwritten(range.begin, range.end, read.range_read->context().writes.view());
    }
    if (read.mode == ReadMode::kSerializable && !testing::Test::HasFailure()) {
      check_conflicts(read, conflicts);
    }
  }

  void check_rows(const Pending& read, const RangeResult& result, const Database& model) {
    const Pairs all = range_plainly(model, read.begin, read.end, read.direction, key_end_);
    const Pairs rows = pairs_of(result.rows);
    const std::string what = "range " + shown(read.begin) + " " + shown(read.end) + "\nexpected " +
                             shown(all) + "\nanswered " + shown(rows);
    ASSERT_LE(rows.size(), all.size()) << what;
    ASSERT_TRUE(std::equal(rows.begin(), rows.end(), all.begin())) << what;
    const bool by_rows = read.limits.has_rows() && rows.size() == static_cast<size_t>(read.limits.rows);
    if (rows.size() < all.size()) {
      ASSERT_TRUE(result.more) << what;
      ASSERT_TRUE(by_rows || read.limits.has_bytes()) << what;
      ASSERT_FALSE(rows.empty()) << what;
    }
    RangeLimits before = read.limits;
    for (size_t i = 0; i < rows.size(); i++) {
      ASSERT_FALSE(before.reached()) << "more rows than asked for: " << what;
      before.count(Row(rows[i].first, rows[i].second));
    }
    ASSERT_TRUE(!result.more || before.reached() || read.limits.has_bytes()) << what;
  }

  static bool covered(std::span<const KeyRange> ranges, std::string_view key) {
    for (const KeyRange& range : ranges) {
      if (key >= range.begin && key < range.end) return true;
    }
    return false;
  }

  /// A change of the database outside the conflicts must leave the answer as it was; own values are none of them.
  void check_conflicts(const Pending& read, ConflictRanges& conflicts) {
    const auto ranges = conflicts.ranges();
    for (size_t i = 0; i < ranges.size(); i++) {
      ASSERT_LT(ranges[i].begin, ranges[i].end);
      if (i > 0) {
        ASSERT_LT(ranges[i - 1].end, ranges[i].begin);
      }
    }
    for (const auto& [at, how] : read.written_as) {
      if (how.empty()) {
        ASSERT_FALSE(covered(ranges, at)) << "own write " << shown(at);
      }
    }
    for (int i = 0; i < 4; i++) {
      const std::string& at = key();
      if (covered(ranges, at) || at >= key_end_ || any_stamp_) continue;
      const bool own = read.written_as.contains(at);
      bool was_cleared = false;
      for (const auto& [from, to] : read.cleared) was_cleared |= at >= from && at < to;
      if (own || was_cleared) continue;
      Database changed = read.model;
      if (!changed.erase(at)) changed[at] = "changed";
      check_changed(read, changed, at);
    }
  }
  void check_changed(const Pending& read, const Database& changed, const std::string& at) {
    const std::string what = " depends on " + shown(at);
    if (read.value_read) {
      ASSERT_NE(read.begin_key, at) << "get" << what;
    } else if (read.key_read) {
      ASSERT_EQ(shown(read.key_read->key()), shown(resolve_plainly(changed, read.begin, key_end_)))
          << "getKey " << shown(read.begin) << what;
    } else {
      const Pairs all = range_plainly(changed, read.begin, read.end, read.direction, key_end_);
      const Pairs rows = pairs_of(read.range_read->result().rows);
      ASSERT_LE(rows.size(), all.size()) << "range" << what;
      ASSERT_TRUE(std::equal(rows.begin(), rows.end(), all.begin())) << "range" << what;
      if (!read.range_read->result().more) {
        ASSERT_EQ(rows.size(), all.size()) << "range" << what;
      }
    }
  }

  void check_commit() {
    Database committed = snapshot_;
    for (const Mutation& m : data_.commit_writes().mutations) {
      apply_plainly(committed, m.type, m.param1, m.param2, stamp_);
    }
    EXPECT_EQ(shown(Pairs(committed.begin(), committed.end())), shown(Pairs(final_.begin(), final_.end())));
  }

  unsigned seed_;
  std::mt19937 random_;
  std::vector<std::string> keys_;
  std::string key_end_;
  Database snapshot_;
  Database model_;       // what reads that begin now shall see
  Database final_;       // what the commit shall make
  Database written_as_;
  Database unreadable_;
  std::vector<std::pair<std::string, std::string>> cleared_;
  std::string stamp_ = std::string(9, '\x11') + "\x22";
  bool stamped_ = false;
  bool any_stamp_ = false;
  bool sees_in_snapshot_ = true;
  int turns_ = 0;
  std::string trace_;
  Arena conflict_arena_;
  TransactionData data_;
  FakeReads reads_;
  std::vector<std::unique_ptr<Pending>> pending_;
};

TEST(RywProperty, RandomTransactionsAgreeWithAMap) {
  const bool full = std::getenv("ORRERY_FULL") != nullptr;
  const char* first = std::getenv("ORRERY_SEED");
  const unsigned from = first != nullptr ? static_cast<unsigned>(std::atoi(first)) : 1;
  const unsigned count = first != nullptr ? 1 : full ? 24'000 : 1'500;
  for (unsigned seed = from; seed < from + count; seed++) {
    Fuzz(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace orrery::fdb::ryw
