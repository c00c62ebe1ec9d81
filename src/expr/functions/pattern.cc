// LIKE, ILIKE, GLOB. A pattern that is the same for a whole chunk is compiled once and kept.
#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/byte_search.h"
#include "types/unicode.h"
#include "types/wildcard.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;
using types::Wildcard;

namespace {

enum class Syntax : uint8_t { kLike, kIlike, kGlob };
enum class Sense : uint8_t { kPlain, kNegated };

class PatternState final : public KernelState {
 public:
  /// Compiles where the pattern is another than last time.
  void use(Syntax syntax, std::string_view pattern, uint32_t escape) {
    if (compiled_ && pattern == pattern_ && escape == escape_) return;
    pattern_ = pattern;
    escape_ = escape;
    compiled_ = true;
    wildcard = syntax == Syntax::kGlob
                   ? Wildcard::glob(pattern)
                   : Wildcard::like(pattern, escape,
                                    syntax == Syntax::kLike ? Wildcard::Case::kSensitive
                                                            : Wildcard::Case::kInsensitive);
  }
  Wildcard wildcard;

 private:
  bool compiled_ = false;
  uint32_t escape_ = 0;
  std::string pattern_;
};

Status escape_of(const KernelCall& call, uint32_t row, uint32_t* escape) {
  *escape = '\\';
  if (call.args.size() < 3) return {};
  std::string_view s = call.args[2]->cell<StringRef>(row).view();
  *escape = Wildcard::kNoEscape;
  if (s.empty()) return {};
  if (types::decode_utf8(s.data(), s.data() + s.size(), escape) != s.size()) {
    return Error(ErrorCode::kInvalidArgument, "ESCAPE must be a single character");
  }
  return {};
}

template <class Test>
void test_cells(const Vector& v, const Selection& rows, bool negated, uint8_t* to, Test test) {
  unary_rows<StringRef>(
      v, rows, [&](uint32_t r, const StringRef& cell) { to[r] = test(cell.view()) != negated; });
}

/// Looks at the first bytes first, which is often all there is to a pattern such as 'User_1%'.
void match_from_start(Wildcard& wildcard, const Vector& v, const Selection& rows, bool negated,
                      uint8_t* to) {
  const bool whole = wildcard.is_fixed_start();
  unary_rows<StringRef>(v, rows, [&, whole](uint32_t r, const StringRef& cell) {
    Wildcard::Start start = wildcard.compare_start(cell);
    bool hit = start != Wildcard::Start::kDiffers;
    if (hit && !(whole && start == Wildcard::Start::kFits)) hit = wildcard.matches(cell.view());
    to[r] = hit != negated;
  });
}

void match_column(Wildcard& wildcard, const Vector& v, const Selection& rows, bool negated,
                  uint8_t* to) {
  const std::string_view literal = wildcard.literal();
  switch (wildcard.shape()) {
    case Wildcard::Shape::kExact:
      return test_cells(v, rows, negated, to,
                        [literal](std::string_view s) { return s == literal; });
    case Wildcard::Shape::kPrefix:
      return test_cells(v, rows, negated, to,
                        [literal](std::string_view s) { return s.starts_with(literal); });
    case Wildcard::Shape::kSuffix:
      return test_cells(v, rows, negated, to,
                        [literal](std::string_view s) { return s.ends_with(literal); });
    case Wildcard::Shape::kContains:
      return test_cells(v, rows, negated, to, [literal](std::string_view s) {
        return types::find_bytes(s, literal) != std::string_view::npos;
      });
    case Wildcard::Shape::kAnything:
      return test_cells(v, rows, negated, to, [](std::string_view) { return true; });
    case Wildcard::Shape::kGeneral:
      if (wildcard.has_fixed_start()) return match_from_start(wildcard, v, rows, negated, to);
      return test_cells(v, rows, negated, to,
                        [&wildcard](std::string_view s) { return wildcard.matches(s); });
  }
}

template <Syntax kSyntax, Sense kSense>
Status match(const KernelCall& call, const Selection& rows, Vector& out) {
  constexpr bool kNegated = kSense == Sense::kNegated;
  if (call.state == nullptr) call.state = std::make_unique<PatternState>();
  auto& state = static_cast<PatternState&>(*call.state);
  uint8_t* to = out.data<uint8_t>();
  const Vector& patterns = *call.args[1];
  uint32_t escape;
  if (patterns.is_constant() && (call.args.size() < 3 || call.args[2]->is_constant())) {
    ORRERY_TRY(escape_of(call, 0, &escape));
    state.use(kSyntax, patterns.cell<StringRef>(0).view(), escape);
    match_column(state.wildcard, *call.args[0], rows, kNegated, to);
    return {};
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    ORRERY_TRY(escape_of(call, r, &escape));
    state.use(kSyntax, patterns.cell<StringRef>(r).view(), escape);
    to[r] = state.wildcard.matches(call.args[0]->cell<StringRef>(r).view()) != kNegated;
  }
  return {};
}

/// A pattern never matches what is no text.
template <Sense kSense>
Status match_nothing(const KernelCall&, const Selection& rows, Vector& out) {
  uint8_t* to = out.data<uint8_t>();
  types::for_each_row(rows, [to](uint32_t r) { to[r] = kSense == Sense::kNegated; });
  return {};
}

bool is_textual(TypeId t) {
  return t == TypeId::kText || t == TypeId::kJson;
}

/// Cells of mixed types: those that are text are matched one by one.
template <Syntax kSyntax, Sense kSense>
Status match_mixed(const KernelCall& call, const Selection& rows, Vector& out) {
  constexpr bool kNegated = kSense == Sense::kNegated;
  PatternState state;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t r = rows[i];
    types::Datum text = call.args[0]->datum(r), pattern = call.args[1]->datum(r);
    bool hit = false;
    if (is_textual(text.type()) && is_textual(pattern.type())) {
      uint32_t escape;
      ORRERY_TRY(escape_of(call, r, &escape));
      state.use(kSyntax, pattern.view(), escape);
      hit = state.wildcard.matches(text.view());
    }
    out.data<uint8_t>()[r] = hit != kNegated;
  }
  return {};
}

