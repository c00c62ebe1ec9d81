// Distances and measures of vectors. Vectors of different dimensions have no distance: NULL.
#include <cmath>
#include <cstring>

#include "expr/eval.h"
#include "expr/functions/family.h"
#include "expr/functions/kernels.h"
#include "types/cast.h"

namespace orrery::expr {

using types::Selection;
using types::StringRef;
using types::TypeId;
using types::Vector;

namespace {

/// Packed f32, which may lie at any address.
class Floats {
 public:
  explicit Floats(const StringRef& cell) : bytes_(cell.data()), size_(cell.size() / 4) {}
  size_t size() const { return size_; }
  const char* at(size_t i) const { return bytes_ + i * 4; }

 private:
  const char* bytes_;
  size_t size_;
};

constexpr size_t kLanes = 8;

/// Sums term(a, b) over all dimensions in lanes, so that the loop runs in vector registers; in
/// double, so that the order of summation does not show.
template <class Term>
double sum(const Floats& a, const Floats& b, Term term) {
  double lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    float x[kLanes], y[kLanes];
    std::memcpy(x, a.at(i), sizeof(x));
    std::memcpy(y, b.at(i), sizeof(y));
    for (size_t k = 0; k < kLanes; ++k) lanes[k] += term(x[k], y[k]);
  }
  double total = 0;
  for (double lane : lanes) total += lane;
  for (; i < a.size(); ++i) {
    float x, y;
    std::memcpy(&x, a.at(i), 4);
    std::memcpy(&y, b.at(i), 4);
    total += term(x, y);
  }
  return total;
}

double dot(const Floats& a, const Floats& b) {
  return sum(a, b, [](double x, double y) { return x * y; });
}

struct L2 {
  static double of(const Floats& a, const Floats& b) {
    return std::sqrt(sum(a, b, [](double x, double y) { return (x - y) * (x - y); }));
  }
};
struct Cosine {
  static double of(const Floats& a, const Floats& b) {
    double norms = std::sqrt(dot(a, a)) * std::sqrt(dot(b, b));
    return norms == 0 ? 1 : 1 - dot(a, b) / norms;
  }
};
struct InnerProduct {
  static double of(const Floats& a, const Floats& b) { return -dot(a, b); }
};

template <class Metric>
Status distance(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  types::for_each_row(rows, [&](uint32_t r) {
    Floats a(call.args[0]->cell<StringRef>(r)), b(call.args[1]->cell<StringRef>(r));
    if (a.size() == b.size()) {
      to[r] = Metric::of(a, b);
    } else {
      out.set_null(r);
    }
  });
  return {};
}

Status dimensions(const KernelCall& call, const Selection& rows, Vector& out) {
  int64_t* to = out.data<int64_t>();
  unary_rows<StringRef>(*call.args[0], rows,
                        [to](uint32_t r, const StringRef& v) { to[r] = v.size() / 4; });
  return {};
}

Status norm(const KernelCall& call, const Selection& rows, Vector& out) {
  double* to = out.data<double>();
  unary_rows<StringRef>(*call.args[0], rows, [to](uint32_t r, const StringRef& v) {
    Floats x(v);
    to[r] = std::sqrt(dot(x, x));
  });
  return {};
}

Status to_text(const KernelCall& call, const Selection& rows, Vector& out) {
  StringRef* to = out.data<StringRef>();
  std::string text;
  unary_rows<StringRef>(*call.args[0], rows, [&](uint32_t r, const StringRef& v) {
    text.clear();
    types::append_vector_text(v.view(), &text);
    to[r] = out.add_string(text);
  });
  return {};
}

constexpr auto kPure = Volatility::kImmutable;
constexpr auto kPropagate = NullRule::kPropagate;
constexpr auto kVector = TypeId::kVector;
constexpr auto kFloat = TypeId::kFloat;

constexpr Overload kOverloads[] = {
    {{"VEC_DISTANCE_L2", 2, 2, kPure, kPropagate, distance<L2>}, kFloat, {kVector, kVector}},
    {{"<=>", 2, 2, kPure, kPropagate, distance<L2>}, kFloat, {kVector, kVector}},
    {{"VEC_DISTANCE_COSINE", 2, 2, kPure, kPropagate, distance<Cosine>},
     kFloat,
     {kVector, kVector}},
    {{"VEC_DISTANCE_IP", 2, 2, kPure, kPropagate, distance<InnerProduct>},
     kFloat,
     {kVector, kVector}},
    {{"VEC_DIMS", 1, 1, kPure, kPropagate, dimensions}, TypeId::kInteger, {kVector}},
    {{"VEC_NORM", 1, 1, kPure, kPropagate, norm}, kFloat, {kVector}},
    {{"VEC_TO_TEXT", 1, 1, kPure, kPropagate, to_text}, TypeId::kText, {kVector}},
};

}  // namespace

Family vector_functions() {
  return {kOverloads, {}};
}

}  // namespace orrery::expr
