//! One script under two schedules: when garbage is looked for must not change what lives.
//!
//! The first byte says how many bytes spell the schedule; the others spell the script.
#![no_main]

#[path = "../../tests/slices/script.rs"]
mod script;

use libfuzzer_sys::fuzz_target;

use script::{Change, Schedule, run};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else {
        return;
    };
    let (schedule, script) = bytes.split_at(usize::from(first).min(bytes.len()));
    let script = Change::script(script);
    let outcome = run(&script, &Schedule::decode(schedule));
    assert_eq!(outcome, run(&script, &Schedule::at_marks()));
});
