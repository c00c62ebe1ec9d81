// Rows that the library keeps of tables that are scanned again: every way in which they can become stale.
#include <spacetimedb.h>

using namespace SpacetimeDB;

struct Item {
  uint32_t id;
  uint32_t weight;
};
SPACETIMEDB_STRUCT(Item, id, weight)
SPACETIMEDB_TABLE(Item, item, Public)
FIELD_PrimaryKeyAutoInc(item, id)
FIELD_Index(item, weight)

struct Word {
  std::string text;
};
SPACETIMEDB_STRUCT(Word, text)
SPACETIMEDB_TABLE(Word, word, Public)

struct Note {
  uint32_t id;
  std::string text;
};
SPACETIMEDB_STRUCT(Note, id, text)
SPACETIMEDB_TABLE(Note, note, Public)
FIELD_PrimaryKey(note, id)

// More tables than are kept at a time.
struct Cell {
  uint32_t value;
};
SPACETIMEDB_STRUCT(Cell, value)
#define CELLS(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) M(16) M(17)
SPACETIMEDB_TABLE(Cell, cell_0, Private)
SPACETIMEDB_TABLE(Cell, cell_1, Private)
SPACETIMEDB_TABLE(Cell, cell_2, Private)
SPACETIMEDB_TABLE(Cell, cell_3, Private)
SPACETIMEDB_TABLE(Cell, cell_4, Private)
SPACETIMEDB_TABLE(Cell, cell_5, Private)
SPACETIMEDB_TABLE(Cell, cell_6, Private)
SPACETIMEDB_TABLE(Cell, cell_7, Private)
SPACETIMEDB_TABLE(Cell, cell_8, Private)
SPACETIMEDB_TABLE(Cell, cell_9, Private)
SPACETIMEDB_TABLE(Cell, cell_10, Private)
SPACETIMEDB_TABLE(Cell, cell_11, Private)
SPACETIMEDB_TABLE(Cell, cell_12, Private)
SPACETIMEDB_TABLE(Cell, cell_13, Private)
SPACETIMEDB_TABLE(Cell, cell_14, Private)
SPACETIMEDB_TABLE(Cell, cell_15, Private)
SPACETIMEDB_TABLE(Cell, cell_16, Private)
SPACETIMEDB_TABLE(Cell, cell_17, Private)

static std::string text_of(const Item& row) { return std::to_string(row.id) + ":" + std::to_string(row.weight) + " "; }

template <class Context>
static std::string seen(Context& ctx) {
  std::string out;
  for (const Item& row : ctx.db[item]) out += text_of(row);
  for (const Word& row : ctx.db[word]) out += row.text + " ";
  return out;
}
template <class Context>
static void look(Context& ctx) {
  const std::string first = seen(ctx);
  for (int i = 0; i < 2; ++i) {
    if (seen(ctx) != first) LOG_PANIC("a scan differs from the one before it");
  }
  LOG_INFO(first);
}

SPACETIMEDB_REDUCER(fill, ReducerContext ctx, uint32_t count) {
  ctx.db[item].clear();
  ctx.db[word].clear();
  for (uint32_t i = 1; i <= count; ++i) ctx.db[item].insert(Item{0, i * 10});
  ctx.db[word].insert(Word{"one"});
  ctx.db[word].insert(Word{"a longer one"});
  return Ok();
}

SPACETIMEDB_REDUCER(only_look, ReducerContext ctx) {
  look(ctx);
  return Ok();
}

static void change(ReducerContext& ctx, const std::string& how) {
  if (how == "insert") ctx.db[item].insert(Item{77, 1});
  if (how == "insert a generated key") ctx.db[item].insert(Item{0, 1});
  if (how == "try_insert") (void)ctx.db[item].try_insert(Item{78, 1});
  if (how == "refused insert") (void)ctx.db[item].try_insert(Item{1, 1});
  if (how == "update") ctx.db[item_id].update(Item{2, 99});
  if (how == "update of nothing") ctx.db[item_id].update(Item{1000, 99});
  if (how == "upsert") ctx.db[item_id].try_insert_or_update(Item{3, 98});
  if (how == "delete_by_key") ctx.db[item_id].delete_by_key(1U);
  if (how == "delete_all of an index") ctx.db[item_weight].delete_all(20U);
  if (how == "delete_by_value") ctx.db[item].delete_by_value(Item{3, 30});
  if (how == "delete_all_by_eq") ctx.db[item].delete_all_by_eq({Item{1, 10}, Item{2, 20}});
  if (how == "update_by_value") ctx.db[item].update_by_value(Item{1, 10}, Item{1, 11});
  if (how == "clear") ctx.db[item].clear();
  if (how == "insert by name") ctx.db.table<Item>("item").insert(Item{79, 1});
  if (how == "clear by name") ctx.db.table<Item>("item").clear();
  if (how == "get_table") ctx.db[item].get_table().insert(Item{80, 1});
  if (how == "another table") ctx.db[word].insert(Word{"more"});
  if (how == "the host's function") {
    uint64_t deleted = 0;
    detail::host::datastore_clear(detail::table_id(item_tag_type::orrery_slot), &deleted);
  }
  if (how == "the host's function, announced") {
    uint64_t deleted = 0;
    detail::rows_changed();
    detail::imports::datastore_clear(detail::table_id(item_tag_type::orrery_slot), &deleted);
  }
}

