// Schedules: a table of reminders calls a reducer, at intervals or at a time; a table of errands calls a procedure.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Reminder {
  uint64_t id;
  ScheduleAt at;
  std::string text;
};
SPACETIMEDB_STRUCT(Reminder, id, at, text)
SPACETIMEDB_TABLE(Reminder, reminder, Private)
FIELD_PrimaryKeyAutoInc(reminder, id)
SPACETIMEDB_SCHEDULE(reminder, 1, ring)

struct Errand {
  uint64_t id;
  ScheduleAt at;
  Timestamp asked;
  uint8_t weight;
};
SPACETIMEDB_STRUCT(Errand, id, at, asked, weight)
SPACETIMEDB_TABLE(Errand, errand, Private)
FIELD_PrimaryKeyAutoInc(errand, id)
SPACETIMEDB_SCHEDULE(errand, 1, run_errand)

struct Rung {
  uint64_t id;
  std::string text;
  Timestamp at;
  bool by_schedule;
};
SPACETIMEDB_STRUCT(Rung, id, text, at, by_schedule)
SPACETIMEDB_TABLE(Rung, rung, Public)
FIELD_PrimaryKeyAutoInc(rung, id)

SPACETIMEDB_REDUCER(ring, ReducerContext ctx, Reminder reminder_row) {
  const bool by_schedule = ctx.sender_auth().is_internal() && ctx.sender() == ctx.database_identity();
  ctx.db[rung].insert(Rung{0, reminder_row.text, ctx.timestamp, by_schedule});
  return Ok();
}

SPACETIMEDB_REDUCER(remind_after, ReducerContext ctx, std::string text, TimeDuration delay) {
  ctx.db[reminder].insert(Reminder{0, ScheduleAt(ctx.timestamp + delay), text});
  return Ok();
}
SPACETIMEDB_REDUCER(remind_every, ReducerContext ctx, std::string text, TimeDuration interval) {
  ctx.db[reminder].insert(Reminder{0, ScheduleAt(interval), text});
  return Ok();
}
SPACETIMEDB_REDUCER(remind_and_fail, ReducerContext ctx, std::string text) {
  ctx.db[reminder].insert(Reminder{0, ScheduleAt(ctx.timestamp), text});
  return Err("this reminder must never ring");
}
SPACETIMEDB_REDUCER(stop_all, ReducerContext ctx) {
  ctx.db[reminder].clear();
  return Ok();
}
SPACETIMEDB_REDUCER(send_errand, ReducerContext ctx, uint8_t weight, TimeDuration delay) {
  ctx.db[errand].insert(Errand{0, ScheduleAt::time(ctx.timestamp + delay), ctx.timestamp, weight});
  return Ok();
}

SPACETIMEDB_PROCEDURE(Unit, run_errand, ProcedureContext ctx, Errand row) {
  ctx.with_tx([&](TxContext& tx) {
    const TimeDuration took = ctx.timestamp.duration_since(row.asked);
    tx.db[rung].insert(Rung{0, "errand " + std::to_string(row.weight) + " " + took.to_string(), ctx.timestamp, true});
  });
  return Unit{};
}
