// REGEXP and RLIKE. A pattern that is the same for a whole chunk is compiled once and kept.
#include <optional>
#include <string>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/regex.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

enum class Sense : uint8_t { kPlain, kNegated };

class RegexpState final : public KernelState {
 public:
  /// Compiles where the pattern is another than last time.
  Status use(std::string_view pattern) {
    if (regex && pattern == pattern_) return {};
    regex.reset();
    auto compiled = types::Regex::compile(pattern);
    if (!compiled) return std::move(compiled).error();
    regex.emplace(std::move(compiled).value());
    pattern_ = pattern;
    return {};
  }
  std::optional<types::Regex> regex;

 private:
  std::string pattern_;
};

bool is_textual(TypeId t) {
  return t == TypeId::kText || t == TypeId::kJson;
}

template <Sense kSense>
Status match(const KernelCall& call, const Selection& rows, Vector& out) {
  constexpr bool kNegated = kSense == Sense::kNegated;
  if (call.state == nullptr) call.state = std::make_unique<RegexpState>();
  auto& state = static_cast<RegexpState&>(*call.state);
  uint8_t* to = out.data<uint8_t>();
  const Vector& patterns = *call.args[1];
  if (patterns.is_constant()) {
    ORRERY_TRY(state.use(patterns.cell<StringRef>(0).view()));
    unary_rows<StringRef>(*call.args[0], rows, [&](uint32_t r, const StringRef& cell) {
      to[r] = state.regex->search(cell.view()) != kNegated;
    });
    return {};
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    ORRERY_TRY(state.use(patterns.cell<StringRef>(r).view()));
    to[r] = state.regex->search(call.args[0]->cell<StringRef>(r).view()) != kNegated;
  }
  return {};
}

/// Where an argument is no text or of mixed types: what is no text matches nothing.
template <Sense kSense>
Status match_mixed(const KernelCall& call, const Selection& rows, Vector& out) {
  constexpr bool kNegated = kSense == Sense::kNegated;
  RegexpState state;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    types::Datum text = call.args[0]->datum(r), pattern = call.args[1]->datum(r);
    bool hit = false;
    if (is_textual(text.type()) && is_textual(pattern.type())) {
      ORRERY_TRY(state.use(pattern.view()));
      hit = state.regex->search(text.view());
    }
    out.data<uint8_t>()[r] = hit != kNegated;
  }
  return {};
}

constexpr ScalarFunction function(std::string_view name, Kernel kernel) {
  return {name, 2, 2, Volatility::kImmutable, NullRule::kPropagate, kernel};
}

template <Sense kSense>
constexpr ScalarFunction kTyped =
    function(kSense == Sense::kPlain ? "REGEXP" : "NOT REGEXP", match<kSense>);
template <Sense kSense>
constexpr ScalarFunction kMixed =
    function(kSense == Sense::kPlain ? "REGEXP" : "NOT REGEXP", match_mixed<kSense>);

template <Sense kSense>
void pick(std::span<const TypeId> args, Resolved* out) {
  out->result = TypeId::kBoolean;
  bool typed = true;
  for (TypeId t : args) typed = typed && (is_textual(t) || t == TypeId::kNull);
  out->function = typed ? &kTyped<kSense> : &kMixed<kSense>;
  if (typed) out->arguments = {TypeId::kText, TypeId::kText};
}

constexpr Dispatch kDispatches[] = {
    {"REGEXP", 2, 2, pick<Sense::kPlain>},
    {"RLIKE", 2, 2, pick<Sense::kPlain>},
    {"NOT REGEXP", 2, 2, pick<Sense::kNegated>},
    {"NOT RLIKE", 2, 2, pick<Sense::kNegated>},
};

}  // namespace

Family regexp_functions() {
  return {{}, kDispatches};
}

}  // namespace orrery::expr
