#include "cell.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <regex>

#include "orrery/stoolap.h"

namespace conformance {
namespace {

using orrery::types::JsonKind;
using orrery::types::JsonValue;

[[noreturn]] void unreadable(const JsonValue& json) {
  std::fprintf(stderr, "conformance: cannot read cell %s\n", json.to_string().c_str());
  std::exit(2);
}

double read_real(const std::string& text) {
  if (text == "inf") return INFINITY;
  if (text == "-inf") return -INFINITY;
  if (text == "nan" || text == "NaN") return NAN;
  return std::strtod(text.c_str(), nullptr);
}

int32_t type_code(const std::string& name) {
  static const char* const kNames[] = {"NULL",    "INTEGER",   "FLOAT", "TEXT",
                                       "BOOLEAN", "TIMESTAMP", "JSON",  "VECTOR"};
  for (int32_t i = 0; i < 8; ++i) {
    if (name == kNames[i]) return i;
  }
  return -1;
}

double number_of(const Cell& cell) {
  return cell.type == STOOLAP_TYPE_FLOAT ? cell.real : static_cast<double>(cell.integer);
}

bool is_number(const Cell& cell) {
  return cell.type == STOOLAP_TYPE_INTEGER || cell.type == STOOLAP_TYPE_FLOAT;
}

bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
}

std::string pack_vector(const JsonValue& items) {
  std::string out;
  for (const JsonValue& item : items.items()) {
    const auto v = static_cast<float>(item.as_double().value_or(0));
    out.append(reinterpret_cast<const char*>(&v), sizeof(v));
  }
  return out;
}

/// Values that unordered rows are sorted by; close floats get the same text.
std::string sort_text(const Row& row) {
  std::string out;
  for (const Cell& cell : row) {
    if (is_number(cell)) {
      char text[40];
      std::snprintf(text, sizeof(text), "%.7g|", number_of(cell));
      out += text;
    } else {
      out += cell.to_string() + "|";
    }
  }
  return out;
}

bool accepts_row(const ExpectedRow& expected, const Row& got, Numbers numbers) {
  if (expected.size() != got.size()) return false;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!expected[i].accepts(got[i], numbers)) return false;
  }
  return true;
}

std::string to_string(const ExpectedRow& row) {
  std::string out;
  for (const Expected& cell : row) out += (out.empty() ? "" : ", ") + cell.to_string();
  return "[" + out + "]";
}

std::string compare_multiset(const std::vector<ExpectedRow>& expected, const RowList& got,
                             Numbers numbers) {
  std::vector<const Row*> left;
  for (const Row& row : got) left.push_back(&row);
  // Rows mostly come in order of their text; what does not match at once is searched for.
  std::sort(left.begin(), left.end(),
            [](const Row* a, const Row* b) { return sort_text(*a) < sort_text(*b); });
  for (const ExpectedRow& row : expected) {
    auto found = std::find_if(left.begin(), left.end(), [&](const Row* candidate) {
      return accepts_row(row, *candidate, numbers);
    });
    if (found == left.end()) {
      return "no row " + to_string(row) +
             (left.empty() ? "" : " (there is " + conformance::to_string(*left.front()) + ")");
    }
    left.erase(found);
  }
  return "";
}

}  // namespace

std::string Cell::to_string() const {
  char out[64];
  switch (type) {
    case STOOLAP_TYPE_NULL:
      return "null";
    case STOOLAP_TYPE_INTEGER:
      return std::to_string(integer);
    case STOOLAP_TYPE_FLOAT:
      std::snprintf(out, sizeof(out), "f:%.17g", real);
      return out;
    case STOOLAP_TYPE_BOOLEAN:
      return integer != 0 ? "true" : "false";
    case STOOLAP_TYPE_TIMESTAMP:
      return "ts:" + std::to_string(integer);
    case STOOLAP_TYPE_JSON:
      return "j:" + text;
    case STOOLAP_TYPE_BLOB: {
      std::string list = "v:";
      for (size_t i = 0; i + 4 <= text.size(); i += 4) {
        float v;
        std::memcpy(&v, text.data() + i, 4);
        std::snprintf(out, sizeof(out), "%.9g ", static_cast<double>(v));
        list += out;
      }
      return list;
    }
    default:
      return "'" + text + "'";
  }
}

bool same_cell(const Cell& a, const Cell& b) {
  return a.type == b.type && a.integer == b.integer && a.text == b.text &&
         std::memcmp(&a.real, &b.real, sizeof(double)) == 0;
}

