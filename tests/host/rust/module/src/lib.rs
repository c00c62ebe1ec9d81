//! The module that the Rust client is tested with: every kind of column, index, function and table that the published
//! `spacetimedb` crate can declare.
use spacetimedb::http::{Body, HandlerContext, Request, Response, Router};
use spacetimedb::sats::{i256, u256};
use spacetimedb::{
    client_visibility_filter, procedure, reducer, table, view, AnonymousViewContext, ConnectionId, Filter, Identity,
    ProcedureContext, ReducerContext, ScheduleAt, SpacetimeType, Table, TimeDuration, Timestamp, Uuid, ViewContext,
};

/// What may be given at a publish; nobody does.
#[spacetimedb::env]
pub struct Env {
    pub DEPOT_OWNER: Option<String>,
}

#[derive(SpacetimeType, Clone, Copy, PartialEq)]
pub struct Place {
    pub aisle: i32,
    pub shelf: i32,
}

#[derive(SpacetimeType, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    Rough,
    Plain,
    Fine,
}

#[derive(SpacetimeType, Clone, PartialEq)]
pub enum Packing {
    Loose,
    Boxes(u32),
    Mixed(Vec<Place>),
    Labelled(Label),
}

#[derive(SpacetimeType, Clone, PartialEq)]
pub struct Label {
    pub text: String,
    pub lines: Option<Vec<String>>,
}

/// A column of every width; the key is the only thing that a change keeps.
#[table(accessor = measure, public)]
#[derive(Clone)]
pub struct Measure {
    #[primary_key]
    pub id: u32,
    pub a: u8,
    pub b: u16,
    pub c: u64,
    pub d: u128,
    pub e: u256,
    pub f: i8,
    pub g: i16,
    pub h: i32,
    pub i: i64,
    pub j: i128,
    pub k: i256,
    pub l: bool,
    pub m: f32,
    pub n: f64,
}

/// Wide integers as keys.
#[table(accessor = wide, public)]
pub struct Wide {
    #[primary_key]
    pub key: u256,
    #[unique]
    pub other: i128,
    #[index(btree)]
    pub third: i256,
}

#[table(accessor = item, public,
        index(accessor = by_place, btree(columns = [aisle, shelf])),
        index(accessor = by_code, hash(columns = [code])))]
#[derive(Clone)]
pub struct Item {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[unique]
    pub name: String,
    pub code: u32,
    pub aisle: i32,
    pub shelf: i32,
    pub grade: Grade,
    pub packing: Packing,
    pub weight: Option<f64>,
    pub remark: Option<Option<String>>,
    pub owner: Identity,
    pub stored: Timestamp,
    pub keep: TimeDuration,
    pub tag: Uuid,
    pub bytes: Vec<u8>,
}

/// Keyed by an enum.
#[table(accessor = shelf_grade, public)]
pub struct ShelfGrade {
    #[primary_key]
    pub grade: Grade,
    pub count: u64,
}

/// Without a key: several equal rows are one.
#[table(accessor = mark, public)]
pub struct Mark {
    pub text: String,
}

#[table(accessor = direct_slot, public)]
pub struct DirectSlot {
    #[unique]
    #[index(direct)]
    pub slot: u16,
    pub what: String,
}

/// Not public.
#[table(accessor = secret)]
pub struct Secret {
    #[primary_key]
    pub id: u32,
    pub text: String,
}

/// Everyone sees their own.
#[table(accessor = note, public)]
#[derive(Clone)]
pub struct Note {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub owner: Identity,
    pub text: String,
}

#[client_visibility_filter]
const OWN_NOTES: Filter = Filter::Sql("SELECT * FROM note WHERE owner = :sender");

#[table(accessor = visit, public)]
pub struct Visit {
    #[primary_key]
    pub connection: ConnectionId,
    pub visitor: Identity,
}

/// What lifecycle reducers and schedules did, in order.
#[table(accessor = diary, public)]
pub struct Diary {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    pub line: String,
}

