//! Tables of text: what answers look like when they are written out.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// The most rows of a table that are written out.
pub(super) const MOST: usize = 20;

/// Writes a table: heads, and rows of as many cells. The last column stands on the left, all others on the right. Of
/// long tables the end is left out.
pub(super) fn write_table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    heads: [&str; N],
    rows: &[[String; N]],
) -> fmt::Result {
    let shown = &rows[..rows.len().min(MOST)];
    let heads = heads.map(ToString::to_string);
    let all = || core::iter::once(&heads).chain(shown);
    let widths: [usize; N] =
        core::array::from_fn(|at| all().map(|row| row[at].chars().count()).max().unwrap_or(0));
    for (number, row) in all().enumerate() {
        if number > 0 {
            f.write_str("\n")?;
        }
        for (at, cell) in row.iter().enumerate() {
            let width = widths[at];
            match at + 1 == N {
                true => write!(f, "  {cell}")?,
                false if at == 0 => write!(f, "{cell:>width$}")?,
                false => write!(f, "  {cell:>width$}")?,
            }
        }
    }
    match rows.len() - shown.len() {
        0 => Ok(()),
        left => write!(f, "\nand {left} more"),
    }
}

/// A number with a mark at each thousand.
pub(super) fn number(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A difference, with its sign.
pub(super) fn difference(after: u64, before: u64) -> String {
    let mut text = number(after.abs_diff(before));
    match after.cmp(&before) {
        core::cmp::Ordering::Less => text.insert(0, '-'),
        core::cmp::Ordering::Equal => {}
        core::cmp::Ordering::Greater => text.insert(0, '+'),
    }
    text
}

/// A share of something, in percent.
pub(super) fn share(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    alloc::format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Names, the first few of them.
pub(super) fn some(names: impl ExactSizeIterator<Item = String>) -> String {
    let left = names.len().saturating_sub(4);
    let names: Vec<String> = names.take(4).collect();
    let names = names.join(", ");
    if left == 0 {
        return names;
    }
    alloc::format!("{names} and {left} more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let numbers = [0_u64, 999, 1_000, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
        let differences = [(5, 3), (3, 5), (2_000, 0), (1, 1)].map(|(a, b)| difference(a, b));
        assert_eq!(differences, ["+2", "-2", "+2,000", "0"]);
        assert_eq!(
            (share(1, 3), share(u64::MAX, u64::MAX)),
            ("33.3 %".into(), "100.0 %".into())
        );
    }
}
