// Hand-built plans and their results as text, for tests.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exec/execution.h"
#include "plan/plan.h"
#include "types/cast.h"

namespace orrery::exec::test {

using types::Datum;
using types::TypeId;
using types::Value;
using Row = std::vector<Value>;
using Rows = std::vector<Row>;

inline std::string text_of(const Datum& d) {
  if (d.is_null()) return "NULL";
  std::string s;
  types::append_text(d, &s);
  return s;
}
inline std::vector<std::string> text_of(const Rows& rows) {
  std::vector<std::string> out;
  for (const Row& row : rows) {
    std::string line;
    for (const Value& v : row) {
      if (!line.empty()) line += '|';
      line += text_of(v.datum());
    }
    out.push_back(line);
  }
  return out;
}

inline expr::ExprPtr col(uint32_t i, TypeId type = TypeId::kInteger) {
  return expr::make_column(i, type, true);
}
inline expr::ExprPtr lit(int64_t v) {
  return expr::make_constant(Datum::integer(v), TypeId::kInteger);
}
inline expr::ExprPtr cmp(expr::CompareOp op, expr::ExprPtr a, expr::ExprPtr b) {
  return expr::make_compare(op, std::move(a), std::move(b));
}

inline plan::PlanNodePtr values(const std::vector<TypeId>& types, const Rows& rows) {
  auto node = std::make_unique<plan::ValuesNode>();
  for (TypeId t : types) node->output.push_back({"c", t, true});
  for (const Row& row : rows) {
    std::vector<expr::ExprPtr> exprs;
    for (size_t c = 0; c < row.size(); ++c) {
      exprs.push_back(expr::make_constant(row[c].datum(), types[c]));
    }
    node->rows.push_back(std::move(exprs));
  }
  return node;
}

template <class Node>
std::unique_ptr<Node> over(plan::PlanNodePtr child) {
  auto node = std::make_unique<Node>();
  node->output = child->output;
  node->children.push_back(std::move(child));
  return node;
}

struct RunOptions {
  uint32_t vector_size = types::kVectorCapacity;
  uint64_t memory_limit = 0;
  std::string spill_directory;
  std::vector<Datum> parameters;
  storage::Store* store = nullptr;
  storage::Transaction* transaction = nullptr;
  env::Environment* environment = nullptr;
};

inline std::shared_ptr<plan::PlannedStatement> statement(plan::PlanNodePtr root) {
  auto s = std::make_shared<plan::PlannedStatement>();
  s->columns = root->output;
  s->root = std::move(root);
  return s;
}

inline Result<Rows> run(const std::shared_ptr<plan::PlannedStatement>& s,
                        const RunOptions& options = {}, uint64_t* affected = nullptr) {
  ExecOptions exec_options;
  exec_options.vector_size = options.vector_size;
  exec_options.memory_limit_bytes = options.memory_limit;
  exec_options.spill_directory = options.spill_directory;
  ExecInput input;
  input.statement = s;
  input.options = &exec_options;
  input.parameters = options.parameters;
  input.store = options.store;
  input.transaction = options.transaction;
  input.environment = options.environment;
  if (options.store != nullptr && options.transaction == nullptr) {
    input.view = options.store->read_view();
  }
  ORRERY_TRY_ASSIGN(auto execution, Execution::start(std::move(input)));
  Rows rows;
  for (;;) {
    const types::Chunk* chunk = nullptr;
    ORRERY_TRY_ASSIGN(bool more, execution->next(&chunk));
    if (!more) break;
    for (uint32_t r = 0; r < chunk->row_count; ++r) {
      Row row;
      for (const auto& v : chunk->columns) row.emplace_back(v.datum(r));
      rows.push_back(std::move(row));
    }
  }
  if (affected != nullptr) *affected = execution->rows_affected();
  return rows;
}

/// A small deterministic generator.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 2654435761u + 1) {}
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  int64_t below(int64_t n) { return static_cast<int64_t>(next() % static_cast<uint64_t>(n)); }

 private:
  uint64_t state_;
};

/// A random cell of the type, NULL one time in eight; small ranges, so that keys meet.
inline Value random_cell(Dice& dice, TypeId type) {
  if (dice.below(8) == 0) return Value();
  switch (type) {
    case TypeId::kInteger:
      return Value::integer(dice.below(30) - 10);
    case TypeId::kFloat:
      return Value::floating(static_cast<double>(dice.below(60)) / 2 - 10);
    case TypeId::kBoolean:
      return Value::boolean(dice.below(2) == 0);
    case TypeId::kText:
      return Value::text(std::string(static_cast<size_t>(dice.below(18)), 'a') +
                         std::to_string(dice.below(6)));
    case TypeId::kAny: {
      static constexpr TypeId kTypes[] = {TypeId::kInteger, TypeId::kFloat, TypeId::kText,
                                          TypeId::kBoolean};
      return random_cell(dice, kTypes[dice.below(4)]);
    }
    default:
      return Value();
  }
}
inline Rows random_rows(Dice& dice, const std::vector<TypeId>& types, size_t n) {
  Rows rows(n);
  for (Row& row : rows) {
    for (TypeId t : types) row.push_back(random_cell(dice, t));
  }
  return rows;
}

}  // namespace orrery::exec::test
