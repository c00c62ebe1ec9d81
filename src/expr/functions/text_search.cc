// Functions that look for one text in another.
#include <algorithm>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/byte_search.h"
#include "types/unicode.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

constexpr size_t kNowhere = std::string_view::npos;

/// A count of characters, no more than there are bytes: size_t may be narrower than int64_t.
size_t clipped(int64_t characters, std::string_view s) {
  return static_cast<size_t>(std::min(characters, static_cast<int64_t>(s.size())));
}

/// 1-based character position of `needle`, looking from character `start` on; 0 where it is not.
int64_t position_of(std::string_view text, std::string_view needle, int64_t start) {
  size_t from = 0;
  if (start > 1) {
    from = types::offset_of_character(text, clipped(start - 1, text));
    if (from == text.size()) return 0;
  }
  size_t at = types::find_bytes(text, needle, from);
  if (at == kNowhere) return 0;
  return static_cast<int64_t>(types::count_characters(text.substr(0, at))) + 1;
}

/// Which argument is the text and which the thing looked for.
template <uint32_t kText, uint32_t kNeedle>
Status position(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  types::for_each_row(rows, [&](uint32_t r) {
    int64_t start = call.args.size() == 3 ? call.args[2]->cell<int64_t>(r) : 1;
    to[r] = position_of(call.args[kText]->cell<StringRef>(r).view(),
                        call.args[kNeedle]->cell<StringRef>(r).view(), start);
  });
  return {};
}

template <class Test>
Status test_pair(const KernelCall& call, const Selection& rows, Vector& out, Test test) {
  uint8_t* to = out.data<uint8_t>();
  binary_rows<StringRef, StringRef>(*call.args[0], *call.args[1], rows,
                                    [=](uint32_t r, const StringRef& a, const StringRef& b) {
                                      to[r] = test(a.view(), b.view());
                                    });
  return {};
}

Status starts_with(const KernelCall& call, const Selection& rows, Vector& out) {
  return test_pair(call, rows, out,
                   [](std::string_view a, std::string_view b) { return a.starts_with(b); });
}
Status ends_with(const KernelCall& call, const Selection& rows, Vector& out) {
  return test_pair(call, rows, out,
                   [](std::string_view a, std::string_view b) { return a.ends_with(b); });
}
Status contains(const KernelCall& call, const Selection& rows, Vector& out) {
  return test_pair(call, rows, out, [](std::string_view a, std::string_view b) {
    return types::find_bytes(a, b) != kNowhere;
  });
}

/// False where the result would grow past kTextBytesMax.
bool replace_all(std::string_view s, std::string_view from, std::string_view to, std::string* out) {
  out->clear();
  size_t at = 0;
  while (true) {
    size_t hit = from.empty() ? kNowhere : types::find_bytes(s, from, at);
    if (hit == kNowhere) break;
    out->append(s.substr(at, hit - at)).append(to);
    at = hit + from.size();
    if (out->size() > std::max(kTextBytesMax, s.size())) return false;
  }
  out->append(s.substr(at));
  return true;
}

Status replace(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  TextBudget budget;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    if (!replace_all(call.args[0]->cell<StringRef>(r).view(),
                     call.args[1]->cell<StringRef>(r).view(),
                     call.args[2]->cell<StringRef>(r).view(), &text)) {
      return Error(ErrorCode::kLimit, "REPLACE makes a text longer than 10 MiB");
    }
    if (!budget.take(text.size())) break;
    to[r] = out.add_string(text);
  }
  return budget.status("REPLACE");
}

/// Part n (from 1) of s, cut at every delimiter; past the last one it is empty.
std::string_view part_of(std::string_view s, std::string_view delimiter, int64_t n) {
  if (delimiter.empty()) {
    // Cut at every place between characters, the two ends too.
    if (n == 1) return {};
    size_t begin = types::offset_of_character(s, clipped(n - 2, s));
    size_t size = begin < s.size() ? types::utf8_length(s.data() + begin, s.data() + s.size()) : 0;
    return s.substr(begin, size);
  }
  size_t begin = 0;
  for (; n > 1; --n) {
    size_t hit = types::find_bytes(s, delimiter, begin);
    if (hit == kNowhere) return {};
    begin = hit + delimiter.size();
  }
  size_t end = types::find_bytes(s, delimiter, begin);
  return s.substr(begin, end == kNowhere ? kNowhere : end - begin);
}

Status split_part(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  types::for_each_row(rows, [&](uint32_t r) {
    int64_t n = call.args[2]->cell<int64_t>(r);
    if (n < 1) {
      out.set_null(r);
      return;
    }
    to[r] = StringRef(part_of(call.args[0]->cell<StringRef>(r).view(),
                              call.args[1]->cell<StringRef>(r).view(), n));
  });
  out.share_strings(*call.args[0]);
  return {};
}

constexpr auto kPure = Volatility::kImmutable;
constexpr auto kPropagate = NullRule::kPropagate;
constexpr auto kString = TypeId::kText;
constexpr auto kInteger = TypeId::kInteger;

constexpr Overload kOverloads[] = {
    {{"POSITION", 2, 2, kPure, kPropagate, position<1, 0>}, kInteger, {kString, kString}},
    {{"STRPOS", 2, 2, kPure, kPropagate, position<0, 1>}, kInteger, {kString, kString}},
    {{"INSTR", 2, 2, kPure, kPropagate, position<0, 1>}, kInteger, {kString, kString}},
    {{"LOCATE", 2, 3, kPure, kPropagate, position<1, 0>}, kInteger, {kString, kString, kInteger}},
    {{"STARTS_WITH", 2, 2, kPure, kPropagate, starts_with}, TypeId::kBoolean, {kString, kString}},
    {{"ENDS_WITH", 2, 2, kPure, kPropagate, ends_with}, TypeId::kBoolean, {kString, kString}},
    {{"CONTAINS", 2, 2, kPure, kPropagate, contains}, TypeId::kBoolean, {kString, kString}},
    {{"REPLACE", 3, 3, kPure, kPropagate, replace}, kString, {kString, kString, kString}},
    {{"SPLIT_PART", 3, 3, kPure, kPropagate, split_part}, kString, {kString, kString, kInteger}},
};

}  // namespace

Family text_search_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
