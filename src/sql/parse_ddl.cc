// CREATE, ALTER, DROP.
#include "sql/parser_impl.h"

namespace orrery::sql {

StatementPtr Parser::parse_create() {
  advance();
  switch (token_.keyword) {
    case Keyword::kTABLE:
      return parse_create_table();
    case Keyword::kINDEX:
      return parse_create_index(false);
    case Keyword::kVIEW:
      return parse_create_view();
    case Keyword::kUNIQUE:
      if (!next_is(Keyword::kINDEX)) break;
      advance();
      return parse_create_index(true);
    default:
      break;
  }
  fail_expected("TABLE, INDEX, or VIEW after CREATE");
  return nullptr;
}

bool Parser::parse_if_exists(bool* out) {
  if (!at(Keyword::kIF) || !next_is(Keyword::kEXISTS)) return true;
  advance();
  advance();
  return *out = true;
}

bool Parser::parse_if_not_exists(bool* out) {
  if (!at(Keyword::kIF) || !next_is(Keyword::kNOT)) return true;
  advance();
  advance();
  *out = true;
  return expect(Keyword::kEXISTS, "IF NOT");
}

StatementPtr Parser::parse_create_table() {
  auto create = start_node<CreateTableStatement>();
  uint32_t height = 0;
  advance();
  if (!parse_if_not_exists(&create->if_not_exists) ||
      !parse_name("identifier (name)", &create->table))
    return nullptr;
  if (accept(Keyword::kAS)) {
    create->query = parse_query();
    if (create->query == nullptr) return nullptr;
    raise(&height, create->query->height);
    return finish(std::move(create), height);
  }
  if (!expect(TokenKind::kOpen, "'(' or AS")) return nullptr;
  do {
    if (!parse_table_element(create.get(), &height)) return nullptr;
  } while (accept(TokenKind::kComma));
  expect(TokenKind::kClose, "',' or ')'");
  return finish(std::move(create), height);
}

bool Parser::parse_table_element(CreateTableStatement* create, uint32_t* height) {
  if (at_table_constraint())
    return parse_table_constraint(&create->constraints.emplace_back(), height);
  return parse_column_definition(&create->columns.emplace_back(), height);
}

bool Parser::at_table_constraint() {
  if (at(Keyword::kPRIMARY) || at(Keyword::kFOREIGN)) return next_is(Keyword::kKEY);
  return (at(Keyword::kUNIQUE) || at(Keyword::kCHECK)) && next_is(TokenKind::kOpen);
}

bool Parser::parse_table_constraint(TableConstraint* out, uint32_t* height) {
  out->position = token_.position;
  switch (token_.keyword) {
    case Keyword::kCHECK:
      out->kind = TableConstraintKind::kCheck;
      return parse_check(&out->check, height);
    case Keyword::kPRIMARY:
      out->kind = TableConstraintKind::kPrimaryKey;
      advance();
      break;
    case Keyword::kFOREIGN:
      out->kind = TableConstraintKind::kForeignKey;
      advance();
      break;
    default:
      out->kind = TableConstraintKind::kUnique;
      break;
  }
  advance();
  SourcePosition list = token_.position;
  if (!parse_name_list("column name", &out->columns)) return false;
  if (out->kind != TableConstraintKind::kForeignKey) return true;
  if (out->columns.size() > 1) return fail_at(list, "a foreign key has exactly one column");
  return expect(Keyword::kREFERENCES, "FOREIGN KEY (column)") &&
         parse_foreign_key_target(&out->target);
}

bool Parser::parse_column_definition(ColumnDefinition* column, uint32_t* height) {
  if (!parse_name("column name", &column->name) || !parse_type(&column->type)) return false;
  bool more = true;
  while (more) {
    if (!parse_column_constraint(column, height, &more)) return false;
  }
  return true;
}

bool Parser::parse_column_constraint(ColumnDefinition* column, uint32_t* height, bool* more) {
  switch (token_.keyword) {
    case Keyword::kPRIMARY:
      column->primary_key = true;
      advance();
      return expect(Keyword::kKEY, "PRIMARY");
    case Keyword::kNOT:
      column->not_null = true;
      advance();
      return expect(Keyword::kNULL, "NOT");
    case Keyword::kNULL:
      advance();
      return true;
    case Keyword::kUNIQUE:
      column->unique = true;
      advance();
      return true;
    case Keyword::kAUTO_INCREMENT:
    case Keyword::kAUTOINCREMENT:
      column->auto_increment = true;
      advance();
      return true;
    case Keyword::kDEFAULT:
      advance();
      return parse_into(&column->default_value, height);
    case Keyword::kCHECK:
      return parse_check(&column->checks.emplace_back(), height);
    case Keyword::kREFERENCES:
      advance();
      column->references = std::make_unique<ForeignKeyTarget>();
      return parse_foreign_key_target(column->references.get());
    default:
      *more = false;
      return true;
  }
}

bool Parser::parse_check(ExprPtr* out, uint32_t* height) {
  advance();
  return expect(TokenKind::kOpen, "'(' after CHECK") && parse_into(out, height) &&
         expect(TokenKind::kClose, "')'");
}

bool Parser::parse_foreign_key_target(ForeignKeyTarget* out) {
  if (!parse_name("table name after REFERENCES", &out->table)) return false;
  if (accept(TokenKind::kOpen)) {
    if (!parse_name("column name", &out->column) || !expect(TokenKind::kClose, "')'")) return false;
  }
  while (accept(Keyword::kON)) {
    if (accept(Keyword::kDELETE)) {
      if (!parse_foreign_key_action(&out->on_delete)) return false;
    } else if (accept(Keyword::kUPDATE)) {
      if (!parse_foreign_key_action(&out->on_update)) return false;
    } else {
      return fail_expected("DELETE or UPDATE after ON");
    }
  }
  return true;
}

bool Parser::parse_foreign_key_action(ForeignKeyAction* out) {
  if (accept(Keyword::kCASCADE)) {
    *out = ForeignKeyAction::kCascade;
    return true;
  }
  if (accept(Keyword::kRESTRICT)) {
    *out = ForeignKeyAction::kRestrict;
    return true;
  }
  if (accept(Keyword::kNO)) {
    *out = ForeignKeyAction::kNoAction;
    return expect(Keyword::kACTION, "NO");
  }
  if (!accept(Keyword::kSET)) return fail_expected("RESTRICT, NO ACTION, CASCADE or SET NULL");
  *out = ForeignKeyAction::kSetNull;
  return expect(Keyword::kNULL, "SET in foreign key action");
}

StatementPtr Parser::parse_create_index(bool unique) {
  auto create = start_node<CreateIndexStatement>();
  create->unique = unique;
  advance();
  if (!parse_if_not_exists(&create->if_not_exists) ||
      !parse_name("index name after CREATE INDEX", &create->index) ||
      !expect(Keyword::kON, "the index name") || !parse_name("identifier (name)", &create->table) ||
      !parse_name_list("column name", &create->columns)) {
    return nullptr;
  }
  if (accept(Keyword::kUSING) && !parse_index_method(&create->method)) return nullptr;
  if (accept(Keyword::kWITH)) parse_index_options(&create->options);
  return finish(std::move(create));
}

bool Parser::parse_index_method(IndexMethod* out) {
  switch (token_.keyword) {
    case Keyword::kBTREE:
      *out = IndexMethod::kBTree;
      break;
    case Keyword::kHASH:
      *out = IndexMethod::kHash;
      break;
    case Keyword::kBITMAP:
      *out = IndexMethod::kBitmap;
      break;
    case Keyword::kHNSW:
      *out = IndexMethod::kHnsw;
      break;
    default:
      if (!at(TokenKind::kWord)) return fail_expected("index method after USING");
      return fail("unknown index method '" + std::string(text(token_)) +
                  "'. Supported methods: BTREE, HASH, BITMAP, HNSW");
  }
  advance();
  return true;
}

bool Parser::parse_index_options(std::vector<IndexOption>* out) {
  if (!expect(TokenKind::kOpen, "'(' after WITH")) return false;
  do {
    IndexOption& option = out->emplace_back();
    option.position = token_.position;
    Name key;
    if (!parse_any_word("option name", &key)) return false;
    option.key = std::move(key.text);
    for (char& c : option.key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (!expect(TokenKind::kEqual, "'=' after the option name")) return false;
    if (accept(TokenKind::kMinus)) option.value = "-";
    bool number = at(TokenKind::kInteger) || at(TokenKind::kFloat);
    bool signless = option.value.empty();
    if (number || (signless && at(TokenKind::kWord))) {
      option.value += text(token_);
    } else if (signless && at(TokenKind::kString)) {
      option.value = string_value(text(token_));
    } else {
      return fail_expected("value of the option");
    }
    advance();
  } while (accept(TokenKind::kComma));
  return expect(TokenKind::kClose, "')'");
}

StatementPtr Parser::parse_create_view() {
  auto create = start_node<CreateViewStatement>();
  advance();
  if (!parse_if_not_exists(&create->if_not_exists) || !parse_name("view name", &create->view) ||
      !expect(Keyword::kAS, "the view name")) {
    return nullptr;
  }
  if (!at(Keyword::kSELECT) && !at(Keyword::kWITH) && !parenthesis_opens_query()) {
    return fail_expected("SELECT or WITH after AS in CREATE VIEW"), nullptr;
  }
  create->query = parse_query();
  if (create->query == nullptr) return nullptr;
  uint32_t height = create->query->height;
  return finish(std::move(create), height);
}

StatementPtr Parser::parse_alter() {
  auto alter = start_node<AlterTableStatement>();
  uint32_t height = 0;
  advance();
  if (!expect(Keyword::kTABLE, "ALTER") || !parse_name("identifier (name)", &alter->table) ||
      !parse_alter_action(alter.get(), &height)) {
    return nullptr;
  }
  return finish(std::move(alter), height);
}

bool Parser::parse_alter_action(AlterTableStatement* alter, uint32_t* height) {
  auto skip_column_word = [&] {
    // A column may itself be named column: then a type, TO or the end follows its name at once.
    if (at(Keyword::kCOLUMN) && !next_is(TokenKind::kEnd) && !next_is(TokenKind::kSemicolon))
      advance();
  };
  if (accept(Keyword::kADD)) {
    alter->action = AlterAction::kAddColumn;
    skip_column_word();
    return parse_column_definition(&alter->definition, height);
  }
  if (accept(Keyword::kMODIFY)) {
    alter->action = AlterAction::kModifyColumn;
    skip_column_word();
    return parse_column_definition(&alter->definition, height);
  }
  if (accept(Keyword::kDROP)) {
    alter->action = AlterAction::kDropColumn;
    skip_column_word();
    return parse_name("column name", &alter->column);
  }
  if (!accept(Keyword::kRENAME))
    return fail_expected("ALTER action (ADD, DROP, RENAME, MODIFY) after table name");
  return parse_rename(alter);
}

bool Parser::parse_rename(AlterTableStatement* alter) {
  if (accept(Keyword::kTO)) {
    alter->action = AlterAction::kRenameTable;
    return parse_name("new table name", &alter->new_name);
  }
  alter->action = AlterAction::kRenameColumn;
  if (at(Keyword::kCOLUMN) && !next_is(Keyword::kTO)) advance();
  return parse_name("column name", &alter->column) && expect(Keyword::kTO, "the column name") &&
         parse_name("new column name", &alter->new_name);
}

StatementPtr Parser::parse_drop() {
  auto drop = start_node<DropStatement>();
  advance();
  if (accept(Keyword::kTABLE)) {
    drop->drop = DropKind::kTable;
  } else if (accept(Keyword::kINDEX)) {
    drop->drop = DropKind::kIndex;
  } else if (accept(Keyword::kVIEW)) {
    drop->drop = DropKind::kView;
  } else {
    return fail_expected("TABLE, INDEX, or VIEW after DROP"), nullptr;
  }
  if (!parse_if_exists(&drop->if_exists) || !parse_name("identifier (name)", &drop->name))
    return nullptr;
  if (drop->drop == DropKind::kIndex && accept(Keyword::kON))
    parse_name("identifier (name)", &drop->table);
  return finish(std::move(drop));
}

}  // namespace orrery::sql
