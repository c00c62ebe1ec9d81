//! The tests, in the order in which they run: they share a server and a database.
use crate::depot::*;
use crate::server::Server;
use crate::session::{until, Ended, Options, Session};
use crate::{call, run};
use spacetimedb_sdk::{
    i256, u256, Compression, DbContext, Event, Identity, ScheduleAt, Status, SubscriptionHandle as _, TimeDuration,
};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DATABASE: &str = "depot";

pub struct World {
    pub server: Server,
    owner: String,
    pub published: bool,
}

pub type Test = fn(&mut World);
pub const ALL: &[(&str, Test)] = &[
    ("the module is published, init ran", publish),
    ("identity and token are kept", identity),
    ("a connection is refused for a wrong token", wrong_token),
    ("no such database", no_database),
    ("lifecycle reducers see clients come and go", lifecycle),
    ("every width of integer there and back", widths),
    ("an update is told by its primary key", updates),
    ("wide integers as keys", wide_keys),
    ("options, sums, lists, bytes and special types", shapes),
    ("unique constraints refuse", unique),
    ("indexes of the module", indexes),
    ("an enum as primary key", enum_key),
    ("equal rows are one", bag),
    ("subscriptions end, and overlap", subscriptions),
    ("a wrong query is refused, the connection lives", wrong_query),
    ("typed answers: error, panic, unknown", answers),
    ("who called is told the event, others the transaction", events),
    ("private tables", private),
    ("row-level security", security),
    ("event tables", event_table),
    ("schedules: once, again and again, a procedure", schedules),
    ("procedures", procedures),
    ("HTTP handlers", handlers),
    ("views", views),
    ("brotli, gzip and none say the same", compression),
    ("confirmed and unconfirmed reads", confirmed),
    ("logs of the module", logs),
    ("republishing keeps the rows", republish),
    ("kill -9: clients are told, come back and see what was confirmed", restart),
];

impl World {
    pub fn new(server: Server) -> World {
        let made = server.request("POST", "/v1/identity", None, b"");
        let owner = made.body.split("\"token\":\"").nth(1).and_then(|rest| rest.split('"').next());
        World { owner: owner.expect("a token").to_string(), server, published: false }
    }

    fn options<'a>(&'a self, token: Option<&'a str>) -> Options<'a> {
        let compression = Compression::None;
        Options { address: &self.server.address, database: DATABASE, token, compression, confirmed: true }
    }

    fn client(&self) -> Session {
        Session::open(self.options(None)).expect("a connection")
    }

    /// A client that is subscribed to these tables.
    fn client_of(&self, tables: &[&str]) -> Session {
        let client = self.client();
        let queries: Vec<String> = tables.iter().map(|table| format!("SELECT * FROM {table}")).collect();
        client.subscribe(&queries.iter().map(String::as_str).collect::<Vec<_>>());
        client
    }

