// Functions that measure, take apart and build text.
#include <algorithm>
#include <cstring>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/unicode.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

size_t offset_of(std::string_view s, size_t character, bool ascii) {
  return ascii ? std::min(character, s.size()) : types::offset_of_character(s, character);
}

/// Changes the case of the letters kFrom..kFrom + 25, eight bytes at once; all are ASCII.
template <char kFrom>
uint64_t change_case_of_eight(uint64_t w) {
  constexpr uint64_t kOnes = 0x0101010101010101ULL;
  constexpr uint64_t kHighs = 0x8080808080808080ULL;
  uint64_t from = w + kOnes * static_cast<uint64_t>(0x80 - kFrom);       // high bit: >= kFrom
  uint64_t past = w + kOnes * static_cast<uint64_t>(0x80 - kFrom - 26);  // high bit: past the last
  return w ^ ((from & ~past & kHighs) >> 2);
}

template <char kFrom>
void change_ascii_case(std::string_view s, char* to) {
  const char* from = s.data();
  size_t n = s.size();
  uint64_t w;
  for (; n >= 8; n -= 8, from += 8, to += 8) {
    std::memcpy(&w, from, 8);
    w = change_case_of_eight<kFrom>(w);
    std::memcpy(to, &w, 8);
  }
  if (n == 0) return;
  w = 0;
  std::memcpy(&w, from, n);
  w = change_case_of_eight<kFrom>(w);
  std::memcpy(to, &w, n);
}

/// A short cell as two words: its length, then its bytes with zeros behind.
struct CellWords {
  static constexpr uint64_t kBytesOfFirst = 0xffffffff00000000ULL;
  explicit CellWords(const StringRef& cell) { std::memcpy(words, &cell, 16); }
  uint64_t words[2];
};

bool is_inline_ascii(const StringRef& cell) {
  CellWords c(cell);
  return (((c.words[0] & CellWords::kBytesOfFirst) | c.words[1]) & 0x8080808080808080ULL) == 0;
}

template <char kFrom>
StringRef inline_case_changed(const StringRef& cell) {
  CellWords c(cell);
  uint64_t first = change_case_of_eight<kFrom>(c.words[0] & CellWords::kBytesOfFirst);
  c.words[0] = (c.words[0] & ~CellWords::kBytesOfFirst) | first;
  c.words[1] = change_case_of_eight<kFrom>(c.words[1]);
  StringRef changed;
  std::memcpy(static_cast<void*>(&changed), c.words, 16);
  return changed;
}

template <char kFrom, void (*change)(std::string_view, std::string*)>
Status change_case(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string buffer;
  unary_rows<StringRef>(*call.args[0], rows, [&](uint32_t r, const StringRef& cell) {
    if (cell.is_inline() && is_inline_ascii(cell)) {
      to[r] = inline_case_changed<kFrom>(cell);
      return;
    }
    std::string_view s = cell.view();
    if (types::is_ascii(s)) {
      to[r] = build_string(out, s.size(), [s](char* p) { change_ascii_case<kFrom>(s, p); });
      return;
    }
    buffer.clear();
    change(s, &buffer);
    to[r] = out.add_string(buffer);
  });
  return {};
}

Status length(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<StringRef>(*call.args[0], rows, [to](uint32_t r, const StringRef& cell) {
    bool short_ascii = cell.is_inline() && is_inline_ascii(cell);
    to[r] = short_ascii ? cell.size() : static_cast<int64_t>(types::count_characters(cell.view()));
  });
  return {};
}

Status octet_length(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<StringRef>(*call.args[0], rows,
                        [to](uint32_t r, const StringRef& cell) { to[r] = cell.size(); });
  return {};
}

Status character(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string buffer;
  unary_rows<int64_t>(*call.args[0], rows, [&](uint32_t r, int64_t code) {
    bool valid = code >= 0 && code <= types::kCodePointMax && (code < 0xd800 || code > 0xdfff);
    if (!valid) {
      out.set_null(r);
      return;
    }
    buffer.clear();
    types::append_utf8(static_cast<uint32_t>(code), &buffer);
    to[r] = StringRef(buffer);
  });
  return {};
}

/// Bytes past the end of a text that copy_text() may write.
constexpr size_t kCopySlack = 16;

/// Copies in steps of fixed width where it can; returns the end.
char* copy_text(char* to, const StringRef& s) {
  if (s.is_inline()) {
    std::memcpy(to, reinterpret_cast<const char*>(&s) + 4, 12);
  } else if (s.size() <= 32) {
    // 13 to 32 bytes: the second half may overlap the first.
    const char* from = s.data();
    size_t half = s.size() <= 16 ? 8 : 16;
    char last[16];
    std::memcpy(last, from + s.size() - half, half);
    std::memcpy(to, from, half);
    std::memcpy(to + s.size() - half, last, half);
  } else {
    std::memcpy(to, s.data(), s.size());
  }
  return to + s.size();
}

