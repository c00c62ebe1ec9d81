// What runs while a procedure waits: reducers of clients and of schedules, in the order of their steps.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Step {
  uint32_t number;
  std::string who;
};
SPACETIMEDB_STRUCT(Step, number, who)
SPACETIMEDB_TABLE(Step, step, Public)
FIELD_PrimaryKeyAutoInc(step, number)

struct Due {
  uint64_t id;
  ScheduleAt at;
};
SPACETIMEDB_STRUCT(Due, id, at)
SPACETIMEDB_TABLE(Due, wave, Private)
FIELD_PrimaryKeyAutoInc(wave, id)
SPACETIMEDB_SCHEDULE(wave, 1, roll)
SPACETIMEDB_TABLE(Due, long_wave, Private)
FIELD_PrimaryKeyAutoInc(long_wave, id)
SPACETIMEDB_SCHEDULE(long_wave, 1, roll_slowly)

static void take_step(ProcedureContext& ctx, const char* who) {
  ctx.with_tx([&](TxContext& tx) { tx.db[step].insert(Step{0, who}); });
}
// Ends when somebody else has taken a step, or after ten seconds.
static void wait_for_another(ProcedureContext& ctx, uint64_t steps) {
  const Timestamp start = ctx.timestamp;
  for (int64_t i = 1; i <= 500; ++i) {
    ctx.sleep_until(start + TimeDuration::from_millis(20 * i));
    if (ctx.with_tx([](TxContext& tx) { return tx.db[step].count(); }) > steps) return;
  }
  LOG_PANIC("nobody else took a step");
}

SPACETIMEDB_REDUCER(wade, ReducerContext ctx) {
  ctx.db[step].insert(Step{0, "reducer"});
  return Ok();
}
SPACETIMEDB_REDUCER(roll, ReducerContext ctx, Due due) {
  (void)due;
  ctx.db[step].insert(Step{0, "scheduled reducer"});
  return Ok();
}
SPACETIMEDB_REDUCER(ebb, ReducerContext ctx) {
  ctx.db[step].clear();
  return Ok();
}
SPACETIMEDB_REDUCER(raise_both, ReducerContext ctx) {
  ctx.db[long_wave].insert(Due{0, ScheduleAt(ctx.timestamp)});
  ctx.db[wave].insert(Due{0, ScheduleAt(ctx.timestamp + TimeDuration::from_millis(300))});
  return Ok();
}

SPACETIMEDB_PROCEDURE(Unit, linger, ProcedureContext ctx) {
  take_step(ctx, "procedure before");
  wait_for_another(ctx, 1);
  take_step(ctx, "procedure after");
  return Unit{};
}
SPACETIMEDB_PROCEDURE(Unit, raise_one, ProcedureContext ctx) {
  ctx.with_tx([](TxContext& tx) {
    tx.db[step].insert(Step{0, "procedure before"});
    tx.db[wave].insert(Due{0, ScheduleAt(tx.timestamp)});
  });
  wait_for_another(ctx, 1);
  take_step(ctx, "procedure after");
  return Unit{};
}
SPACETIMEDB_PROCEDURE(Unit, roll_slowly, ProcedureContext ctx, Due due) {
  (void)due;
  take_step(ctx, "scheduled procedure before");
  ctx.sleep_until(ctx.timestamp + TimeDuration::from_millis(1000));
  take_step(ctx, "scheduled procedure after");
  return Unit{};
}