    fn publish(&self) {
        let program = std::fs::read(std::env::var("ORRERY_MODULE").expect("ORRERY_MODULE names the module")).unwrap();
        let answer = self.server.request("PUT", &format!("/v1/database/{DATABASE}"), Some(&self.owner), &program);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn sql(&self, token: Option<&str>, query: &str) -> (u16, String) {
        let answer = self.server.request("POST", &format!("/v1/database/{DATABASE}/sql"), token, query.as_bytes());
        (answer.status, answer.body)
    }

    fn diary(&self, client: &Session) -> Vec<String> {
        let mut rows: Vec<Diary> = client.connection.db.diary().iter().collect();
        rows.sort_by_key(|row| row.id);
        rows.into_iter().map(|row| row.line).collect()
    }
}

fn publish(world: &mut World) {
    world.publish();
    world.published = true;
    let client = world.client_of(&["diary"]);
    assert_eq!(world.diary(&client), ["opened"]);
    client.disconnect();
}

fn identity(world: &mut World) {
    let first = world.client();
    let id = first.connection.connection_id();
    let again = Session::open(world.options(Some(&first.token))).unwrap();
    assert_eq!(again.identity, first.identity);
    assert_ne!(again.connection.connection_id(), id);
    assert_ne!(world.client().identity, first.identity);
    again.disconnect();
    first.disconnect();
}

fn wrong_token(world: &mut World) {
    assert!(Session::open(world.options(Some("a.wrong.token"))).is_err());
}

fn no_database(world: &mut World) {
    let options = Options { database: "nowhere", ..world.options(None) };
    assert!(Session::open(options).is_err());
}

fn lifecycle(world: &mut World) {
    let watcher = world.client_of(&["visit"]);
    let visits = || watcher.connection.db.visit();
    assert!(visits().iter().any(|visit| visit.visitor == watcher.identity));
    let guest = world.client();
    let id = guest.connection.connection_id();
    until("the visit", || visits().iter().any(|visit| visit.connection == id && visit.visitor == guest.identity));
    guest.disconnect();
    until("the end of the visit", || visits().iter().all(|visit| visit.connection != id));
    watcher.disconnect();
}

fn measures() -> Vec<Measure> {
    let most = Measure {
        id: 1, a: u8::MAX, b: u16::MAX, c: u64::MAX, d: u128::MAX, e: u256::MAX, f: i8::MAX, g: i16::MAX, h: i32::MAX,
        i: i64::MAX, j: i128::MAX, k: i256::MAX, l: true, m: f32::MAX, n: f64::MIN_POSITIVE,
    };
    let least = Measure {
        id: 2, a: 0, b: 0, c: 0, d: 0, e: u256::MIN, f: i8::MIN, g: i16::MIN, h: i32::MIN, i: i64::MIN, j: i128::MIN,
        k: i256::MIN, l: false, m: f32::NEG_INFINITY, n: -0.0,
    };
    let middle = Measure {
        id: u32::MAX, a: 1, b: 258, c: 1 << 40, d: 1 << 100, e: u256::from(1u8) << 200, f: -1, g: -2, h: -3, i: -4,
        j: -5, k: i256::from(-6), l: true, m: 0.1, n: 1e300,
    };
    vec![most, least, middle]
}

fn texts(m: &Measure) -> Vec<String> {
    vec![
        m.a.to_string(), m.b.to_string(), m.c.to_string(), m.d.to_string(), m.e.to_string(), m.f.to_string(),
        m.g.to_string(), m.h.to_string(), m.i.to_string(), m.j.to_string(), m.k.to_string(), m.l.to_string(),
        m.m.to_string(), m.n.to_string(),
    ]
}

fn widths(world: &mut World) {
    let client = world.client_of(&["measure"]);
    for row in measures() {
        assert_eq!(call!(client, set_measure, row.clone()), Ended::Ok);
        assert_eq!(client.connection.db.measure_of(row.id), Some(row.clone()));
        assert_eq!(call!(client, expect_measure, row.id, texts(&row)), Ended::Ok);
    }
    // A client that comes later gets them as the first rows of a filter.
    let later = world.client();
    later.subscribe(&["SELECT * FROM measure WHERE a = 255 AND h > 0"]);
    assert_eq!(later.connection.db.measure().iter().collect::<Vec<_>>(), measures()[..1]);
    later.disconnect();
    client.disconnect();
}

fn updates(world: &mut World) {
    let (caller, other) = (world.client_of(&["measure"]), world.client_of(&["measure"]));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let to = |what: &'static str| {
        let seen = seen.clone();
        move |line: String| seen.lock().unwrap().push(format!("{what} {line}"))
    };
    let rows = other.connection.db.measure();
    let (inserted, updated, deleted) = (to("insert"), to("update"), to("delete"));
    rows.on_insert(Box::new(move |_: &EventContext, row: &Measure| inserted(row.id.to_string())));
    rows.on_update(Box::new(move |_: &EventContext, old: &Measure, new: &Measure| updated(format!("{} {}->{}", new.id, old.a, new.a))));
    rows.on_delete(Box::new(move |_: &EventContext, row: &Measure| deleted(row.id.to_string())));
    let row = Measure { id: 77, ..measures()[2].clone() };
    assert_eq!(call!(caller, set_measure, row.clone()), Ended::Ok);
    assert_eq!(call!(caller, set_measure, Measure { a: 9, ..row }), Ended::Ok);
    assert_eq!(call!(caller, delete_measure, 77), Ended::Ok);
    assert_eq!(call!(caller, delete_measure, 77), Ended::Error("there is no measure 77".into()));
    until("three callbacks", || seen.lock().unwrap().len() >= 3);
    assert_eq!(*seen.lock().unwrap(), ["insert 77", "update 77 1->9", "delete 77"]);
    assert_eq!(other.connection.db.measure_of(77), None);
    other.disconnect();
    caller.disconnect();
}

