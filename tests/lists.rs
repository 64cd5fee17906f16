//! Lists of edges, by label and by index.

use std::panic::{AssertUnwindSafe, catch_unwind};

use understory::{
    Auto, Budget, Command, Commands, Config, Cycles, Generation, Handle, LinkRefusal, Phase, Store,
};

type World = Store<u32, &'static str>;

fn world() -> World {
    Store::with_config(Config::new().auto(Auto::Off).cycles(Cycles::Manual))
}

fn list(world: &World, owner: Handle, label: &'static str) -> Vec<u32> {
    world
        .list(owner, &label)
        .iter()
        .map(|handle| world[handle])
        .collect()
}

/// A list with edges of another label in between.
fn mixed(world: &mut World, len: u32) -> Handle {
    let owner = world.insert(1_000_000);
    for number in 0..len {
        world.insert_linked(owner, "a", number).unwrap();
        if number % 3 == 0 {
            world.insert_linked(owner, "b", 1_000 + number).unwrap();
        }
    }
    owner
}

#[test]
fn an_index_counts_the_edges_with_its_label_alone() {
    for len in [5, 12, 40, 600] {
        let mut world = world();
        let owner = mixed(&mut world, len);
        let others = list(&world, owner, "b");
        let mut model: Vec<u32> = (0..len).collect();
        let new = world.insert(500_000);
        let mut a = world.list_mut(owner, &"a");
        a.insert(2, new).unwrap();
        model.insert(2, 500_000);
        assert!(a.move_to(4, 1) && a.swap(0, 3) && a.move_to(0, usize::MAX));
        let moved = model.remove(4);
        model.insert(1, moved);
        model.swap(0, 3);
        let first = model.remove(0);
        model.push(first);
        assert!(!a.move_to(len as usize + 1, 0) && !a.swap(0, len as usize + 1));
        let removed = a.remove(1);
        model.remove(1);
        assert!(removed.is_some() && a.remove(len as usize).is_none());
        assert_eq!(list(&world, owner, "a"), model);
        world
            .list_mut(owner, &"a")
            .sort_by_key(|_, &number| number % 4);
        model.sort_by_key(|number| number % 4);
        assert_eq!(list(&world, owner, "a"), model);
        assert_eq!(list(&world, owner, "b"), others);
        assert_eq!(world.list_mut(owner, &"b").clear(), others.len());
        assert_eq!(list(&world, owner, "a"), model);
        assert_eq!(world.list_mut(owner, &"a").clear(), model.len());
        assert_eq!(world.len(), 2, "the owner, and the one with a root");
    }
}

#[test]
fn an_insertion_keeps_the_order_of_all_other_edges() {
    let mut world = world();
    let owner = world.insert(0);
    for (label, number) in [("a", 1), ("b", 2), ("a", 3), ("b", 4)] {
        world.insert_linked(owner, label, number).unwrap();
    }
    let new = world.insert(9);
    world.list_mut(owner, &"a").insert(1, new).unwrap();
    let all: Vec<u32> = world.targets(owner).map(|handle| world[handle]).collect();
    assert_eq!(all, [1, 2, 9, 3, 4]);
    world.list_mut(owner, &"b").move_to(1, 0);
    let all: Vec<u32> = world.targets(owner).map(|handle| world[handle]).collect();
    assert_eq!(all, [1, 4, 2, 9, 3]);
}

/// A change of a list.
type Reorder = fn(&mut World, Handle);

/// Long lists are marked from the end, in pieces.
#[test]
fn what_moves_back_in_a_list_that_is_being_marked_lives() {
    let ways: [(&str, Reorder); 4] = [
        ("move_to", |world, hub| {
            world.list_mut(hub, &"x").move_to(0, 1_999);
        }),
        ("swap", |world, hub| {
            world.list_mut(hub, &"x").swap(5, 1_990);
        }),
        ("insert", |world, hub| {
            world.list_mut(hub, &"x").insert(0, hub).unwrap();
        }),
        ("sort_by_key", |world, hub| {
            world
                .list_mut(hub, &"x")
                .sort_by_key(|_, &number| std::cmp::Reverse(number));
        }),
    ];
    for (name, reorder) in ways {
        let mut marked = 0;
        for steps in 1..60 {
            let mut world = world();
            let hub = world.insert(0);
            for number in 0..2_000 {
                world.insert_linked(hub, "x", number).unwrap();
            }
            world.request_collection(Generation::Old);
            for _ in 0..steps {
                world.step(Budget::units(70));
            }
            marked += usize::from(world.phase() == Phase::Mark);
            reorder(&mut world, hub);
            #[cfg(feature = "check")]
            assert_eq!(
                world.check_invariants(),
                Ok(()),
                "{name} after {steps} steps"
            );
            while world.phase() != Phase::Idle {
                world.step(Budget::units(70));
            }
            assert_eq!(world.len(), 2_001, "{name} after {steps} steps");
        }
        assert!(
            marked > 5,
            "{name} came into the middle of marking {marked} times"
        );
    }
}

