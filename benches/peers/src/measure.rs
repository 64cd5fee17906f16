//! Times, and what is made of several of them.

use std::hint::black_box;
use std::time::Instant;

pub(crate) use crate::median::median;

/// Nanoseconds that one of `operations` operations takes.
pub(crate) fn time<R>(operations: u32, work: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(operations)
}

/// Least and greatest.
pub(crate) fn spread(values: &[f64]) -> [f64; 2] {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [least, greatest]
}

/// The median of the ratios of two sides that took turns.
pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// The exponent of the power law that fits figures by size best, in logarithms.
pub(crate) fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = f64::from(u32::try_from(logs.len()).expect("there are few sizes"));
    let mean_x = logs.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = logs.iter().map(|point| point.1).sum::<f64>() / count;
    let covariance: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponent_of_a_power_law_is_found() {
        let points = [1e3, 1e4, 1e5].map(|size: f64| (size, 7.0 * size.powf(1.25)));
        assert!((exponent(&points) - 1.25).abs() < 1e-9);
    }

    #[test]
    fn median_of_an_even_number_is_between() {
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }
}