fn wide_keys(world: &mut World) {
    let client = world.client_of(&["wide"]);
    for (n, third) in [(3u8, -1i64), (1, 5), (2, -700)] {
        let key = u256::from(n) << 250;
        assert_eq!(call!(client, use_wide, key, -(n as i128) << 100, i256::from(third) << 190), Ended::Ok);
        assert!(client.connection.db.has_wide(key));
    }
    let few = world.client();
    few.subscribe(&[&format!("SELECT * FROM wide WHERE key = {}", u256::from(1u8) << 250)]);
    assert_eq!(few.connection.db.wide().count(), 1);
    few.disconnect();
    client.disconnect();
}

fn store(client: &Session, name: &str, code: u32, place: (i32, i32), grade: Grade, packing: Packing) -> Ended {
    let place = Place { aisle: place.0, shelf: place.1 };
    call!(client, store, name.into(), code, place, grade, packing, None, Some(None), vec![0, 255, 7])
}

fn shapes(world: &mut World) {
    let client = world.client_of(&["item"]);
    let label = Label { text: "fragile \u{1f95a}".into(), lines: Some(vec!["".into(), "up".into()]) };
    let place = Place { aisle: -3, shelf: 4 };
    let sent = [
        ("egg", Grade::Fine, Packing::Labelled(label), Some(0.05), Some(Some("brown".to_string()))),
        ("sand", Grade::Rough, Packing::Loose, None, None),
        ("bolts", Grade::Plain, Packing::Boxes(12), Some(-1.0), Some(None)),
        ("parts", Grade::Fine, Packing::Mixed(vec![place.clone(), place.clone()]), None, Some(Some("".into()))),
    ];
    for (name, grade, packing, weight, remark) in sent {
        let bytes: Vec<u8> = name.bytes().rev().collect();
        let ended = call!(client, store, name.into(), 1, place.clone(), grade, packing.clone(), weight, remark.clone(),
            bytes.clone());
        assert_eq!(ended, Ended::Ok);
        let item = client.connection.db.item_of(name).expect("the row is there when the answer is");
        assert_eq!((item.grade, &item.packing, item.weight, &item.remark), (grade, &packing, weight, &remark));
        assert_eq!((item.owner, item.keep, item.bytes), (client.identity, TimeDuration::from_micros(-5), bytes));
        assert_eq!(item.tag.as_u128(), 0x0123_4567_89ab_cdef);
        let age = std::time::SystemTime::now().duration_since(item.stored.to_system_time()).unwrap_or_default();
        assert!(age < Duration::from_secs(20));
    }
    let mut ids: Vec<u64> = client.connection.db.item().iter().map(|item| item.id).collect();
    ids.sort();
    assert_eq!(ids, [1, 2, 3, 4]);
    client.disconnect();
}

fn unique(world: &mut World) {
    let client = world.client_of(&["item"]);
    let Ended::Error(text) = store(&client, "egg", 2, (0, 0), Grade::Fine, Packing::Loose) else {
        panic!("two items of one name");
    };
    assert!(text.starts_with("egg: "), "{text}");
    assert_eq!(client.connection.db.item().count(), 4);
    client.disconnect();
}

fn indexes(world: &mut World) {
    let client = world.client_of(&["item", "diary"]);
    for (name, place) in [("a", (8, 1)), ("b", (8, 3)), ("c", (8, 2)), ("d", (9, 2))] {
        assert_eq!(store(&client, name, 40, place, Grade::Plain, Packing::Boxes(1)), Ended::Ok);
    }
    assert_eq!(call!(client, move_item, "d".into(), Place { aisle: 8, shelf: 0 }), Ended::Ok);
    assert_eq!(call!(client, report, 8, 2, 40), Ended::Ok);
    let lines = world.diary(&client);
    assert_eq!(lines[lines.len() - 5..lines.len() - 2], ["aisle: d,a,c,b", "shelf: c", "from: c,b"]);
    let mut coded: Vec<&str> = lines[lines.len() - 2].strip_prefix("code: ").unwrap().split(',').collect();
    coded.sort();
    assert_eq!(coded, ["a", "b", "c", "d"]);
    assert_eq!(lines[lines.len() - 1], "all: 8");
    assert_eq!(call!(client, remove_aisle, 8), Ended::Ok);
    assert_eq!(call!(client, remove_aisle, 8), Ended::Error("aisle 8 is empty".into()));
    assert_eq!(client.connection.db.item().count(), 4);
    client.disconnect();
}

