// Patterns in the syntax of Rust's regex crate (no look-around, no back references) to programs.
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "types/regex_program.h"
#include "types/unicode.h"

namespace orrery::types {
namespace {

struct Tree {
  enum class Kind : uint8_t { kEmpty, kSet, kAssert, kConcat, kAlternate, kRepeat };
  static constexpr uint32_t kUnbounded = UINT32_MAX;

  Kind kind = Kind::kEmpty;
  CharSet set;
  RegexAssert assert = RegexAssert::kTextStart;
  uint32_t min = 0, max = 0;
  std::vector<std::unique_ptr<Tree>> parts;
};
using TreePtr = std::unique_ptr<Tree>;

struct Flags {
  bool ignore_case = false;
  bool multi_line = false;
  bool dot_all = false;
  bool spaced = false;
};

bool is_special(uint32_t c) {
  return c < 128 &&
         std::string_view("\\.+*?()|[]{}^$#&-~/ '\"%,:;<=>@`!_").find(static_cast<char>(c)) !=
             std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view pattern)
      : p_(pattern.data()), end_(pattern.data() + pattern.size()) {}

  Result<TreePtr> pattern() {
    ORRERY_TRY_ASSIGN(TreePtr tree, alternatives(0));
    if (p_ < end_) return fail("unopened group");
    return tree;
  }

 private:
  static Error fail(std::string_view what) {
    return Error(ErrorCode::kInvalidArgument, "Invalid regex: " + std::string(what));
  }
  static TreePtr make(Tree::Kind kind) {
    auto tree = std::make_unique<Tree>();
    tree->kind = kind;
    return tree;
  }
  static TreePtr make_assert(RegexAssert a) {
    TreePtr tree = make(Tree::Kind::kAssert);
    tree->assert = a;
    return tree;
  }
  Result<TreePtr> make_set(CharSet set) {
    TreePtr tree = make(Tree::Kind::kSet);
    if (flags_.ignore_case) set.fold_case();
    ORRERY_TRY(charge(set));
    tree->set = std::move(set);
    return tree;
  }
  /// Counts the memory that classes take against the limit.
  Status charge(const CharSet& set) {
    ranges_ += set.ranges().size() + 1;
    if (ranges_ <= kRegexRangesMax) return {};
    return Error(ErrorCode::kLimit, "Invalid regex: exceeds size limit");
  }