#[table(accessor = alarm, public, scheduled(ring, at = at))]
pub struct Alarm {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    pub at: ScheduleAt,
    pub text: String,
}

#[table(accessor = job, public, scheduled(work, at = at))]
pub struct Job {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    pub at: ScheduleAt,
    pub text: String,
}

/// Rows that are gone with their transaction.
#[table(accessor = flash, public, event)]
pub struct Flash {
    pub code: u32,
    pub text: String,
}

/// Got a column with a default.
#[table(accessor = setting, public)]
pub struct Setting {
    #[primary_key]
    pub name: String,
    #[default(7u32)]
    pub value: u32,
}

fn write_diary(ctx: &ReducerContext, line: impl Into<String>) {
    ctx.db.diary().insert(Diary { id: 0, line: line.into() });
}

#[reducer(init)]
pub fn open_depot(ctx: &ReducerContext) {
    ctx.db.secret().insert(Secret { id: 1, text: "under the mat".into() });
    write_diary(ctx, "opened");
    log::info!("the depot is open");
}

#[reducer(client_connected)]
pub fn enter(ctx: &ReducerContext) -> Result<(), String> {
    let connection = ctx.connection_id().ok_or("a visitor without a connection")?;
    ctx.db.visit().insert(Visit { connection, visitor: ctx.sender() });
    Ok(())
}

#[reducer(client_disconnected)]
pub fn leave(ctx: &ReducerContext) {
    if let Some(connection) = ctx.connection_id() {
        ctx.db.visit().connection().delete(connection);
    }
}

/// Inserts a row or replaces the one with its key.
#[reducer]
pub fn set_measure(ctx: &ReducerContext, row: Measure) {
    let same = ctx.db.measure().id();
    if same.find(row.id).is_some() {
        same.update(row);
    } else {
        ctx.db.measure().insert(row);
    }
}

/// Answers with an error that names the first difference between what the client sent and what stands in the table.
#[reducer]
pub fn expect_measure(ctx: &ReducerContext, id: u32, texts: Vec<String>) -> Result<(), String> {
    let m = ctx.db.measure().id().find(id).ok_or("no such measure")?;
    let stored = [
        m.a.to_string(), m.b.to_string(), m.c.to_string(), m.d.to_string(), m.e.to_string(), m.f.to_string(),
        m.g.to_string(), m.h.to_string(), m.i.to_string(), m.j.to_string(), m.k.to_string(), m.l.to_string(),
        m.m.to_string(), m.n.to_string(),
    ];
    for (one, other) in stored.iter().zip(&texts) {
        if one != other {
            return Err(format!("{one} stands where {other} was expected"));
        }
    }
    Ok(())
}

#[reducer]
pub fn delete_measure(ctx: &ReducerContext, id: u32) -> Result<(), String> {
    if ctx.db.measure().id().delete(id) { Ok(()) } else { Err(format!("there is no measure {id}")) }
}

/// Wide keys: found by each of their indexes, also by a range over signed 256-bit integers.
#[reducer]
pub fn use_wide(ctx: &ReducerContext, key: u256, other: i128, third: i256) -> Result<(), String> {
    let rows = ctx.db.wide();
    rows.insert(Wide { key, other, third });
    let found = rows.key().find(key).ok_or("not found by u256")?;
    if found.other != other || rows.other().find(other).is_none() {
        return Err("not found by i128".into());
    }
    if rows.third().filter(third..=third).count() != 1 {
        return Err("not found by a range of i256".into());
    }
    if rows.third().filter(..third).any(|row| row.third >= third) {
        return Err("a range of i256 is not ordered".into());
    }
    Ok(())
}

