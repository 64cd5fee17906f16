//! A leak hunt: a menu that its own listener keeps alive, who holds it, and how to end that.
//!
//! `cargo run --release --example leak`

use std::error::Error;

use understory::{Handle, Store, Walk};

type Ui = Store<&'static str, &'static str>;
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Which of the edges between event bus, listener and menu own their targets.
///
/// ```text
///   screen ──► menu ───────┐
///     │         ▲          ▼
///     │         └────── listener
///     ▼                    ▲
///    bus ──────────────────┘
/// ```
#[derive(Clone, Copy)]
struct Wiring {
    bus_owns_listener: bool,
    listener_owns_menu: bool,
}

fn main() -> Outcome<()> {
    // At first everything owns everything. The menu is closed, and stays.
    let mut wiring = Wiring {
        bus_owns_listener: true,
        listener_owns_menu: true,
    };
    let (mut ui, menu) = open_and_close(wiring)?;
    ui.collect();
    assert!(ui.contains(menu)); // no garbage: something holds it
    println!(
        "1. the menu is held by: {}",
        holders(&ui, menu).join(" <- ")
    );

    // The bus only has to know its listeners. What is left is a ring, which a collection finds. To see it, let
    // the collection keep it.
    wiring.bus_owns_listener = false;
    let (mut ui, menu) = open_and_close(wiring)?;
    ui.set_keep_garbage(true);
    ui.collect();
    let garbage: Vec<Handle> = ui.drain_garbage().collect();
    let names: Vec<&str> = garbage.iter().map(|&object| ui[object]).collect();
    println!("2. a collection had to find: {}", names.join(", "));
    // It is ours now: with a root each, to look at and to give up.
    assert!(garbage.contains(&menu));
    ui.set_keep_garbage(false);
    for object in garbage {
        ui.unroot(object)?;
    }
    assert_eq!(ui.collect().freed, 2);

    // A listener need not own its menu, either. Now there is no ring, and the menu dies as it is closed.
    wiring.listener_owns_menu = false;
    let (mut ui, menu) = open_and_close(wiring)?;
    assert!(!ui.contains(menu));
    println!(
        "3. closed, and gone; {} freed by a collection",
        ui.collect().freed
    );
    Ok(())
}

/// Opens a menu that listens to the event bus, and closes it again.
fn open_and_close(wiring: Wiring) -> Outcome<(Ui, Handle)> {
    let mut ui: Ui = Store::new();
    let screen = ui.insert("screen");
    let bus = ui.insert_linked(screen, "sends to", "bus")?;

    let menu = ui.insert_linked(screen, "shows", "menu")?;
    let listener = ui.insert_linked(menu, "hears by", "listener")?;
    if wiring.bus_owns_listener {
        ui.link(bus, "calls", listener)?;
    } else {
        ui.link_weak(bus, "calls", listener)?;
    }
    if wiring.listener_owns_menu {
        ui.link(listener, "tells", menu)?;
    } else {
        ui.link_weak(listener, "tells", menu)?;
    }

    ui.unlink(screen, menu)?;
    Ok((ui, menu))
}

/// The shortest way from an object against the edges to one with a root, which is why it lives.
fn holders(ui: &Ui, object: Handle) -> Vec<&'static str> {
    // Who holds it, who holds those, and so on, until one has a root. Each says whom it was found by.
    let mut walk = Walk::breadth_first().backwards();
    let mut held = std::collections::HashMap::new();
    let mut at = None;
    for visit in walk.over(ui.edges(), [object]) {
        held.extend(visit.edge.map(|(target, _)| (visit.object, target)));
        if ui.root_count(visit.object) > Some(0) {
            at = Some(visit.object);
            break;
        }
    }
    let mut way: Vec<&str> = Vec::new();
    while let Some(holder) = at {
        way.push(ui[holder]);
        at = held.get(&holder).copied();
    }
    way.reverse();
    way
}
