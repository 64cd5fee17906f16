//! A scene graph: parts with ordered children, transforms that are handed down, parts that change parents, and
//! subtrees that go as a whole.
//!
//! `cargo run --example scene`

use std::error::Error;

use understory::{Handle, Store, Walk};

/// What edges mean: each object has a list of children, and may be held by a field of another.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Link {
    Child,
    Selected,
}
use Link::{Child, Selected};

/// A part of the scene, with its place in its parent and in the world.
struct Part {
    name: &'static str,
    layer: u8,
    offset: [i32; 2],
    world: [i32; 2],
}

fn part(name: &'static str, layer: u8, offset: [i32; 2]) -> Part {
    Part {
        name,
        layer,
        offset,
        world: offset,
    }
}

type Scene = Store<Part, Link>;

/// Parents before children: each child gets the world transform of its parent, and adds its own.
fn update(scene: &mut Scene, root: Handle) {
    scene.propagate([root], &Child, |parent, child| {
        child.world = [0, 1].map(|axis| parent.world[axis] + child.offset[axis]);
    });
}

/// Draws in order: a part before its children, the children in the order of the list.
fn draw(scene: &Scene, walk: &mut Walk<Link>, root: Handle) {
    for visit in walk.over(scene.edges(), [root]) {
        let Part { name, world, .. } = &scene[visit.object];
        println!(
            "{:indent$}{name} at {world:?}",
            "",
            indent = 2 * visit.depth
        );
    }
    println!();
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut scene = Scene::default();
    let root = scene.insert(part("scene", 0, [0, 0])); // the only object that the program holds
    let tank = scene.insert_linked(root, Child, part("tank", 1, [10, 5]))?;
    let turret = scene.insert_linked(tank, Child, part("turret", 2, [0, 2]))?;
    let barrel = scene.insert_linked(turret, Child, part("barrel", 1, [3, 0]))?;
    let tree = scene.insert_linked(root, Child, part("tree", 0, [4, 4]))?;
    let nest = scene.insert_linked(tree, Child, part("nest", 0, [0, 9]))?;

    // The walk keeps its memory from frame to frame.
    let mut walk = Walk::depth_first().along(Child);
    update(&mut scene, root);
    draw(&scene, &mut walk, root);
    assert_eq!(scene[barrel].world, [13, 7]);

    // Children are drawn in order: the tree behind the tank, and a shadow before its turret.
    scene.list_mut(root, &Child).move_to(1, 0);
    let shadow = scene.insert_linked(tank, Child, part("shadow", 0, [1, -1]))?;
    let children = scene.list(tank, &Child);
    let (from, to) = (children.len() - 1, children.position(turret));
    scene.list_mut(tank, &Child).move_to(from, to.unwrap_or(0));
    assert!(scene.list(tank, &Child).iter().eq([shadow, turret]));

    // The turret falls off: one call moves the edge, so nothing dies in between.
    assert_eq!(scene.source(turret, &Child), Some(tank));
    scene.relink((tank, turret), (root, turret))?;
    // The layers say what is drawn first; parts of one layer keep their order.
    let mut children = scene.list_mut(root, &Child);
    children.sort_by_key(|_, part| part.layer);
    assert!(children.read().iter().eq([tree, tank, turret]));

    // A field: weak, so that what is selected may go.
    scene.set_weak(root, Selected, nest)?;
    update(&mut scene, root);
    draw(&scene, &mut walk, root);
    assert_eq!(scene[barrel].world, [3, 2]);

    // The way up from what is selected.
    let mut up = Walk::breadth_first().along(Child).backwards();
    let path: Vec<&str> = up
        .over(scene.edges(), [nest])
        .map(|visit| scene[visit.object].name)
        .collect();
    println!("selected: {}\n", path.join(" in "));
    assert_eq!(path, ["nest", "tree", "scene"]);

    // The tree is felled: with its edge go the nest, and the selection.
    let felled = scene.list_mut(root, &Child).remove(0);
    assert_eq!(felled, Some(tree));
    assert!(!scene.contains(nest));
    assert_eq!(scene.weak_edges().target(root, &Selected), None);
    draw(&scene, &mut walk, root);

    // Everything goes with the root.
    scene.unroot(root)?;
    assert!(scene.is_empty());
    Ok(())
}
