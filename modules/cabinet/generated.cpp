// Generated columns of every integer type and role, and what comes back from an insert.
#include <algorithm>

#include "types.h"

#define COUNTED(Name, name, ...)                                                                \
  struct Counted##Name {                                                                        \
    __VA_ARGS__ id;                                                                             \
    std::string text;                                                                           \
  };                                                                                            \
  SPACETIMEDB_STRUCT(Counted##Name, id, text)                                                   \
  SPACETIMEDB_TABLE(Counted##Name, counted_##name, Public)                                      \
  FIELD_PrimaryKeyAutoInc(counted_##name, id)                                                   \
  SPACETIMEDB_REDUCER(count_##name, ReducerContext ctx, std::string text) {                     \
    const Counted##Name row = ctx.db[counted_##name].insert(Counted##Name{{}, text});           \
    const auto found = ctx.db[counted_##name##_id].find(row.id);                                \
    if (!found || found->text != text) return Err("the generated key does not lead to the row"); \
    return Ok();                                                                                \
  }
COUNTED(U8, u8, uint8_t)
COUNTED(I8, i8, int8_t)
COUNTED(U16, u16, uint16_t)
COUNTED(I16, i16, int16_t)
COUNTED(U32, u32, uint32_t)
COUNTED(I32, i32, int32_t)
COUNTED(U64, u64, uint64_t)
COUNTED(I64, i64, int64_t)
COUNTED(U128, u128, SpacetimeDB::u128)
COUNTED(I128, i128, SpacetimeDB::i128)
COUNTED(U256, u256, SpacetimeDB::u256)
COUNTED(I256, i256, SpacetimeDB::i256)

// Two generated columns, declared in the other order than the columns stand, and a primary key beside.
struct Ticket {
  uint64_t number;
  std::string holder;
  uint32_t seat;
  uint16_t rank;
};
SPACETIMEDB_STRUCT(Ticket, number, holder, seat, rank)
SPACETIMEDB_TABLE(Ticket, ticket, Public)
FIELD_UniqueAutoInc(ticket, seat)
FIELD_PrimaryKey(ticket, number);
FIELD_AutoInc(ticket, number);
FIELD_IndexAutoInc(ticket, rank)
// The same struct in a second table, where only one column is generated.
SPACETIMEDB_TABLE(Ticket, old_ticket, Private)
FIELD_PrimaryKeyAutoInc(old_ticket, number)

SPACETIMEDB_REDUCER(sell, ReducerContext& ctx, std::string holder, uint32_t seat) {
  const Ticket sold = ctx.db[ticket].insert(Ticket{0, holder, seat, 0});
  if (sold.number == 0 || sold.seat == 0 || sold.rank == 0) return Err("a column was not generated");
  if (seat != 0 && sold.seat != seat) return Err("a given seat was changed");
  Ticket archived = sold;
  archived.number += 1000;
  const Ticket old = ctx.db[old_ticket].insert(archived);
  if (old.seat != archived.seat || old.number != archived.number) return Err("a given number was changed");
  const Ticket older = ctx.db[old_ticket].insert(Ticket{0, holder, 0, 0});
  if (older.number == 0 || older.seat != 0) return Err("the wrong columns were generated");
  return Ok();
}
// Reducers are functions: this one calls another.
SPACETIMEDB_REDUCER(sell_many, ReducerContext ctx, std::vector<std::string> holders) {
  for (const std::string& holder : holders) {
    if (auto sold = sell(ctx, holder, 0); sold.is_err()) return sold;
  }
  return Ok();
}

// Tables are sets and failures roll back.
struct Pair {
  uint32_t left;
  uint32_t right;
};
SPACETIMEDB_STRUCT(Pair, left, right)
SPACETIMEDB_TABLE(Pair, pair, Public)
SPACETIMEDB_REDUCER(set_pairs, ReducerContext ctx, std::vector<Pair> pairs) {
  auto table = ctx.db[pair];
  table.clear();
  for (const Pair& each : pairs) table.insert(each);
  for (auto& each : table) {
    if (each.left == each.right) table.delete_by_value(each);
  }
  return Ok();
}
SPACETIMEDB_REDUCER(swap_pair, ReducerContext ctx, Pair old_pair) {
  if (ctx.db[pair].update_by_value(old_pair, Pair{old_pair.right, old_pair.left}) == 0) return Err("no such pair");
  return Ok();
}
SPACETIMEDB_REDUCER(fail_after_insert, ReducerContext ctx, std::string why) {
  ctx.db[pair].insert(Pair{1000, 1000});
  return Err(why);
}
SPACETIMEDB_REDUCER(fail_by_side_door, ReducerContext ctx) {
  ctx.db[pair].insert(Pair{1001, 1001});
  fail_reducer_fmt("failed %d times", 3);
  return Ok();
}
SPACETIMEDB_REDUCER(trap_after_insert, ReducerContext ctx) {
  ctx.db[pair].insert(Pair{1002, 1002});
  LOG_PANIC("this reducer traps");
  return Ok();
}
SPACETIMEDB_REDUCER(break_unique, ReducerContext ctx) {
  ctx.db[ticket].insert(Ticket{0, "first", 77, 0});
  ctx.db[ticket].insert(Ticket{0, "second", 77, 0});
  return Ok();
}

struct Draw {
  uint64_t id;
  Uuid v4;
  Uuid v7;
  uint32_t die;
  double share;
};
SPACETIMEDB_STRUCT(Draw, id, v4, v7, die, share)
SPACETIMEDB_TABLE(Draw, draw, Public)
FIELD_PrimaryKeyAutoInc(draw, id)
SPACETIMEDB_REDUCER(draw_many, ReducerContext ctx, uint32_t count) {
  Uuid last;
  for (uint32_t i = 0; i < count; ++i) {
    const Uuid v7 = ctx.new_uuid_v7();
    if (!(last < v7)) return Err("version 7 UUIDs are not ascending");
    if (Uuid::parse_str(v7.to_string()) != v7) return Err("a UUID does not survive its text");
    if (v7.get_version() != Uuid::Version::V7 || v7.get_counter() != static_cast<int32_t>(i)) return Err("wrong version");
    last = v7;
    const Draw row{0, ctx.new_uuid_v4(), v7, ctx.rng().gen_range(1U, 6U), ctx.rng().gen_double()};
    if (row.die < 1 || row.die > 6 || row.share < 0 || row.share >= 1) return Err("a random number is out of range");
    if (row.v4.get_version() != Uuid::Version::V4) return Err("wrong version");
    ctx.db[draw].insert(row);
  }
  std::vector<uint32_t> cards(52);
  for (uint32_t i = 0; i < 52; ++i) cards[i] = i;
  ctx.rng().shuffle(cards.begin(), cards.end());
  if (std::is_sorted(cards.begin(), cards.end())) return Err("the cards were not shuffled");
  return Ok();
}

struct TextLine {
  uint32_t number;
  std::string text;
};
SPACETIMEDB_STRUCT(TextLine, number, text)
SPACETIMEDB_TABLE(TextLine, text_line, Public)
FIELD_PrimaryKey(text_line, number)
// Everything that prints, one line each.
SPACETIMEDB_REDUCER(print_everything, ReducerContext ctx, Everything e) {
  const std::string texts[] = {e.wide_u.to_string(),  e.wider_u.to_string(),    e.wide_i.to_string(),
                               e.wider_i.to_string(), e.identity.to_string(),   e.connection.to_string(),
                               e.timestamp.to_string(), e.duration.to_string(), e.uuid.to_string()};
  uint32_t number = 0;
  for (const std::string& text : texts) ctx.db[text_line].insert(TextLine{number++, text});
  return Ok();
}

// The widest function: 32 parameters.
SPACETIMEDB_REDUCER(wide, ReducerContext ctx, uint8_t p1, uint8_t p2, uint8_t p3, uint8_t p4, uint8_t p5, uint8_t p6,
                    uint8_t p7, uint8_t p8, uint8_t p9, uint8_t p10, uint8_t p11, uint8_t p12, uint8_t p13, uint8_t p14,
                    uint8_t p15, uint8_t p16, uint8_t p17, uint8_t p18, uint8_t p19, uint8_t p20, uint8_t p21,
                    uint8_t p22, uint8_t p23, uint8_t p24, uint8_t p25, uint8_t p26, uint8_t p27, uint8_t p28,
                    uint8_t p29, uint8_t p30, uint8_t p31, Result<uint8_t, std::string> p32) {
  const uint32_t sum = p1 + p2 + p3 + p4 + p5 + p6 + p7 + p8 + p9 + p10 + p11 + p12 + p13 + p14 + p15 + p16 + p17 + p18 +
                       p19 + p20 + p21 + p22 + p23 + p24 + p25 + p26 + p27 + p28 + p29 + p30 + p31;
  ctx.db[text_line].insert(TextLine{sum, p32.is_ok() ? std::to_string(p32.unwrap()) : p32.unwrap_err()});
  return Ok();
}
