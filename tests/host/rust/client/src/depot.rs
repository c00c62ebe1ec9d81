//! The depot module (../module) as its clients see it.
#![allow(dead_code)]
use spacetimedb_sdk::__codegen::{self as __sdk, __lib, __sats, __ws};
use spacetimedb_sdk::{i256, u256, ConnectionId, Identity, ScheduleAt, TimeDuration, Timestamp, Uuid};

crate::data! {
    struct Place { pub aisle: i32, pub shelf: i32 }
    enum Grade: Copy Eq Hash { Rough, Plain, Fine }
    struct Label { pub text: String, pub lines: Option<Vec<String>> }
    struct Measure {
        pub id: u32, pub a: u8, pub b: u16, pub c: u64, pub d: u128, pub e: u256, pub f: i8, pub g: i16, pub h: i32,
        pub i: i64, pub j: i128, pub k: i256, pub l: bool, pub m: f32, pub n: f64
    }
    struct Wide { pub key: u256, pub other: i128, pub third: i256 }
    struct Item {
        pub id: u64, pub name: String, pub code: u32, pub aisle: i32, pub shelf: i32, pub grade: Grade,
        pub packing: Packing, pub weight: Option<f64>, pub remark: Option<Option<String>>, pub owner: Identity,
        pub stored: Timestamp, pub keep: TimeDuration, pub tag: Uuid, pub bytes: Vec<u8>
    }
    struct ShelfGrade { pub grade: Grade, pub count: u64 }
    struct Mark { pub text: String }
    struct DirectSlot { pub slot: u16, pub what: String }
    struct Secret { pub id: u32, pub text: String }
    struct Note { pub id: u64, pub owner: Identity, pub text: String }
    struct Visit { pub connection: ConnectionId, pub visitor: Identity }
    struct Diary { pub id: u64, pub line: String }
    struct Alarm { pub id: u64, pub at: ScheduleAt, pub text: String }
    struct Job { pub id: u64, pub at: ScheduleAt, pub text: String }
    struct Flash { pub code: u32, pub text: String }
    struct Setting { pub name: String, pub value: u32 }
}

// Outside of the macro: the derived code of variants with a value has names that a macro would hide.
#[derive(__lib::ser::Serialize, __lib::de::Deserialize, Clone, PartialEq, Debug)]
#[sats(crate = __lib)]
pub enum Packing { Loose, Boxes(u32), Mixed(Vec<Place>), Labelled(Label) }

crate::bindings! {
    tables {
        measure: Measure, (key id u32);
        wide: Wide, (key key u256);
        item: Item, (key id u64);
        shelf_grade: ShelfGrade, (key grade Grade);
        mark: Mark, (bag);
        direct_slot: DirectSlot, (bag);
        secret: Secret, (key id u32);
        note: Note, (key id u64);
        visit: Visit, (key connection ConnectionId);
        diary: Diary, (key id u64);
        alarm: Alarm, (key id u64);
        job: Job, (key id u64);
        flash: Flash, (event);
        setting: Setting, (key name String);
        my_items: Item, (bag);
        fine_count: ShelfGrade, (bag);
    }
    reducers {
        set_measure (SetMeasure) (row: Measure);
        expect_measure (ExpectMeasure) (id: u32, texts: Vec<String>);
        delete_measure (DeleteMeasure) (id: u32);
        use_wide (UseWide) (key: u256, other: i128, third: i256);
        store (Store) (
            name: String, code: u32, place: Place, grade: Grade, packing: Packing, weight: Option<f64>,
            remark: Option<Option<String>>, bytes: Vec<u8>);
        move_item (MoveItem) (name: String, place: Place);
        report (Report) (aisle: i32, shelf: i32, code: u32);
        remove_aisle (RemoveAisle) (aisle: i32);
        put_mark (PutMark) (text: String, times: u32);
        fill_slots (FillSlots) (count: u16);
        write_note (WriteNote) (text: String);
        flash_once (FlashOnce) (code: u32, text: String);
        fail (Fail) (how: String);
        set_alarm (SetAlarm) (text: String, micros: i64);
        repeat_alarm (RepeatAlarm) (text: String, micros: i64);
        set_job (SetJob) (text: String);
        open_depot (OpenDepot) ();
        no_such_reducer (NoSuchReducer) (number: u32);
    }
    procedures {
        add (AddArgs) (left: u256, right: u256) -> u256;
        describe (DescribeArgs) (name: String) -> Option<Label>;
        pause_between (PauseArgs) (millis: u64) -> u64;
        burst (BurstArgs) () -> u32;
        no_such_procedure (NoSuchArgs) () -> u32;
    }
}
