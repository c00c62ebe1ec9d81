// Views that return SQL instead of rows: the text is run with the owner's rights inside of the
// transaction that the view runs in. Stateless.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/database.h"
#include "host/bound_tables.h"
#include "host/read_set.h"
#include "schema/module_def.h"
#include "storage/transaction.h"

namespace orrery::host {

/// A BSATN array of the rows. The text must select whole rows of the view's type, and may not read
/// other views; every table that it names is noted in `reads`.
Result<std::string> run_view_query(engine::Database& engine, const BoundTables& tables,
                                   const schema::ViewDef& view, std::string_view sql,
                                   storage::Transaction& transaction, ReadSet* reads);

}  // namespace orrery::host
