use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};

use quickcheck::{Arbitrary, Gen};

use super::*;
use crate::cases::quickcheck;

/// Counts its drops; the copy shares the count.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn insert_returns_what_it_replaces() {
    let mut columns = Columns::default();
    assert!(columns.is_empty());
    assert_eq!(columns.insert(7, 1_u32), None);
    assert_eq!(columns.insert(7, 2_u32), Some(1));
    assert_eq!(columns.insert(7, "text"), None);
    assert_eq!(columns.get::<u32>(7).unwrap().as_deref(), Some(&2));
    assert!(columns.has::<&str>(7).unwrap());
    assert!(!columns.has::<&str>(6).unwrap());
    assert!(!columns.has::<i8>(7).unwrap());
    assert!(!columns.is_empty());
    columns.assert_consistent();
}

#[test]
fn chunk_and_block_boundaries_do_not_mix() {
    let mut columns = Columns::default();
    let indices = [
        1, 62, 63, 64, 65, 127, 4094, 4095, 4097, 4160, 8191, 8193, 100_001,
    ];
    for index in indices.into_iter().rev() {
        assert_eq!(columns.insert(index, index), None);
    }
    for index in 0..100_100 {
        let expected = indices.contains(&index).then_some(index);
        assert_eq!(columns.get_mut::<u32>(index).copied(), expected);
    }
    for index in indices {
        assert_eq!(columns.remove::<u32>(index), Some(index));
        assert_eq!(columns.remove::<u32>(index), None);
    }
    columns.assert_consistent();
}

#[test]
fn zero_sized_components_are_counted_but_take_no_room() {
    #[derive(Clone, PartialEq, Debug)]
    struct Marker;
    let mut columns = Columns::default();
    assert_eq!(columns.insert(4095, Marker), None);
    assert_eq!(columns.insert(4097, Marker), None);
    assert_eq!(columns.insert(4097, Marker), Some(Marker));
    assert!(columns.has::<Marker>(4095).unwrap());
    let copy = columns.clone();
    assert!(copy.has::<Marker>(4097).unwrap());
    columns.bury(4097);
    assert!(!columns.has::<Marker>(4097).unwrap());
    assert!(columns.memory_bytes() < 8192);
    columns.assert_consistent();
}

#[test]
fn ten_objects_cost_little() {
    let mut columns = Columns::default();
    for index in 1..=10 {
        columns.insert(index, [0_u8; 16]);
    }
    assert!(columns.memory_bytes() < 1024, "{}", columns.memory_bytes());
}

#[test]
fn shrink_gives_back_what_removal_left() {
    let mut columns = Columns::default();
    for index in 1..40_000 {
        columns.insert(index, u64::from(index));
    }
    let full = columns.memory_bytes();
    assert!(full >= 40_000 * 8);
    for index in 2..40_000 {
        columns.remove::<u64>(index);
    }
    columns.shrink();
    assert!(columns.memory_bytes() < 1024, "{}", columns.memory_bytes());
    assert_eq!(columns.get_mut::<u64>(1), Some(&mut 1));
    columns.assert_consistent();
}

#[test]
fn burial_drops_nothing_until_it_is_asked_to() {
    let drops = Arc::new(AtomicUsize::new(0));
    let mut columns = Columns::default();
    columns.insert(5, Counted(drops.clone()));
    columns.insert(6, Counted(drops.clone()));
    columns.insert(5, String::from("five"));
    columns.bury(5);
    columns.bury(5000);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    assert!(!columns.has::<Counted>(5).unwrap());
    assert!(!columns.has::<String>(5).unwrap());
    assert!(columns.clone().has::<Counted>(6).unwrap());
    assert_eq!(
        drops.load(Ordering::Relaxed),
        1,
        "the copy has no buried component"
    );
    columns.drop_buried();
    columns.drop_buried();
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    columns.clear();
    assert_eq!(drops.load(Ordering::Relaxed), 3);
    assert!(!columns.has::<Counted>(6).unwrap());
    assert!(!columns.is_empty());
    columns.assert_consistent();
}

/// Writes its name to a log when it is dropped, and then panics if it is told to.
struct Loud<const TYPE: u8> {
    name: u32,
    panics: bool,
    log: Arc<AtomicRefCell<Vec<(u8, u32)>>>,
}

impl<const TYPE: u8> Drop for Loud<TYPE> {
    fn drop(&mut self) {
        self.log.borrow_mut().push((TYPE, self.name));
        assert!(!self.panics, "a component's Drop panics");
    }
}

impl<const TYPE: u8> Component for Loud<TYPE> {
    fn clone_component(&self) -> Self {
        Self {
            name: self.name + 100,
            panics: self.panics,
            log: self.log.clone(),
        }
    }
}

#[test]
fn what_a_panicking_drop_leaves_is_dropped_by_the_next_call() {
    let log = Arc::new(AtomicRefCell::new(Vec::new()));
    let mut columns = Columns::default();
    for name in [3, 1, 2, 4] {
        let panics = name == 1;
        columns.insert(
            name,
            Loud::<2> {
                name,
                panics,
                log: log.clone(),
            },
        );
        columns.insert(
            name,
            Loud::<1> {
                name,
                panics,
                log: log.clone(),
            },
        );
    }
    for name in [2, 1, 3] {
        columns.bury(name);
    }
    let mut calls = 0;
    while catch_unwind(AssertUnwindSafe(|| columns.drop_buried())).is_err() {
        calls += 1;
        columns.assert_consistent();
        assert!(columns.get_mut::<Loud<1>>(4).is_some());
    }
    assert_eq!(calls, 2);
    assert_eq!(
        *log.borrow(),
        [(2, 2), (2, 1), (2, 3), (1, 2), (1, 1), (1, 3)]
    );
    assert!(columns.get_mut::<Loud<1>>(1).is_none());
}

