// Expressions as SQL-like text, for EXPLAIN.
#include "expr/expr.h"
#include "expr/function.h"
#include "types/cast.h"

namespace orrery::expr {
namespace {

using types::TypeId;

constexpr std::string_view kCompareText[] = {"=", "!=", "<", "<=", ">", ">="};

class Printer {
 public:
  Printer(const std::vector<std::string>& names, std::string* out) : names_(names), out_(out) {}

  void print(const Expr& e) {
    switch (e.kind) {
      case ExprKind::kConstant:
        constant(e);
        break;
      case ExprKind::kParameter:
        out_->append("$").append(std::to_string(e.index + 1));
        break;
      case ExprKind::kColumn:
        if (e.index < names_.size()) {
          out_->append(names_[e.index]);
        } else {
          out_->append("#").append(std::to_string(e.index));
        }
        break;
      case ExprKind::kOuter:
        out_->append("outer.").append(std::to_string(e.index));
        break;
      case ExprKind::kFunction:
        call(e);
        break;
      case ExprKind::kCompare:
        infix(e, kCompareText[static_cast<uint8_t>(e.compare_op)]);
        break;
      case ExprKind::kAnd:
        infix(e, "AND");
        break;
      case ExprKind::kOr:
        infix(e, "OR");
        break;
      case ExprKind::kDistinct:
        infix(e, e.negated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM");
        break;
      case ExprKind::kRow:
        list(e, 0);
        break;
      default:
        print_special(e);
        break;
    }
  }

 private:
  void print_special(const Expr& e) {
    switch (e.kind) {
      case ExprKind::kNot:
        out_->append("(NOT ");
        print(*e.args[0]);
        out_->append(")");
        break;
      case ExprKind::kIsNull:
        postfix(e, e.negated ? " IS NOT NULL" : " IS NULL");
        break;
      case ExprKind::kIsBoolean:
        out_->append("(");
        print(*e.args[0]);
        out_->append(e.negated ? " IS NOT " : " IS ").append(e.index == 1 ? "TRUE)" : "FALSE)");
        break;
      case ExprKind::kCase:
        print_case(e);
        break;
      case ExprKind::kCoalesce:
        out_->append("COALESCE");
        list(e, 0);
        break;
      case ExprKind::kCast:
        out_->append("CAST(");
        print(*e.args[0]);
        out_->append(" AS ").append(types::type_name(e.type)).append(")");
        break;
      case ExprKind::kInList:
        out_->append("(");
        print(*e.args[0]);
        out_->append(e.negated ? " NOT IN " : " IN ");
        list(e, 1);
        out_->append(")");
        break;
      default:
        print_subquery(e);
        break;
    }
  }

  void constant(const Expr& e) {
    const types::Datum& d = e.constant.datum();
    bool quoted = !d.is_null() && d.type() != TypeId::kInteger && d.type() != TypeId::kFloat &&
                  d.type() != TypeId::kBoolean;
    if (!quoted) {
      types::append_text(d, out_);
      return;
    }
    std::string text;
    types::append_text(d, &text);
    out_->push_back('\'');
    for (char c : text) {
      if (c == '\'') out_->push_back(c);
      out_->push_back(c);
    }
    out_->push_back('\'');
  }

  void infix(const Expr& e, std::string_view op) {
    out_->append("(");
    for (size_t i = 0; i < e.args.size(); ++i) {
      if (i > 0) out_->append(" ").append(op).append(" ");
      print(*e.args[i]);
    }
    out_->append(")");
  }

  void postfix(const Expr& e, std::string_view text) {
    out_->append("(");
    print(*e.args[0]);
    out_->append(text).append(")");
  }

  void list(const Expr& e, size_t from) {
    out_->append("(");
    for (size_t i = from; i < e.args.size(); ++i) {
      if (i > from) out_->append(", ");
      print(*e.args[i]);
    }
    out_->append(")");
  }

  void call(const Expr& e) {
    std::string_view name = e.function->name;
    bool letters = name[0] >= 'A' && name[0] <= 'Z';
    bool pattern = name == "LIKE" || name == "ILIKE" || name == "GLOB" || name == "REGEXP";
    if (e.args.size() >= 2 && (!letters || (pattern && e.args.size() == 2))) {
      infix(e, name);
      return;
    }
    if (e.args.size() == 1 && (name == "NEG" || name == "BITNOT")) {
      out_->append(name == "NEG" ? "-" : "~");
      print(*e.args[0]);
      return;
    }
    out_->append(name);
    list(e, 0);
  }

  void print_case(const Expr& e) {
    out_->append("CASE");
    size_t i = 0;
    for (; i + 1 < e.args.size(); i += 2) {
      out_->append(" WHEN ");
      print(*e.args[i]);
      out_->append(" THEN ");
      print(*e.args[i + 1]);
    }
    if (i < e.args.size()) {
      out_->append(" ELSE ");
      print(*e.args[i]);
    }
    out_->append(" END");
  }

  void print_subquery(const Expr& e) {
    std::string_view op = kCompareText[static_cast<uint8_t>(e.compare_op)];
    out_->append(e.negated && e.subquery_kind == SubqueryKind::kExists ? "(NOT " : "(");
    for (const ExprPtr& arg : e.args) {
      print(*arg);
      out_->append(" ");
    }
    switch (e.subquery_kind) {
      case SubqueryKind::kScalar:
        break;
      case SubqueryKind::kExists:
        out_->append("EXISTS ");
        break;
      case SubqueryKind::kIn:
        out_->append(e.negated ? "NOT IN " : "IN ");
        break;
      case SubqueryKind::kAny:
        out_->append(op).append(" ANY ");
        break;
      case SubqueryKind::kAll:
        out_->append(op).append(" ALL ");
        break;
    }
    out_->append("<subquery>)");
  }

  const std::vector<std::string>& names_;
  std::string* out_;
};

}  // namespace

std::string to_text(const Expr& e, const std::vector<std::string>& names) {
  std::string out;
  Printer(names, &out).print(e);
  return out;
}

}  // namespace orrery::expr
