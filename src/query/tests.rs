use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use std::panic::{AssertUnwindSafe, catch_unwind};

use quickcheck::{Arbitrary, Gen};
use slotmap::{DefaultKey, KeyData};

use super::*;
use crate::bits::Bits;
use crate::cases::quickcheck;
use crate::columns::Sealed;
use crate::error::{Rejected, StaleHandle};
use crate::graph::rows::Headers;

/// A store of objects without values: their indices, and for each arena a version.
#[derive(Default)]
struct Objects {
    arenas: usize,
    headers: Headers,
    condemned: Bits,
    has_condemned: bool,
}

impl Objects {
    fn new(indices: impl IntoIterator<Item = u32>) -> Self {
        let mut objects = Self::default();
        for index in indices {
            let arena = index as usize >> 12;
            while objects.arenas <= arena {
                let floor = 2 * u32::try_from(objects.arenas).unwrap();
                objects.headers.open(objects.arenas, floor);
                objects.arenas += 1;
            }
            objects.headers.occupy(index, 2 * (index >> 12) + 1, 0);
        }
        objects
    }

    fn condemn(&mut self, index: u32) {
        self.condemned.grow(self.headers.words());
        self.condemned.set(index);
        self.has_condemned = true;
    }

    fn live(&self) -> Live<'_> {
        let condemned = self.has_condemned.then_some(&self.condemned);
        Live::new(&self.headers, self.arenas, condemned)
    }
}

fn handle(index: u32) -> DefaultKey {
    let version = 2 * u64::from(index >> 12) + 1;
    KeyData::from_ffi(version << 32 | u64::from(index)).into()
}

fn index(handle: DefaultKey) -> u32 {
    u32::try_from(handle.data().as_ffi() & 0xffff_ffff).unwrap()
}

#[track_caller]
fn query<'s, Q: Query>(
    columns: &'s Columns,
    objects: &'s Objects,
) -> QueryBorrow<'s, Q, DefaultKey> {
    QueryBorrow::new(columns, objects.live())
}

#[test]
fn two_components_are_joined_in_index_order() {
    let objects = Objects::new([1, 63, 64, 4095, 4097]);
    let mut columns = Columns::default();
    for index in [4097, 63, 1, 4095] {
        columns.insert(index, index);
    }
    for index in [4095, 64, 4097, 1] {
        columns.insert(index, i64::from(index));
    }
    let mut both = query::<(&mut u32, &i64)>(&columns, &objects);
    for (narrow, wide) in &mut both {
        assert_eq!(i64::from(*narrow), *wide);
        *narrow += 1;
    }
    let items: Vec<_> = both
        .iter_with_handles()
        .map(|(k, (n, w))| (k, *n, *w))
        .collect();
    let expected = [1, 4095, 4097].map(|index| (handle(index), index + 1, i64::from(index)));
    assert_eq!(items, expected);
    assert_eq!(both.count(), 3);
}

#[test]
fn conditions_leave_no_place_in_the_item() {
    let objects = Objects::new(1..=4);
    let mut columns = Columns::default();
    for index in 1..=4 {
        columns.insert(index, index);
    }
    columns.insert(2, 'b');
    columns.insert(3, 'c');
    columns.insert(3, "c");
    let items = |item: &u32| *item;
    let with: Vec<_> = query::<(&u32, With<char>)>(&columns, &objects)
        .iter()
        .map(items)
        .collect();
    assert_eq!(with, [2, 3]);
    let without: Vec<_> = query::<(Without<char>, &u32)>(&columns, &objects)
        .iter()
        .map(items)
        .collect();
    assert_eq!(without, [1, 4]);
    let mut mixed =
        query::<(With<char>, &mut u32, Without<&str>, Option<&char>)>(&columns, &objects);
    assert_eq!(mixed.iter().collect::<Vec<_>>(), [(&mut 2, Some(&'b'))]);
    drop(mixed);
    assert_eq!(
        query::<With<char>>(&columns, &objects)
            .iter()
            .collect::<Vec<()>>(),
        [(), ()]
    );
    assert_eq!(query::<Without<char>>(&columns, &objects).count(), 2);
}

#[test]
fn options_match_every_live_object() {
    let objects = Objects::new([5, 70, 4100]);
    let mut columns = Columns::default();
    columns.insert(70, 7_u8);
    let mut all = query::<Option<&u8>>(&columns, &objects);
    assert_eq!(all.iter().collect::<Vec<_>>(), [None, Some(&7), None]);
    drop(all);
    let mut both = query::<(Option<&mut u8>, Option<&i8>)>(&columns, &objects);
    let handles: Vec<_> = both
        .iter_with_handles()
        .map(|(handle, _)| index(handle))
        .collect();
    assert_eq!(handles, [5, 70, 4100]);
    assert_eq!(both.get(handle(70)), Some((Some(&mut 7), None)));
    assert_eq!(both.get(handle(4100)), Some((None, None)));
}

