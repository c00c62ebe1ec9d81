#include <algorithm>
#include <optional>
#include <utility>

#include "plan/construct.h"
#include "subscribe/bound_query.h"
#include "subscribe/literal.h"

namespace orrery::subscribe {
namespace {

using types::AlgebraicType;

/// An expression that has a type: a column, a value or a condition.
struct Term {
  enum class Kind : uint8_t { kColumn, kValue, kCondition };
  Kind kind = Kind::kValue;
  AlgebraicType type;
  ColumnRef column;
  std::string bytes;    ///< of kValue
  Predicate condition;  ///< of kCondition
};

Error unexpected_type(const AlgebraicType& expected, const AlgebraicType& inferred) {
  return Error(ErrorCode::kTypeMismatch, "Unexpected type: (expected) " + type_text(expected) +
                                             " != " + type_text(inferred) + " (inferred)");
}
Error not_in_scope(std::string_view name) {
  return Error(ErrorCode::kColumnNotFound, "`" + std::string(name) + "` is not in scope");
}

Predicate constant(bool value) {
  Predicate out;
  out.value = value;
  return out;
}

class Binder {
 public:
  Binder(const Binding& binding, const SelectSyntax& select) : binding_(binding), select_(select) {}
  Result<BoundQuery> run();

 private:
  Status add_relation(const FromItem& item);
  Status check_qualified(const Syntax& syntax) const;
  Status bind_list();
  Result<Term> bind(const Syntax& syntax, const AlgebraicType* expected);
  Result<Term> bind_column(const Syntax& syntax, const AlgebraicType* expected);
  Result<Term> bind_literal(const Syntax& syntax, const AlgebraicType* expected);
  Result<Term> bind_sender(const AlgebraicType* expected);
  Result<Term> bind_logical(const Syntax& syntax, const AlgebraicType* expected);
  Result<Term> bind_compare(const Syntax& syntax, const AlgebraicType* expected);
  Result<Predicate> bind_condition(const Syntax& syntax);
  void add_conjuncts(Predicate predicate);

