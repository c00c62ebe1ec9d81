// Filters of row-level security, as far as one must know them to find the table that they guard.
// Stateless.
#pragma once

#include <string>
#include <string_view>

namespace orrery::host {

/// The name, as it is written there, of the table whose rows the filter selects; empty where the
/// text is no SELECT from a table.
std::string table_of_filter(std::string_view filter);

}  // namespace orrery::host
