// Names of things in a module: which texts may be names, how source names are split into words and
// converted, and the names that indexes, constraints, sequences and schedules get when nobody
// names them.
//
// Texts are UTF-8 (bytes that are not count as characters no name may have). Stateless; safe from
// any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/raw_module_def.h"

namespace orrery::schema {

enum class NameCase : uint8_t {
  kAsIs,
  kSnake,   ///< one_two
  kCamel,   ///< oneTwo
  kPascal,  ///< OneTwo
};

/// The words of a name: cut at '_', '-' and blanks (which vanish, empty words too), between a
/// lowercase letter and an uppercase one, between letters and digits, and before the last capital
/// of a run of capitals that a lowercase letter follows.
std::vector<std::string> split_words(std::string_view name);
std::string convert_case(std::string_view name, NameCase to);

enum class IdentifierProblem : uint8_t {
  kNone,
  kNotCanonical,  ///< not in Unicode normalization form C
  kReserved,
  kInvalidStart,     ///< neither XID_Start nor '_'
  kInvalidContinue,  ///< a character that is not XID_Continue
  kEmpty,
};
struct IdentifierCheck {
  IdentifierProblem problem = IdentifierProblem::kNone;
  uint32_t character = 0;  ///< the one that may not be there
};
IdentifierCheck check_identifier(std::string_view name);
/// A sentence about a name that check_identifier() refuses.
std::string describe_identifier(std::string_view name, const IdentifierCheck& check);
/// True for text in Unicode normalization form C.
bool is_normalized(std::string_view text);

inline constexpr size_t kGeneratedNameBytesMax = 16384;
// Column lists and column names come from the module, so generated names are cut off soon after
// kGeneratedNameBytesMax bytes; what is longer is no name to keep.

/// "{table}_{columns}_idx_{btree|hash|direct}". Columns without a name or outside of the row are
/// called "col_{n}".
std::string generated_index_name(std::string_view table, const types::AlgebraicType& row,
                                 IndexAlgorithm algorithm, const ColumnList& columns);
/// "{table}_{columns}_key"
std::string generated_constraint_name(std::string_view table, const types::AlgebraicType& row,
                                      const ColumnList& columns);
/// "{table}_{column}_seq"
std::string generated_sequence_name(std::string_view table, const types::AlgebraicType& row,
                                    uint16_t column);
/// "{table}_sched"
std::string generated_schedule_name(std::string_view table);

}  // namespace orrery::schema