#[reducer]
#[allow(clippy::too_many_arguments)]
pub fn store(
    ctx: &ReducerContext, name: String, code: u32, place: Place, grade: Grade, packing: Packing, weight: Option<f64>,
    remark: Option<Option<String>>, bytes: Vec<u8>,
) -> Result<(), String> {
    let row = Item {
        id: 0, name: name.clone(), code, aisle: place.aisle, shelf: place.shelf, grade, packing, weight, remark,
        owner: ctx.sender(), stored: ctx.timestamp, keep: TimeDuration::from_micros(-5),
        tag: Uuid::from_u128(0x0123_4567_89ab_cdef), bytes,
    };
    let stored = ctx.db.item().try_insert(row).map_err(|e| format!("{name}: {e}"))?;
    if stored.id == 0 {
        return Err("no number was generated".into());
    }
    let counted = ctx.db.shelf_grade().grade().find(grade).map_or(0, |row| row.count);
    ctx.db.shelf_grade().grade().delete(grade);
    ctx.db.shelf_grade().insert(ShelfGrade { grade, count: counted + 1 });
    Ok(())
}

#[reducer]
pub fn move_item(ctx: &ReducerContext, name: String, place: Place) -> Result<(), String> {
    let item = ctx.db.item().name().find(&name).ok_or_else(|| format!("nothing is called {name}"))?;
    ctx.db.item().id().update(Item { aisle: place.aisle, shelf: place.shelf, ..item });
    Ok(())
}

/// What the indexes answer, as lines of the diary.
#[reducer]
pub fn report(ctx: &ReducerContext, aisle: i32, shelf: i32, code: u32) {
    let items = ctx.db.item();
    let names = |rows: &mut dyn Iterator<Item = Item>| rows.map(|row| row.name).collect::<Vec<_>>().join(",");
    write_diary(ctx, format!("aisle: {}", names(&mut items.by_place().filter(aisle))));
    write_diary(ctx, format!("shelf: {}", names(&mut items.by_place().filter((aisle, shelf)))));
    write_diary(ctx, format!("from: {}", names(&mut items.by_place().filter((aisle, shelf..)))));
    write_diary(ctx, format!("code: {}", names(&mut items.by_code().filter(code))));
    write_diary(ctx, format!("all: {}", items.count()));
}

#[reducer]
pub fn remove_aisle(ctx: &ReducerContext, aisle: i32) -> Result<(), String> {
    match ctx.db.item().by_place().delete(aisle) {
        0 => Err(format!("aisle {aisle} is empty")),
        _ => Ok(()),
    }
}

#[reducer]
pub fn put_mark(ctx: &ReducerContext, text: String, times: u32) {
    for _ in 0..times {
        ctx.db.mark().insert(Mark { text: text.clone() });
    }
}

#[reducer]
pub fn fill_slots(ctx: &ReducerContext, count: u16) -> Result<(), String> {
    for slot in 0..count {
        ctx.db.direct_slot().insert(DirectSlot { slot, what: format!("slot {slot} {}", "x".repeat(40)) });
    }
    match ctx.db.direct_slot().slot().find(count / 2) {
        Some(_) => Ok(()),
        None => Err("the direct index does not find".into()),
    }
}

#[reducer]
pub fn write_note(ctx: &ReducerContext, text: String) {
    ctx.db.note().insert(Note { id: 0, owner: ctx.sender(), text });
}

#[reducer]
pub fn flash_once(ctx: &ReducerContext, code: u32, text: String) {
    ctx.db.flash().insert(Flash { code, text });
}

/// Changes something, then fails in the way that is asked for.
#[reducer]
pub fn fail(ctx: &ReducerContext, how: String) -> Result<(), String> {
    ctx.db.mark().insert(Mark { text: format!("never seen: {how}") });
    match how.as_str() {
        "error" => Err("as you wished".into()),
        "panic" => panic!("the depot burns"),
        "bounds" => {
            let nothing: Vec<u32> = Vec::new();
            Err(format!("{}", nothing[how.len()]))
        }
        "unique" => {
            ctx.db.secret().insert(Secret { id: 1, text: "twice".into() });
            Ok(())
        }
        _ => Err(format!("{how}?")),
    }
}

#[reducer]
pub fn set_alarm(ctx: &ReducerContext, text: String, micros: i64) {
    let at = ScheduleAt::Time(ctx.timestamp + TimeDuration::from_micros(micros));
    ctx.db.alarm().insert(Alarm { id: 0, at, text });
}

