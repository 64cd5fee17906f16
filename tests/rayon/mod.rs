//! What threads do is what one of them does: walks over all objects, and whole collections.

mod collections;
mod walks;
mod worlds;
