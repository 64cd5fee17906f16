//! A heap that is made up: a world of regions, squads and units, with cross references, and some garbage.

use super::Result;
use understory::Generation;
use understory::inspect::{HeapBuilder, HeapSnapshot};

/// Numbers that look random: the next of a `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        u32::try_from(((bits >> 32) * u64::from(bound)) >> 32).unwrap_or(0)
    }
}

pub(super) fn heap(objects: u32, seed: u64) -> Result<HeapSnapshot> {
    const CLASSES: [(&str, u64); 6] = [
        ("Region", 96),
        ("Squad", 48),
        ("Unit", 64),
        ("Item", 24),
        ("Effect", 32),
        ("Path", 200),
    ];
    let mut dice = Dice(seed);
    let mut heap = HeapBuilder::new();
    for object in 0..objects {
        // Few regions, and of each level several times as many as of the one above.
        let class = match dice.below(1000) {
            0..2 => 0,
            2..40 => 1,
            40..400 => 2,
            400..800 => 3,
            800..970 => 4,
            _ => 5,
        };
        let (name, size) = CLASSES[class];
        let number = heap.object(
            1 << 32 | u64::from(object),
            name,
            size + u64::from(dice.below(64)),
        );
        heap.generation(
            number,
            if dice.below(10) == 0 {
                Generation::Young
            } else {
                Generation::Old
            },
        );
    }
    for object in 0..objects {
        // An owner that came before, so that most of it is a tree; one in fifty has none, and some of these a root.
        if object > 0 && dice.below(50) > 0 {
            heap.edge(dice.below(object), "has", object);
        }
        for _ in 0..dice.below(3) {
            let near = object
                .saturating_add(dice.below(2_000))
                .saturating_sub(1_000)
                .min(objects - 1);
            heap.edge(object, "near", near);
        }
        match dice.below(200) {
            0 => heap.root(object, 1, None),
            1 => heap.root(object, 1, Some("script")),
            2..20 => heap.weak_edge(object, "aims at", dice.below(objects)),
            _ => {}
        }
    }
    Ok(heap.build()?)
}
