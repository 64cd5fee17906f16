//! The run as a page to look at in a browser.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use understory::inspect::{Describe, HeapSnapshot, Timeline, export};

use super::colony::Result;
use super::world::{Bond, Thing, World};

/// What is noted while the colony lives.
pub(crate) struct Page {
    timeline: Timeline,
    frames: u32,
    frame: u32,
    /// What there was halfway, to tell what has changed since.
    halfway: Option<HeapSnapshot>,
}

impl Page {
    pub(crate) fn new(frames: u32) -> Self {
        Self {
            timeline: Timeline::new("frame"),
            frames,
            frame: 0,
            halfway: None,
        }
    }

    /// Takes note of a frame, and of how long the collector stopped it.
    pub(crate) fn look_at(&mut self, world: &World, pause: Duration) {
        self.frame += 1;
        self.timeline.record(world, pause);
        if self.frame == self.frames / 2 {
            self.halfway = Some(snapshot(world));
        }
    }

    pub(crate) fn write(&self, world: &World, (size, seed): (u32, u64), path: &Path) -> Result {
        let heap = snapshot(world);
        let title = format!("A colony of {size} people");
        let subtitle = format!("{} frames, seed {seed}", self.frame);
        let [then, now] = [self.frames / 2, self.frame].map(|frame| format!("frame {frame}"));
        let mut page = export::Page::new(&heap)
            .title(&title)
            .subtitle(&subtitle)
            .timeline(&self.timeline);
        if let Some(halfway) = &self.halfway {
            page = page.since(halfway, [&then, &now]);
        }
        let mut file = BufWriter::new(File::create(path)?);
        write!(file, "{page}")?;
        Ok(file.flush()?)
    }
}

/// What there is, to be asked who holds whom.
fn snapshot(world: &World) -> HeapSnapshot {
    let describe = Describe::new()
        .class(class)
        .label(|bond: &Bond| name(*bond));
    world.heap_snapshot(&describe)
}

fn class(thing: &Thing) -> &'static str {
    match thing {
        Thing::Settlement => "Settlement",
        Thing::Household { .. } => "Household",
        Thing::Squad => "Squad",
        Thing::Workshop { .. } => "Workshop",
        Thing::Person { .. } => "Person",
        Thing::Quest { .. } => "Quest",
        Thing::Buff { .. } => "Buff",
    }
}

fn name(bond: Bond) -> &'static str {
    match bond {
        Bond::Has => "has",
        Bond::Member => "member",
        Bond::Home => "home",
        Bond::Soldier => "soldier",
        Bond::Squad => "squad",
        Bond::Worker => "worker",
        Bond::Job => "job",
        Bond::Participant => "participant",
        Bond::Quest => "quest",
        Bond::Child => "child",
        Bond::Parent => "parent",
        Bond::Buff => "buff",
        Bond::Caster => "caster",
    }
}
