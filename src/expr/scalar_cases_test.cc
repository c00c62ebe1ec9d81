// Runs testdata/scalar_cases.txt: one expression a line, as a tree, and what it gives.
//
// Leaves: i:1 f:0.5 b:true s"text" t"2024-01-01" null. Nodes: (NAME args...), where NAME is a
// function or operator of the registry, CAST_type, or one of the forms that node_of() knows.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "expr/call_for_test.h"

namespace orrery::expr {
namespace {

using types::Datum;
using types::TypeId;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  ExprPtr tree() {
    skip_blanks();
    if (peek() == '(') return list();
    if (peek() == 's' || peek() == 't') return quoted();
    return scalar();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ') ++at_;
  }
  std::string word() {
    size_t begin = at_;
    while (peek() != ' ' && peek() != ')' && peek() != '\0') ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  ExprPtr constant(const Datum& d) { return make_constant(d, d.type()); }

  ExprPtr scalar() {
    std::string w = word();
    if (w == "null") return constant(N());
    std::string value = w.substr(2);
    if (w[0] == 'i') return constant(I(std::strtoll(value.c_str(), nullptr, 10)));
    if (w[0] == 'b') return constant(B(value == "true"));
    return constant(F(std::strtod(value.c_str(), nullptr)));
  }

  ExprPtr quoted() {
    char kind = peek();
    at_ += 2;
    std::string value;
    for (; peek() != '"'; ++at_) {
      if (peek() == '\\') {
        ++at_;
        value.push_back(peek() == 'n' ? '\n' : (peek() == 't' ? '\t' : peek()));
      } else {
        value.push_back(peek());
      }
    }
    ++at_;
    return constant(kind == 's' ? S(value) : T(value));
  }

  ExprPtr list() {
    ++at_;
    std::string name = word();
    std::vector<ExprPtr> args;
    while (true) {
      skip_blanks();
      if (peek() == ')') break;
      args.push_back(tree());
      if (args.back() == nullptr) return nullptr;
    }
    ++at_;
    return node_of(name, std::move(args));
  }

  static ExprPtr node(ExprKind kind, TypeId type, std::vector<ExprPtr> args) {
    auto e = std::make_unique<Expr>();
    e->kind = kind;
    e->type = type;
    e->args = std::move(args);
    return e;
  }

  static ExprPtr node_of(const std::string& name, std::vector<ExprPtr> args) {
    static const std::map<std::string, CompareOp> kCompare = {
        {"=", CompareOp::kEqual},   {"<>", CompareOp::kNotEqual},
        {"<", CompareOp::kLess},    {"<=", CompareOp::kLessEqual},
        {">", CompareOp::kGreater}, {">=", CompareOp::kGreaterEqual}};
    static const std::map<std::string, std::pair<ExprKind, bool>> kForms = {
        {"AND", {ExprKind::kAnd, false}},
        {"OR", {ExprKind::kOr, false}},
        {"NOT", {ExprKind::kNot, false}},
        {"IS_NULL", {ExprKind::kIsNull, false}},
        {"IS_NOT_NULL", {ExprKind::kIsNull, true}},
        {"DISTINCT", {ExprKind::kDistinct, false}},
        {"NOT_DISTINCT", {ExprKind::kDistinct, true}},
        {"IN", {ExprKind::kInList, false}},
        {"NOT_IN", {ExprKind::kInList, true}},
        {"ROW", {ExprKind::kRow, false}}};
    if (auto c = kCompare.find(name); c != kCompare.end()) {
      return make_compare(c->second, std::move(args[0]), std::move(args[1]));
    }
    if (auto f = kForms.find(name); f != kForms.end()) {
      ExprPtr e = node(f->second.first, TypeId::kBoolean, std::move(args));
      e->negated = f->second.second;
      return e;
    }
    if (name.starts_with("IS_")) {
      ExprPtr e = node(ExprKind::kIsBoolean, TypeId::kBoolean, std::move(args));
      e->negated = name.starts_with("IS_NOT");
      e->index = name.ends_with("TRUE") ? 1 : 0;
      return e;
    }
    if (name == "CASE" || name == "COALESCE") {
      bool is_case = name == "CASE";
      TypeId type = joint_type(args, is_case);
      return node(is_case ? ExprKind::kCase : ExprKind::kCoalesce, type, std::move(args));
    }
    for (int t = 1; t <= 9 && name.starts_with("CAST_"); ++t) {
      auto type = static_cast<TypeId>(t);
      if (name.substr(5) == types::type_name(type)) return make_cast(std::move(args[0]), type);
    }
    return bound_call(name == "RLIKE" ? "REGEXP" : name, std::move(args));
  }

  static TypeId joint_type(const std::vector<ExprPtr>& args, bool is_case) {
    TypeId joint = TypeId::kNull;
    for (size_t i = 0; i < args.size(); ++i) {
      bool condition = is_case && i % 2 == 0 && i + 1 < args.size();
      if (condition || args[i]->type == TypeId::kNull || args[i]->type == joint) continue;
      joint = joint == TypeId::kNull ? args[i]->type : TypeId::kAny;
    }
    return joint;
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool same_result(const Datum& got, const std::string& want) {
  if (want == "NULL") return got.is_null();
  std::string type = want.substr(0, want.find(' '));
  std::string value = want.substr(std::min(want.size(), want.find(' ') + 1));
  if (types::type_name(got.type()) != type) return false;
  if (got.type() == TypeId::kFloat) {
    double wanted = std::strtod(value.c_str(), nullptr), v = got.as_double();
    if (std::isnan(wanted)) return std::isnan(v);
    return v == wanted || std::fabs(v - wanted) <= 1e-9 * std::fabs(wanted);
  }
  if (got.type() == TypeId::kTimestamp) return std::to_string(got.as_int64()) == value;
  std::string text, escaped;
  types::append_text(got, &text);
  for (char c : text) {
    if (c == '\n') {
      escaped.append("\\n");
      continue;
    }
    if (c == '"' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped == value;
}

TEST(ScalarCases, GiveWhatTheyShould) {
  const char* root = std::getenv("ORRERY_SOURCE_DIR");  // set by ctest
  const std::string here = __FILE__;
  const std::string folder =
      root != nullptr ? std::string(root) + "/src/expr" : here.substr(0, here.rfind('/'));
  std::ifstream in(folder + "/testdata/scalar_cases.txt");
  ASSERT_TRUE(in.good());
  int count = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    ++count;
    size_t arrow = line.rfind(" => ");
    ASSERT_NE(arrow, std::string::npos) << line;
    std::string want = line.substr(arrow + 4);
    ExprPtr e = Reader(std::string_view(line).substr(0, arrow)).tree();
    EvalContext context;
    uint64_t seed = 1;
    context.now_nanos = kTestNow;
    context.random_state = &seed;
    if (e == nullptr) {
      EXPECT_TRUE(want.starts_with("ERROR")) << line << ": not resolved";
      continue;
    }
    auto v = evaluate_once(*e, context);
    if (want.starts_with("ERROR")) {
      EXPECT_FALSE(v.has_value()) << line;
    } else if (!v) {
      ADD_FAILURE() << line << ": " << v.error().message();
    } else {
      EXPECT_TRUE(same_result(v->datum(), want)) << line << ": " << shown(v->datum());
    }
  }
  EXPECT_GT(count, 900);
}

}  // namespace
}  // namespace orrery::expr
