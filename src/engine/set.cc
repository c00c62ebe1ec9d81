// SET: the session's isolation level; other variables are accepted and mean nothing.
#include <string>
#include <utility>

#include "engine/dispatch.h"
#include "engine/names.h"
#include "types/cast.h"

namespace orrery::engine {
namespace {

bool names_isolation(std::string_view variable) {
  return same_word(variable, "isolation_level") || same_word(variable, "isolationlevel") ||
         same_word(variable, "transaction_isolation");
}

Result<storage::Isolation> parse_isolation(std::string_view level) {
  if (same_word(level, "READ COMMITTED") || same_word(level, "READ UNCOMMITTED")) {
    return storage::Isolation::kReadCommitted;
  }
  if (same_word(level, "SNAPSHOT") || same_word(level, "REPEATABLE READ") ||
      same_word(level, "SERIALIZABLE")) {
    return storage::Isolation::kSnapshot;
  }
  return Error(ErrorCode::kNotSupported,
               "unsupported isolation level: '" + std::string(level) +
                   "'. Supported: READ COMMITTED, SNAPSHOT, REPEATABLE READ, SERIALIZABLE");
}

}  // namespace

Result<Rows> run_set(const StatementContext& context, const sql::SetStatement& statement) {
  if (!names_isolation(statement.name.text)) return Rows();
  ORRERY_TRY_ASSIGN(types::Value value, setting_value(context, *statement.value));
  std::string level;
  if (!value.is_null()) types::append_text(value.datum(), &level);
  ORRERY_TRY_ASSIGN(context.session.isolation, parse_isolation(level));
  return Rows();
}

}  // namespace orrery::engine
