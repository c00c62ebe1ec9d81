// Which changes of a column's type a migration can make: a sum may gain variants at its end where
// its fixed part stays as large and as aligned as it was.
#include <algorithm>
#include <utility>

#include "schema/migrate.h"
#include "schema/validation_errors.h"

namespace orrery::schema {
namespace {

using types::AlgebraicType;
using types::TypeElement;
using types::TypeKind;

struct Layout {
  uint64_t size = 0;
  uint64_t align = 1;
};

uint64_t align_to(uint64_t at, uint64_t align) {
  return (at + align - 1) / align * align;
}

/// The fixed part of a value as SpacetimeDB lays it out, which decides what it migrates.
Layout layout_of(const AlgebraicType& type) {
  switch (type.kind()) {
    case TypeKind::kProduct: {
      Layout out;
      for (const TypeElement& e : type.elements()) {
        Layout field = layout_of(e.type);
        out.size = align_to(out.size, field.align) + field.size;
        out.align = std::max(out.align, field.align);
      }
      out.size = align_to(out.size, out.align);
      return out;
    }
    case TypeKind::kSum: {
      Layout out;
      for (const TypeElement& e : type.elements()) {
        Layout payload = layout_of(e.type);
        out.size = std::max(out.size, payload.size);
        out.align = std::max(out.align, payload.align);
      }
      out.size = out.align + align_to(out.size, out.align);
      return out;
    }
    case TypeKind::kString:
    case TypeKind::kArray:
      return {4, 2};
    default: {
      uint64_t width = type.fixed_bytes().value_or(0);
      return {width, std::max<uint64_t>(width, 1)};
    }
  }
}

class TypeChange {
 public:
  using Kind = MigrationErrorKind;

  TypeChange(std::string_view table, std::string_view column, MigrationErrors* errors)
      : table_(table), column_(column), errors_(errors) {}

  bool check(const AlgebraicType& before, const AlgebraicType& after, bool within) {
    if (before.same_node(after)) return false;
    if (before.kind() == after.kind()) {
      switch (before.kind()) {
        case TypeKind::kSum:
          return check_sum(before, after, within);
        case TypeKind::kProduct:
          return check_product(before, after, within);
        case TypeKind::kArray:
          return check(before.array_element(), after.array_element(), true);
        default:
          if (before == after) return false;
          break;
      }
    }
    report(Kind::kChangeColumnType, within, before, after, "");
    return false;
  }

 private:
  bool check_sum(const AlgebraicType& before, const AlgebraicType& after, bool within) {
    auto old_variants = before.elements();
    auto new_variants = after.elements();
    bool changed = old_variants.size() < new_variants.size();
    if (old_variants.size() > new_variants.size()) {
      report(Kind::kChangeColumnTypeFewerVariants, within, before, after,
             ", which has fewer variants,");
    }
    for (size_t i = 0; i < std::min(old_variants.size(), new_variants.size()); ++i) {
      changed = check(old_variants[i].type, new_variants[i].type, true) || changed;
      if (old_variants[i].name != new_variants[i].name) {
        report(Kind::kChangeColumnTypeRenamedVariant, within, before, after,
               ", which renames a variant,");
      }
    }
    Layout old_layout = layout_of(before);
    Layout new_layout = layout_of(after);
    if (old_layout.size != new_layout.size) {
      report(Kind::kChangeColumnTypeSizeMismatch, within, before, after,
             ", whose fixed part has another size,");
    }
    if (old_layout.align != new_layout.align) {
      report(Kind::kChangeColumnTypeAlignMismatch, within, before, after,
             ", whose fixed part is aligned otherwise,");
    }
    return changed;
  }

  bool check_product(const AlgebraicType& before, const AlgebraicType& after, bool within) {
    auto old_fields = before.elements();
    auto new_fields = after.elements();
    if (old_fields.size() != new_fields.size()) {
      report(Kind::kChangeColumnTypeFewerFields, within, before, after,
             ", which has another number of fields,");
    }
    bool changed = false;
    for (size_t i = 0; i < std::min(old_fields.size(), new_fields.size()); ++i) {
      changed = check(old_fields[i].type, new_fields[i].type, true) || changed;
      if (old_fields[i].name != new_fields[i].name) {
        report(Kind::kChangeColumnTypeRenamedField, within, before, after,
               ", which renames a field,");
      }
    }
    return changed;
  }

  void report(Kind kind, bool within, const AlgebraicType& before, const AlgebraicType& after,
              std::string_view why) {
    if (errors_->size() >= kValidationErrorsMax) return;
    // Every kind is followed by its twin for types inside the column's type.
    if (within) kind = static_cast<Kind>(static_cast<uint8_t>(kind) + 1);
    errors_->push_back(
        {kind,
         std::string(within ? "changing a type within column " : "changing the type of column ") +
             quoted(column_) + " of table " + quoted(table_) + " from " + type_text(before) +
             " to " + type_text(after) + std::string(why) + " needs a manual migration"});
  }

  std::string_view table_;
  std::string_view column_;
  MigrationErrors* errors_;
};

}  // namespace

bool check_type_change(std::string_view table, std::string_view column,
                       const AlgebraicType& old_type, const AlgebraicType& new_type,
                       MigrationErrors* errors) {
  return TypeChange(table, column, errors).check(old_type, new_type, false);
}

}  // namespace orrery::schema