/// || of any number of texts, none NULL.
Status concat_operator(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  TextBudget budget;
  types::for_each_row(rows, [&](uint32_t r) {
    size_t size = 0;
    for (const Vector* arg : call.args) size += arg->cell<StringRef>(r).size();
    if (!budget.take(size)) return;
    char few[StringRef::kInlineBytes + kCopySlack];
    char* begin = size <= StringRef::kInlineBytes
                      ? few
                      : static_cast<char*>(out.strings().allocate(size + kCopySlack));
    char* end = begin;
    for (const Vector* arg : call.args) end = copy_text(end, arg->cell<StringRef>(r));
    to[r] = StringRef(begin, static_cast<uint32_t>(size));
  });
  return budget.status("||");
}

/// The texts of `args` that are not NULL, with `separator` between them, as one cell.
StringRef join_texts(std::span<const Vector* const> args, std::string_view separator, uint32_t r,
                     TextBudget* budget, Vector* out) {
  size_t size = 0;
  size_t count = 0;
  for (const Vector* arg : args) {
    if (arg->is_null(r)) continue;
    size += arg->cell<StringRef>(r).size();
    ++count;
  }
  if (count > 1) size += (count - 1) * separator.size();
  if (!budget->take(size)) return {};
  return build_string(*out, size, [&](char* to) {
    for (const Vector* arg : args) {
      if (arg->is_null(r)) continue;
      std::string_view part = arg->cell<StringRef>(r).view();
      to = std::copy(part.begin(), part.end(), to);
      if (--count > 0) to = std::copy(separator.begin(), separator.end(), to);
    }
  });
}

Status concat(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  TextBudget budget;
  types::for_each_row(rows,
                      [&](uint32_t r) { to[r] = join_texts(call.args, {}, r, &budget, &out); });
  return budget.status("CONCAT");
}

Status concat_with_separator(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  TextBudget budget;
  types::for_each_row(rows, [&](uint32_t r) {
    if (call.args.size() == 1 || call.args[0]->is_null(r)) {
      out.set_null(r);
      return;
    }
    const StringRef separator = call.args[0]->cell<StringRef>(r);
    to[r] = join_texts(call.args.subspan(1), separator.view(), r, &budget, &out);
  });
  return budget.status("CONCAT_WS");
}

/// Characters from..to of s, 1-based and half open, clipped to the text.
StringRef characters(std::string_view s, int64_t from, int64_t to) {
  from = std::max<int64_t>(from, 1);
  to = std::min(to, static_cast<int64_t>(s.size()) + 1);
  if (to <= from) return StringRef();
  bool ascii = types::is_ascii(s);
  size_t begin = offset_of(s, static_cast<size_t>(from - 1), ascii);
  size_t end = begin + offset_of(s.substr(begin), static_cast<size_t>(to - from), ascii);
  return StringRef(s.substr(begin, end - begin));
}

/// Position 0 is the place before the first character; negative ones count from the end; a negative
/// length takes the characters before the position.
StringRef substring_of(std::string_view s, int64_t position, bool has_length, int64_t length) {
  constexpr int64_t kFar = int64_t{1} << 40;  // past every text, and far from overflow
  position = std::clamp(position, -kFar, kFar);
  length = has_length ? std::clamp(length, -kFar, kFar) : 2 * kFar;
  if (position < 0) {
    auto count = static_cast<int64_t>(types::count_characters(s));
    position += count + 1;
    if (position < 1 && !has_length) position = 1;
  }
  if (length < 0) return characters(s, position + length, position);
  return characters(s, position, position + length);
}

Status substring(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  const bool has_length = call.args.size() == 3;
  types::for_each_row(rows, [&](uint32_t r) {
    int64_t length = has_length ? call.args[2]->cell<int64_t>(r) : 0;
    to[r] = substring_of(call.args[0]->cell<StringRef>(r).view(), call.args[1]->cell<int64_t>(r),
                         has_length, length);
  });
  out.share_strings(*call.args[0]);
  return {};
}

Status left(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  binary_rows<StringRef, int64_t>(
      *call.args[0], *call.args[1], rows, [to](uint32_t r, const StringRef& s, int64_t n) {
        to[r] = n <= 0 ? StringRef() : characters(s.view(), 1, std::min(n, INT64_MAX - 1) + 1);
      });
  out.share_strings(*call.args[0]);
  return {};
}

