//! How much the random tests try.

use std::env;
use std::num::NonZeroU32;

use quickcheck::QuickCheck;

/// So many cases, times `UNDERSTORY_TEST_CASES` if that is set.
pub(crate) fn cases(number: u32) -> u32 {
    let Ok(factor) = env::var("UNDERSTORY_TEST_CASES") else {
        return number;
    };
    let factor: NonZeroU32 = factor
        .parse()
        .expect("UNDERSTORY_TEST_CASES is a whole number from 1 on");
    number.saturating_mul(factor.get())
}

/// What tries a property with so many cases, times `UNDERSTORY_TEST_CASES`.
pub(crate) fn quickcheck(number: u32) -> QuickCheck {
    let number = cases(number).into();
    // By default it stops, content, at ten thousand.
    QuickCheck::new()
        .tests(number)
        .max_tests(number)
        .min_tests_passed(number)
}
