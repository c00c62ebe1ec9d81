// A chat: who is there, what was said, and what is being typed right now.
#include <spacetimedb.h>

using namespace SpacetimeDB;

constexpr size_t kNameMax = 40;
constexpr size_t kTextMax = 2000;

struct User {
  Identity identity;
  std::optional<std::string> name;
  bool online;
};
SPACETIMEDB_STRUCT(User, identity, name, online)
SPACETIMEDB_TABLE(User, user, Public)
FIELD_PrimaryKey(user, identity)
FIELD_Index(user, online)

struct Message {
  uint64_t id;
  Identity sender;
  Timestamp sent;
  std::string text;
};
SPACETIMEDB_STRUCT(Message, id, sender, sent, text)
SPACETIMEDB_TABLE(Message, message, Public)
FIELD_PrimaryKeyAutoInc(message, id)
FIELD_Index(message, sender)
FIELD_Index(message, sent)

// An event: clients that listen see it once, nothing is kept.
struct Typing {
  Identity identity;
};
SPACETIMEDB_STRUCT(Typing, identity)
SPACETIMEDB_TABLE(Typing, typing, Public, true)

// Old messages are swept away once an hour: a row of this table is a call of `sweep`.
struct SweepTimer {
  uint64_t id;
  ScheduleAt at;
  TimeDuration keep;
};
SPACETIMEDB_STRUCT(SweepTimer, id, at, keep)
SPACETIMEDB_TABLE(SweepTimer, sweep_timer, Private)
FIELD_PrimaryKeyAutoInc(sweep_timer, id)
SPACETIMEDB_SCHEDULE(sweep_timer, 1, sweep)

// What is wrong with a text that somebody sent; empty: nothing.
static std::string complaint(const std::string& text, size_t length_max, const char* what) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return std::string(what) + " must not be empty";
  if (text.size() > length_max) return std::string(what) + " is longer than " + std::to_string(length_max) + " bytes";
  return {};
}

SPACETIMEDB_INIT(init, ReducerContext ctx) {
  ctx.db[sweep_timer].insert(SweepTimer{0, TimeDuration::from_hours(1), TimeDuration::from_hours(24 * 30)});
  return Ok();
}

SPACETIMEDB_CLIENT_CONNECTED(client_connected, ReducerContext ctx) {
  if (auto known = ctx.db[user_identity].find(ctx.sender())) {
    known->online = true;
    ctx.db[user_identity].update(*known);
  } else {
    ctx.db[user].insert(User{ctx.sender(), std::nullopt, true});
  }
  return Ok();
}

SPACETIMEDB_CLIENT_DISCONNECTED(client_disconnected, ReducerContext ctx) {
  if (auto known = ctx.db[user_identity].find(ctx.sender())) {
    known->online = false;
    ctx.db[user_identity].update(*known);
  }
  return Ok();
}

SPACETIMEDB_REDUCER(set_name, ReducerContext ctx, std::string name) {
  if (std::string why = complaint(name, kNameMax, "a name"); !why.empty()) return Err(why);
  auto known = ctx.db[user_identity].find(ctx.sender());
  if (!known) return Err("only those who are connected have a name");
  known->name = name;
  ctx.db[user_identity].update(*known);
  return Ok();
}

SPACETIMEDB_REDUCER(send_message, ReducerContext ctx, std::string text) {
  if (std::string why = complaint(text, kTextMax, "a message"); !why.empty()) return Err(why);
  ctx.db[message].insert(Message{0, ctx.sender(), ctx.timestamp, text});
  return Ok();
}

SPACETIMEDB_REDUCER(delete_message, ReducerContext ctx, uint64_t id) {
  const auto found = ctx.db[message_id].find(id);
  if (!found) return Err("there is no such message");
  if (found->sender != ctx.sender()) return Err("a message is deleted by who sent it");
  ctx.db[message_id].delete_by_key(id);
  return Ok();
}

SPACETIMEDB_REDUCER(start_typing, ReducerContext ctx) {
  ctx.db[typing].insert(Typing{ctx.sender()});
  return Ok();
}

SPACETIMEDB_REDUCER(sweep, ReducerContext ctx, SweepTimer timer) {
  uint32_t swept = 0;
  for (const Message& old : ctx.db[message_sent].filter(range_to(ctx.timestamp - timer.keep))) {
    ctx.db[message_id].delete_by_key(old.id);
    ++swept;
  }
  if (swept != 0) LOG_INFO("swept " + std::to_string(swept) + " messages away");
  return Ok();
}

// Who is there, for clients that do not want to ask for everyone.
SPACETIMEDB_VIEW(std::vector<User>, online_users, Public, AnonymousViewContext ctx) {
  return ctx.db[user_online].filter(true).collect();
}
VIEW_PrimaryKey(online_users, identity)