bool Expected::accepts(const Cell& cell, Numbers numbers) const {
  if (kind == Kind::kRange) {
    if (cell.type != value.type) return false;
    if (has_min && number_of(cell) < min) return false;
    return !has_max || number_of(cell) <= max;
  }
  if (kind == Kind::kPattern) {
    return cell.type == value.type && std::regex_search(cell.text, std::regex(pattern));
  }
  if (numbers == Numbers::kLoose && is_number(cell) && is_number(value)) {
    return close(number_of(cell), number_of(value));
  }
  if (cell.type != value.type) return false;
  switch (cell.type) {
    case STOOLAP_TYPE_NULL:
      return true;
    case STOOLAP_TYPE_FLOAT:
      return close(cell.real, value.real);
    case STOOLAP_TYPE_INTEGER:
    case STOOLAP_TYPE_BOOLEAN:
    case STOOLAP_TYPE_TIMESTAMP:
      return cell.integer == value.integer;
    default:
      return cell.text == value.text;
  }
}

std::string Expected::to_string() const {
  if (kind == Kind::kRange) return "any of type " + std::to_string(value.type);
  if (kind == Kind::kPattern) return "/" + pattern + "/";
  return value.to_string();
}

Cell read_cell(const JsonValue& json) {
  Cell cell;
  switch (json.kind()) {
    case JsonKind::kNull:
      return cell;
    case JsonKind::kBool:
      cell.type = STOOLAP_TYPE_BOOLEAN;
      cell.integer = json.as_bool() ? 1 : 0;
      return cell;
    case JsonKind::kNumber:
      if (!json.as_int64()) unreadable(json);
      cell.type = STOOLAP_TYPE_INTEGER;
      cell.integer = *json.as_int64();
      return cell;
    case JsonKind::kString:
      cell.type = STOOLAP_TYPE_TEXT;
      cell.text = json.as_string();
      return cell;
    case JsonKind::kArray:
      unreadable(json);
    case JsonKind::kObject:
      break;
  }
  if (const JsonValue* real = json.find("f")) {
    cell.type = STOOLAP_TYPE_FLOAT;
    cell.real = read_real(real->as_string());
  } else if (const JsonValue* stamp = json.find("ts")) {
    cell.type = STOOLAP_TYPE_TIMESTAMP;
    cell.integer = stamp->as_int64().value_or(0);
  } else if (const JsonValue* text = json.find("j")) {
    cell.type = STOOLAP_TYPE_JSON;
    cell.text = text->as_string();
  } else if (const JsonValue* vector = json.find("v")) {
    cell.type = STOOLAP_TYPE_BLOB;
    cell.text = pack_vector(*vector);
  } else {
    unreadable(json);
  }
  return cell;
}

Expected read_expected(const JsonValue& json) {
  Expected out;
  if (json.is(JsonKind::kObject)) {
    if (const JsonValue* any = json.find("any")) {
      out.kind = Expected::Kind::kRange;
      out.value.type = type_code(any->as_string());
      if (const JsonValue* min = json.find("min")) {
        out.has_min = true;
        out.min = min->as_double().value_or(0);
      }
      if (const JsonValue* max = json.find("max")) {
        out.has_max = true;
        out.max = max->as_double().value_or(0);
      }
      return out;
    }
    if (const JsonValue* pattern = json.find("re")) {
      out.kind = Expected::Kind::kPattern;
      out.value.type = type_code(json.find("type")->as_string());
      out.pattern = pattern->as_string();
      return out;
    }
  }
  out.value = read_cell(json);
  return out;
}

std::string to_string(const Row& row) {
  std::string out;
  for (const Cell& cell : row) out += (out.empty() ? "" : ", ") + cell.to_string();
  return "[" + out + "]";
}

std::string compare_rows(const std::vector<ExpectedRow>& expected, const RowList& got,
                         RowOrder order, Numbers numbers) {
  if (expected.size() != got.size()) {
    std::string first = got.empty() ? "" : ", the first " + to_string(got[0]);
    return std::to_string(expected.size()) + " rows expected, " + std::to_string(got.size()) +
           " came" + first;
  }
  if (order == RowOrder::kAny) return compare_multiset(expected, got, numbers);
  for (size_t i = 0; i < got.size(); ++i) {
    if (!accepts_row(expected[i], got[i], numbers)) {
      return "row " + std::to_string(i) + ": expected " + to_string(expected[i]) + ", got " +
             to_string(got[i]);
    }
  }
  return "";
}

}  // namespace conformance
