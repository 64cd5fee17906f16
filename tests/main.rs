//! All tests of what is public, but for those that count what an allocator does. They are one crate,
//! since linking takes longer than most of them.

mod auto_traits;
mod backlogs;
mod backtrace;
mod bad_input;
mod breadth_first;
mod build;
mod cases;
mod collections;
mod colony;
mod common;
mod components;
mod cpython;
mod deaths;
mod determinism;
mod finalize;
mod frozen;
mod gc_module;
mod graph;
mod inspect;
mod inspect_export;
mod lists;
mod model;
mod named;
mod nested;
mod order;
mod parts;
mod quiet;
#[cfg(feature = "rayon")]
mod rayon;
mod regressions;
#[cfg(feature = "rollback")]
mod rollback;
mod roots;
#[cfg(feature = "serde")]
mod saves;
mod settings;
mod sliced;
mod slices;
#[cfg(feature = "tracing")]
mod tracing;
mod walks;

/// Cargo is told not to look for tests, so what is missing above would never run.
#[test]
fn every_file_is_part_of_the_tests() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_module =
            path.extension().is_some_and(|of| of == "rs") || path.join("mod.rs").exists();
        if is_module && !["main", "memory"].contains(&name) {
            let line = format!("\nmod {name};\n");
            assert!(include_str!("main.rs").contains(&line), "{name} is not");
        }
    }
}
