//! One operation under callgrind, in a process of its own.

use std::env;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// The argument that makes the process one of the children.
pub(crate) const CHILD: &str = "--run";
/// The folder of the files that callgrind writes.
pub(crate) const OUTPUT: &str = env!("CARGO_TARGET_TMPDIR");
/// The function below, as callgrind calls it.
const COUNTED: &str = "instructions::callgrind::counted*";

/// Does the work that is counted; all around it is not. That it has no type parameters gives it one
/// name, and keeps the work from being merged with its preparation.
#[inline(never)]
pub(crate) fn counted(work: &mut dyn FnMut()) {
    work();
    // Keeps the call from becoming a jump, which would leave this function at once.
    black_box(());
}

/// The instructions of one operation: those of all that were counted, over their number.
pub(crate) fn instructions(name: &str) -> Result<f64, String> {
    let program = env::current_exe().map_err(|error| format!("the bench is lost: {error}"))?;
    let file = Path::new(OUTPUT).join(format!("callgrind.{name}"));
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(program)
        .args([CHILD, name])
        .output()
        .map_err(|error| format!("valgrind cannot be run: {error}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed under callgrind:\n{errors}"));
    }
    let profile = std::fs::read_to_string(&file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let mut lines = profile.lines();
    let total = lines
        .find_map(|line| line.strip_prefix("totals:"))
        .and_then(number);
    let operations = number(&String::from_utf8_lossy(&output.stdout));
    match (total, operations) {
        (Some(total), Some(operations)) => Ok(total / operations),
        _ => Err(format!("callgrind has counted nothing of {name}")),
    }
}

/// A number over zero.
fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    (number > 0.0).then_some(number)
}
