// SqlRewriter: makes of a client's statement one that the engine can run on the module's tables.
//
// Tables are found by canonical name or alias, and those that the caller may not know are not found.
// A view stands for its rows in the backing table, a table under row-level security for what its
// filters let through. Literals that meet a column (compared with it, inserted, assigned) become
// values of the column's type, where SQL has no form for it: hex digits for identities and bytes,
// RFC 3339 for times, whole numbers for the wide integers, which elsewhere have the narrowest type that holds them. :sender is the caller.
//
// One statement; borrows what it is given. Errors carry the texts that the original's clients know.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "host/bound_tables.h"
#include "sql/ast.h"
#include "storage/catalog.h"
#include "types/datum.h"
#include "types/identity.h"

namespace orrery::host {

enum class SqlRights : uint8_t {
  kOwner,   ///< all tables, no filters, writes
  kClient,  ///< public tables through filters
  kView,    ///< as the owner, but no :sender
};

struct SqlInput {
  const BoundTables& tables;
  const storage::Catalog& catalog;
  SqlRights rights = SqlRights::kClient;
  types::Identity caller;
};

/// What is known of a column of a query.
struct SqlColumn {
  std::string name;
  std::optional<types::AlgebraicType> type;
};

class SqlRewriter {
 public:
  explicit SqlRewriter(const SqlInput& input) : input_(input) {}

  Status rewrite(sql::Statement& statement);

  /// The statement's parameters from now on.
  std::vector<types::Datum> parameters() const;
  /// The views that it names; they must be current when it runs.
  const std::vector<const schema::ViewDef*>& views() const { return views_; }
  /// The module's tables that it reads or writes.
  const std::vector<const BoundTable*>& tables() const { return tables_; }
  /// Every table that it reads, behind views and filters too.
  const std::vector<storage::TableId>& inputs() const { return inputs_; }
  /// Of SELECT: its columns, as far as they are known.
  const std::vector<SqlColumn>& output() const { return output_; }

 private:
  struct Source {
    std::string alias;
    std::vector<SqlColumn> columns;
    std::vector<std::string> other_names;  ///< of the columns: aliases, or empty
  };
  struct Scope {
    const Scope* outer = nullptr;
    std::vector<Source> sources;
    const std::vector<Source>* ctes = nullptr;
  };
  using Columns = std::vector<SqlColumn>;

  Result<Columns> query(sql::Query& query, const Scope* outer);
  Result<Columns> body(sql::QueryBodyPtr& body, Scope& scope);
  Result<Columns> select(sql::SelectBody& select, Scope& scope);
  Status source(sql::TableRefPtr& ref, Scope& scope);
  Status named_table(sql::TableRefPtr& ref, Scope& scope);
  Status conditions(sql::TableRef& ref, const Scope& scope);
  Status expression(sql::ExprPtr& e, const Scope& scope);
  Status expressions(sql::ExprList& list, const Scope& scope);
  Status nested_queries(sql::Expr& e, const Scope& scope);
  Status meet(sql::ExprPtr& left, sql::ExprPtr& right, const Scope& scope);
  /// Makes a literal a value of the type; leaves what SQL reads the same way.
  Status convert(sql::ExprPtr& e, const types::AlgebraicType& type);
  /// Makes a literal that INTEGER does not hold, or one in hexadecimal digits, a number.
  void count_with(sql::ExprPtr& e);
  /// The first source with such a column, by canonical name or accessor; null where there is none.
  const Source* find_column(const sql::ColumnExpr& column, const Scope& scope, size_t* index) const;
  std::optional<types::AlgebraicType> type_of(const sql::Expr& e, const Scope& scope) const;
  sql::ExprPtr parameter(types::Value value);

  Status insert(sql::InsertStatement& statement);
  Status update(sql::UpdateStatement& statement);
  Status erase(sql::DeleteStatement& statement);
  Result<const BoundTable*> target(sql::Name& name);
  Result<sql::QueryPtr> view_rows(const BoundTable& backing);
  Result<sql::QueryPtr> filtered_rows(const BoundTable& table);

  const SqlInput& input_;
  std::deque<types::Value> values_;
  std::vector<const schema::ViewDef*> views_;
  std::vector<const BoundTable*> tables_;
  std::vector<storage::TableId> inputs_;
  std::vector<SqlColumn> output_;
  const BoundTable* unfiltered_ = nullptr;  ///< whose filter is being put in
  uint32_t filter_depth_ = 0;
};

/// What clients are told of tables that are not there, or not theirs to see.
Error no_table(const sql::Name& name);
sql::Name quoted_name(std::string text);

}  // namespace orrery::host