#[test]
fn a_type_that_never_came_matches_nothing() {
    let objects = Objects::new([5]);
    let mut columns = Columns::default();
    columns.insert(5, 7_u8);
    assert_eq!(query::<&i8>(&columns, &objects).iter().next(), None);
    assert_eq!(
        query::<(&u8, &mut i8)>(&columns, &objects).get(handle(5)),
        None
    );
    assert_eq!(query::<(&u8, With<i8>)>(&columns, &objects).count(), 0);
    assert_eq!(query::<(&u8, Without<i8>)>(&columns, &objects).count(), 1);
    assert!(ColumnRef::<i8, DefaultKey>::new(&columns, objects.live()).is_empty());
}

#[test]
fn the_condemned_are_passed_over() {
    let mut objects = Objects::new([5, 6, 7]);
    objects.condemn(6);
    let mut columns = Columns::default();
    for index in [5, 6, 7] {
        columns.insert(index, index);
    }
    let mut all = query::<&u32>(&columns, &objects);
    assert_eq!(all.iter().copied().collect::<Vec<_>>(), [5, 7]);
    assert_eq!(all.count(), 2);
    assert_eq!(all.get(handle(6)), None);
}

#[test]
fn get_refuses_stale_and_null_handles() {
    let objects = Objects::new([5, 4101]);
    let mut columns = Columns::default();
    columns.insert(5, 5_u32);
    columns.insert(4101, 6_u32);
    let mut all = query::<(&mut u32, Option<&i8>)>(&columns, &objects);
    assert_eq!(all.get(handle(4101)), Some((&mut 6, None)));
    let stale = DefaultKey::from(KeyData::from_ffi(9 << 32 | 5));
    for none in [stale, handle(6), DefaultKey::null(), handle(1 << 20)] {
        assert_eq!(all.get(none), None);
    }
}

#[test]
fn conflicting_terms_are_refused_and_leave_nothing_borrowed() {
    let objects = Objects::new([5]);
    let mut columns = Columns::default();
    columns.insert(5, 7_u8);
    columns.insert(5, 8_i8);
    let refused =
        QueryBorrow::<(&u8, &mut i8, &mut u8), DefaultKey>::try_new(&columns, objects.live());
    let error = refused.unwrap_err();
    assert_eq!((error.component, error.mutably), ("u8", false));
    let error =
        QueryBorrow::<(&mut u8, Without<u8>), DefaultKey>::try_new(&columns, objects.live());
    assert!(error.unwrap_err().mutably);

    let first = query::<(&u8, &i8)>(&columns, &objects);
    let second = query::<(&u8, Option<&i8>)>(&columns, &objects);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        query::<&mut i8>(&columns, &objects).count()
    }));
    let message = panic.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(
        *message,
        "components of type `i8` are already borrowed shared, and cannot be borrowed mutably"
    );
    drop((first, second));
    assert_eq!(query::<(&mut u8, &mut i8)>(&columns, &objects).count(), 1);
}

type Eight<'a> = (
    &'a u8,
    &'a u16,
    &'a u32,
    &'a u64,
    &'a i8,
    &'a i16,
    &'a mut i32,
    &'a i64,
);

#[test]
fn eight_terms_make_one_item() {
    let objects = Objects::new([5, 6]);
    let mut columns = Columns::default();
    for index in [5, 6] {
        columns.insert(index, 1_u8);
        columns.insert(index, 2_u16);
        columns.insert(index, 3_u32);
        columns.insert(index, 4_u64);
        columns.insert(index, 5_i8);
        columns.insert(index, 6_i16);
        columns.insert(index, 7_i32);
    }
    columns.insert(6, 8_i64);
    let mut eight = query::<Eight<'_>>(&columns, &objects);
    assert_eq!(
        eight.iter().collect::<Vec<_>>(),
        [(&1, &2, &3, &4, &5, &6, &mut 7, &8)]
    );
}

