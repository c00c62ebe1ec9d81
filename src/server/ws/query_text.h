// What sessions need to know of a one-off query beyond its rows. Stateless.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/result.h"
#include "host/hosted_database.h"
#include "protocol/row_list.h"

namespace orrery::server::ws {

/// True where the query is none of the subscription dialect, but may be one of the engine's.
bool is_beyond_subscriptions(const Error& error);
/// The name behind the first FROM, or "": what the rows of a one-off query are labelled with.
std::string_view table_named_in(std::string_view sql);
/// The rows of a report, split; kDecode where they are not of its schema.
Result<protocol::RowList> rows_of_report(const host::SqlReport& report);

}  // namespace orrery::server::ws
