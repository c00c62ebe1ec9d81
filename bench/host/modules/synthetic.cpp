// Rows of three columns without a key, with a unique key, with an index on each column; functions with
// few and many arguments.
#include <spacetimedb.h>

using namespace SpacetimeDB;

#define SYNTHETIC(Row, kind)                                                                  \
  struct Row {                                                                                \
    uint32_t id;                                                                               \
    uint64_t age;                                                                              \
    std::string name;                                                                          \
  };                                                                                           \
  SPACETIMEDB_STRUCT(Row, id, age, name)                                                      \
  SPACETIMEDB_TABLE(Row, kind##_person, Public)                                               \
  SPACETIMEDB_REDUCER(insert_bulk_##kind, ReducerContext ctx, std::vector<Row> rows) {        \
    for (const Row& row : rows) ctx.db[kind##_person].insert(row);                            \
    return Ok();                                                                               \
  }                                                                                            \
  SPACETIMEDB_REDUCER(clear_##kind, ReducerContext ctx) {                                      \
    ctx.db[kind##_person].clear();                                                             \
    return Ok();                                                                               \
  }                                                                                            \
  SPACETIMEDB_REDUCER(iterate_##kind, ReducerContext ctx) {                                    \
    uint64_t sum = 0;                                                                          \
    for (const Row& row : ctx.db[kind##_person]) sum += row.age + row.name.size();            \
    keep(ctx, sum);                                                                            \
    return Ok();                                                                               \
  }

struct Answer {
  uint32_t id;
  uint64_t value;
};
SPACETIMEDB_STRUCT(Answer, id, value)
SPACETIMEDB_TABLE(Answer, answer, Public)
FIELD_PrimaryKey(answer, id)

static void keep(ReducerContext& ctx, uint64_t value) {
  ctx.db[answer_id].delete_by_key(0U);
  ctx.db[answer].insert(Answer{0, value});
}

SYNTHETIC(Plain, plain)
SYNTHETIC(Unique, unique)
FIELD_PrimaryKey(unique_person, id)
SYNTHETIC(Indexed, indexed)
FIELD_Index(indexed_person, id)
FIELD_Index(indexed_person, age)
FIELD_Index(indexed_person, name)

SPACETIMEDB_REDUCER(update_bulk_unique, ReducerContext ctx, uint32_t count) {
  uint32_t done = 0;
  for (const Unique& row : ctx.db[unique_person].collect()) {
    if (done++ == count) break;
    Unique next = row;
    next.age += 1;
    ctx.db[unique_person_id].update(next);
  }
  return Ok();
}
SPACETIMEDB_REDUCER(filter_unique_by_id, ReducerContext ctx, uint32_t from, uint32_t count) {
  uint64_t sum = 0;
  for (uint32_t id = from; id < from + count; ++id) {
    if (const auto row = ctx.db[unique_person_id].find(id)) sum += row->age;
  }
  keep(ctx, sum);
  return Ok();
}
SPACETIMEDB_REDUCER(filter_plain_by_name, ReducerContext ctx, std::string name) {
  uint64_t sum = 0;
  for (const Plain& row : ctx.db[plain_person]) {
    if (row.name == name) sum += row.age;
  }
  keep(ctx, sum);
  return Ok();
}
SPACETIMEDB_REDUCER(filter_indexed_by_name, ReducerContext ctx, std::string name) {
  uint64_t sum = 0;
  for (const Indexed& row : ctx.db[indexed_person_name].filter(name)) sum += row.age;
  keep(ctx, sum);
  return Ok();
}
SPACETIMEDB_REDUCER(delete_unique_by_id, ReducerContext ctx, uint32_t from, uint32_t count) {
  for (uint32_t id = from; id < from + count; ++id) ctx.db[unique_person_id].delete_by_key(id);
  return Ok();
}

SPACETIMEDB_REDUCER(empty, ReducerContext) {
  return Ok();
}
SPACETIMEDB_REDUCER(fn_with_1_args, ReducerContext, std::string) {
  return Ok();
}
SPACETIMEDB_REDUCER(fn_with_32_args, ReducerContext, std::string, std::string, std::string, std::string, std::string,
                    std::string, std::string, std::string, std::string, std::string, std::string, std::string,
                    std::string, std::string, std::string, std::string, std::string, std::string, std::string,
                    std::string, std::string, std::string, std::string, std::string, std::string, std::string,
                    std::string, std::string, std::string, std::string, std::string, std::string) {
  return Ok();
}
SPACETIMEDB_REDUCER(print_many_things, ReducerContext, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) LOG_INFO("hello again!");
  return Ok();
}
