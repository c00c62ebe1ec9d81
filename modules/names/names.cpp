// Names: no case conversion, and canonical names given by hand.
#include <spacetimedb.h>

using namespace SpacetimeDB;

SPACETIMEDB_SETTING_CASE_CONVERSION(SpacetimeDB::CaseConversionPolicy::None)

SPACETIMEDB_ENUM(ColorKind, DeepRed, lightBlue)

struct PaintPot {
  uint32_t potNumber;
  std::string Label_2;
  ColorKind kind;
  uint32_t shelfX;
  uint32_t shelfY;
};
SPACETIMEDB_STRUCT(PaintPot, potNumber, Label_2, kind, shelfX, shelfY)
SPACETIMEDB_TABLE(PaintPot, PaintPots, Public, "paint_pots_of_record")
FIELD_PrimaryKeyAutoInc_NAMED(PaintPots, potNumber, "pots_by_number")
FIELD_Unique_NAMED(PaintPots, Label_2, "pots_by_label")
FIELD_Index_NAMED(PaintPots, kind, "pots_by_kind")
FIELD_MultiColumnIndex_NAMED(PaintPots, byPlace, "pots_by_place", shelfX, shelfY)

struct PaintEvent {
  uint32_t pot;
};
SPACETIMEDB_STRUCT(PaintEvent, pot)
SPACETIMEDB_TABLE(PaintEvent, paintEvent, Public, true, "paint_events")

SPACETIMEDB_REDUCER_NAMED(mixPaint, "mix", ReducerContext ctx, std::string labelText, ColorKind kind) {
  const PaintPot pot = ctx.db[PaintPots].insert(PaintPot{0, labelText, kind, 1, 2});
  ctx.db[paintEvent].insert(PaintEvent{pot.potNumber});
  if (ctx.db[PaintPots_kind].filter(kind).size() == 0) return Err("the pot is not found by its kind");
  if (ctx.db[PaintPots_byPlace].filter(std::tuple(1U, 2U)).size() == 0) return Err("the pot is not where it was put");
  return Ok();
}
SPACETIMEDB_VIEW_NAMED(std::vector<PaintPot>, redPots, "red_pots", Public, AnonymousViewContext ctx) {
  return ctx.db[PaintPots_kind].filter(ColorKind::DeepRed).collect();
}
SPACETIMEDB_PROCEDURE_NAMED(uint64_t, countPots, "count_pots", ProcedureContext ctx) {
  return ctx.with_tx([](TxContext& tx) { return tx.db[PaintPots].count(); });
}
SPACETIMEDB_HTTP_HANDLER_NAMED(showPots, "show_pots", HandlerContext ctx, HttpRequest request) {
  (void)ctx;
  (void)request;
  return HttpResponse{204, HttpVersion::Http11, {}, HttpBody::empty()};
}
SPACETIMEDB_HTTP_ROUTER(paintRoutes) { return Router().get("/pots", showPots); }

// Names that the macros might use themselves, and one that the C library has.
struct Odd {
  uint32_t id;
  uint32_t table;
  uint32_t name;
  uint32_t value;
  uint32_t io;
};
SPACETIMEDB_STRUCT(Odd, id, table, name, value, io)
SPACETIMEDB_TABLE(Odd, out, Private)
FIELD_PrimaryKeyAutoInc(out, id)
FIELD_Index(out, table)
FIELD_Default(out, value, 3)
SPACETIMEDB_TABLE(Odd, decl, Private)
FIELD_PrimaryKeyAutoInc(decl, id)
FIELD_MultiColumnIndex(decl, columns, table, name)

SPACETIMEDB_REDUCER(remove, ReducerContext ctx, uint32_t table) {
  ctx.db[decl].insert(Odd{0, table, 2, 3, 4});
  ctx.db[out].insert(Odd{0, table, 2, 3, 4});
  if (ctx.db[out_table].delete_all(table) != 1) return Err("not removed");
  LOG_INFO(QueryBuilder().table(out).where([](const auto& o) { return o.table.eq(o.name); }).into_sql());
  return Ok();
}