  const Binding& binding_;
  const SelectSyntax& select_;
  BoundQuery out_;
};

const AlgebraicType& boolean_type() {
  static const AlgebraicType type = AlgebraicType::boolean();
  return type;
}

Predicate to_condition(Term term) {
  switch (term.kind) {
    case Term::Kind::kCondition:
      return std::move(term.condition);
    case Term::Kind::kValue:
      return constant(term.bytes[0] != 0);
    case Term::Kind::kColumn:
      break;
  }
  Predicate out;
  out.kind = PredicateKind::kCompareValue;
  out.left = term.column;
  out.bytes = std::string(1, '\1');
  return out;
}

Predicate compare(CompareOp op, Term a, Term b) {
  using Kind = Term::Kind;
  Predicate out;
  out.op = op;
  if (a.kind == Kind::kCondition || b.kind == Kind::kCondition) {
    out.kind = PredicateKind::kCompareBooleans;
    out.operands.push_back(to_condition(std::move(a)));
    out.operands.push_back(to_condition(std::move(b)));
    return out;
  }
  out.cell = cell_type_of(a.type);
  if (a.kind == Kind::kValue && b.kind == Kind::kValue) {
    return constant(holds(op, compare_cells(out.cell, a.bytes.data(), b.bytes.data())));
  }
  if (a.kind == Kind::kValue) {
    std::swap(a, b);
    out.op = plan::mirrored(op);
  }
  out.left = a.column;
  if (b.kind == Kind::kValue) {
    out.kind = PredicateKind::kCompareValue;
    out.bytes = std::move(b.bytes);
  } else {
    out.kind = PredicateKind::kCompareColumns;
    out.right = b.column;
  }
  return out;
}

Status Binder::add_relation(const FromItem& item) {
  Relation relation;
  relation.alias = item.alias;
  bool all = binding_.privacy == Privacy::kShowAll;
  if (const schema::TableDef* table = binding_.definition.find_table(item.table)) {
    if (all || table->access == schema::TableAccess::kPublic) relation.table = table;
  } else if (auto view = binding_.definition.find_view(item.table)) {
    if (all || view.def->is_public) relation.view = view.def;
  }
  if (relation.table == nullptr && relation.view == nullptr) {
    return Error(
        ErrorCode::kTableNotFound,
        "no such table: `" + item.table + "`. If the table exists, it may be marked private.");
  }
  for (const Relation& other : out_.relations) {
    if (other.alias != relation.alias) continue;
    return Error(ErrorCode::kNotSupported, "Duplicate name `" + relation.alias + "`");
  }
  out_.relations.push_back(std::move(relation));
  return {};
}

/// In a join every name says whose it is.
Status Binder::check_qualified(const Syntax& syntax) const {
  if (syntax.kind == SyntaxKind::kColumn && syntax.qualifier.empty()) {
    return Error(ErrorCode::kNotSupported, "Names must be qualified when using joins");
  }
  for (const Syntax& operand : syntax.operands) ORRERY_TRY(check_qualified(operand));
  return {};
}

Result<Term> Binder::bind_column(const Syntax& syntax, const AlgebraicType* expected) {
  uint32_t r = 0;
  if (!syntax.qualifier.empty()) {
    while (r < out_.relations.size() && out_.relations[r].alias != syntax.qualifier) ++r;
    if (r == out_.relations.size()) return not_in_scope(syntax.qualifier);
  }
  const Relation& relation = out_.relations[r];
  std::optional<uint16_t> column = relation.table != nullptr
                                       ? relation.table->find_column(syntax.text)
                                       : relation.view->find_column(syntax.text);
  if (!column) return not_in_scope(syntax.text);
  const schema::ColumnDef& def =
      (relation.table != nullptr ? relation.table->columns : relation.view->columns)[*column];
  if (expected != nullptr && !(def.resolved_type == *expected)) {
    return unexpected_type(def.resolved_type, *expected);
  }
  Term out;
  out.kind = Term::Kind::kColumn;
  out.type = def.resolved_type;
  out.column = {r, *column + relation.hidden_columns()};
  return out;
}

Result<Term> Binder::bind_literal(const Syntax& syntax, const AlgebraicType* expected) {
  if (expected == nullptr) {
    return Error(ErrorCode::kTypeMismatch, "Cannot resolve type for literal expression");
  }
  std::optional<std::string> bytes = encode_literal(
      syntax.text, syntax.hex ? LiteralSpelling::kHex : LiteralSpelling::kText, *expected);
  if (!bytes) {
    return Error(ErrorCode::kTypeMismatch, "The literal expression `" + syntax.text +
                                               "` cannot be parsed as type `" +
                                               type_text(*expected) + "`");
  }
  Term out;
  out.type = *expected;
  out.bytes = std::move(*bytes);
  return out;
}

Result<Term> Binder::bind_sender(const AlgebraicType* expected) {
  Term out;
  out.type = expected != nullptr ? *expected : AlgebraicType::identity();
  std::string_view bytes = binding_.sender.bytes();
  if (out.type.is(types::TypeForm::kIdentity)) {
    out.bytes = bytes;
  } else if (out.type.is(types::TypeForm::kBytes)) {
    // As text would have it: most significant byte first.
    uint32_t size = types::Identity::kSize;
    out.bytes.assign(reinterpret_cast<const char*>(&size), 4);
    out.bytes.append(bytes.rbegin(), bytes.rend());
  } else {
    return unexpected_type(AlgebraicType::identity(), out.type);
  }
  return out;
}

Result<Term> Binder::bind_logical(const Syntax& syntax, const AlgebraicType* expected) {
  if (expected != nullptr && !expected->is(types::TypeKind::kBool)) {
    return unexpected_type(boolean_type(), *expected);
  }
  Term out;
  out.kind = Term::Kind::kCondition;
  out.type = boolean_type();
  out.condition.kind = syntax.kind == SyntaxKind::kAnd  ? PredicateKind::kAnd
                       : syntax.kind == SyntaxKind::kOr ? PredicateKind::kOr
                                                        : PredicateKind::kNot;
  for (const Syntax& operand : syntax.operands) {
    ORRERY_TRY_ASSIGN(Predicate condition, bind_condition(operand));
    out.condition.operands.push_back(std::move(condition));
  }
  return out;
}

Result<Term> Binder::bind_compare(const Syntax& syntax, const AlgebraicType* expected) {
  if (expected != nullptr && !expected->is(types::TypeKind::kBool)) {
    return unexpected_type(boolean_type(), *expected);
  }
  const Syntax& left = syntax.operands[0];
  bool typed_by_right = left.kind == SyntaxKind::kLiteral || left.kind == SyntaxKind::kBoolean ||
                        left.kind == SyntaxKind::kSender;
  const Syntax& first = typed_by_right ? syntax.operands[1] : left;
  const Syntax& second = typed_by_right ? left : syntax.operands[1];
  ORRERY_TRY_ASSIGN(Term a, bind(first, nullptr));
  ORRERY_TRY_ASSIGN(Term b, bind(second, &a.type));
  if (!is_comparable(a.type)) {
    return Error(ErrorCode::kTypeMismatch, "Invalid binary operator `" +
                                               std::string(compare_op_text(syntax.op)) +
                                               "` for type `" + type_text(a.type) + "`");
  }
  Term out;
  out.kind = Term::Kind::kCondition;
  out.type = boolean_type();
  CompareOp op = typed_by_right ? plan::mirrored(syntax.op) : syntax.op;
  out.condition = compare(op, std::move(a), std::move(b));
  return out;
}

Result<Term> Binder::bind(const Syntax& syntax, const AlgebraicType* expected) {
  switch (syntax.kind) {
    case SyntaxKind::kAnd:
    case SyntaxKind::kOr:
    case SyntaxKind::kNot:
      return bind_logical(syntax, expected);
    case SyntaxKind::kCompare:
      return bind_compare(syntax, expected);
    case SyntaxKind::kColumn:
      return bind_column(syntax, expected);
    case SyntaxKind::kLiteral:
      return bind_literal(syntax, expected);
    case SyntaxKind::kSender:
      return bind_sender(expected);
    case SyntaxKind::kBoolean:
      break;
  }
  if (expected != nullptr && !expected->is(types::TypeKind::kBool)) {
    return unexpected_type(boolean_type(), *expected);
  }
  Term out;
  out.type = boolean_type();
  out.bytes = std::string(1, syntax.boolean ? '\1' : '\0');
  return out;
}

Result<Predicate> Binder::bind_condition(const Syntax& syntax) {
  ORRERY_TRY_ASSIGN(Term term, bind(syntax, &boolean_type()));
  return to_condition(std::move(term));
}

void Binder::add_conjuncts(Predicate predicate) {
  if (predicate.kind != PredicateKind::kAnd) {
    out_.conjuncts.push_back(std::move(predicate));
    return;
  }
  for (Predicate& operand : predicate.operands) add_conjuncts(std::move(operand));
}

Status Binder::bind_list() {
  switch (select_.list) {
    case SelectList::kStar:
      if (out_.relations.size() == 1) return {};
      return Error(ErrorCode::kNotSupported, "SELECT * is not supported for joins");
    case SelectList::kTableStar:
      for (uint32_t r = 0; r < out_.relations.size(); ++r) {
        if (out_.relations[r].alias != select_.star) continue;
        out_.projected = r;
        return {};
      }
      return not_in_scope(select_.star);
    case SelectList::kColumns:
      for (const Syntax& column : select_.columns) {
        ORRERY_TRY_ASSIGN(Term term, bind_column(column, nullptr));
        static_cast<void>(term);
      }
      break;
    case SelectList::kCount:
      break;
  }
  return Error(ErrorCode::kNotSupported,
               "Column projections are not supported in subscriptions; Subscriptions must return "
               "a table type");
}

Result<BoundQuery> Binder::run() {
  if (select_.from.size() > 1) {
    if (select_.where) ORRERY_TRY(check_qualified(*select_.where));
    for (const FromItem& item : select_.from) {
      if (item.on) ORRERY_TRY(check_qualified(*item.on));
    }
    if (select_.list == SelectList::kColumns) {
      for (const Syntax& column : select_.columns) ORRERY_TRY(check_qualified(column));
    }
  }
  // A name may be used from the table on that it comes from.
  for (const FromItem& item : select_.from) {
    ORRERY_TRY(add_relation(item));
    if (!item.on) continue;
    ORRERY_TRY_ASSIGN(Predicate on, bind_condition(*item.on));
    add_conjuncts(std::move(on));
  }
  if (select_.where) {
    ORRERY_TRY_ASSIGN(Predicate where, bind_condition(*select_.where));
    add_conjuncts(std::move(where));
  }
  ORRERY_TRY(bind_list());
  return std::move(out_);
}

}  // namespace

AlgebraicType Relation::stored_type() const {
  if (table != nullptr) return table->row_type;
  std::vector<types::TypeElement> fields;
  fields.emplace_back("arg_hash", AlgebraicType::u256());
  for (const types::TypeElement& field : view->row_type.elements()) fields.push_back(field);
  return AlgebraicType::product(std::move(fields));
}

Result<BoundQuery> bind_select(const Binding& binding, const SelectSyntax& select) {
  return Binder(binding, select).run();
}

}  // namespace orrery::subscribe