#[reducer]
pub fn repeat_alarm(ctx: &ReducerContext, text: String, micros: i64) {
    let at = ScheduleAt::Interval(TimeDuration::from_micros(micros));
    ctx.db.alarm().insert(Alarm { id: 0, at, text });
}

/// Runs when an alarm is due; one that rings again and again is taken away at its third time.
#[reducer]
pub fn ring(ctx: &ReducerContext, alarm: Alarm) -> Result<(), String> {
    if ctx.connection_id().is_some() || ctx.sender() != ctx.database_identity() {
        return Err("nobody but the database rings".into());
    }
    write_diary(ctx, format!("rang: {}", alarm.text));
    let line = format!("rang: {}", alarm.text);
    if ctx.db.diary().iter().filter(|entry| entry.line == line).count() >= 3 {
        ctx.db.alarm().id().delete(alarm.id);
    }
    Ok(())
}

#[reducer]
pub fn set_job(ctx: &ReducerContext, text: String) {
    ctx.db.job().insert(Job { id: 0, at: ScheduleAt::Time(ctx.timestamp), text });
}

#[procedure]
pub fn work(ctx: &mut ProcedureContext, job: Job) {
    ctx.with_tx(|ctx| {
        ctx.db.diary().insert(Diary { id: 0, line: format!("worked: {}", job.text) });
    });
}

#[procedure]
pub fn add(_ctx: &mut ProcedureContext, left: u256, right: u256) -> u256 {
    left + right
}

#[procedure]
pub fn describe(ctx: &mut ProcedureContext, name: String) -> Option<Label> {
    ctx.with_tx(|ctx| {
        ctx.db.item().name().find(&name).map(|item| Label {
            text: item.name,
            lines: Some(vec![format!("{}/{}", item.aisle, item.shelf)]),
        })
    })
}

/// Two transactions with a pause between them; the second is taken back.
#[procedure]
pub fn pause_between(ctx: &mut ProcedureContext, millis: u64) -> u64 {
    ctx.with_tx(|ctx| {
        ctx.db.mark().insert(Mark { text: "before the pause".into() });
    });
    let start = ctx.timestamp;
    ctx.sleep_until(start + TimeDuration::from_micros(millis as i64 * 1000));
    let _: Result<(), u32> = ctx.try_with_tx(|ctx| {
        ctx.db.mark().insert(Mark { text: "taken back".into() });
        Err(1)
    });
    (ctx.timestamp.to_micros_since_unix_epoch() - start.to_micros_since_unix_epoch()) as u64
}

#[procedure]
pub fn burst(_ctx: &mut ProcedureContext) -> u32 {
    panic!("the pipes burst")
}

/// Answers with what it was asked, a value that nobody gave to the database, and whether the sender is somebody.
#[spacetimedb::http::handler]
pub fn echo(ctx: &mut HandlerContext, request: Request) -> Response {
    let (stored, known) = ctx.with_tx(|ctx| {
        let known = ctx.sender_auth().jwt().is_some_and(|jwt| jwt.identity() == ctx.sender());
        (ctx.db.item().count(), known)
    });
    let given = ctx.env.get("DEPOT_OWNER");
    let (parts, body) = request.into_parts();
    let text = format!("{} {} {stored} {known} {given:?}", parts.method, body.into_string_lossy());
    Response::new(Body::from_bytes(text))
}

#[spacetimedb::http::router]
pub fn routes() -> Router {
    Router::new().post("/echo", echo)
}

#[view(accessor = my_items, public)]
pub fn my_items(ctx: &ViewContext) -> Vec<Item> {
    ctx.db.item().by_code().filter(1u32).filter(|item| item.owner == ctx.sender()).collect()
}

#[view(accessor = fine_count, public)]
pub fn fine_count(ctx: &AnonymousViewContext) -> Option<ShelfGrade> {
    ctx.db.shelf_grade().grade().find(Grade::Fine)
}