SPACETIMEDB_REDUCER(look_and_change, ReducerContext ctx, std::string how) {
  look(ctx);
  change(ctx, how);
  look(ctx);
  return Ok();
}

SPACETIMEDB_REDUCER(change_and_fail, ReducerContext ctx, std::string how) {
  look(ctx);
  change(ctx, how);
  look(ctx);
  return Err("no");
}

SPACETIMEDB_REDUCER(change_and_trap, ReducerContext ctx, std::string how) {
  look(ctx);
  change(ctx, how);
  look(ctx);
  __builtin_trap();
}

// Scans under way see their table as it was when they began.
SPACETIMEDB_REDUCER(insert_while_reading, ReducerContext ctx) {
  look(ctx);
  for (const Item& row : ctx.db[item]) {
    ctx.db[item].insert(Item{row.id + 100, row.weight});
    LOG_INFO(text_of(row));
  }
  look(ctx);
  return Ok();
}
SPACETIMEDB_REDUCER(change_in_nested_scans, ReducerContext ctx) {
  look(ctx);
  for (const Item& a : ctx.db[item]) {
    std::string line = text_of(a) + "| ";
    for (const Item& b : ctx.db[item]) {
      line += text_of(b);
      if (a.id != b.id) continue;
      ctx.db[item_id].delete_by_key(b.id);
      // A new scan takes a buffer while those of the loops are still read.
      for (const Word& w : ctx.db[word]) line += w.text.substr(0, 1);
      for (const Item& c : ctx.db[item]) line += "(" + std::to_string(c.id) + ")";
    }
    LOG_INFO(line);
  }
  look(ctx);
  return Ok();
}
// Rows found by their keys while scans are open, some of them longer than a buffer.
SPACETIMEDB_REDUCER(find_notes, ReducerContext ctx) {
  const size_t sizes[] = {0, 10, 65536 - 8, 65536 - 7, 300'000, 3};
  for (uint32_t i = 0; i < 6; ++i) ctx.db[note].insert({i, std::string(sizes[i], static_cast<char>('a' + i))});
  const auto found = [&](uint32_t id) {
    const std::optional<Note> row = ctx.db[note_id].find(id);
    if (!row) return std::string("none");
    if (row->text != std::string(row->text.size(), static_cast<char>('a' + row->id))) LOG_PANIC("another text");
    return std::to_string(row->id) + ":" + std::to_string(row->text.size());
  };
  for (const Item& row : ctx.db[item]) {
    std::string out = text_of(row) + found(row.id) + " " + found(row.id + 100);
    for (const Item& same : ctx.db[item_weight].filter(row.weight)) out += " " + text_of(same) + found(same.id + 1);
    if (const std::optional<Item> again = ctx.db[item_id].find(row.id)) out += " " + text_of(*again);
    LOG_INFO(out);
  }
  return Ok();
}

SPACETIMEDB_REDUCER(leave_early, ReducerContext ctx) {
  for (int i = 0; i < 40; ++i) {
    for (const Item& row : ctx.db[item]) {
      if (row.id == 2) break;
    }
    auto kept = ctx.db[item].begin();
    auto moved = std::move(kept);
    auto target = ctx.db[item].begin();
    target = std::move(moved);
    ++target;
    LOG_INFO(text_of(*target));
    if (i % 4 == 3) ctx.db[item_id].update(Item{2, static_cast<uint32_t>(1000 + i)});
  }
  return Ok();
}
SPACETIMEDB_REDUCER(collect_and_count, ReducerContext ctx) {
  uint64_t rows = 0;
  uint64_t sum = 0;
  for (int i = 0; i < 5; ++i) {
    for (const Item& row : ctx.db[item].collect()) {
      ++rows;
      sum += row.weight;
    }
  }
  LOG_INFO(std::to_string(rows) + " " + std::to_string(sum));
  return Ok();
}

SPACETIMEDB_REDUCER(many_tables, ReducerContext ctx) {
  std::string out;
  for (uint32_t round = 0; round < 4; ++round) {
#define ROUND(n)                                                    \
  for (int i = 0; i < 3; ++i) {                                     \
    uint32_t sum = 0;                                               \
    for (const Cell& each : ctx.db[cell_##n]) sum += each.value;    \
    out += std::to_string(sum) + (i == 2 ? " " : ",");              \
  }                                                                 \
  ctx.db[cell_##n].insert(Cell{1U << (round * 2)});
    CELLS(ROUND)
    LOG_INFO(out);
    out.clear();
  }
  return Ok();
}

SPACETIMEDB_PROCEDURE(uint32_t, transactions, ProcedureContext ctx) {
  ctx.with_tx([](TxContext& tx) { look(tx); });
  ctx.try_with_tx([](TxContext& tx) {
    look(tx);
    tx.db[item].insert(Item{500, 5});
    look(tx);
    return false;
  });
  ctx.with_tx([](TxContext& tx) { look(tx); });
  ctx.with_tx([](TxContext& tx) {
    look(tx);
    tx.db[item].insert(Item{501, 5});
  });
  ctx.with_tx([](TxContext& tx) { look(tx); });
  return 0;
}
SPACETIMEDB_PROCEDURE(uint32_t, after_the_transaction, ProcedureContext ctx) {
  std::optional<TableAccessor<Item>> table;
  ctx.with_tx([&](TxContext& tx) {
    look(tx);
    table = tx.db[item];
  });
  uint32_t rows = 0;
  for (const Item& row : *table) rows += row.id != 0;
  return rows;
}
