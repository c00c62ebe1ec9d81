// What users read when a write is refused.
#include "storage/transaction_impl.h"
#include "types/cast.h"

namespace orrery::storage {

using types::Datum;
using types::TypeId;

namespace {

void append_quoted(std::string_view text, std::string* out) {
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

/// Text("x"), Integer(1), Timestamp(2024-01-01T00:00:00Z)
void append_labelled(const Datum& value, std::string* out) {
  *out += types::type_display_name(value.type());
  out->push_back('(');
  size_t start = out->size();
  switch (value.type()) {
    case TypeId::kText:
    case TypeId::kJson:
      append_quoted(value.view(), out);
      break;
    case TypeId::kTimestamp:
      types::append_timestamp(value.as_int64(), out);
      if (out->ends_with("+00:00")) out->replace(out->size() - 6, 6, "Z");
      break;
    default:
      types::append_text(value, out);
      break;
  }
  if (out->size() == start && value.is_null()) *out += "NULL";
  out->push_back(')');
}

}  // namespace

Error key_error(const TableImpl& table, const IndexImpl& index, const uint8_t* image) {
  const IndexDef& def = index.def();
  if (def.primary && def.columns.size() == 1) {
    std::string key;
    types::append_text(table.layout().cell(image, def.columns[0]), &key);
    return Error(ErrorCode::kPrimaryKey,
                 "primary key constraint failed with " + key + " already exists in this table");
  }
  std::string columns, values;
  for (uint16_t column : def.columns) {
    if (!columns.empty()) {
      columns += ", ";
      values += ", ";
    }
    columns += table.def().columns[column].name;
    append_labelled(table.layout().cell(image, column), &values);
  }
  return Error(def.primary ? ErrorCode::kPrimaryKey : ErrorCode::kUnique,
               "unique constraint failed for index " + def.name + " on column " + columns +
                   " with value [" + values + "]");
}

std::string row_label(const TableImpl& table, const uint8_t* image, RowId row) {
  if (table.def().primary_key < 0) return std::to_string(row);
  std::string key;
  types::append_text(table.layout().cell(image, static_cast<uint32_t>(table.def().primary_key)),
                     &key);
  return key;
}

}  // namespace orrery::storage
