//! The published Rust client on `orrery start` with a module made with the published Rust crate. tests/host/rust/run
//! sets ORRERY_PROGRAM and ORRERY_MODULE. One line per test, the numbers at the end.
mod bindings;
mod depot;
mod keys;
mod server;
mod session;
mod tests;

use server::Server;
use std::panic::{catch_unwind, AssertUnwindSafe};

fn main() {
    let data = std::env::temp_dir().join(format!("orrery-rust-{}", std::process::id()));
    let mut world = tests::World::new(Server::start(&data, "127.0.0.1:0"));
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let (mut passed, mut failed) = (0, 0);
    for (name, test) in tests::ALL {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        if catch_unwind(AssertUnwindSafe(|| test(&mut world))).is_ok() {
            passed += 1;
            println!("ok {name}");
        } else {
            failed += 1;
            println!("not ok {name}");
            if !world.published {
                break;
            }
        }
    }
    if world.server.stop() != Some(0) {
        failed += 1;
        println!("not ok the server stops cleanly");
    }
    let _ = std::fs::remove_dir_all(&data);
    println!("{passed} passed, {failed} failed");
    std::process::exit(if failed == 0 && passed > 0 { 0 } else { 1 });
}
