// INSERT, UPDATE, DELETE, TRUNCATE, COPY.
#include "sql/parser_impl.h"

namespace orrery::sql {

StatementPtr Parser::parse_insert(WithClause with, uint32_t height) {
  auto insert = start_node<InsertStatement>();
  insert->with = std::move(with);
  advance();
  if (!expect(Keyword::kINTO, "INSERT") || !parse_name("identifier (name)", &insert->table))
    return nullptr;
  bool columns = at(TokenKind::kOpen) && !parenthesis_opens_query();
  if (columns && !parse_name_list("column name", &insert->columns)) return nullptr;
  if (!parse_insert_source(insert.get(), &height) || !parse_upsert(insert.get(), &height) ||
      !parse_returning(&insert->returning, &height)) {
    return nullptr;
  }
  return finish(std::move(insert), height);
}

bool Parser::parse_insert_source(InsertStatement* insert, uint32_t* height) {
  if (accept(Keyword::kVALUES)) return parse_rows(&insert->rows, height);
  if (at(Keyword::kDEFAULT) && next_is(Keyword::kVALUES)) {
    advance();
    advance();
    insert->default_values = true;
    return insert->columns.empty() || fail("INSERT ... DEFAULT VALUES takes no column list");
  }
  if (!at(Keyword::kSELECT) && !at(Keyword::kWITH) && !parenthesis_opens_query()) {
    return fail_expected("VALUES or SELECT");
  }
  insert->query = parse_query();
  if (insert->query == nullptr) return false;
  raise(height, insert->query->height);
  return true;
}

bool Parser::parse_upsert(InsertStatement* insert, uint32_t* height) {
  if (!accept(Keyword::kON)) return true;
  if (accept(Keyword::kCONFLICT)) return parse_on_conflict(insert, height);
  if (!accept(Keyword::kDUPLICATE)) return fail_expected("CONFLICT or DUPLICATE KEY after ON");
  insert->on_conflict = ConflictAction::kDoUpdate;
  return expect(Keyword::kKEY, "ON DUPLICATE") && expect(Keyword::kUPDATE, "ON DUPLICATE KEY") &&
         parse_assignments(&insert->conflict_assignments, height);
}

bool Parser::parse_on_conflict(InsertStatement* insert, uint32_t* height) {
  if (at(TokenKind::kOpen) && !parse_name_list("column name", &insert->conflict_columns))
    return false;
  if (!expect(Keyword::kDO, "ON CONFLICT")) return false;
  if (accept(Keyword::kNOTHING)) {
    insert->on_conflict = ConflictAction::kDoNothing;
    return true;
  }
  insert->on_conflict = ConflictAction::kDoUpdate;
  if (!accept(Keyword::kUPDATE)) return fail_expected("NOTHING or UPDATE after DO");
  if (!expect(Keyword::kSET, "DO UPDATE") ||
      !parse_assignments(&insert->conflict_assignments, height))
    return false;
  return !accept(Keyword::kWHERE) || parse_into(&insert->conflict_where, height);
}

bool Parser::parse_assignments(std::vector<Assignment>* out, uint32_t* height) {
  do {
    Assignment& assignment = out->emplace_back();
    if (!parse_name("column name in SET clause", &assignment.column) ||
        !expect(TokenKind::kEqual, "'=' after the column name") ||
        !parse_value(&assignment.value, height)) {
      return false;
    }
  } while (accept(TokenKind::kComma));
  return true;
}

bool Parser::parse_returning(std::vector<SelectItem>* out, uint32_t* height) {
  return !accept(Keyword::kRETURNING) || parse_select_items(out, height);
}

StatementPtr Parser::parse_update(WithClause with, uint32_t height) {
  auto update = start_node<UpdateStatement>();
  update->with = std::move(with);
  advance();
  if (!parse_name("identifier (name)", &update->table) ||
      !expect(Keyword::kSET, "the table name") ||
      !parse_assignments(&update->assignments, &height)) {
    return nullptr;
  }
  if (accept(Keyword::kWHERE) && !parse_into(&update->where, &height)) return nullptr;
  if (!parse_returning(&update->returning, &height)) return nullptr;
  return finish(std::move(update), height);
}

StatementPtr Parser::parse_delete(WithClause with, uint32_t height) {
  auto statement = start_node<DeleteStatement>();
  statement->with = std::move(with);
  advance();
  if (!expect(Keyword::kFROM, "DELETE") || !parse_name("identifier (name)", &statement->table))
    return nullptr;
  if (accept(Keyword::kAS)) {
    if (!parse_name("identifier (name)", &statement->alias)) return nullptr;
  } else if (at_name(NameUse::kImplicitAlias)) {
    statement->alias = take_name();
  }
  if (accept(Keyword::kWHERE) && !parse_into(&statement->where, &height)) return nullptr;
  if (!parse_returning(&statement->returning, &height)) return nullptr;
  return finish(std::move(statement), height);
}

StatementPtr Parser::parse_truncate() {
  auto truncate = start_node<TruncateStatement>();
  advance();
  if (at(Keyword::kTABLE) && !next_is(TokenKind::kEnd) && !next_is(TokenKind::kSemicolon))
    advance();
  parse_name("identifier (name)", &truncate->table);
  return finish(std::move(truncate));
}

StatementPtr Parser::parse_copy() {
  auto copy = start_node<CopyStatement>();
  advance();
  if (!parse_name("identifier (name)", &copy->table)) return nullptr;
  if (at(TokenKind::kOpen) && !parse_name_list("column name", &copy->columns)) return nullptr;
  if (!expect(Keyword::kFROM, "the table in COPY") ||
      !parse_text("file name in quotes", &copy->path))
    return nullptr;
  if (!accept(Keyword::kWITH) && !at(TokenKind::kOpen)) return finish(std::move(copy));
  if (!expect(TokenKind::kOpen, "'(' after WITH")) return nullptr;
  do {
    if (!parse_copy_option(copy.get())) return nullptr;
  } while (accept(TokenKind::kComma));
  expect(TokenKind::kClose, "')'");
  return finish(std::move(copy));
}

bool Parser::parse_copy_option(CopyStatement* copy) {
  if (accept(Keyword::kFORMAT)) {
    accept(TokenKind::kEqual);
    if (!at(Keyword::kCSV) && !at(Keyword::kJSON)) return fail_expected("CSV or JSON after FORMAT");
    copy->format = at(Keyword::kCSV) ? CopyFormat::kCsv : CopyFormat::kJson;
    advance();
    return true;
  }
  if (accept(Keyword::kHEADER)) {
    accept(TokenKind::kEqual);
    bool bare = at(TokenKind::kComma) || at(TokenKind::kClose);
    if (bare) return copy->header = true;
    if (!at(Keyword::kTRUE) && !at(Keyword::kFALSE))
      return fail_expected("TRUE or FALSE after HEADER");
    copy->header = at(Keyword::kTRUE);
    advance();
    return true;
  }
  if (accept(Keyword::kDELIMITER)) {
    accept(TokenKind::kEqual);
    SourcePosition position = token_.position;
    if (!parse_text("delimiter in quotes", &copy->delimiter)) return false;
    size_t code_points = 0;
    for (char c : copy->delimiter) code_points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return code_points == 1 || fail_at(position, "DELIMITER must be one character");
  }
  if (accept(Keyword::kNULL)) {
    accept(TokenKind::kEqual);
    return parse_text("text in quotes after NULL", &copy->null_text);
  }
  return fail_expected("FORMAT, HEADER, DELIMITER or NULL");
}

bool Parser::parse_text(std::string_view what, std::string* out) {
  if (!at(TokenKind::kString)) return fail_expected(what);
  *out = string_value(text(token_));
  advance();
  return true;
}

}  // namespace orrery::sql