#[test]
fn views_resolve_handles() {
    let objects = Objects::new([5, 6, 4100]);
    let mut columns = Columns::default();
    columns.insert(6, String::from("six"));
    let stale = DefaultKey::from(KeyData::from_ffi(9 << 32 | 5));
    {
        let mut names = ColumnMut::<String, DefaultKey>::new(&columns, objects.live());
        assert_eq!(names.insert(handle(5), "five".into()), Ok(None));
        assert_eq!(names.insert(handle(4100), "4100".into()), Ok(None));
        assert_eq!(
            names.insert(stale, "old".into()),
            Err(Rejected::new("old".into(), StaleHandle::new(stale.data())))
        );
        assert_eq!(names.remove(handle(4100)).as_deref(), Some("4100"));
        assert_eq!(names.remove(stale), None);
        names.get_mut(handle(6)).unwrap().push('!');
        assert_eq!(names.get_mut(stale), None);
        for (_, name) in &mut names {
            name.push('?');
        }
        assert!(QueryBorrow::<&String, DefaultKey>::try_new(&columns, objects.live()).is_err());
    }
    let names = ColumnRef::<String, DefaultKey>::new(&columns, objects.live());
    assert_eq!(names.get(handle(6)).map(String::as_str), Some("six!?"));
    assert!(names.contains(handle(5)) && !names.contains(stale));
    assert_eq!((names.len(), names.is_empty()), (2, false));
    let found: Vec<_> = (&names)
        .into_iter()
        .map(|(k, name)| (index(k), name.as_str()))
        .collect();
    assert_eq!(found, [(5, "five?"), (6, "six!?")]);
    assert!(ColumnMut::<String, DefaultKey>::try_new(&columns, objects.live()).is_err());
}

#[test]
fn an_iterator_that_was_begun_can_be_folded_and_counted() {
    let objects = Objects::new(1..200);
    let mut columns = Columns::default();
    for index in 1..200 {
        columns.insert(index, index);
        if index % 3 == 0 {
            columns.insert(index, i64::from(index));
        }
    }
    for begun in [0, 1, 5, 62, 63, 64, 100] {
        let mut all = query::<&u32>(&columns, &objects);
        let mut iter = all.iter();
        assert_eq!(iter.by_ref().take(begun).count(), begun);
        assert_eq!(iter.sum::<u32>(), (1..200).skip(begun).sum::<u32>());
        let mut iter = all.iter();
        iter.by_ref().take(begun).for_each(drop);
        assert_eq!(iter.count(), 199 - begun);

        drop(all);
        let mut third = query::<(&mut u32, &i64)>(&columns, &objects);
        let begun = begun / 3;
        let mut iter = third.iter();
        iter.by_ref().take(begun).for_each(drop);
        let rest = iter.fold(0, |sum, (item, _)| sum + *item);
        assert_eq!(
            rest,
            (1..200)
                .filter(|index| index % 3 == 0)
                .skip(begun)
                .sum::<u32>()
        );
        let mut iter = third.iter_with_handles();
        iter.by_ref().take(begun).for_each(drop);
        assert_eq!(iter.count(), 66 - begun);
    }
}

/// Objects, and which of them have which component.
#[derive(Clone, Debug)]
struct World {
    objects: BTreeSet<u32>,
    condemned: BTreeSet<u32>,
    a: BTreeMap<u32, u32>,
    b: BTreeMap<u32, u32>,
    c: BTreeSet<u32>,
    /// Which types are a group, and when that is declared.
    group: Option<(Types, bool)>,
}

#[derive(Clone, Copy, Debug)]
enum Types {
    Ab,
    Bc,
    Abc,
}

impl Types {
    fn declare(self, columns: &mut Columns) {
        let result = match self {
            Self::Ab => columns.group(<(A, B)>::TYPES),
            Self::Bc => columns.group(<(C, B)>::TYPES),
            Self::Abc => columns.group(<(B, C, A)>::TYPES),
        };
        assert_eq!(result, Ok(()));
    }
}

