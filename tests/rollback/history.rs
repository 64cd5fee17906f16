//! Undo and redo, beside a history that keeps clones.

use understory::{Handle, History, SnapshotError, Store};

use crate::cases::quickcheck;

type World = Store<u8, u8>;

/// What is done: which, and with what.
type Script = Vec<(u8, u8, u8)>;

/// A history as one would write it: whole worlds in lists.
#[derive(Default)]
struct Clones {
    done: Vec<(String, World)>,
    /// With what a step began, and what it had made of it.
    undone: Vec<(String, [World; 2])>,
}

impl Clones {
    fn checkpoint(&mut self, world: &World, name: String, max_steps: usize) {
        self.undone.clear();
        self.done.push((name, world.clone()));
        if self.done.len() > max_steps {
            self.done.remove(0);
        }
    }

    fn undo(&mut self, world: &mut World) -> Option<String> {
        let (name, before) = self.done.pop()?;
        let after = std::mem::replace(world, before.clone());
        self.undone.push((name.clone(), [before, after]));
        Some(name)
    }

    fn redo(&mut self, world: &mut World) -> Option<String> {
        let (name, [before, after]) = self.undone.pop()?;
        *world = after;
        self.done.push((name.clone(), before));
        Some(name)
    }
}

fn change(world: &mut World, which: u8, a: u8, b: u8) {
    let any = |number: u8| {
        let len = world.len().max(1);
        world.handles().nth(usize::from(number) % len)
    };
    let (Some(from), Some(to)) = (any(a), any(b)) else {
        world.insert(a);
        return;
    };
    match which % 8 {
        0 => drop(world.insert(b)),
        1 => drop(world.insert_linked(from, b, a)),
        2 => drop(world.link(from, b, to)),
        3 => drop(world.unlink(from, to)),
        4 => drop(world.unroot(from)),
        5 => drop(world.destroy(from)),
        6 => drop(world.insert_component(from, b)),
        _ => world[from] = b,
    }
}

/// All that can be seen.
type Seen = Vec<(Handle, u8, Option<u8>, Vec<(Handle, u8)>)>;

fn seen(world: &World) -> Seen {
    let object = |(handle, &value): (Handle, &u8)| {
        let component = world.component::<u8>(handle).map(|component| *component);
        let edges = world.out_edges(handle);
        let edges = edges.map(|(target, &label)| (target, label)).collect();
        (handle, value, component, edges)
    };
    world.iter().map(object).collect()
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.map(str::to_owned).collect()
}

fn is_like_clones(script: Script, max_steps: u8) {
    let max_steps = usize::from(max_steps % 9);
    let mut history = History::new().max_steps(max_steps);
    let mut clones = Clones::default();
    let mut world = World::default();
    let mut other = World::default();
    for (at, (which, a, b)) in script.into_iter().enumerate() {
        match which % 32 {
            0..=4 => {
                let name = format!("step {at}");
                history.checkpoint(&mut world, name.clone()).unwrap();
                clones.checkpoint(&other, name, max_steps.max(1));
            }
            5..=8 => {
                let name = history.undo(&mut world).unwrap().map(str::to_owned);
                assert_eq!(name, clones.undo(&mut other));
            }
            9..=11 => {
                let name = history.redo(&mut world).unwrap().map(str::to_owned);
                assert_eq!(name, clones.redo(&mut other));
            }
            12 => assert_eq!(world.collect().freed, other.collect().freed),
            _ => {
                change(&mut world, which, a, b);
                change(&mut other, which, a, b);
            }
        }
        assert_eq!(seen(&world), seen(&other));
        let done = clones.done.iter().rev().map(|(name, _)| name.as_str());
        assert_eq!(names(history.undo_names()), names(done));
        let undone = clones.undone.iter().rev().map(|(name, _)| name.as_str());
        assert_eq!(names(history.redo_names()), names(undone));
    }
    world.check_invariants().unwrap();
    assert_eq!(world.insert(0), other.insert(0));
}

#[test]
fn undo_and_redo_are_like_a_history_of_clones() {
    quickcheck(300).quickcheck(is_like_clones as fn(Script, u8));
}

#[test]
fn steps_above_the_limit_of_bytes_are_given_up_the_oldest_first() {
    let limit = 100_000;
    let mut world: Store<[u8; 100]> = (0..1_000).map(|_| [0; 100]).collect();
    let mut history = History::new().max_bytes(limit);
    let mut fewest = usize::MAX;
    for round in 0..60_u8 {
        history.checkpoint(&mut world, round.to_string()).unwrap();
        // Nothing that the step itself does is known yet.
        let kept = history.undo_names().len();
        assert!(kept == 1 || world.snapshot_memory() <= limit);
        let newest_first = (0..=round).rev().map(|round| round.to_string());
        assert!(history.undo_names().eq(newest_first.take(kept)));
        let changes = if round < 30 { 20 } else { 400 };
        for tile in world.values_mut().take(changes) {
            tile[0] = round;
        }
        if round >= 10 {
            fewest = fewest.min(kept);
        }
    }
    assert!(fewest < 6);
    // The last step is there even if it takes more than all may.
    world.values_mut().for_each(|tile| tile[1] = 1);
    history.checkpoint(&mut world, "last").unwrap();
    world.values_mut().for_each(|tile| tile[1] = 2);
    assert_eq!(history.undo(&mut world), Ok(Some("last")));
    assert!(world.values().all(|tile| tile[1] == 1));
}

#[test]
fn a_history_without_steps_costs_its_store_nothing() {
    let mut world: Store<u8> = (0..100).collect();
    let mut history = History::new();
    history.checkpoint(&mut world, "change").unwrap();
    world.values_mut().for_each(|value| *value += 1);
    assert!(world.snapshot_memory() > 0);
    history.clear();
    world.step(understory::Budget::units(0));
    assert_eq!(world.snapshot_memory(), 0);
}

#[test]
fn what_is_refused_leaves_the_history_as_it_is() {
    let mut world: Store<u8> = (0..3).collect();
    let mut other: Store<u8> = (0..3).collect();
    let mut history = History::new();
    history.checkpoint(&mut world, "first").unwrap();
    world.insert(7);

    assert_eq!(history.undo(&mut other), Err(SnapshotError::OtherStore));
    world.scope(|world| {
        assert_eq!(history.undo(world), Err(SnapshotError::Busy));
        assert_eq!(
            history.checkpoint(world, "second"),
            Err(SnapshotError::Busy)
        );
    });
    assert!(history.undo_names().eq(["first"]));
    assert_eq!(history.redo_names().len(), 0);
    assert_eq!((world.len(), other.len()), (4, 3));

    assert_eq!(history.undo(&mut world), Ok(Some("first")));
    assert_eq!(history.redo(&mut other), Err(SnapshotError::OtherStore));
    assert!(history.redo_names().eq(["first"]));
    assert_eq!(history.redo(&mut world), Ok(Some("first")));
    assert_eq!(world.len(), 4);
}
