// Input: the bytes of a module definition. Reading, validating, writing out and planning a
// migration must stay inside the bytes and in bounded memory; what is read is written back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "schema/export.h"
#include "schema/migrate.h"
#include "schema/raw_codec.h"
#include "schema/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace orrery::schema;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto raw = decode_module_def(bytes);
  if (!raw) return 0;
  std::string encoded = encode_module_def(*raw);
  auto again = decode_module_def(encoded);
  ORRERY_ASSERT(again.has_value());
  ORRERY_ASSERT(encode_module_def(*again) == encoded);
  (void)module_def_to_json(*raw);
  ValidationErrors errors;
  auto def = validate(*raw, &errors);
  ORRERY_ASSERT(def.has_value() == errors.empty());
  if (!def) return 0;
  for (const TableDef* table : def->all_tables()) {
    ORRERY_ASSERT(def->find_table(table->qualified_name) == table);
    ORRERY_ASSERT(!table->row_type.has_refs());
  }
  for (uint32_t id = 0; id < def->reducer_count(); ++id) ORRERY_ASSERT(def->reducer_by_id(id));
  auto plan = plan_migration(*def, *def);
  ORRERY_ASSERT(plan.has_value() && !plan->breaks_clients());
  auto exported = validate(to_raw_v10(*def));
  if (!exported) return 0;
  auto change = plan_migration(*def, *exported);
  if (change) (void)migration_plan_text(*change, PlanStyle::kAnsiColor);
  auto v9 = validate(to_raw_v9(*def));
  if (!v9) return 0;
  auto back = plan_migration(*v9, *def);
  if (back) (void)migration_plan_text(*back, PlanStyle::kPlain);
  return 0;
}
