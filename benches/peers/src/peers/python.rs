//! `CPython`, which is given the same shapes by a script of its own.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::peers::{Form, Kind, Peer, Slots, Variant};
use crate::workloads::{Case, Digraph, Workload};

pub(crate) const NAME: &str = "CPython";

fn script() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "python", "peer.py"]
        .iter()
        .collect()
}

/// The version of the interpreter, if there is one.
pub(crate) fn version() -> Option<String> {
    let output = Command::new("python3").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.trim().strip_prefix("Python ")?;
    output.status.success().then(|| version.to_owned())
}

/// The figures of a case.
pub(crate) fn run(variant: &Variant, case: Case, times: usize, time: Duration) -> Vec<f64> {
    let form = match variant.form {
        Form::Young => "young",
        _ => "usual",
    };
    let workload = case.workload;
    let edges = needs_digraph(workload).then_some(case.size);
    ask(workload.name(), case.size, form, times, time, edges)
}

/// The program's part and the pause of each frame, in milliseconds.
pub(crate) fn pauses(objects: u32, frames: usize, time: Duration) -> Vec<[f64; 2]> {
    ask("pauses", objects, "usual", frames, time, Some(objects))
}

/// Runs the script, which reads the edges of the random graph from its input.
fn ask<T: DeserializeOwned>(
    workload: &str,
    size: u32,
    form: &str,
    times: usize,
    time: Duration,
    edges: Option<u32>,
) -> Vec<T> {
    let mut child = Command::new("python3")
        .arg(script())
        .args([workload, &size.to_string(), form])
        .args([times.to_string(), time.as_secs_f64().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 was found");
    let mut input = child.stdin.take().expect("it was piped");
    if let Some(nodes) = edges {
        let edges = Digraph::new(nodes).targets.concat();
        let bytes: Vec<u8> = edges.into_iter().flat_map(u32::to_le_bytes).collect();
        input.write_all(&bytes).expect("the script reads its input");
    }
    drop(input);
    let output = child.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "the script fails");
    serde_json::from_slice(&output.stdout).expect("the script prints figures")
}

fn needs_digraph(workload: Workload) -> bool {
    matches!(
        workload,
        Workload::Frame
            | Workload::FrameToRoot
            | Workload::FrameTouched
            | Workload::Collect
            | Workload::Walk
            | Workload::Memory
    )
}

fn lacks(workload: Workload) -> Option<&'static str> {
    if workload.is_load() {
        return Some("its arrays would be lists of objects");
    }
    workload.is_query().then_some("no components")
}

fn lacks_of_young(workload: Workload) -> Option<&'static str> {
    match workload {
        Workload::Frame | Workload::FrameToRoot | Workload::FrameTouched => None,
        _ => Some("beside the full collection only where garbage dies young"),
    }
}

fn make(_: Slots) -> Box<dyn Peer> {
    unreachable!("the script measures for itself")
}

pub(crate) const VARIANTS: &[Variant] = &[
    Variant::new(NAME, Form::Usual, Kind::Tracing, lacks, make),
    Variant::new(NAME, Form::Young, Kind::Tracing, lacks_of_young, make),
];