Status right(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  binary_rows<StringRef, int64_t>(
      *call.args[0], *call.args[1], rows, [to](uint32_t r, const StringRef& s, int64_t n) {
        auto count = static_cast<int64_t>(types::count_characters(s.view()));
        to[r] =
            n <= 0 ? StringRef() : characters(s.view(), count - std::min(n, count) + 1, count + 1);
      });
  out.share_strings(*call.args[0]);
  return {};
}

enum class Ends : uint8_t { kBoth, kLeft, kRight };

bool is_trimmed(uint32_t c, const std::u32string* set) {
  if (set == nullptr) return types::is_space(c);
  return set->find(static_cast<char32_t>(c)) != std::u32string::npos;
}

/// Bytes of the last character of s, which is not empty.
uint32_t last_character(std::string_view s, uint32_t* code_point) {
  const char* end = s.data() + s.size();
  for (uint32_t n = 2; n <= 4 && n <= s.size(); ++n) {
    if (types::decode_utf8(end - n, end, code_point) == n) return n;
  }
  return types::decode_utf8(end - 1, end, code_point);
}

std::string_view trimmed(std::string_view s, Ends ends, const std::u32string* set) {
  uint32_t c;
  while (ends != Ends::kRight && !s.empty()) {
    uint32_t n = types::decode_utf8(s.data(), s.data() + s.size(), &c);
    if (!is_trimmed(c, set)) break;
    s.remove_prefix(n);
  }
  while (ends != Ends::kLeft && !s.empty()) {
    uint32_t n = last_character(s, &c);
    if (!is_trimmed(c, set)) break;
    s.remove_suffix(n);
  }
  return s;
}

template <Ends kEnds>
Status trim(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::u32string set;
  types::for_each_row(rows, [&](uint32_t r) {
    if (call.args.size() == 2) {
      std::string_view chars = call.args[1]->cell<StringRef>(r).view();
      set.clear();
      for (const char *p = chars.data(), *end = p + chars.size(); p < end;) {
        uint32_t c;
        p += types::decode_utf8(p, end, &c);
        set.push_back(static_cast<char32_t>(c));
      }
    }
    to[r] = StringRef(trimmed(call.args[0]->cell<StringRef>(r).view(), kEnds,
                              call.args.size() == 2 ? &set : nullptr));
  });
  out.share_strings(*call.args[0]);
  return {};
}

Status reverse(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  unary_rows<StringRef>(*call.args[0], rows, [&](uint32_t r, const StringRef& cell) {
    std::string_view s = cell.view();
    to[r] = build_string(out, s.size(), [s](char* bytes) {
      char* at = bytes + s.size();
      for (const char *p = s.data(), *end = p + s.size(); p < end;) {
        uint32_t n = types::utf8_length(p, end);
        at -= n;
        std::memcpy(at, p, n);
        p += n;
      }
    });
  });
  return {};
}

Status repeat(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  TextBudget budget;
  binary_rows<StringRef, int64_t>(
      *call.args[0], *call.args[1], rows, [&](uint32_t r, const StringRef& cell, int64_t n) {
        std::string_view s = cell.view();
        auto most = static_cast<int64_t>(s.empty() ? 0 : kTextBytesMax / s.size());
        auto times = static_cast<size_t>(std::clamp<int64_t>(n, 0, most));
        if (!budget.take(s.size() * times)) return;
        to[r] = build_string(out, s.size() * times, [s, times](char* p) {
          for (size_t i = 0; i < times; ++i) std::memcpy(p + i * s.size(), s.data(), s.size());
        });
      });
  return budget.status("REPEAT");
}

/// Appends n characters of `pad`, over and over.
void append_padding(std::string_view pad, size_t n, std::string* out) {
  for (const char *p = pad.data(), *end = p + pad.size(); n > 0; --n) {
    if (p == end) p = pad.data();
    uint32_t bytes = types::utf8_length(p, end);
    out->append(p, bytes);
    p += bytes;
  }
}

template <Ends kSide>
Status pad_text(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  TextBudget budget;
  types::for_each_row(rows, [&](uint32_t r) {
    std::string_view s = call.args[0]->cell<StringRef>(r).view();
    std::string_view pad = " ";
    if (call.args.size() == 3) pad = call.args[2]->cell<StringRef>(r).view();
    int64_t wanted = std::clamp<int64_t>(call.args[1]->cell<int64_t>(r), 0, kTextBytesMax / 4);
    auto count = static_cast<int64_t>(types::count_characters(s));
    text.clear();
    if (wanted <= count || pad.empty()) {
      text = wanted < count ? characters(s, 1, wanted + 1).view() : s;
    } else {
      if (kSide == Ends::kRight) text = s;
      append_padding(pad, static_cast<size_t>(wanted - count), &text);
      if (kSide == Ends::kLeft) text.append(s);
    }
    if (budget.take(text.size())) to[r] = out.add_string(text);
  });
  return budget.status(kSide == Ends::kLeft ? "LPAD" : "RPAD");
}

