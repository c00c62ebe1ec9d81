#include "host/generation.h"

#include <bit>
#include <utility>

#include "schema/raw_codec.h"

namespace orrery::host {

Result<CheckedProgram> check_program(ModuleRuntime& runtime, GuestHost& host,
                                     std::string_view program,
                                     const schema::ValidationOptions& options) {
  CheckedProgram out;
  out.hash = types::program_digest(program);
  ORRERY_TRY_ASSIGN(out.module, runtime.load(program));
  ORRERY_TRY_ASSIGN(std::unique_ptr<ModuleInstance> instance, out.module->instantiate(host));
  ORRERY_TRY_ASSIGN(std::string description, instance->describe());
  Result<schema::RawModuleDef> raw = schema::decode_module_def(description);
  if (!raw) {
    return Error(ErrorCode::kInvalidArgument,
                 "the module's description does not decode: " + raw.error().message());
  }
  ORRERY_TRY_ASSIGN(schema::ModuleDef definition, schema::validate(*raw, options));
  out.definition = std::make_shared<const schema::ModuleDef>(std::move(definition));
  return out;
}

Result<std::shared_ptr<const Generation>> Generation::make(
    CheckedProgram program, const std::shared_ptr<const storage::Catalog>& catalog) {
  auto made = std::make_shared<Generation>();
  made->program_ = std::move(program);
  ORRERY_TRY_ASSIGN(made->tables_, BoundTables::bind(made->program_.definition, *catalog));
  made->collect_functions();
  return std::shared_ptr<const Generation>(std::move(made));
}

void Generation::collect_functions() {
  for (const schema::Found<schema::ReducerDef>& found : definition().all_reducers()) {
    CallableFunction& made = reducers_[found.def->qualified_name];
    made.name = found.def->qualified_name;
    made.id = found.id;
    made.params = &found.def->params;
    made.space = &found.module->typespace();
    made.visibility = found.def->visibility;
    made.lifecycle = found.def->lifecycle;
    if (made.lifecycle) lifecycle_[static_cast<size_t>(*made.lifecycle)] = &made;
  }
  for (const schema::Found<schema::ProcedureDef>& found : definition().all_procedures()) {
    CallableFunction& made = procedures_[found.def->qualified_name];
    made.name = found.def->qualified_name;
    made.id = found.id;
    made.params = &found.def->params;
    made.space = &found.module->typespace();
    made.returns = &found.def->return_type;
    made.visibility = found.def->visibility;
  }
  index_reducers();
}

void Generation::index_reducers() {
  reducer_places_.assign(std::bit_ceil(2 * reducers_.size() + 2), {});
  const size_t mask = reducer_places_.size() - 1;
  for (const auto& [name, function] : reducers_) {
    const uint64_t hash = hash_bytes(name);
    size_t at = hash & mask;
    while (reducer_places_[at].function != nullptr) at = (at + 1) & mask;
    reducer_places_[at] = {hash, &function};
  }
}

const CallableFunction* Generation::find_reducer(std::string_view name) const {
  const size_t mask = reducer_places_.size() - 1;
  const uint64_t hash = hash_bytes(name);
  for (size_t at = hash & mask; reducer_places_[at].function != nullptr; at = (at + 1) & mask) {
    const ReducerPlace& place = reducer_places_[at];
    if (place.hash == hash && place.function->name == name) return place.function;
  }
  const auto alias = definition().find_reducer(name);
  if (!alias) return nullptr;
  auto found = reducers_.find(alias.def->qualified_name);
  return found == reducers_.end() ? nullptr : &found->second;
}

const CallableFunction* Generation::find_procedure(std::string_view name) const {
  if (auto found = procedures_.find(name); found != procedures_.end()) return &found->second;
  const auto alias = definition().find_procedure(name);
  if (!alias) return nullptr;
  auto found = procedures_.find(alias.def->qualified_name);
  return found == procedures_.end() ? nullptr : &found->second;
}

}  // namespace orrery::host
