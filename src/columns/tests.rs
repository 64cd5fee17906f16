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
#[cfg(feature = "check")]
use crate::graph::rows::Headers;
#[cfg(feature = "check")]
use crate::live::Live;

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
    assert!(columns.are_unused());
    assert_eq!(columns.insert(7, 1_u32), None);
    assert_eq!(columns.insert(7, 2_u32), Some(1));
    assert_eq!(columns.insert(7, "text"), None);
    assert_eq!(columns.get::<u32>(7).unwrap().as_deref(), Some(&2));
    assert!(columns.has::<&str>(7).unwrap());
    assert!(!columns.has::<&str>(6).unwrap());
    assert!(!columns.has::<i8>(7).unwrap());
    assert!(!columns.are_unused());
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
    assert!(columns.are_unused());
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

#[derive(Clone, Debug)]
enum Change {
    Insert(u8, u32, u16),
    Remove(u8, u32),
    InsertByView(u8, u32, u16),
    RemoveByView(u8, u32),
    Bury(u32),
    Group,
    Clone,
    Shrink,
}

impl Arbitrary for Change {
    fn arbitrary(g: &mut Gen) -> Self {
        let kind = u8::arbitrary(g) % 3;
        match u8::arbitrary(g) % 64 {
            0 => Self::Shrink,
            1 => Self::Clone,
            2 | 3 => Self::Group,
            4..=12 => Self::Bury(index(g)),
            13..=20 => Self::Remove(kind, index(g)),
            21..=26 => Self::RemoveByView(kind, index(g)),
            27..=34 => Self::InsertByView(kind, index(g), u16::arbitrary(g)),
            _ => Self::Insert(kind, index(g), u16::arbitrary(g)),
        }
    }
}

/// A component of one of three types.
#[derive(Clone, Debug, PartialEq)]
struct Typed<const TYPE: u8>(u16);

type Model = BTreeMap<(u8, u32), u16>;

/// Does it to the columns and to the map, which must answer the same.
fn change<const TYPE: u8>(columns: &mut Columns, model: &mut Model, change: &Change) {
    let answers = match *change {
        Change::Insert(_, index, value) => (
            columns.insert(index, Typed::<TYPE>(value)),
            model.insert((TYPE, index), value),
        ),
        Change::Remove(_, index) => (
            columns.remove::<Typed<TYPE>>(index),
            model.remove(&(TYPE, index)),
        ),
        Change::InsertByView(_, index, value) => {
            let Ok(mut column) = columns.borrow_view::<Typed<TYPE>>() else {
                return;
            };
            let old = model.insert((TYPE, index), value);
            (column.insert(index, Typed(value)), old)
        }
        Change::RemoveByView(_, index) => {
            let Ok(mut column) = columns.borrow_view::<Typed<TYPE>>() else {
                return;
            };
            (column.remove(index), model.remove(&(TYPE, index)))
        }
        _ => return,
    };
    assert_eq!(answers.0.map(|old| old.0), answers.1);
}

#[test]
fn grouped_columns_agree_with_a_map() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn run(changes: Vec<Change>) {
        let mut columns = Columns::default();
        let mut model = Model::new();
        for (step, each) in changes.iter().enumerate() {
            match each {
                Change::Insert(kind, ..)
                | Change::Remove(kind, _)
                | Change::InsertByView(kind, ..)
                | Change::RemoveByView(kind, _) => match kind {
                    0 => change::<0>(&mut columns, &mut model, each),
                    1 => change::<1>(&mut columns, &mut model, each),
                    _ => change::<2>(&mut columns, &mut model, each),
                },
                Change::Bury(index) => {
                    columns.bury(*index);
                    model.retain(|&(_, other), _| other != *index);
                }
                Change::Group => {
                    let types = <(Typed<0>, Typed<2>)>::TYPES;
                    assert_eq!(columns.group(types), Ok(()));
                }
                Change::Clone => columns = columns.clone(),
                Change::Shrink => columns.shrink(),
            }
            columns.assert_consistent();
            if step % 7 == 0 {
                columns.assert_settled();
            }
        }
        columns.assert_settled();
        let found = |index: u32| {
            let values = [
                columns
                    .get::<Typed<0>>(index)
                    .unwrap()
                    .map(|value| value.0.0),
                columns
                    .get::<Typed<1>>(index)
                    .unwrap()
                    .map(|value| value.0.0),
                columns
                    .get::<Typed<2>>(index)
                    .unwrap()
                    .map(|value| value.0.0),
            ];
            let values = (0..).zip(values);
            values.filter_map(move |(kind, value)| Some(((kind, index), value?)))
        };
        assert_eq!((0..12_400).flat_map(found).collect::<Model>(), model);
    }
    quickcheck(100).quickcheck(run as fn(Vec<Change>));
}

#[test]
fn a_type_is_in_one_group() {
    let mut columns = Columns::default();
    assert_eq!(columns.group(<(u8, u16)>::TYPES), Ok(()));
    assert_eq!(columns.group(<(u16, u8)>::TYPES), Ok(()));
    for types in [
        <(u16, u32)>::TYPES,
        <(u8, u32, u16)>::TYPES,
        <(u64, u64)>::TYPES,
    ] {
        assert!(columns.group(types).is_err());
    }
    assert_eq!(columns.group(<(u32, u64, i8)>::TYPES), Ok(()));
}

