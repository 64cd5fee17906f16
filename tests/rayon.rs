//! What threads do is what one of them does: walks over all objects, and whole collections.

#[path = "rayon/collections.rs"]
mod collections;
#[path = "rayon/walks.rs"]
mod walks;
#[path = "rayon/worlds.rs"]
mod worlds;
