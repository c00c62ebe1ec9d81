// restart(): one transaction after the other in the same object.
#pragma once

#include "storage/transaction.h"

namespace orrery::storage {

/// After commit or rollback: begins anew, as Store::begin() would, for half of the price. One that
/// ended and waits for this may keep tables alive that were dropped meanwhile. Not while anything
/// still reads in the view of the transaction that ended.
void restart(Transaction& transaction, Isolation isolation);

}  // namespace orrery::storage
