#include "types/regex.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "types/regex_program.h"
#include "types/unicode.h"

namespace orrery::types {

/// A state is the set of instructions where the threads of the program stand before they follow
/// splits and assertions, with what came before: assertions are decided when the next character is
/// known. Characters that no class tells apart are one symbol.
class Regex::Automaton {
 public:
  explicit Automaton(RegexProgram program) : program_(std::move(program)) {
    split_alphabet();
    seen_.resize(program_.code.size());
  }

  bool search(std::string_view text) {
    int32_t state = start_;
    if (state < 0) state = start_ = state_of({0}, kAtStart);
    const char* p = text.data();
    const char* const end = p + text.size();
    while (p < end) {
      uint32_t symbol;
      if (static_cast<signed char>(*p) >= 0) {
        symbol = ascii_[static_cast<uint8_t>(*p++)];
      } else {
        uint32_t c;
        p += decode_utf8(p, end, &c);
        symbol = symbol_of(c);
      }
      state = next(state, symbol);
      if (state < 0) return state == kMatched;
    }
    return next(state, end_symbol_) == kMatched;
  }

 private:
  static constexpr int32_t kUnknown = -1;
  static constexpr int32_t kMatched = -2;
  static constexpr int32_t kDead = -3;

  // What came before a state.
  static constexpr uint32_t kAtStart = 1;
  static constexpr uint32_t kAfterNewline = 2;
  static constexpr uint32_t kAfterWord = 4;

  struct State {
    std::vector<uint32_t> threads;  ///< sorted
    uint32_t before;
  };

  /// Symbols are the classes of characters that belong to the same sets.
  void split_alphabet() {
    std::vector<const CharSet*> sets;
    for (const CharSet& s : program_.sets) sets.push_back(&s);
    static const CharSet newline = {{'\n', '\n'}};
    sets.push_back(&newline);
    if (program_.has_word_boundary) sets.push_back(&CharSet::words());
    starts_ = {0, 128, kCodePointMax + 1};
    for (const CharSet* s : sets) {
      for (const CharRange& r : s->ranges()) {
        starts_.push_back(r.first);
        starts_.push_back(r.last + 1);
      }
    }
    std::sort(starts_.begin(), starts_.end());
    starts_.erase(std::unique(starts_.begin(), starts_.end()), starts_.end());

    std::unordered_map<std::string, uint32_t> known;
    for (uint32_t first : starts_) {
      std::string membership(sets.size(), '0');
      for (size_t i = 0; i < sets.size(); ++i) {
        if (sets[i]->contains(first)) membership[i] = '1';
      }
      auto [at, fresh] = known.try_emplace(membership, static_cast<uint32_t>(known.size()));
      symbols_.push_back(at->second);
      if (!fresh) continue;
      members_.push_back(membership);
      uint32_t after = membership[program_.sets.size()] == '1' ? kAfterNewline : 0;
      if (program_.has_word_boundary && membership.back() == '1') after |= kAfterWord;
      after_.push_back(after);
    }
    end_symbol_ = static_cast<uint32_t>(members_.size());
    after_.push_back(0);
    width_ = end_symbol_ + 1;
    for (uint32_t c = 0; c < 128; ++c) ascii_[c] = symbol_of(c);
  }

  uint32_t symbol_of(uint32_t c) const {
    auto at = std::upper_bound(starts_.begin(), starts_.end(), c);
    return symbols_[static_cast<size_t>(at - starts_.begin()) - 1];
  }

  int32_t next(int32_t state, uint32_t symbol) {
    int32_t to = table_[static_cast<size_t>(state) * width_ + symbol];
    return to != kUnknown ? to : make_next(state, symbol);
  }

  bool holds(RegexAssert assert, uint32_t before, uint32_t symbol) const {
    bool at_end = symbol == end_symbol_;
    uint32_t after = after_[symbol];
    bool boundary = ((before & kAfterWord) != 0) != ((after & kAfterWord) != 0);
    switch (assert) {
      case RegexAssert::kTextStart:
        return (before & kAtStart) != 0;
      case RegexAssert::kTextEnd:
        return at_end;
      case RegexAssert::kLineStart:
        return (before & (kAtStart | kAfterNewline)) != 0;
      case RegexAssert::kLineEnd:
        return at_end || (after & kAfterNewline) != 0;
      case RegexAssert::kWordBoundary:
        return boundary;
      case RegexAssert::kNotWordBoundary:
        return !boundary;
    }
    return false;
  }

