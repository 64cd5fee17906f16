//! Scripts spelled by bytes, run on a store and on the model of the property tests.
//!
//! The first byte chooses the configuration; every sequence of bytes is a script.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use libfuzzer_sys::fuzz_target;

use common::interpreter::run;
use common::op::script;
use common::setups;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else {
        return;
    };
    let setups = setups();
    run(&script(bytes), &setups[usize::from(first) % setups.len()]);
});
