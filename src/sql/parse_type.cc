// Type names and their arguments.
#include <charconv>

#include "sql/parser_impl.h"

namespace orrery::sql {
namespace {

constexpr int64_t kVectorDimensionMax = 65535;

struct KnownType {
  std::string_view name;
  types::TypeId type;
};

constexpr KnownType kKnownTypes[] = {
    {"INTEGER", types::TypeId::kInteger},
    {"INT", types::TypeId::kInteger},
    {"BIGINT", types::TypeId::kInteger},
    {"SMALLINT", types::TypeId::kInteger},
    {"TINYINT", types::TypeId::kInteger},
    {"FLOAT", types::TypeId::kFloat},
    {"DOUBLE", types::TypeId::kFloat},
    {"REAL", types::TypeId::kFloat},
    {"DECIMAL", types::TypeId::kFloat},
    {"NUMERIC", types::TypeId::kFloat},
    {"TEXT", types::TypeId::kText},
    {"VARCHAR", types::TypeId::kText},
    {"CHAR", types::TypeId::kText},
    {"CHARACTER", types::TypeId::kText},
    {"STRING", types::TypeId::kText},
    {"BOOLEAN", types::TypeId::kBoolean},
    {"BOOL", types::TypeId::kBoolean},
    {"TIMESTAMP", types::TypeId::kTimestamp},
    {"TIMESTAMPTZ", types::TypeId::kTimestamp},
    {"DATETIME", types::TypeId::kTimestamp},
    {"DATE", types::TypeId::kTimestamp},
    {"TIME", types::TypeId::kTimestamp},
    {"JSON", types::TypeId::kJson},
    {"JSONB", types::TypeId::kJson},
    {"VECTOR", types::TypeId::kVector},
    {"BLOB", types::TypeId::kBlob},
    {"UUID", types::TypeId::kUuid},
};

}  // namespace

bool Parser::parse_type(TypeName* out) {
  out->position = token_.position;
  if (!at(TokenKind::kWord)) return fail_expected("type name");
  out->name = upper_text(token_);
  bool known = false;
  for (const KnownType& candidate : kKnownTypes) {
    if (candidate.name != out->name) continue;
    out->type = candidate.type;
    known = true;
    break;
  }
  if (!known) return fail_expected("type name");
  advance();
  if (out->name == "DOUBLE" && accept(Keyword::kPRECISION)) out->name = "DOUBLE PRECISION";
  if ((out->name == "CHAR" || out->name == "CHARACTER") && accept(Keyword::kVARYING))
    out->name = "VARCHAR";
  if (!parse_type_arguments(out)) return false;
  bool zone = at(Keyword::kWITH) || at(Keyword::kWITHOUT);
  if (zone && out->type == types::TypeId::kTimestamp && next_is(Keyword::kTIME)) {
    advance();
    advance();
    return expect(Keyword::kZONE, "TIME");
  }
  return true;
}

bool Parser::parse_type_arguments(TypeName* out) {
  if (!accept(TokenKind::kOpen)) return true;
  do {
    if (!parse_type_argument(out)) return false;
  } while (accept(TokenKind::kComma));
  return expect(TokenKind::kClose, "')'");
}

bool Parser::parse_type_argument(TypeName* out) {
  std::string_view digits = text(token_);
  int64_t value = -1;
  if (at(TokenKind::kInteger)) std::from_chars(digits.data(), digits.data() + digits.size(), value);
  bool vector = out->type == types::TypeId::kVector;
  if (vector && (value < 1 || value > kVectorDimensionMax || !out->arguments.empty())) {
    return fail("VECTOR dimension must be between 1 and 65535, got '" + std::string(digits) + "'");
  }
  if (value < 0) return fail_expected("number in the arguments of a type");
  if (out->arguments.size() == 2) return fail("a type has at most two arguments");
  out->arguments.push_back(value);
  advance();
  return true;
}

}  // namespace orrery::sql
