#include "cli/remote_schema.h"

#include "schema/export.h"
#include "schema/validate.h"

namespace orrery::cli {

Result<std::string> fetch_schema_text(ServerClient& client, const std::string& database,
                                      schema::DefVersion version) {
  std::string number = version == schema::DefVersion::kV9 ? "9" : "10";
  return client.body_of({.path = database_path(database, "/schema?version=" + number),
                         .what = "asking for the schema"},
                        "'" + database + "'");
}

Result<schema::ModuleDef> fetch_schema(ServerClient& client, const std::string& database) {
  std::string wrapping = "V10";
  auto text = fetch_schema_text(client, database, schema::DefVersion::kV10);
  if (!text && text.error().code() == ErrorCode::kGeneric) {
    // A server that only knows the older one.
    wrapping = "V9";
    text = fetch_schema_text(client, database, schema::DefVersion::kV9);
  }
  if (!text) return std::move(text).error();
  ORRERY_TRY_ASSIGN(schema::RawModuleDef raw,
                    schema::module_def_from_json("{\"" + wrapping + "\":" + *text + "}"));
  return schema::validate(raw);
}

std::string type_text(const schema::ModuleDef& module, const types::AlgebraicType& type) {
  // A Ref is written as & and its number.
  std::string text = type.to_string();
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    uint32_t ref = 0;
    size_t end = i + 1;
    while (text[i] == '&' && end < text.size() && text[end] >= '0' && text[end] <= '9') {
      ref = ref * 10 + static_cast<uint32_t>(text[end++] - '0');
    }
    const schema::TypeDef* named = end > i + 1 ? module.type_of_ref(ref) : nullptr;
    if (named == nullptr) {
      out += text[i];
    } else {
      out += named->full_name();
      i = end - 1;
    }
  }
  return out;
}

std::string parameters_text(const schema::ModuleDef& module, const types::AlgebraicType& params) {
  std::string out = "(";
  for (const types::TypeElement& param : params.elements()) {
    if (out.back() != '(') out += ", ";
    out += std::string(param.name_or_empty()) + ": " + type_text(module, param.type);
  }
  return out + ")";
}

}  // namespace orrery::cli
