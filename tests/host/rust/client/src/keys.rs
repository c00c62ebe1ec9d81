//! Lookups by unique columns in the client's rows.
use crate::depot::{Item, Measure, RemoteTables};
use spacetimedb_sdk::u256;

impl RemoteTables {
    pub fn measure_of(&self, id: u32) -> Option<Measure> {
        self.measure().get_unique_constraint::<u32>("id").find(&id)
    }
    pub fn item_of(&self, name: &str) -> Option<Item> {
        self.item().iter().find(|item| item.name == name)
    }
    pub fn has_wide(&self, key: u256) -> bool {
        self.wide().get_unique_constraint::<u256>("key").find(&key).is_some()
    }
}
