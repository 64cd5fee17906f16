//! A leak hunt: menus that their own listeners keep alive. What grows, who holds it, what to cut, and how a test sees
//! to it that it stays mended. The chapter "Finding leaks" of the book tells it step by step.
//!
//! `cargo run --release --example leak`

use std::error::Error;

use understory::inspect::{Describe, Disjoint, HeapSnapshot};
use understory::{Handle, Store};

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
    // At first everything owns everything.
    let mut wiring = Wiring {
        bus_owns_listener: true,
        listener_owns_menu: true,
    };
    let (mut ui, screen, bus) = start()?;
    let mut heaps = vec![snapshot(&ui)];
    let mut menu = screen;
    for _ in 0..2 {
        for _ in 0..10 {
            menu = open_and_close(&mut ui, (screen, bus), wiring)?;
        }
        ui.collect();
        heaps.push(snapshot(&ui));
    }
    let [first, second, last] = &heaps[..] else {
        unreachable!("there are three");
    };
    println!("What has grown?\n\n{}\n", last.growth_since(second));
    println!(
        "What is suspect?\n\n{}\n",
        last.suspects(&[first, second], 50)
    );
    let object = last.find(menu).ok_or("it is alive")?;
    println!("Why is the last menu alive?\n\n{}\n", last.why(object));
    let owners = last.owners();
    let ways = owners.disjoint(object, Disjoint::Edges, 10).len();
    println!(
        "Ways to it that share no edge: {ways}. {}\n",
        owners.cut(object)
    );

    // The bus only has to know its listeners. What is left is a ring, which a collection finds.
    wiring.bus_owns_listener = false;
    let (mut ui, screen, bus) = start()?;
    let menu = open_and_close(&mut ui, (screen, bus), wiring)?;
    if let Some(why) = ui.why_alive(menu) {
        println!("Why is it alive now?\n\n{why}\n");
    }
    println!("What owns itself?\n\n{}\n", snapshot(&ui).cycles());
    assert_eq!(ui.collect().freed, 2);

    // A listener need not own its menu, either. Now there is no ring, and the menu dies as it is closed.
    wiring.listener_owns_menu = false;
    let (mut ui, screen, bus) = start()?;
    let menu = open_and_close(&mut ui, (screen, bus), wiring)?;
    ui.expect_dead(menu);
    ui.unroot_named(screen, "shown")?;
    ui.assert_no_leaks();
    println!("Closed, and gone.");
    Ok(())
}

/// What a snapshot says of widgets and edges.
fn snapshot(ui: &Ui) -> HeapSnapshot {
    let describe = Describe::new()
        .class(|widget: &&'static str| *widget)
        .label(|label: &&'static str| *label)
        .size(|_| 64);
    ui.heap_snapshot(&describe)
}

/// A screen that is shown, and the bus over which it sends events.
fn start() -> Outcome<(Ui, Handle, Handle)> {
    let mut ui: Ui = Store::new();
    let screen = ui.insert_named("screen", "shown");
    let bus = ui.insert_linked(screen, "sends to", "bus")?;
    Ok((ui, screen, bus))
}

/// Opens a menu that listens to the event bus, and closes it again.
fn open_and_close(ui: &mut Ui, (screen, bus): (Handle, Handle), wiring: Wiring) -> Outcome<Handle> {
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
    Ok(menu)
}
