//! White to reclaimed: first the edges of all the dead go, then the dead.

use crate::bits::Ones;
use crate::collect::marker::index_at;
use crate::header::ARENA_WORDS;
use crate::objects::Objects;
use crate::release::Release;

/// Removes the edges of the dead of one arena. What they alone referred to outside of the examined
/// arenas is queued.
pub(crate) fn detach<T, E>(objects: &mut Objects<T, E>, release: &mut Release, arena: usize) {
    for word in arena * ARENA_WORDS..(arena + 1) * ARENA_WORDS {
        for bit in Ones(objects.white.word(word)) {
            detach_one(objects, release, index_at(word, bit));
        }
    }
}

/// Removes the edges of one dead object.
pub(crate) fn detach_one<T, E>(objects: &mut Objects<T, E>, release: &mut Release, index: u32) {
    let Objects {
        edges,
        weak,
        headers,
        waiting,
        white,
        labels,
        suspects,
        ..
    } = objects;
    weak.detach(index, labels);
    // Whatever refers to a dead object is dead too, and is swept in the same pass.
    edges.forget_incoming(headers, index);
    let skip = |target| white.get(target);
    edges.detach_outgoing(headers, index, labels, skip, |headers, target| {
        release.note(headers, waiting, suspects, target);
    });
}

/// Takes the next of the dead of one word out of the store, and drops its value. Returns false
/// where none is left.
pub(crate) fn reclaim_one<T, E>(objects: &mut Objects<T, E>, word: usize) -> bool {
    let Some(bit) = Ones(objects.white.word(word)).next() else {
        return false;
    };
    reclaim(objects, index_at(word, bit));
    true
}

/// Takes one of the dead out of the store, and drops its value.
pub(crate) fn reclaim<T, E>(objects: &mut Objects<T, E>, index: u32) {
    objects.white.clear(index);
    objects.doomed -= 1;
    if let Some((key, value)) = objects.take_out(index) {
        objects.bury(key, value);
    }
}