#[test]
fn a_finalizer_may_end_the_owner_of_a_list() {
    let mut world = world();
    let owner = world.insert(0);
    let first = world.insert_linked(owner, "x", 1).unwrap();
    let second = world.insert_linked(owner, "x", 2).unwrap();
    let kept = world.insert(3);
    world
        .set_finalizer(first, move |world, _| {
            world.destroy(owner);
        })
        .unwrap();
    let mut list = world.list_mut(owner, &"x");
    assert_eq!(list.remove(0), Some(first));
    assert_eq!(
        (list.remove(0), list.read().len(), list.clear()),
        (None, 0, 0)
    );
    assert!(!list.move_to(0, 1) && !list.swap(0, 0));
    list.sort_by_key(|_, _| 0);
    for result in [
        list.push(kept),
        list.insert(0, kept),
        list.set(kept).map(drop),
    ] {
        assert!(matches!(result, Err(LinkRefusal::Stale(_))));
    }
    assert!(list.unlink(kept).is_err());
    assert!(!world.contains(second) && world.len() == 1);
}

#[test]
fn a_panic_in_a_key_leaves_the_order() {
    let mut world = world();
    let owner = mixed(&mut world, 30);
    let before = list(&world, owner, "a");
    let sort = AssertUnwindSafe(|| {
        world.list_mut(owner, &"a").sort_by_key(|_, &number| {
            assert!(number < 20);
            std::cmp::Reverse(number)
        });
    });
    assert!(catch_unwind(sort).is_err());
    assert_eq!(list(&world, owner, "a"), before);
}

#[test]
fn the_children_of_the_dead_die_in_the_order_that_the_list_was_given() {
    let config = Config::new().record_deaths(true);
    let mut world: World = Store::with_config(config);
    let owner = mixed(&mut world, 12);
    world
        .list_mut(owner, &"a")
        .sort_by_key(|_, &number| std::cmp::Reverse(number));
    let order: Vec<u32> = world.targets(owner).map(|handle| world[handle]).collect();
    world.unroot(owner).unwrap();
    let dead: Vec<u32> = world
        .drain_deaths()
        .skip(1)
        .map(|death| death.value)
        .collect();
    assert_eq!(dead, order);
}

#[test]
fn what_a_cleared_list_held_dies_in_its_order() {
    let mut world: World = Store::with_config(Config::new().record_deaths(true));
    let owner = mixed(&mut world, 30);
    let order = list(&world, owner, "a");
    world.list_mut(owner, &"a").clear();
    let dead: Vec<u32> = world.drain_deaths().map(|death| death.value).collect();
    assert_eq!(dead, order);
}

/// They can be found again through either end, whatever became of their places.
#[test]
fn edges_of_lists_that_were_sorted_are_found_from_both_ends() {
    for len in [8, 16, 17, 100, 900] {
        let mut world: Store<u32> = Store::new();
        let owner = world.insert(0);
        let children: Vec<Handle> = (0..len)
            .map(|number| {
                let child = world.insert(number);
                for _ in 0..3 {
                    world.link(owner, (), child).unwrap();
                }
                child
            })
            .collect();
        let mut list = world.list_mut(owner, &());
        list.sort_by_key(|_, &number| number * 7 % 11);
        list.move_to(3, 0);
        list.move_to(0, 7);
        for &child in &children {
            assert_eq!(list.unlink(child), Ok(()));
            let at = list.read().position(child).unwrap();
            assert_eq!(list.remove(at), Some(child));
        }
        for &child in &children {
            assert_eq!(world.unlink_sources(child), Ok(1));
        }
        assert_eq!(world.out_degree(owner), Some(0));
    }
}

