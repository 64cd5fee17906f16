//! The timeline of a run.

use core::fmt::{self, Write};
use core::time::Duration;

use super::{list, numbers};
use crate::inspect::Timeline;
use crate::inspect::export::names::{GENERATIONS, generation_name};
use crate::inspect::export::text::Text;

const CAUSES: [&str; 4] = [
    "by count",
    "in cycles, traced",
    "in cycles, collected",
    "destroyed",
];

pub(super) fn write(timeline: &Timeline, text: &mut Text<'_, '_>) -> fmt::Result {
    let samples = || timeline.samples().iter();
    text.write_str("{\"unit\":")?;
    text.json(timeline.unit())?;
    write!(text, ",\"per_sample\":{}", timeline.per_sample())?;
    let per_sample = u64::from(timeline.per_sample());
    let ends = (1..=samples().len() as u64).map(|at| (at * per_sample).min(timeline.moments()));
    numbers(text, ",\"frame\":", ends)?;
    text.write_str(",\n\"live\":")?;
    list(text, GENERATIONS, |text, generation| {
        text.write_str("{\"name\":")?;
        text.json(generation_name(generation))?;
        let live = samples().map(|sample| sample.live[generation as usize] as u64);
        numbers(text, ",\"values\":", live)?;
        text.write_str("}")
    })?;
    text.write_str(",\n\"deaths\":")?;
    list(text, CAUSES.into_iter().enumerate(), |text, (at, cause)| {
        text.write_str("{\"name\":")?;
        text.json(cause)?;
        numbers(
            text,
            ",\"values\":",
            samples().map(|sample| sample.deaths[at]),
        )?;
        text.write_str("}")
    })?;
    text.write_str(",\n\"longest\":")?;
    list(text, samples(), |text, sample| micros(text, sample.longest))?;
    let paused: Duration = samples().map(|sample| sample.paused).sum();
    let moments = u32::try_from(timeline.moments().max(1)).unwrap_or(u32::MAX);
    text.write_str(",\"mean\":")?;
    micros(text, paused / moments)?;
    text.write_str("}")
}

fn micros(text: &mut Text<'_, '_>, time: Duration) -> fmt::Result {
    let nanos = time.as_nanos();
    write!(text, "{}.{}", nanos / 1_000, nanos % 1_000 / 100)
}