/// A column with many components takes all forms, and goes back.
#[test]
fn a_crowd_comes_and_goes() {
    let mut columns = Columns::default();
    let mut model = BTreeMap::new();
    let order = |step: u32, by: u32| (step * by) % 4093 + 1;
    for (by, until) in [
        (1, 4093),
        (1000, 1500),
        (1000, 4093),
        (77, 900),
        (4092, 4093),
    ] {
        for step in 0..until {
            let index = order(step, by);
            assert_eq!(columns.insert(index, index), model.insert(index, index));
        }
        columns.assert_consistent();
        let left: Vec<u32> = model.keys().copied().collect();
        for (at, index) in left.iter().enumerate() {
            if at % 11 != 0 {
                assert_eq!(columns.remove::<u32>(*index), model.remove(index));
            }
            if at % 100 == 0 {
                columns.assert_consistent();
            }
        }
        columns.assert_consistent();
        let found = (1..4095).filter_map(|index| columns.get_mut::<u32>(index).copied());
        assert!(found.eq(model.keys().copied()));
    }
}

/// All objects of a range, with a component each for which a remainder is 0.
fn with_some(columns: &mut Columns, indices: core::ops::Range<u32>, every: u32) -> Vec<u32> {
    for index in indices.clone().filter(|index| index % every == 0) {
        columns.insert(index, index);
    }
    indices.collect()
}

#[test]
fn copies_come_to_new_slots_whatever_form_either_has() {
    let slots = |first: u32, len: u32| (first..first + len).collect::<Vec<u32>>();
    let reused = (0..700).map(|at| 20_000 + at * 5 % 701);
    let split = slots(12_000, 288).into_iter().chain(slots(16_385, 412));
    let news = [
        slots(8_193, 700),
        slots(9_000, 700),
        slots(12_200, 700),
        split.collect(),
        reused.collect(),
    ];
    for every in [1, 2, 3, 40] {
        for new in &news {
            for before in [0, 1, 5, 200] {
                for grouped in [false, true] {
                    let mut columns = Columns::default();
                    if grouped {
                        columns.group(<(u32, u8)>::TYPES).unwrap();
                    }
                    let mut old = with_some(&mut columns, 4_000..4_700, every);
                    for index in old.iter().step_by(7) {
                        columns.insert(*index, 1_u8);
                    }
                    old.retain(|index| index % 11 != 0);
                    // Some that are there already, where they are in no one's way.
                    for index in (8_193 - before..8_193).chain(20_701..20_701 + before) {
                        columns.insert(index, index);
                    }
                    for loose in columns.copy_of(&old) {
                        loose.attach(&mut columns, new);
                    }
                    for (index, &copy) in old.iter().zip(new) {
                        let number = columns.get::<u32>(copy).unwrap().map(|one| *one);
                        assert_eq!(number, (index % every == 0).then_some(*index));
                        let byte = (index - 4_000) % 7 == 0;
                        assert_eq!(columns.has::<u8>(copy).unwrap(), byte);
                    }
                    columns.assert_consistent();
                    columns.assert_settled();
                }
            }
        }
    }
}

#[test]
fn a_death_asks_only_for_what_is_near() {
    let mut columns = Columns::default();
    columns.register::<u8>();
    assert!(!columns.may_have(70));
    columns.insert(70, 1_u8);
    columns.insert(71, 1_u16);
    assert!(columns.may_have(64) && !columns.may_have(63) && !columns.may_have(128));
    columns.bury(70);
    assert!(columns.may_have(70), "its neighbour has a component");
    columns.bury(71);
    assert!(!columns.may_have(70) && columns.are_unused());
    // A view tells nobody until it is asked.
    columns.borrow_view::<u8>().unwrap().insert(130, 2);
    assert!(columns.may_have(130) && !columns.are_unused());
    columns.bury(130);
    assert!(!columns.has::<u8>(130).unwrap());
    assert!(!columns.may_have(130) && columns.are_unused());
}

#[test]
fn news_of_views_does_not_pile_up() {
    let mut columns = Columns::default();
    columns.group(<(u8, u16)>::TYPES).unwrap();
    let mut column = columns.borrow_view::<u8>().unwrap();
    for step in 0..100_000_u32 {
        let index = step % 8;
        if column.remove(index).is_none() {
            column.insert(index, 1);
        }
    }
    drop(column);
    assert!(columns.memory_bytes() < 4096, "{}", columns.memory_bytes());
}

#[cfg(feature = "check")]
#[test]
fn faults_are_found() {
    let mut headers = Headers::default();
    headers.open(0, 0);
    for index in 1..=3 {
        headers.occupy(index, 1, 0);
    }
    let check = |damage: fn(&mut Columns)| {
        let mut columns = Columns::default();
        columns.group(<(u8, u16)>::TYPES).unwrap();
        for index in [1, 2] {
            columns.insert(index, 1_u8);
        }
        columns.insert(1, 1_u16);
        damage(&mut columns);
        let fault = columns.fault(&Live::new(&headers, 1, None));
        fault.map(|(what, _)| what)
    };
    assert_eq!(check(|_| {}), None);
    let stray = check(|columns| assert!(columns.insert(9, 1_u8).is_none()));
    assert_eq!(stray, Some("a component has no object"));
    let unknown = check(|columns| columns.owners.clear());
    assert_eq!(unknown, Some("a death would not ask for a component"));
    let uncounted = check(|columns| columns.owned_blocks = 0);
    assert_eq!(uncounted, Some("blocks with owners are not counted"));
    let together = check(|columns| columns.entries[0].column.regroup(1, false));
    assert_eq!(together, Some("a group has other components apart"));
    let apart = check(|columns| columns.entries[0].column.regroup(2, true));
    assert_eq!(apart, Some("a group has other components apart"));
    let miscounted = check(|columns| {
        let mut column = columns.borrow_mut::<u8>().unwrap().unwrap();
        let part = column.parts[0].as_mut().unwrap();
        if let (_, Form::Listed(list)) = part.split_mut() {
            list.blocks[0].values.push(7);
        }
    });
    let part = "a part has other components than it says";
    assert_eq!(miscounted, Some(part));
}
