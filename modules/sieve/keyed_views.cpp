// Views whose rows have a primary key: that of the table a query returns, or one declared for a list that code makes.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Member {
  uint64_t id;
  std::string name;
};
SPACETIMEDB_STRUCT(Member, id, name)
SPACETIMEDB_TABLE(Member, member, Public)
FIELD_PrimaryKey(member, id)

struct Enrolment {
  uint64_t id;
  uint64_t member_id;
};
SPACETIMEDB_STRUCT(Enrolment, id, member_id)
SPACETIMEDB_TABLE(Enrolment, rower, Public)
FIELD_PrimaryKey(rower, id)
FIELD_Index(rower, member_id)
SPACETIMEDB_TABLE(Enrolment, singer, Public)
FIELD_PrimaryKey(singer, id)
FIELD_Index(singer, member_id)

SPACETIMEDB_REDUCER(admit, ReducerContext ctx, uint64_t id, std::string name) {
  ctx.db[member].insert(Member{id, name});
  return Ok();
}
SPACETIMEDB_REDUCER(rename_member, ReducerContext ctx, uint64_t id, std::string name) {
  if (!ctx.db[member_id].update(Member{id, name})) return Err("no such member");
  return Ok();
}
SPACETIMEDB_REDUCER(enrol_rower, ReducerContext ctx, uint64_t id, uint64_t who) {
  ctx.db[rower].insert(Enrolment{id, who});
  return Ok();
}
SPACETIMEDB_REDUCER(enrol_singer, ReducerContext ctx, uint64_t id, uint64_t who) {
  ctx.db[singer].insert(Enrolment{id, who});
  return Ok();
}

SPACETIMEDB_VIEW(Query<Member>, everybody, Public, ViewContext ctx) { return ctx.from[member]; }
SPACETIMEDB_VIEW(Query<Member>, rowing, Public, ViewContext ctx) {
  return ctx.from[rower].right_semijoin(ctx.from[member],
                                        [](const auto& r, const auto& m) { return r.member_id.eq(m.id); });
}
SPACETIMEDB_VIEW(Query<Member>, singing, Public, ViewContext ctx) {
  return ctx.from[singer].right_semijoin(ctx.from[member],
                                         [](const auto& s, const auto& m) { return s.member_id.eq(m.id); });
}

struct Token {
  uint64_t id;
  Identity owner;
  uint64_t mark;
};
SPACETIMEDB_STRUCT(Token, id, owner, mark)
SPACETIMEDB_TABLE(Token, left_token, Public)
FIELD_PrimaryKey(left_token, id)
FIELD_Index(left_token, owner)
SPACETIMEDB_TABLE(Token, right_token, Public)
FIELD_PrimaryKey(right_token, id)
FIELD_Index(right_token, owner)

SPACETIMEDB_REDUCER(put_left, ReducerContext ctx, uint64_t id, uint64_t mark) {
  ctx.db[left_token_id].try_insert_or_update(Token{id, ctx.sender(), mark});
  return Ok();
}
SPACETIMEDB_REDUCER(put_right, ReducerContext ctx, uint64_t id, uint64_t mark) {
  ctx.db[right_token_id].try_insert_or_update(Token{id, ctx.sender(), mark});
  return Ok();
}

SPACETIMEDB_VIEW(std::vector<Token>, my_left, Public, ViewContext ctx) {
  return ctx.db[left_token_owner].filter(ctx.sender()).collect();
}
VIEW_PrimaryKey(my_left, id)
SPACETIMEDB_VIEW(std::vector<Token>, my_right, Public, ViewContext ctx) {
  return ctx.db[right_token_owner].filter(ctx.sender()).collect();
}
VIEW_PrimaryKey(my_right, id)

struct Spot {
  Identity who;
  int32_t x;
  int32_t y;
};
SPACETIMEDB_STRUCT(Spot, who, x, y)
SPACETIMEDB_TABLE(Spot, spot, Public)
FIELD_PrimaryKey(spot, who)
FIELD_Index(spot, x)

SPACETIMEDB_REDUCER(walk, ReducerContext ctx, int32_t x, int32_t y) {
  ctx.db[spot_who].try_insert_or_update(Spot{ctx.sender(), x, y});
  return Ok();
}
// What the sender reads of itself decides which range of the others it reads.
SPACETIMEDB_VIEW(std::vector<Spot>, neighbours, Public, ViewContext ctx) {
  std::vector<Spot> rows;
  const auto self = ctx.db[spot_who].find(ctx.sender());
  if (!self) return rows;
  for (const Spot& each : ctx.db[spot_x].filter(range_inclusive(self->x - 2, self->x + 2))) {
    if (!(each.who == self->who) && each.y >= self->y - 2 && each.y <= self->y + 2) rows.push_back(each);
  }
  return rows;
}
