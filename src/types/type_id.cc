#include "types/type_id.h"

namespace orrery::types {

std::string_view type_name(TypeId type) {
  static constexpr std::string_view kNames[] = {"NULL",    "INTEGER",   "FLOAT",     "TEXT",
                                                "BOOLEAN", "TIMESTAMP", "JSON",      "VECTOR",
                                                "BLOB",    "UUID",      "ALGEBRAIC", "ANY",
                                                "U64",     "U128",      "I128",      "U256",
                                                "I256"};
  return kNames[static_cast<uint8_t>(type)];
}

std::string_view type_display_name(TypeId type) {
  static constexpr std::string_view kNames[] = {"Null",    "Integer",   "Float",     "Text",
                                                "Boolean", "Timestamp", "Json",      "Vector",
                                                "Blob",    "Uuid",      "Algebraic", "Any",
                                                "U64",     "U128",      "I128",      "U256",
                                                "I256"};
  return kNames[static_cast<uint8_t>(type)];
}

}  // namespace orrery::types
