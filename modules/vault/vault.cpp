// Money: accounts whose sum never changes, a line for every transfer, and a clock that beats by schedule.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Account {
  uint32_t id;
  int64_t balance;
};
SPACETIMEDB_STRUCT(Account, id, balance)
SPACETIMEDB_TABLE(Account, account, Public)
FIELD_PrimaryKey(account, id)

// ticket is chosen by the client: what it was told is committed is found again under it.
struct Transfer {
  uint64_t ticket;
  uint32_t source;
  uint32_t target;
  int64_t amount;
};
SPACETIMEDB_STRUCT(Transfer, ticket, source, target, amount)
SPACETIMEDB_TABLE(Transfer, transfer_line, Public)
FIELD_PrimaryKey(transfer_line, ticket)

struct Pulse {
  uint64_t id;
  ScheduleAt at;
};
SPACETIMEDB_STRUCT(Pulse, id, at)
SPACETIMEDB_TABLE(Pulse, pulse, Private)
FIELD_PrimaryKeyAutoInc(pulse, id)
SPACETIMEDB_SCHEDULE(pulse, 1, beat)

struct Beats {
  uint32_t id;
  uint64_t count;
};
SPACETIMEDB_STRUCT(Beats, id, count)
SPACETIMEDB_TABLE(Beats, beats, Public)
FIELD_PrimaryKey(beats, id)

// A reminder for one moment, kept with what must come of it.
struct Alarm {
  uint64_t id;
  ScheduleAt at;
  uint64_t ticket;
};
SPACETIMEDB_STRUCT(Alarm, id, at, ticket)
SPACETIMEDB_TABLE(Alarm, alarm_at, Private)
FIELD_PrimaryKeyAutoInc(alarm_at, id)
SPACETIMEDB_SCHEDULE(alarm_at, 1, ring_alarm)

struct Rung {
  uint64_t ticket;
  uint32_t times;
};
SPACETIMEDB_STRUCT(Rung, ticket, times)
SPACETIMEDB_TABLE(Rung, rung, Public)
FIELD_PrimaryKey(rung, ticket)

static constexpr uint32_t kAccounts = 32;
static constexpr int64_t kStart = 1000;

SPACETIMEDB_INIT(open_vault, ReducerContext ctx) {
  for (uint32_t i = 0; i < kAccounts; ++i) ctx.db[account].insert(Account{i, kStart});
  ctx.db[beats].insert(Beats{0, 0});
  ctx.db[pulse].insert(Pulse{0, ScheduleAt(TimeDuration::from_millis(10))});
  return Ok();
}
// Who is here; rows of connections that a crash ended must not stay.
struct Guest {
  ConnectionId connection;
};
SPACETIMEDB_STRUCT(Guest, connection)
SPACETIMEDB_TABLE(Guest, guest, Public)
FIELD_PrimaryKey(guest, connection)

SPACETIMEDB_CLIENT_CONNECTED(greet, ReducerContext ctx) {
  if (ctx.connection_id) ctx.db[guest].insert(Guest{*ctx.connection_id});
  return Ok();
}
SPACETIMEDB_CLIENT_DISCONNECTED(see_off, ReducerContext ctx) {
  if (ctx.connection_id) ctx.db[guest_connection].delete_by_key(*ctx.connection_id);
  return Ok();
}

SPACETIMEDB_REDUCER(beat, ReducerContext ctx, Pulse due) {
  (void)due;
  const auto now = ctx.db[beats_id].find(0);
  if (!now) return Err("the beats are gone");
  ctx.db[beats_id].update(Beats{0, now->count + 1});
  return Ok();
}
SPACETIMEDB_REDUCER(transfer, ReducerContext ctx, uint64_t ticket, uint32_t source, uint32_t target, int64_t amount) {
  auto from = ctx.db[account_id].find(source);
  auto to = ctx.db[account_id].find(target);
  if (!from || !to || source == target) return Err("no such accounts");
  // Written before the check, so that a refusal has something to undo.
  from->balance -= amount;
  ctx.db[account_id].update(*from);
  to->balance += amount;
  ctx.db[account_id].update(*to);
  ctx.db[transfer_line].insert(Transfer{ticket, source, target, amount});
  if (from->balance < 0) return Err("not enough");
  return Ok();
}
SPACETIMEDB_REDUCER(set_alarm, ReducerContext ctx, uint64_t ticket, TimeDuration delay) {
  ctx.db[alarm_at].insert(Alarm{0, ScheduleAt(ctx.timestamp + delay), ticket});
  return Ok();
}
SPACETIMEDB_REDUCER(ring_alarm, ReducerContext ctx, Alarm due) {
  const auto before = ctx.db[rung_ticket].find(due.ticket);
  ctx.db[rung_ticket].try_insert_or_update(Rung{due.ticket, before ? before->times + 1 : 1});
  return Ok();
}
SPACETIMEDB_PROCEDURE(int64_t, weigh, ProcedureContext ctx) {
  return ctx.with_tx([](TxContext& tx) {
    int64_t sum = 0;
    for (const Account& each : tx.db[account]) sum += each.balance;
    return sum;
  });
}
