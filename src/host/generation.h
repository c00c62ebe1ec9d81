// Generation: one module as it is published: code, definition, tables, and the names that can be
// called. A database has one at a time; calls that run on through an update keep theirs.
//
// Immutable but for the pool of instances that procedures share. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "host/bound_tables.h"
#include "host/module_instance.h"
#include "schema/module_def.h"
#include "schema/validate.h"
#include "storage/catalog.h"

namespace orrery::host {

/// A program that was loaded and whose description is valid.
struct CheckedProgram {
  std::shared_ptr<LoadedModule> module;
  std::shared_ptr<const schema::ModuleDef> definition;
  types::Digest hash;
};
/// kInvalidArgument with everything that is wrong.
Result<CheckedProgram> check_program(ModuleRuntime& runtime, GuestHost& host,
                                     std::string_view program,
                                     const schema::ValidationOptions& options);

/// A reducer or procedure, ready to be called.
struct CallableFunction {
  std::string_view name;  ///< qualified
  uint32_t id = 0;
  const types::AlgebraicType* params = nullptr;
  const types::Typespace* space = nullptr;
  const types::AlgebraicType* returns = nullptr;  ///< of procedures
  schema::FunctionVisibility visibility = schema::FunctionVisibility::kClientCallable;
  std::optional<schema::Lifecycle> lifecycle;
};

class Generation {
 public:
  /// `catalog` has the tables of the program's definition.
  static Result<std::shared_ptr<const Generation>> make(
      CheckedProgram program, const std::shared_ptr<const storage::Catalog>& catalog);

  const schema::ModuleDef& definition() const { return *program_.definition; }
  const std::shared_ptr<const schema::ModuleDef>& shared_definition() const {
    return program_.definition;
  }
  LoadedModule& module() const { return *program_.module; }
  const types::Digest& hash() const { return program_.hash; }
  const BoundTables& tables() const { return *tables_; }
  const std::shared_ptr<const BoundTables>& shared_tables() const { return tables_; }

  /// By qualified name, canonical or alias; null where there is none.
  const CallableFunction* find_reducer(std::string_view name) const;
  const CallableFunction* find_procedure(std::string_view name) const;
  const CallableFunction* lifecycle_reducer(schema::Lifecycle lifecycle) const {
    return lifecycle_[static_cast<size_t>(lifecycle)];
  }

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return static_cast<size_t>(hash_bytes(s)); }
  };
  using Functions = std::unordered_map<std::string, CallableFunction, NameHash, std::equal_to<>>;
  void collect_functions();
  void index_reducers();

  /// Of reducers_ by their names' hashes, for calls: no division, one place to look at. Empty ones
  /// are null, and there are as many of these as others at least.
  struct ReducerPlace {
    uint64_t hash = 0;
    const CallableFunction* function = nullptr;
  };
  std::vector<ReducerPlace> reducer_places_;

  CheckedProgram program_;
  std::shared_ptr<const BoundTables> tables_;
  Functions reducers_;
  Functions procedures_;
  const CallableFunction* lifecycle_[schema::kLifecycleCount] = {};
};

}  // namespace orrery::host