impl Arbitrary for World {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut objects = BTreeSet::new();
        for _ in 0..u8::arbitrary(g) % 5 {
            let first = u32::arbitrary(g) % 3 * 4096 + *g.choose(&[1, 60, 64, 300, 4000]).unwrap();
            let last = (first | 4095).min(first + u32::from(u8::arbitrary(g)));
            let step = *g.choose(&[1, 1, 1, 2, 3, 10, 64]).unwrap();
            objects.extend((first..=last).step_by(step));
        }
        // A component may be missing anywhere, or may be everywhere.
        let some = |g: &mut Gen| -> BTreeSet<u32> {
            let one_in = *g.choose(&[1, 1, 2, 3, 10, 300]).unwrap();
            objects
                .iter()
                .copied()
                .filter(|_| u32::arbitrary(g) % one_in == 0)
                .collect()
        };
        let valued = |set: BTreeSet<u32>| set.into_iter().map(|i| (i, i * 3)).collect();
        let (a, b, c) = (valued(some(g)), valued(some(g)), some(g));
        let mut condemned = some(g);
        if bool::arbitrary(g) {
            condemned.clear();
        }
        Self {
            objects,
            condemned,
            a,
            b,
            c,
            group: *g
                .choose(&[
                    None,
                    Some((Types::Ab, false)),
                    Some((Types::Ab, true)),
                    Some((Types::Bc, false)),
                    Some((Types::Abc, true)),
                ])
                .unwrap(),
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
struct A(u32);
#[derive(Clone, PartialEq, Debug)]
struct B(u32);
#[derive(Clone, PartialEq, Debug)]
struct C;

/// Every way to read a query gives the items of `expected`, of which `show` makes numbers.
fn compare<Q: Query>(
    columns: &Columns,
    objects: &Objects,
    show: impl Fn(QueryItem<'_, Q>) -> [Option<u32>; 2],
    expected: &BTreeMap<u32, [Option<u32>; 2]>,
) {
    let mut query = query::<Q>(columns, objects);
    let items: Vec<_> = expected.values().copied().collect();
    let mut found = Vec::new();
    for item in &mut query {
        found.push(show(item));
    }
    assert_eq!(found, items);
    found.clear();
    query.for_each(|item| found.push(show(item)));
    assert_eq!(found, items);
    let mut found = BTreeMap::new();
    for (handle, item) in query.iter_with_handles() {
        found.insert(index(handle), show(item));
    }
    assert_eq!(found, *expected);
    let folded = query
        .iter_with_handles()
        .fold(BTreeMap::new(), |mut all, (handle, item)| {
            all.insert(index(handle), show(item));
            all
        });
    assert_eq!(folded, *expected);
    assert_eq!(query.count(), expected.len());
    for index in (0..4200).chain(8190..8400) {
        assert_eq!(
            query.get(handle(index)).map(&show),
            expected.get(&index).copied()
        );
    }
}

#[test]
fn queries_agree_with_maps() {
    #[expect(clippy::needless_pass_by_value, reason = "quickcheck hands it over")]
    fn run(world: World) {
        let mut objects = Objects::new(world.objects.iter().copied());
        let mut columns = Columns::default();
        for index in &world.condemned {
            objects.condemn(*index);
        }
        if let Some((types, false)) = world.group {
            types.declare(&mut columns);
        }
        for (index, value) in &world.a {
            columns.insert(*index, A(*value));
        }
        for (index, value) in world.b.iter().rev() {
            columns.insert(*index, B(*value));
        }
        for index in &world.c {
            columns.insert(*index, C);
        }
        if let Some((types, true)) = world.group {
            types.declare(&mut columns);
        }
        columns.assert_consistent();
        let expect = |matches: &dyn Fn(u32) -> Option<[Option<u32>; 2]>| -> BTreeMap<_, _> {
            let live = world.objects.difference(&world.condemned);
            live.filter_map(|index| Some((*index, matches(*index)?)))
                .collect()
        };
        let a = |index| world.a.get(&index).copied();
        let b = |index| world.b.get(&index).copied();
        let c = |index| world.c.contains(&index);

        let expected = expect(&|i| Some([Some(a(i)?), None]));
        compare::<&A>(&columns, &objects, |a| [Some(a.0), None], &expected);
        let expected = expect(&|i| Some([Some(a(i)?), Some(b(i)?)]));
        compare::<(&mut A, &B)>(
            &columns,
            &objects,
            |(a, b)| [Some(a.0), Some(b.0)],
            &expected,
        );
        let expected = expect(&|i| Some([a(i), Some(b(i)?)]));
        let show = |(a, b): (Option<&mut A>, &B)| [a.map(|a| a.0), Some(b.0)];
        compare::<(Option<&mut A>, &B)>(&columns, &objects, show, &expected);
        let expected = expect(&|i| Some([a(i), b(i)]).filter(|_| !c(i)));
        let show = |(a, b): (Option<&A>, Option<&mut B>)| [a.map(|a| a.0), b.map(|b| b.0)];
        compare::<(Option<&A>, Without<C>, Option<&mut B>)>(&columns, &objects, show, &expected);
        let expected = expect(&|i| Some([Some(a(i)?), None]).filter(|_| c(i) && b(i).is_none()));
        let show = |a: &mut A| [Some(a.0), None];
        compare::<(Without<B>, &mut A, With<C>)>(&columns, &objects, show, &expected);
    }
    quickcheck(300).quickcheck(run as fn(World));
}