  int32_t make_next(int32_t from, uint32_t symbol) {
    const uint32_t before = states_[static_cast<size_t>(from)].before;
    std::vector<uint32_t> open = states_[static_cast<size_t>(from)].threads;
    std::vector<uint32_t> threads;
    std::fill(seen_.begin(), seen_.end(), false);
    bool matched = false;
    while (!open.empty() && !matched) {
      uint32_t at = open.back();
      open.pop_back();
      if (seen_[at]) continue;
      seen_[at] = true;
      const RegexInstruction& i = program_.code[at];
      switch (i.op) {
        case RegexOp::kMatch:
          matched = true;
          break;
        case RegexOp::kJump:
          open.push_back(i.a);
          break;
        case RegexOp::kSplit:
          open.push_back(i.a);
          open.push_back(i.b);
          break;
        case RegexOp::kAssert:
          if (holds(static_cast<RegexAssert>(i.a), before, symbol)) open.push_back(at + 1);
          break;
        case RegexOp::kSet:
          if (symbol != end_symbol_ && members_[symbol][i.a] == '1') threads.push_back(at + 1);
          break;
      }
    }
    int32_t to = kMatched;
    if (!matched && symbol == end_symbol_) {
      to = kDead;
    } else if (!matched) {
      if (!program_.anchored) threads.push_back(0);  // a match may begin anywhere
      bool none = threads.empty();
      size_t generation = generation_;
      to = none ? kDead : state_of(std::move(threads), after_[symbol]);
      if (generation != generation_) return to;  // `from` went with the old states
    }
    table_[static_cast<size_t>(from) * width_ + symbol] = to;
    return to;
  }

  /// The number of that state, made where it is new.
  int32_t state_of(std::vector<uint32_t> threads, uint32_t before) {
    std::sort(threads.begin(), threads.end());
    threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
    std::string key(reinterpret_cast<const char*>(threads.data()), threads.size() * 4);
    key.push_back(static_cast<char>(before));
    auto at = numbers_.find(key);
    if (at != numbers_.end()) return at->second;
    size_t bytes = width_ * sizeof(int32_t) + key.size() * 2 + 128;
    if (bytes_ + bytes > kRegexCacheBytesMax && !states_.empty()) {
      states_.clear();
      numbers_.clear();
      table_.clear();
      bytes_ = 0;
      start_ = kUnknown;
      ++generation_;
    }
    bytes_ += bytes;
    auto number = static_cast<int32_t>(states_.size());
    numbers_.emplace(std::move(key), number);
    states_.push_back({std::move(threads), before});
    table_.resize(states_.size() * width_, kUnknown);
    return number;
  }

  RegexProgram program_;
  std::vector<uint32_t> starts_;      ///< first characters of intervals; 0x110000.. is no character
  std::vector<uint32_t> symbols_;     ///< of the intervals
  std::vector<std::string> members_;  ///< per symbol: '1' for every set that it is in
  std::vector<uint32_t> after_;       ///< per symbol: what a state after it knows
  uint32_t ascii_[128] = {};
  uint32_t end_symbol_ = 0;
  uint32_t width_ = 0;  ///< symbols and the end
  std::vector<State> states_;
  std::unordered_map<std::string, int32_t> numbers_;
  std::vector<int32_t> table_;
  std::vector<bool> seen_;
  size_t bytes_ = 0;
  size_t generation_ = 0;
  int32_t start_ = kUnknown;
};

Regex::Regex(std::unique_ptr<Automaton> automaton) : automaton_(std::move(automaton)) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

Result<Regex> Regex::compile(std::string_view pattern) {
  ORRERY_TRY_ASSIGN(RegexProgram program, compile_regex(pattern));
  return Regex(std::make_unique<Automaton>(std::move(program)));
}

bool Regex::search(std::string_view text) {
  return automaton_->search(text);
}

}  // namespace orrery::types
