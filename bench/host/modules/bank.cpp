// Accounts and transfers between them: the workload of the transfer and fan-out benchmarks.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Account {
  uint32_t id;
  int64_t balance;
};
SPACETIMEDB_STRUCT(Account, id, balance)
SPACETIMEDB_TABLE(Account, account, Public)
FIELD_PrimaryKey(account, id)

SPACETIMEDB_REDUCER(noop, ReducerContext) {
  return Ok();
}

SPACETIMEDB_REDUCER(seed, ReducerContext ctx, uint32_t count, int64_t balance) {
  ctx.db[account].clear();
  for (uint32_t i = 0; i < count; ++i) ctx.db[account].insert(Account{i, balance});
  return Ok();
}

SPACETIMEDB_REDUCER(transfer, ReducerContext ctx, uint32_t from, uint32_t to, int64_t amount) {
  if (from == to) return Err("same_account");
  if (amount <= 0) return Err("non_positive_amount");
  auto payer = ctx.db[account_id].find(from);
  auto payee = ctx.db[account_id].find(to);
  if (!payer || !payee) return Err("account_missing");
  if (payer->balance < amount) return Err("insufficient_funds");
  payer->balance -= amount;
  payee->balance += amount;
  ctx.db[account_id].update(*payer);
  ctx.db[account_id].update(*payee);
  return Ok();
}

/// Changes `count` accounts from `from` on.
SPACETIMEDB_REDUCER(touch, ReducerContext ctx, uint32_t from, uint32_t count, int64_t balance) {
  for (uint32_t i = 0; i < count; ++i) ctx.db[account_id].update(Account{from + i, balance});
  return Ok();
}