#[test]
fn a_hand_written_copy_is_used() {
    let log = Arc::new(AtomicRefCell::new(Vec::new()));
    let mut columns = Columns::default();
    columns.insert(
        9,
        Loud::<1> {
            name: 9,
            panics: false,
            log: log.clone(),
        },
    );
    let mut copy = columns.clone();
    assert_eq!(copy.get_mut::<Loud<1>>(9).unwrap().name, 109);
    drop(copy);
    assert_eq!(*log.borrow(), [(1, 109)]);
}

#[test]
fn a_panicking_copy_leaves_the_original_whole() {
    struct Uncopied;
    impl Component for Uncopied {
        fn clone_component(&self) -> Self {
            panic!("cannot be copied")
        }
    }
    let mut columns = Columns::default();
    columns.insert(1, Uncopied);
    columns.insert(1, 1_u8);
    assert!(catch_unwind(AssertUnwindSafe(|| columns.clone())).is_err());
    assert!(columns.has::<Uncopied>(1).unwrap());
    drop(columns.borrow_mut::<Uncopied>().unwrap());
    columns.assert_consistent();
}

#[test]
fn borrows_exclude_each_other_by_type() {
    let mut columns = Columns::default();
    columns.insert(1, 1_u32);
    columns.insert(1, 1_i32);
    let shared = columns.get::<u32>(1).unwrap().unwrap();
    assert!(columns.borrow::<u32>().is_ok());
    assert!(columns.borrow_mut::<i32>().is_ok());
    let error = columns.borrow_mut::<u32>().err().unwrap();
    assert!(!error.mutably);
    assert_eq!(
        error.to_string(),
        "components of type `u32` are already borrowed shared, and cannot be borrowed mutably"
    );
    drop(shared);
    let exclusive = columns.borrow_mut::<u32>().unwrap();
    for error in [
        columns.borrow_mut::<u32>().err(),
        columns.get::<u32>(1).err(),
    ] {
        let error = error.unwrap();
        assert!(error.mutably);
        assert_eq!(
            error.to_string(),
            "components of type `u32` are already borrowed mutably"
        );
    }
    drop(exclusive);
    assert!(columns.borrow_mut::<u32>().is_ok());
    assert_eq!(
        format!("{:?}", columns.get::<u32>(1).unwrap().unwrap()),
        "1"
    );
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u32, u16),
    Remove(u32),
    Bury(u32),
    BuryMany(u32),
    DropBuried,
    Clone,
    Shrink,
    Clear,
}

/// An index near a boundary or in one of three arenas.
fn index(g: &mut Gen) -> u32 {
    let near = [1, 60, 64, 128, 4090, 4095, 4097, 8000, 12_287];
    g.choose(&near).unwrap() + u32::arbitrary(g) % 6
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Self {
        match u8::arbitrary(g) % 32 {
            0 => Self::Clear,
            1 => Self::Shrink,
            2 | 3 => Self::Clone,
            4 | 5 => Self::DropBuried,
            6 => Self::BuryMany(index(g)),
            7..=10 => Self::Bury(index(g)),
            11..=14 => Self::Remove(index(g)),
            _ => Self::Insert(index(g), u16::arbitrary(g)),
        }
    }
}

/// Shares a count of how many of it there are.
struct Tally(u16, Arc<AtomicUsize>);

impl Tally {
    fn new(value: u16, count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(value, count.clone())
    }
}

impl Clone for Tally {
    fn clone(&self) -> Self {
        Self::new(self.0, &self.1)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn columns_agree_with_a_map() {
    fn run(ops: Vec<Op>) {
        let count = Arc::new(AtomicUsize::new(0));
        let mut columns = Columns::default();
        let mut model = BTreeMap::<u32, u16>::new();
        let mut buried = 0;
        for op in ops {
            match op {
                Op::Insert(index, value) => {
                    let old = columns.insert(index, Tally::new(value, &count));
                    assert_eq!(old.map(|old| old.0), model.insert(index, value));
                }
                Op::Remove(index) => {
                    let old = columns.remove::<Tally>(index);
                    assert_eq!(old.map(|old| old.0), model.remove(&index));
                }
                Op::Bury(index) => {
                    columns.bury(index);
                    buried += usize::from(model.remove(&index).is_some());
                }
                Op::BuryMany(first) => {
                    for index in first..first + 200 {
                        columns.bury(index);
                        buried += usize::from(model.remove(&index).is_some());
                    }
                }
                Op::DropBuried => {
                    columns.drop_buried();
                    buried = 0;
                }
                Op::Clone => {
                    columns = columns.clone();
                    buried = 0;
                }
                Op::Shrink => columns.shrink(),
                Op::Clear => {
                    columns.clear();
                    model.clear();
                    buried = 0;
                }
            }
            columns.assert_consistent();
            assert_eq!(count.load(Ordering::Relaxed), model.len() + buried);
            let found: Vec<_> = (0..12_400)
                .filter_map(|index| Some((index, columns.get_mut::<Tally>(index)?.0)))
                .collect();
            assert_eq!(
                found,
                model.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>()
            );
        }
        drop(columns);
        assert_eq!(count.load(Ordering::Relaxed), 0);
    }
    quickcheck(60).quickcheck(run as fn(Vec<Op>));
    run(vec![
        Op::Insert(4095, 1),
        Op::Insert(4097, 2),
        Op::Bury(4095),
    ]);
}