fn enum_key(world: &mut World) {
    let client = world.client_of(&["shelf_grade"]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let into = seen.clone();
    client.connection.db.shelf_grade().on_update(Box::new(move |_: &EventContext, old: &ShelfGrade, new: &ShelfGrade| {
        into.lock().unwrap().push((new.grade, old.count, new.count));
    }));
    assert_eq!(store(&client, "gold", 1, (1, 1), Grade::Fine, Packing::Loose), Ended::Ok);
    assert_eq!(*seen.lock().unwrap(), [(Grade::Fine, 2, 3)]);
    client.disconnect();
}

fn bag(world: &mut World) {
    let client = world.client_of(&["mark"]);
    assert_eq!(call!(client, put_mark, "x".into(), 3), Ended::Ok);
    assert_eq!(call!(client, put_mark, "x".into(), 1), Ended::Ok);
    assert_eq!(client.connection.db.mark().iter().filter(|mark| mark.text == "x").count(), 1);
    client.disconnect();
}

fn subscriptions(world: &mut World) {
    let client = world.client();
    let marks = || client.connection.db.mark().count();
    let all = client.subscribe(&["SELECT * FROM mark", "SELECT * FROM item"]);
    let some = client.subscribe(&["SELECT * FROM mark WHERE text = 'x'"]);
    assert!(all.is_active() && some.is_active() && marks() == 1);
    let (ended, wait) = channel();
    all.unsubscribe_then(Box::new(move |_| ended.send(()).unwrap())).unwrap();
    wait.recv_timeout(Duration::from_secs(10)).expect("the end of the subscription");
    assert_eq!(marks(), 1, "the other subscription still has it");
    assert_eq!(client.connection.db.item().count(), 0);
    some.clone().unsubscribe().unwrap();
    until("no rows any more", || some.is_ended() && marks() == 0);
    assert!(some.unsubscribe().is_err());
    client.disconnect();
}

fn wrong_query(world: &mut World) {
    let client = world.client();
    for query in ["SELECT * FROM nothing", "SELEC", "SELECT * FROM mark WHERE nope = 1", "SELECT * FROM measure WHERE a = 300"] {
        let refused = client.try_subscribe(&[query]).err();
        assert!(refused.is_some_and(|text| !text.contains("no answer")), "{query}");
    }
    client.subscribe(&["SELECT * FROM mark"]);
    client.disconnect();
}

fn answers(world: &mut World) {
    let client = world.client_of(&["mark"]);
    assert_eq!(call!(client, fail, "error".into()), Ended::Error("as you wished".into()));
    for how in ["panic", "bounds", "unique"] {
        let ended = call!(client, fail, how.into());
        assert!(matches!(&ended, Ended::Failed(text) if !text.is_empty()), "{how}: {ended:?}");
        assert_eq!(call!(client, put_mark, "still here".into(), 1), Ended::Ok);
    }
    assert!(matches!(call!(client, no_such_reducer, 5), Ended::Failed(_)));
    assert!(matches!(call!(client, open_depot), Ended::Failed(_)), "init is nobody's to call");
    assert!(client.connection.db.mark().iter().all(|mark| !mark.text.starts_with("never")));
    assert!(client.connection.is_active());
    client.disconnect();
}

fn events(world: &mut World) {
    let (caller, other) = (world.client_of(&["mark"]), world.client_of(&["mark"]));
    let (send, receive) = channel();
    for (who, client) in [("caller", &caller), ("other", &other)] {
        let send = send.clone();
        client.connection.db.mark().on_insert(Box::new(move |context: &EventContext, mark: &Mark| {
            let kind = match &context.event {
                Event::Reducer(event) => format!("{:?} {:?}", event.reducer, matches!(event.status, Status::Committed)),
                Event::Transaction => "transaction".into(),
                other => format!("{other:?}"),
            };
            let _ = send.send(format!("{who}: {} {kind}", mark.text));
        }));
    }
    assert_eq!(call!(caller, put_mark, "told".into(), 1), Ended::Ok);
    let mut told: Vec<String> = (0..2).map(|_| receive.recv_timeout(Duration::from_secs(10)).unwrap()).collect();
    told.sort();
    assert_eq!(told, ["caller: told PutMark { text: \"told\", times: 1 } true", "other: told transaction"]);
    caller.disconnect();
    other.disconnect();
}

fn private(world: &mut World) {
    let client = world.client();
    assert!(client.try_subscribe(&["SELECT * FROM secret"]).is_err());
    let (status, body) = world.sql(Some(&client.token), "SELECT * FROM secret");
    assert_eq!(status, 400, "{body}");
    client.disconnect();
    let owner = Session::open(world.options(Some(&world.owner))).unwrap();
    owner.subscribe(&["SELECT * FROM secret"]);
    assert_eq!(owner.connection.db.secret().iter().map(|row| row.text).collect::<Vec<_>>(), ["under the mat"]);
    let (status, body) = world.sql(Some(&world.owner), "SELECT text FROM secret");
    assert!(status == 200 && body.contains("under the mat"), "{body}");
    owner.disconnect();
}

fn security(world: &mut World) {
    let (alice, bob) = (world.client_of(&["note"]), world.client_of(&["note"]));
    assert_eq!(call!(alice, write_note, "of alice".into()), Ended::Ok);
    assert_eq!(call!(bob, write_note, "of bob".into()), Ended::Ok);
    let notes = |client: &Session| client.connection.db.note().iter().map(|note| note.text).collect::<Vec<_>>();
    until("their own", || notes(&alice) == ["of alice"] && notes(&bob) == ["of bob"]);
    let again = Session::open(world.options(Some(&alice.token))).unwrap();
    again.subscribe(&["SELECT * FROM note WHERE text = 'of bob'", "SELECT * FROM note WHERE id > 0"]);
    assert_eq!(notes(&again), ["of alice"]);
    for client in [alice, bob, again] {
        client.disconnect();
    }
}

fn event_table(world: &mut World) {
    let client = world.client_of(&["flash"]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let into = seen.clone();
    let told = move |_: &EventContext, flash: &Flash| into.lock().unwrap().push(flash.text.clone());
    client.connection.db.flash().on_insert(Box::new(told));
    for text in ["one", "two"] {
        assert_eq!(call!(client, flash_once, 1, text.into()), Ended::Ok);
    }
    assert_eq!(*seen.lock().unwrap(), ["one", "two"]);
    assert_eq!(client.connection.db.flash().count(), 0);
    client.disconnect();
}

fn schedules(world: &mut World) {
    let client = world.client_of(&["diary", "alarm", "job"]);
    let rung = |what: &str| world.diary(&client).iter().filter(|line| *line == what).count();
    assert_eq!(call!(client, set_alarm, "later".into(), 150_000), Ended::Ok);
    assert_eq!(rung("rang: later"), 0);
    assert!(client.connection.db.alarm().iter().any(|alarm| matches!(alarm.at, ScheduleAt::Time(_))));
    until("the alarm", || rung("rang: later") == 1 && client.connection.db.alarm().count() == 0);
    assert_eq!(call!(client, repeat_alarm, "again".into(), 30_000), Ended::Ok);
    until("the third ring", || rung("rang: again") == 3 && client.connection.db.alarm().count() == 0);
    assert_eq!(call!(client, set_job, "now".into()), Ended::Ok);
    until("the work", || rung("worked: now") == 1 && client.connection.db.job().count() == 0);
    client.disconnect();
}

fn procedures(world: &mut World) {
    let client = world.client_of(&["mark"]);
    let half = u256::MAX >> 1;
    assert_eq!(run!(client, add, half, u256::from(1u8)), Ok(half + u256::from(1u8)));
    let label = run!(client, describe, "egg".into()).unwrap().expect("an egg");
    assert_eq!((label.text.as_str(), label.lines), ("egg", Some(vec!["-3/4".into()])));
    assert_eq!(run!(client, describe, "dodo".into()), Ok(None));
    assert!(run!(client, pause_between, 120).unwrap() >= 120_000);
    let marks: Vec<String> = client.connection.db.mark().iter().map(|mark| mark.text).collect();
    assert!(marks.contains(&"before the pause".to_string()) && !marks.contains(&"taken back".to_string()));
    assert!(run!(client, burst).is_err());
    assert!(run!(client, no_such_procedure).is_err());
    assert_eq!(run!(client, add, half, half), Ok(half + half), "after a panic");
    client.disconnect();
}

fn handlers(world: &mut World) {
    let path = format!("/v1/database/{DATABASE}/route/echo");
    let answer = world.server.request("POST", &path, None, b"hello");
    let items = world.sql(Some(&world.owner), "SELECT COUNT(*) AS n FROM item").1;
    let items = items.split("\"rows\":[[").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    assert_eq!((answer.status, answer.body), (200, format!("POST hello {items} true None")));
    assert_eq!(world.server.request("GET", &path, None, b"").status, 404);
}

fn views(world: &mut World) {
    let (mine, other) = (world.client_of(&["my_items", "fine_count"]), world.client_of(&["my_items", "fine_count"]));
    let names = |client: &Session| client.connection.db.my_items().iter().map(|item| item.name).collect::<Vec<_>>();
    let fine = |client: &Session| client.connection.db.fine_count().iter().map(|row| row.count).collect::<Vec<_>>();
    assert!(names(&mine).is_empty());
    let before = fine(&mine)[0];
    assert_eq!(store(&mine, "vase", 1, (2, 2), Grade::Fine, Packing::Loose), Ended::Ok);
    assert_eq!(store(&mine, "unseen", 2, (2, 3), Grade::Rough, Packing::Loose), Ended::Ok);
    assert_eq!((names(&mine), fine(&mine)), (vec!["vase".to_string()], vec![before + 1]));
    until("the other's count", || fine(&other) == [before + 1]);
    assert!(names(&other).is_empty());
    assert_eq!(call!(mine, remove_aisle, 2), Ended::Ok);
    assert!(names(&mine).is_empty());
    mine.disconnect();
    other.disconnect();
}

fn compression(world: &mut World) {
    assert_eq!(call!(world.client(), fill_slots, 500), Ended::Ok);
    let mut all = Vec::new();
    for compression in [Compression::None, Compression::Gzip, Compression::Brotli] {
        let client = Session::open(Options { compression, ..world.options(None) }).unwrap();
        client.subscribe(&["SELECT * FROM direct_slot"]);
        let mut rows: Vec<DirectSlot> = client.connection.db.direct_slot().iter().collect();
        rows.sort_by_key(|row| row.slot);
        all.push(rows);
        client.disconnect();
    }
    assert_eq!(all[0].len(), 500);
    assert!(all[0] == all[1] && all[0] == all[2]);
}

fn confirmed(world: &mut World) {
    for confirmed in [true, false] {
        let client = Session::open(Options { confirmed, ..world.options(None) }).unwrap();
        client.subscribe(&["SELECT * FROM mark"]);
        let text = format!("confirmed: {confirmed}");
        assert_eq!(call!(client, put_mark, text.clone(), 1), Ended::Ok);
        assert!(client.connection.db.mark().iter().any(|mark| mark.text == text));
        client.disconnect();
    }
}

fn logs(world: &mut World) {
    let path = format!("/v1/database/{DATABASE}/logs?num_lines=1000");
    let text = world.server.request("GET", &path, Some(&world.owner), b"").body;
    let line_with = |part: &str| text.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("no {part} in {text}"));
    assert!(line_with("the depot is open").contains("\"level\":\"Info\""));
    let panicked = line_with("the depot burns");
    assert!(panicked.contains("\"level\":\"Panic\"") && panicked.contains("lib.rs"), "{panicked}");
    assert_eq!(world.server.request("GET", &path, None, b"").status, 403);
}

fn republish(world: &mut World) {
    let before = world.sql(Some(&world.owner), "SELECT COUNT(*) AS n FROM item");
    world.publish();
    let after = world.sql(Some(&world.owner), "SELECT COUNT(*) AS n FROM item");
    assert_eq!(before.0, 200);
    let rows = |answer: &str| answer.split("\"rows\":").nth(1).map(|rest| rest.split(']').next().unwrap().to_string());
    assert_eq!(rows(&before.1), rows(&after.1));
    let refused = world.server.request("PUT", &format!("/v1/database/{DATABASE}"), None, b"\0asm");
    assert_eq!(refused.status, 403, "{}", refused.body);
}

fn restart(world: &mut World) {
    let client = world.client_of(&["mark", "item"]);
    let (token, identity) = (client.token.clone(), client.identity);
    assert_eq!(call!(client, put_mark, "confirmed before the end".into(), 1), Ended::Ok);
    let items = client.connection.db.item().count();
    world.server.kill_and_restart();
    client.ended.recv_timeout(Duration::from_secs(10)).expect("the client is told");
    assert!(!client.connection.is_active());
    let again = Session::open(world.options(Some(&token))).unwrap();
    assert_eq!(again.identity, identity);
    again.subscribe(&["SELECT * FROM mark", "SELECT * FROM item", "SELECT * FROM visit"]);
    assert!(again.connection.db.mark().iter().any(|mark| mark.text == "confirmed before the end"));
    assert_eq!(again.connection.db.item().count(), items);
    let visitors: Vec<Identity> = again.connection.db.visit().iter().map(|visit| visit.visitor).collect();
    assert_eq!(visitors, [identity], "who was there when the server died has left");
    assert_eq!(call!(again, put_mark, "after".into(), 1), Ended::Ok);
    again.disconnect();
}