  bool done() const { return p_ == end_; }
  char peek() const { return p_ < end_ ? *p_ : '\0'; }
  bool take(char c) {
    if (done() || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool take(std::string_view s) {
    if (static_cast<size_t>(end_ - p_) < s.size() || std::string_view(p_, s.size()) != s) {
      return false;
    }
    p_ += s.size();
    return true;
  }
  uint32_t take_character() {
    uint32_t c;
    p_ += decode_utf8(p_, end_, &c);
    return c;
  }

  Result<TreePtr> alternatives(uint32_t depth) {
    if (depth > kRegexDepthMax) return fail("nested too deeply");
    const Flags outside = flags_;
    TreePtr all = make(Tree::Kind::kAlternate);
    do {
      ORRERY_TRY_ASSIGN(TreePtr part, sequence(depth));
      all->parts.push_back(std::move(part));
    } while (take('|'));
    flags_ = outside;
    if (all->parts.size() == 1) return std::move(all->parts[0]);
    return all;
  }

  Result<TreePtr> sequence(uint32_t depth) {
    TreePtr all = make(Tree::Kind::kConcat);
    while (true) {
      if (flags_.spaced) skip_spacing();
      if (done() || peek() == '|' || peek() == ')') break;
      ORRERY_TRY_ASSIGN(TreePtr part, atom(depth));
      if (part == nullptr) continue;  // flags for what follows
      ORRERY_TRY_ASSIGN(part, repeated(std::move(part)));
      all->parts.push_back(std::move(part));
    }
    return all;
  }

  void skip_spacing() {
    while (!done()) {
      if (peek() == '#') {
        while (!done() && peek() != '\n') ++p_;
      } else if (peek() == ' ' || (peek() >= '\t' && peek() <= '\r')) {
        ++p_;
      } else {
        return;
      }
    }
  }

  Result<TreePtr> repeated(TreePtr part) {
    for (uint32_t stacked = 0;; ++stacked) {
      if (flags_.spaced) skip_spacing();
      uint32_t min = 0, max = Tree::kUnbounded;
      if (take('+')) {
        min = 1;
      } else if (take('?')) {
        max = 1;
      } else if (peek() == '{' && !done()) {
        ++p_;
        ORRERY_TRY(counts(&min, &max));
      } else if (!take('*')) {
        return part;
      }
      if (stacked == kRegexStackedMax) return fail("nested too deeply");
      take('?');  // lazy or greedy: whether there is a match is the same
      TreePtr repeat = make(Tree::Kind::kRepeat);
      repeat->min = min;
      repeat->max = max;
      repeat->parts.push_back(std::move(part));
      part = std::move(repeat);
    }
  }

  Status counts(uint32_t* min, uint32_t* max) {
    if (!take_number(min)) return fail("repetition quantifier expects a valid decimal");
    *max = *min;
    if (take(',')) {
      *max = Tree::kUnbounded;
      if (peek() != '}' && !take_number(max)) return fail("repetition count is not a number");
    }
    if (!take('}')) return fail("unclosed counted repetition");
    if (*max < *min) return fail("repetition range is upside down");
    if (*min > kRegexRepeatMax || (*max != Tree::kUnbounded && *max > kRegexRepeatMax)) {
      return fail("repetition count is larger than " + std::to_string(kRegexRepeatMax));
    }
    return {};
  }

  bool take_number(uint32_t* out) {
    auto [p, error] = std::from_chars(p_, end_, *out);
    if (error != std::errc()) return false;
    p_ = p;
    return true;
  }

  /// Null where it only set flags.
  Result<TreePtr> atom(uint32_t depth) {
    uint32_t c = take_character();
    switch (c) {
      case '(':
        return group(depth);
      case '[': {
        CharSet set;
        ORRERY_TRY(bracketed(depth, &set));
        return make_set(std::move(set));
      }
      case '.': {
        CharSet set;
        if (!flags_.dot_all) set.add('\n', '\n');
        set.negate();
        TreePtr tree = make(Tree::Kind::kSet);
        tree->set = std::move(set);
        return tree;
      }
      case '^':
        return make_assert(flags_.multi_line ? RegexAssert::kLineStart : RegexAssert::kTextStart);
      case '$':
        return make_assert(flags_.multi_line ? RegexAssert::kLineEnd : RegexAssert::kTextEnd);
      case '*':
      case '+':
      case '?':
      case '{':
        return fail("repetition operator missing expression");
      case '\\':
        return escaped();
      default:
        return make_set({{c, c}});
    }
  }

  Result<TreePtr> group(uint32_t depth) {
    const Flags outside = flags_;
    if (take('?')) {
      if (take("P<") || (peek() == '<' && take('<'))) {
        if (peek() == '=' || peek() == '!') return fail("look-around is not supported");
        const char* name = p_;
        while (!done() && peek() != '>') ++p_;
        if (p_ == name || !take('>')) return fail("invalid capture group name");
      } else if (peek() == '=' || peek() == '!') {
        return fail("look-around is not supported");
      } else {
        ORRERY_TRY(flag_letters());
        if (take(')')) return TreePtr();  // hold until the end of the enclosing group
        if (!take(':')) return fail("unrecognized flag");
      }
    }
    ORRERY_TRY_ASSIGN(TreePtr tree, alternatives(depth + 1));
    if (!take(')')) return fail("unclosed group");
    flags_ = outside;
    return tree;
  }

  Status flag_letters() {
    bool on = true;
    for (; !done() && peek() != ')' && peek() != ':'; ++p_) {
      switch (peek()) {
        case '-':
          on = false;
          break;
        case 'i':
          flags_.ignore_case = on;
          break;
        case 'm':
          flags_.multi_line = on;
          break;
        case 's':
          flags_.dot_all = on;
          break;
        case 'x':
          flags_.spaced = on;
          break;
        case 'U':
        case 'u':
          break;
        default:
          return fail("unrecognized flag");
      }
    }
    return {};
  }

  Result<TreePtr> escaped() {
    if (done()) return fail("incomplete escape sequence");
    switch (peek()) {
      case 'b':
        ++p_;
        return make_assert(RegexAssert::kWordBoundary);
      case 'B':
        ++p_;
        return make_assert(RegexAssert::kNotWordBoundary);
      case 'A':
        ++p_;
        return make_assert(RegexAssert::kTextStart);
      case 'z':
        ++p_;
        return make_assert(RegexAssert::kTextEnd);
      default:
        break;
    }
    CharSet set;
    ORRERY_TRY_ASSIGN(bool named, named_set(&set));
    if (named) return make_set(std::move(set));
    ORRERY_TRY_ASSIGN(uint32_t c, escaped_character());
    return make_set({{c, c}});
  }

  /// After a backslash: \d and its like. False (and nothing read) where it is a single character.
  Result<bool> named_set(CharSet* out) {
    char letter = peek();
    switch (letter) {
      case 'd':
      case 'D':
        *out = CharSet::digits();
        break;
      case 'w':
      case 'W':
        *out = CharSet::words();
        break;
      case 's':
      case 'S':
        *out = CharSet::spaces();
        break;
      case 'p':
      case 'P': {
        ++p_;
        ORRERY_TRY(property(out));
        if (letter == 'P') out->negate();
        return true;
      }
      default:
        return false;
    }
    ++p_;
    if (letter < 'a') out->negate();
    return true;
  }

  Status property(CharSet* out) {
    std::string_view name;
    if (take('{')) {
      const char* begin = p_;
      while (!done() && peek() != '}') ++p_;
      name = {begin, static_cast<size_t>(p_ - begin)};
      if (!take('}')) return fail("unclosed Unicode property");
    } else if (!done()) {
      name = {p_++, 1};
    }
    bool negated = name.starts_with('^');
    if (negated) name.remove_prefix(1);
    if (!CharSet::property(name, out)) return fail("Unicode property not found");
    if (negated) out->negate();
    return {};
  }

  Result<uint32_t> escaped_character() {
    if (done()) return fail("incomplete escape sequence");
    uint32_t c = take_character();
    switch (c) {
      case 'n':
        return uint32_t{'\n'};
      case 't':
        return uint32_t{'\t'};
      case 'r':
        return uint32_t{'\r'};
      case 'f':
        return uint32_t{'\f'};
      case 'v':
        return uint32_t{'\v'};
      case 'a':
        return uint32_t{7};
      case 'x':
        return hexadecimal(2);
      case 'u':
        return hexadecimal(4);
      case 'U':
        return hexadecimal(8);
      default:
        if (c >= '0' && c <= '9') return fail("backreferences are not supported");
        if (!is_special(c)) return fail("unrecognized escape sequence");
        return c;
    }
  }

  Result<uint32_t> hexadecimal(size_t digits) {
    const char* end = p_ + std::min(digits, static_cast<size_t>(end_ - p_));
    bool braces = take('{');
    if (braces) end = std::find(p_, end_, '}');
    uint32_t c = 0;
    auto [p, error] = std::from_chars(p_, end, c, 16);
    bool whole = p == end && (braces ? end < end_ : static_cast<size_t>(end - p_) == digits);
    if (error != std::errc() || !whole || c > kCodePointMax || (c >= 0xd800 && c <= 0xdfff)) {
      return fail("invalid hexadecimal escape");
    }
    p_ = braces ? p + 1 : p;
    return c;
  }

  /// A class after its [.
  Status bracketed(uint32_t depth, CharSet* out) {
    if (depth > kRegexDepthMax) return fail("nested too deeply");
    bool negated = take('^');
    CharSet set;
    std::optional<CharSet> left;  // of an && that is still open
    for (bool first = true;; first = false) {
      if (done()) return fail("unclosed character class");
      if (peek() == ']' && !first) {
        ++p_;
        break;
      }
      if (take("&&")) {
        if (left) set.intersect(*left);
        left = std::move(set);
        set = CharSet();
      } else {
        ORRERY_TRY(class_item(depth, &set));
      }
    }
    if (left) set.intersect(*left);
    // Variants first: [^a] without case is neither a nor A.
    if (flags_.ignore_case) set.fold_case();
    if (negated) set.negate();
    *out = std::move(set);
    return {};
  }

  Status class_item(uint32_t depth, CharSet* set) {
    if (take("[:")) {
      bool negated = take('^');
      const char* begin = p_;
      while (!done() && peek() != ':') ++p_;
      std::string_view name(begin, static_cast<size_t>(p_ - begin));
      CharSet named;
      if (!take(":]") || !CharSet::posix(name, &named)) return fail("unknown POSIX class");
      if (negated) named.negate();
      set->add(named);
      return charge(named);
    }
    if (take('[')) {
      CharSet inner;
      ORRERY_TRY(bracketed(depth + 1, &inner));
      set->add(inner);
      return charge(inner);
    }
    if (peek() == '\\' && end_ - p_ > 1) {
      ++p_;
      CharSet named;
      ORRERY_TRY_ASSIGN(bool is_named, named_set(&named));
      if (is_named) {
        set->add(named);
        return charge(named);
      }
      --p_;
    }
    ORRERY_TRY_ASSIGN(uint32_t first, class_character());
    uint32_t last = first;
    if (end_ - p_ > 1 && *p_ == '-' && p_[1] != ']') {
      ++p_;
      ORRERY_TRY_ASSIGN(last, class_character());
      if (last < first) return fail("class range is upside down");
    }
    set->add(first, last);
    return ++ranges_ <= kRegexRangesMax ? Status() : Status(fail("exceeds size limit"));
  }

  Result<uint32_t> class_character() {
    if (done()) return fail("unclosed character class");
    if (!take('\\')) return take_character();
    if (peek() == 'b') {
      ++p_;
      return uint32_t{8};
    }
    return escaped_character();
  }

  const char* p_;
  const char* end_;
  Flags flags_;
  size_t ranges_ = 0;
};

/// Lays a tree out as instructions; each part falls through to what follows it.
class Emitter {
 public:
  explicit Emitter(RegexProgram* out) : out_(out) {}

  bool emit(const Tree& tree) {
    // Repeated parts that emit nothing still take time.
    if (++steps_ > 10 * kRegexInstructionsMax) return false;
    switch (tree.kind) {
      case Tree::Kind::kEmpty:
        return true;
      case Tree::Kind::kSet:
        return set(tree.set);
      case Tree::Kind::kAssert:
        out_->has_word_boundary = out_->has_word_boundary ||
                                  tree.assert == RegexAssert::kWordBoundary ||
                                  tree.assert == RegexAssert::kNotWordBoundary;
        return add({RegexOp::kAssert, static_cast<uint32_t>(tree.assert)});
      case Tree::Kind::kConcat:
        return std::all_of(tree.parts.begin(), tree.parts.end(),
                           [this](const TreePtr& part) { return emit(*part); });
      case Tree::Kind::kAlternate:
        return alternate(tree);
      case Tree::Kind::kRepeat:
        return repeat(tree);
    }
    return false;
  }

  bool add(RegexInstruction i) {
    if (out_->code.size() >= kRegexInstructionsMax) return false;
    out_->code.push_back(i);
    return true;
  }

 private:
  uint32_t here() const { return static_cast<uint32_t>(out_->code.size()); }

  bool set(const CharSet& s) {
    auto at = std::find(out_->sets.begin(), out_->sets.end(), s);
    auto index = static_cast<uint32_t>(at - out_->sets.begin());
    if (at == out_->sets.end()) {
      if (out_->sets.size() == kRegexSetsMax) return false;
      out_->sets.push_back(s);
    }
    return add({RegexOp::kSet, index});
  }

  bool alternate(const Tree& tree) {
    std::vector<uint32_t> exits;
    for (size_t i = 0; i < tree.parts.size(); ++i) {
      bool last = i + 1 == tree.parts.size();
      uint32_t split = here();
      if (!last && !add({RegexOp::kSplit, split + 1})) return false;
      if (!emit(*tree.parts[i])) return false;
      if (last) break;
      exits.push_back(here());
      if (!add({RegexOp::kJump})) return false;
      out_->code[split].b = here();
    }
    for (uint32_t at : exits) out_->code[at].a = here();
    return true;
  }

  bool repeat(const Tree& tree) {
    const Tree& part = *tree.parts[0];
    for (uint32_t i = 0; i < tree.min; ++i) {
      if (!emit(part)) return false;
    }
    if (tree.max == Tree::kUnbounded) {
      uint32_t split = here();
      if (!add({RegexOp::kSplit, split + 1}) || !emit(part) || !add({RegexOp::kJump, split})) {
        return false;
      }
      out_->code[split].b = here();
      return true;
    }
    std::vector<uint32_t> exits;
    for (uint32_t i = tree.min; i < tree.max; ++i) {
      exits.push_back(here());
      if (!add({RegexOp::kSplit, here() + 1}) || !emit(part)) return false;
    }
    for (uint32_t at : exits) out_->code[at].b = here();
    return true;
  }

  RegexProgram* out_;
  uint32_t steps_ = 0;
};

/// True where every way through begins with the start of the text.
bool begins_at_start(const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::kAssert:
      return tree.assert == RegexAssert::kTextStart;
    case Tree::Kind::kConcat:
      return !tree.parts.empty() && begins_at_start(*tree.parts[0]);
    case Tree::Kind::kAlternate:
      return std::all_of(tree.parts.begin(), tree.parts.end(),
                         [](const TreePtr& part) { return begins_at_start(*part); });
    default:
      return false;
  }
}

}  // namespace

Result<RegexProgram> compile_regex(std::string_view pattern) {
  ORRERY_TRY_ASSIGN(TreePtr tree, Parser(pattern).pattern());
  RegexProgram program;
  Emitter emitter(&program);
  if (!emitter.emit(*tree) || !emitter.add({RegexOp::kMatch})) {
    return Error(ErrorCode::kLimit, "Invalid regex: compiled regex exceeds size limit");
  }
  uint64_t ranges = 0;
  for (const CharSet& set : program.sets) ranges += set.ranges().size();
  if (ranges * program.sets.size() > kRegexAlphabetWorkMax) {
    return Error(ErrorCode::kLimit, "Invalid regex: compiled regex exceeds size limit");
  }
  program.anchored = begins_at_start(*tree);
  return program;
}

}  // namespace orrery::types