template <Syntax kSyntax, Sense kSense>
struct Pattern {
  static constexpr std::string_view name() {
    constexpr bool negated = kSense == Sense::kNegated;
    switch (kSyntax) {
      case Syntax::kLike:
        return negated ? "NOT LIKE" : "LIKE";
      case Syntax::kIlike:
        return negated ? "NOT ILIKE" : "ILIKE";
      case Syntax::kGlob:
        return negated ? "NOT GLOB" : "GLOB";
    }
    return {};
  }
  static constexpr uint8_t kArgumentsMax = kSyntax == Syntax::kGlob ? 2 : 3;
  static constexpr ScalarFunction function(Kernel kernel) {
    return {name(), 2, kArgumentsMax, Volatility::kImmutable, NullRule::kPropagate, kernel};
  }
  static constexpr ScalarFunction kTyped = function(match<kSyntax, kSense>);
  static constexpr ScalarFunction kMixed = function(match_mixed<kSyntax, kSense>);
  static constexpr ScalarFunction kNever = function(match_nothing<kSense>);

  static void pick(std::span<const TypeId> args, Resolved* out) {
    out->result = TypeId::kBoolean;
    bool mixed = args[0] == TypeId::kAny || args[1] == TypeId::kAny;
    bool textual = true;
    for (TypeId t : args.subspan(0, 2)) {
      textual = textual && (is_textual(t) || t == TypeId::kNull || t == TypeId::kAny);
    }
    out->function = !textual ? &kNever : (mixed ? &kMixed : &kTyped);
    if (!textual) return;
    for (size_t i = mixed ? 2 : 0; i < args.size(); ++i) out->arguments[i] = TypeId::kText;
  }
  static constexpr Dispatch kDispatch = {name(), 2, kArgumentsMax, pick};
};

constexpr Dispatch kDispatches[] = {
    Pattern<Syntax::kLike, Sense::kPlain>::kDispatch,
    Pattern<Syntax::kLike, Sense::kNegated>::kDispatch,
    Pattern<Syntax::kIlike, Sense::kPlain>::kDispatch,
    Pattern<Syntax::kIlike, Sense::kNegated>::kDispatch,
    Pattern<Syntax::kGlob, Sense::kPlain>::kDispatch,
    Pattern<Syntax::kGlob, Sense::kNegated>::kDispatch,
};

}  // namespace

Family pattern_functions() {
  return {{}, kDispatches};
}

}  // namespace orrery::expr
