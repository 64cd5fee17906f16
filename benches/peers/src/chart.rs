//! Charts, as SVG: bars on a logarithmic scale, and lines.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

/// A bar with what is written beside it.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) figure: f64,
    /// Least and greatest.
    pub(crate) spread: [f64; 2],
    pub(crate) is_ours: bool,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const OURS: RGBColor = RGBColor(200, 80, 30);
const THEIRS: RGBColor = RGBColor(110, 130, 150);
const LEFT: i32 = 210;
const WIDTH: i32 = 900;
const ROW: i32 = 22;
const HEAD: i32 = 40;

fn write(area: &Area, text: &str, at: (i32, i32), size: u32) -> Result<(), Box<dyn Error>> {
    let style = TextStyle::from(("sans-serif", size).into_font());
    area.draw_text(text, &style, at)?;
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a place in a picture is a small number"
)]
fn place(figure: f64, least: f64, greatest: f64) -> i32 {
    let share = (figure / least).ln() / (greatest / least).ln();
    LEFT + (share * f64::from(WIDTH - LEFT - 110)) as i32
}

/// Bars from top to bottom, the shortest first.
pub(crate) fn bars(path: &Path, title: &str, mut bars: Vec<Bar>) -> Result<(), Box<dyn Error>> {
    bars.sort_by(|a, b| a.figure.total_cmp(&b.figure));
    let rows = i32::try_from(bars.len())?;
    let size = (WIDTH.try_into()?, (HEAD + ROW * rows + 10).try_into()?);
    let area = SVGBackend::new(path, size).into_drawing_area();
    area.fill(&WHITE)?;
    write(&area, &format!("{title} (logarithmic)"), (10, 10), 16)?;
    let all = || bars.iter().map(|bar| bar.figure.max(1e-9));
    // Short bars stay visible.
    let least = all().fold(f64::INFINITY, f64::min) / 2.0;
    let greatest = all().fold(0.0, f64::max).max(least * 4.0);
    for (bar, row) in bars.iter().zip(0..) {
        let top = HEAD + row * ROW;
        let at = |figure: f64| place(figure.max(least), least, greatest);
        let colour = if bar.is_ours { OURS } else { THEIRS };
        let corners = [(LEFT, top + 2), (at(bar.figure), top + ROW - 4)];
        area.draw(&Rectangle::new(corners, colour.filled()))?;
        let middle = top + ROW / 2 - 1;
        let ends = bar.spread.map(|figure| (at(figure), middle));
        area.draw(&PathElement::new(ends, BLACK))?;
        write(&area, &bar.label, (10, top + 4), 13)?;
        let figure = crate::report::number(bar.figure);
        let beside = at(bar.figure.max(bar.spread[1])) + 6;
        write(&area, &figure, (beside, top + 4), 13)?;
    }
    area.present()?;
    Ok(())
}

/// A line with its name, as points of both axes.
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Lines over a logarithmic axis.
pub(crate) fn lines(
    path: &Path,
    title: &str,
    axes: [&str; 2],
    lines: &[Line],
) -> Result<(), Box<dyn Error>> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let fold = |of: fn(&(f64, f64)) -> f64| {
        let least = points().map(of).fold(f64::INFINITY, f64::min);
        least..points().map(of).fold(0.0, f64::max) * 1.1
    };
    let (across, up) = (fold(|point| point.0), fold(|point| point.1));
    let area = SVGBackend::new(path, (900, 480)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(across.log_scale(), 0.0..up.end)?;
    chart
        .configure_mesh()
        .x_desc(axes[0])
        .y_desc(axes[1])
        .draw()?;
    for (line, number) in lines.iter().zip(0..) {
        let colour = Palette99::pick(number).mix(1.0);
        let series = LineSeries::new(line.points.iter().copied(), colour.stroke_width(2));
        chart
            .draw_series(series.point_size(3))?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart
        .configure_series_labels()
        .border_style(BLACK)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    area.present()?;
    Ok(())
}
