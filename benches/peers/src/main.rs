//! The store beside other ways to keep a graph of objects: `cargo run --release -p peers`.
//!
//! `-- W4 gc-arena` measures a workload or a peer alone, `-- --check` fails where a bar is missed,
//! `-- --quick` runs everything once and on little data, and `-- pauses` measures the frames of a
//! game instead. Charts and figures are written to `target/peers`.

use std::process::ExitCode;

fn main() -> ExitCode {
    peers::run(None)
}
