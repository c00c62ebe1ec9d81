// What spares those who run very many small transactions some time: one after the other in the same
// object, and none of them tells of changes that nobody follows.
#pragma once

#include "storage/transaction.h"

namespace orrery::storage {

/// After commit or rollback: begins anew, as Store::begin() would, for half of the price. One that
/// ended and waits for this may keep tables alive that were dropped meanwhile. Not while anything
/// still reads in the view of the transaction that ended.
void restart(Transaction& transaction, Isolation isolation);

/// False where a CommitCapture would get nothing: no table that the transaction wrote to is watched,
/// and no definition changed.
bool has_followed_changes(Transaction& transaction);

}  // namespace orrery::storage
