// Input: texts of the subscription dialect, one per line. Whatever they are, reading, binding and
// restricting them ends with a query or an error with a message; a query becomes plans.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "schema/validate.h"
#include "subscribe/bound_query.h"

namespace {

using namespace orrery;
using A = types::AlgebraicType;

schema::ModuleDef make_definition() {
  schema::RawModuleDefV10 raw;
  raw.case_conversion_policy = schema::CaseConversionPolicy::kNone;
  uint32_t t = raw.typespace.add(A::product({{"id", A::u32()},
                                             {"a", A::u256()},
                                             {"f", A::f64()},
                                             {"s", A::string()},
                                             {"who", A::identity()},
                                             {"b", A::bytes()},
                                             {"flag", A::boolean()},
                                             {"at", A::timestamp_micros()},
                                             {"opt", A::option(A::u32())}}));
  uint32_t u = raw.typespace.add(A::product({{"id", A::u32()}, {"s", A::string()}}));
  for (auto [name, ref] : {std::pair{"t", t}, std::pair{"u", u}}) {
    raw.types.push_back({{}, std::string(name) + "_row", ref, true});
    schema::RawTable table;
    table.name = name;
    table.product_type_ref = ref;
    raw.tables.push_back(std::move(table));
  }
  raw.row_level_security = {"SELECT * FROM u WHERE id = 1",
                            "SELECT u.* FROM u JOIN t ON u.id = t.id WHERE t.who = :sender"};
  raw.order_by_tag();
  auto definition = schema::validate(schema::RawModuleDef(std::move(raw)));
  ORRERY_ASSERT(definition.has_value());
  return std::move(*definition);
}

void check_error(const Error& error) {
  ORRERY_ASSERT(!error.message().empty());
}

void check_query(const schema::ModuleDef& definition, std::string_view sql) {
  (void)subscribe::is_blank_query(sql);
  (void)subscribe::is_all_tables_query(sql);
  auto select = subscribe::parse_select(sql);
  if (!select) return check_error(select.error());
  subscribe::Binding binding{definition, {}, subscribe::Privacy::kHidePrivate};
  auto query = subscribe::bind_select(binding, *select);
  if (!query) return check_error(query.error());
  ORRERY_ASSERT(query->projected < query->relations.size());
  auto restricted = subscribe::apply_row_level_security(binding, std::move(*query));
  if (!restricted) return check_error(restricted.error());
  ORRERY_ASSERT(!restricted->empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const definition = new schema::ModuleDef(make_definition());
  std::string_view text(reinterpret_cast<const char*>(data), size);
  while (!text.empty()) {
    size_t end = text.find('\n');
    check_query(*definition, text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return 0;
}
