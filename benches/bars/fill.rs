//! Filling an empty store, each time in a process of its own.
//!
//! What a process has allocated before decides whether an allocation finds its pages mapped
//! already. So each side starts anew, and is gone before it would have to drop anything.

use std::env;
use std::hint::black_box;
use std::process::{Command, Stdio};

use slotmap::{DefaultKey, SlotMap};
use understory::Store;

use crate::common::Payload;
use crate::measure::{Bar, Scale, Table, in_turn, time};

/// The argument that makes the process one of the children.
pub(crate) const CHILD: &str = "--fill";

pub(crate) fn measure(scale: Scale, table: &mut Table) {
    fill::<u64>(scale, table);
    fill::<[u64; 4]>(scale, table);
}

fn fill<T: Payload>(scale: Scale, table: &mut Table) {
    let objects = scale.size(10_000_000);
    let name = format!("insert into an empty store, 10^7, {}", T::NAME);
    table.times(name, Bar::Ratio(1.0), || {
        in_turn(
            scale.rounds(7),
            |_| in_child("store", T::NAME, objects),
            |_| in_child("slotmap", T::NAME, objects),
        )
    });
}

fn in_child(side: &str, payload: &str, objects: u32) -> f64 {
    let program = env::current_exe().expect("a bench knows its own path");
    let output = Command::new(program)
        .args([CHILD, side, payload, &objects.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .expect("a bench can start itself");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().expect("a child prints a number")
}

/// Prints the nanoseconds of an insertion.
pub(crate) fn run_child(arguments: &[String]) {
    let [side, payload, objects] = arguments else {
        panic!("a side, a payload and a number of objects");
    };
    let objects = objects.parse().expect("a number of objects");
    let nanoseconds = match payload.as_str() {
        <u64 as Payload>::NAME => insert::<u64>(side, objects),
        _ => insert::<[u64; 4]>(side, objects),
    };
    println!("{nanoseconds}");
}

fn insert<T: Payload>(side: &str, objects: u32) -> f64 {
    if side == "store" {
        let mut store: Store<T> = Store::new();
        let nanoseconds = time(objects, || {
            for number in 0..objects {
                store.insert(T::of(number.into()));
            }
        });
        std::mem::forget(black_box(store));
        nanoseconds
    } else {
        let mut map = SlotMap::<DefaultKey, T>::new();
        let nanoseconds = time(objects, || {
            for number in 0..objects {
                map.insert(T::of(number.into()));
            }
        });
        std::mem::forget(black_box(map));
        nanoseconds
    }
}