/// NOCASE, NOACCENT, their long names, or several with _ between; NUMERIC and BINARY change
/// nothing.
bool collate_text(std::string_view s, std::string_view mode, std::string* out) {
  std::string name, other;
  types::append_upper(mode, &name);
  out->assign(s);
  if (name == "BINARY" || name == "NUMERIC") return true;
  bool accents = name.find("ACCENT") != std::string::npos;
  bool cases = name.find("NOCASE") != std::string::npos || name.starts_with("CASE_");
  if (!accents && !cases) return false;
  if (accents) {
    types::append_without_accents(*out, &other);
    out->swap(other);
    other.clear();
  }
  if (cases) {
    types::append_lower(*out, &other);
    out->swap(other);
  }
  return true;
}

Status collate(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  binary_rows<StringRef, StringRef>(*call.args[0], *call.args[1], rows,
                                    [&](uint32_t r, const StringRef& s, const StringRef& mode) {
                                      if (collate_text(s.view(), mode.view(), &text)) {
                                        to[r] = out.add_string(text);
                                      } else {
                                        out.set_null(r);
                                      }
                                    });
  return {};
}

constexpr auto kPure = Volatility::kImmutable;
constexpr auto kPropagate = NullRule::kPropagate;
constexpr auto kText = TypeId::kText;
constexpr auto kInteger = TypeId::kInteger;

constexpr Overload kOverloads[] = {
    {{"UPPER", 1, 1, kPure, kPropagate, change_case<'a', types::append_upper>}, kText, {kText}},
    {{"LOWER", 1, 1, kPure, kPropagate, change_case<'A', types::append_lower>}, kText, {kText}},
    {{"LENGTH", 1, 1, kPure, kPropagate, length}, kInteger, {kText}},
    {{"CHAR_LENGTH", 1, 1, kPure, kPropagate, length}, kInteger, {kText}},
    {{"CHARACTER_LENGTH", 1, 1, kPure, kPropagate, length}, kInteger, {kText}},
    {{"OCTET_LENGTH", 1, 1, kPure, kPropagate, octet_length}, kInteger, {kText}},
    {{"CHAR", 1, 1, kPure, kPropagate, character}, kText, {kInteger}},
    {{"||", 2, 255, kPure, kPropagate, concat_operator}, kText, {kText, kText, kText, kText}},
    {{"CONCAT", 1, 255, kPure, NullRule::kSeesNull, concat}, kText, {kText, kText, kText, kText}},
    {{"CONCAT_WS", 1, 255, kPure, NullRule::kSeesNull, concat_with_separator},
     kText,
     {kText, kText, kText, kText}},
    {{"SUBSTRING", 2, 3, kPure, kPropagate, substring}, kText, {kText, kInteger, kInteger}},
    {{"SUBSTR", 2, 3, kPure, kPropagate, substring}, kText, {kText, kInteger, kInteger}},
    {{"LEFT", 2, 2, kPure, kPropagate, left}, kText, {kText, kInteger}},
    {{"RIGHT", 2, 2, kPure, kPropagate, right}, kText, {kText, kInteger}},
    {{"TRIM", 1, 2, kPure, kPropagate, trim<Ends::kBoth>}, kText, {kText, kText}},
    {{"LTRIM", 1, 2, kPure, kPropagate, trim<Ends::kLeft>}, kText, {kText, kText}},
    {{"RTRIM", 1, 2, kPure, kPropagate, trim<Ends::kRight>}, kText, {kText, kText}},
    {{"REVERSE", 1, 1, kPure, kPropagate, reverse}, kText, {kText}},
    {{"REPEAT", 2, 2, kPure, kPropagate, repeat}, kText, {kText, kInteger}},
    {{"LPAD", 2, 3, kPure, kPropagate, pad_text<Ends::kLeft>}, kText, {kText, kInteger, kText}},
    {{"RPAD", 2, 3, kPure, kPropagate, pad_text<Ends::kRight>}, kText, {kText, kInteger, kText}},
    {{"COLLATE", 2, 2, kPure, kPropagate, collate}, kText, {kText, kText}},
};

}  // namespace

Family text_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