/// What a command records does what the call does, and comes back where that does nothing.
#[test]
fn commands_change_lists_as_calls_do() {
    for is_weak in [false, true] {
        let mut world = world();
        let owner = world.insert(0);
        let [a, b, c, gone] = [1, 2, 3, 4].map(|number| world.insert(number));
        world.destroy(gone);
        let mut commands = Commands::new();
        let new = commands.insert(9);
        let mut list = if is_weak {
            commands.weak_list_mut(owner, "x")
        } else {
            commands.list_mut(owner, "x")
        };
        list.push(a).push(b).insert(1, new).set(c); // c 9 b
        list.move_to(2, 0).swap(0, 1).unlink(c).push(c).remove(0); // 9 b c, b c
        list.push(gone)
            .remove(7)
            .unlink(a)
            .swap(0, 5)
            .move_to(9, 0)
            .insert(0, gone)
            .set(gone);
        commands.list_mut(gone, "x").clear();
        let applied = world.apply(&mut commands);
        assert_eq!(applied.refused.len(), 8);
        let refused = applied
            .refused
            .iter()
            .all(|(_, command)| matches!(command, Command::List(_)));
        assert!(refused);
        let edges = if is_weak {
            world.weak_edges()
        } else {
            world.edges()
        };
        let left: Vec<Handle> = edges.list(owner, &"x").iter().collect();
        assert_eq!(left.len(), 2);
        assert!(left.contains(&c) && edges.edge_count() == 2);
        commands.weak_list_mut(owner, "x").clear();
        commands.list_mut(owner, "x").clear();
        commands.set(owner, "y", a);
        assert!(world.apply(&mut commands).refused.is_empty());
        assert_eq!(
            (world.weak_edges().edge_count(), world.edge_count()),
            (0, 1)
        );
        assert_eq!(world.target(owner, &"y"), Some(a));
    }
}

#[test]
fn components_that_commands_attach_are_handed_back_if_refused() {
    let mut world = world();
    let [a, gone] = [1, 2].map(|number| world.insert(number));
    world.destroy(gone);
    let mut commands = Commands::new();
    let new = commands.insert(3);
    commands.insert_component(a, 1_u8);
    commands.insert_component(gone, 2_u8);
    commands.insert_component(gone, "two".to_string());
    commands.insert_component(new, 3_u8);
    commands.insert_component(new, "three".to_string());
    commands.remove_component::<u16>(a);
    let mut applied = world.apply(&mut commands);
    let new = applied.handle(new).unwrap();
    let bytes = [a, new].map(|handle| *world.component::<u8>(handle).unwrap());
    assert_eq!(bytes, [1, 3]);
    assert_eq!(*world.component::<String>(new).unwrap(), "three");
    assert_eq!(applied.refused.len(), 3);
    assert!(matches!(
        applied.refused.pop(),
        Some((6, Command::RemoveComponent(..)))
    ));
    let Some((3, Command::InsertComponent(command))) = applied.refused.pop() else {
        panic!("the string is refused");
    };
    assert_eq!(command.into_component::<String>().as_deref(), Some("two"));
    let Some((2, Command::InsertComponent(command))) = applied.refused.pop() else {
        panic!("the byte is refused");
    };
    assert_eq!(command.into_component::<u8>(), Some(2));
    commands.remove_component::<u8>(a);
    world.apply(&mut commands);
    assert!(world.component::<u8>(a).is_none());
}

#[test]
fn a_weak_edge_that_was_pointed_elsewhere_goes_with_its_new_target() {
    let mut world = world();
    let [owner, old] = [world.insert(0), world.insert(1)];
    for number in 0..3 {
        let new = world.insert_linked(old, "holds", number).unwrap();
        world.set_weak(owner, "sees", old).unwrap();
        assert_eq!(world.set_weak(owner, "sees", new), Ok(Some(old)));
        world.unlink(old, new).unwrap();
        assert_eq!(world.weak_edges().target(owner, &"sees"), None);
        assert_eq!(world.weak_edges().edge_count(), 0);
    }
    #[cfg(feature = "check")]
    assert_eq!(world.check_invariants(), Ok(()));
}
