// Views that return SQL instead of rows: the text is run with the owner's rights inside of the
// transaction that the view runs in. Stateless.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/database.h"
#include "host/bound_tables.h"
#include "host/read_set.h"
#include "schema/module_def.h"
#include "storage/transaction.h"

namespace orrery::host {

/// Makes the rows of another view current that a view names.
using NeedView = std::function<Status(const schema::ViewDef& view)>;

/// A BSATN array of the rows. The text must select whole rows of the view's type; every table and
/// view that it names is noted in `reads`. `sender`: for whom the view is, zero where for all.
Result<std::string> run_view_query(engine::Database& engine, const BoundTables& tables,
                                   const schema::ViewDef& view, const types::Identity& sender,
                                   std::string_view sql, storage::Transaction& transaction,
                                   const NeedView& need_view, ReadSet* reads);

}  // namespace orrery::host
