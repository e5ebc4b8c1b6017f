//! Plots as SVG: the courses over time, and the kept spans of a fan-out over its size. The scales are logarithmic.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;
use traced_actor::sampling::FanoutPolicy;

use crate::course::{Course, Interval};

/// A line's name, its color, and its value.
type Line = (&'static str, RGBColor, fn(&Interval) -> f64);

/// Font sizes. The backend draws them smaller than stated.
const TITLE: u32 = 18;
const TEXT: u32 = 16;

/// The lowest value of the scale. Lower values are drawn here.
const LEAST: f64 = 0.01;

pub(crate) fn write(folder: &Path, courses: &[Course]) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    for course in courses {
        draw(&folder.join(course.name).with_extension("svg"), course)?;
    }
    fanout(&folder.join("fanout.svg"))
}

fn draw(path: &Path, course: &Course) -> Result<(), Box<dyn Error>> {
    let end = course.intervals.last().map_or(1.0, |interval| interval.second);
    let most =
        course.intervals.iter().map(|interval| interval.load.max(interval.estimate)).fold(1.0, f64::max);
    let area = SVGBackend::new(path, (800, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .caption(course.explanation, ("sans-serif", TITLE))
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..end, (LEAST..most * 2.0).log_scale())?;
    let mut mesh = chart.configure_mesh();
    mesh.label_style(("sans-serif", TEXT)).axis_desc_style(("sans-serif", TEXT));
    mesh.light_line_style(TRANSPARENT).x_desc("seconds").y_desc("a second").draw()?;
    let lines: [Line; 3] = [
        ("load", RGBColor(120, 120, 120), |interval| interval.load),
        ("estimate", RGBColor(31, 119, 180), |interval| interval.estimate),
        ("kept", RGBColor(214, 39, 40), |interval| interval.kept),
    ];
    for (name, colour, value) in lines {
        let points = course.intervals.iter().map(|interval| (interval.second, value(interval).max(LEAST)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .label_font(("sans-serif", TEXT))
        .border_style(BLACK.mix(0.3))
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}

/// Draws how many spans the sampler of fan-outs keeps, by the number of recipients.
fn fanout(path: &Path) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, (800, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(40)
        .caption(
            "Spans kept of a fan-out: each stands for the others with its probability",
            ("sans-serif", TITLE),
        )
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d((1_u64..1_000_000).log_scale(), (1_u64..2_000).log_scale())?;
    let mut mesh = chart.configure_mesh();
    mesh.label_style(("sans-serif", TEXT)).axis_desc_style(("sans-serif", TEXT));
    mesh.light_line_style(TRANSPARENT).x_desc("recipients").y_desc("spans kept").draw()?;
    let curves = [
        ("a budget of 10, the default", RGBColor(31, 119, 180), FanoutPolicy::Budget(10)),
        ("a budget of 100", RGBColor(120, 120, 120), FanoutPolicy::Budget(100)),
        ("Discord's table", RGBColor(214, 39, 40), FanoutPolicy::Discord),
    ];
    for (name, colour, curve) in curves {
        // Twenty points for each power of ten.
        let sizes = (0..=120).map(|i| 10_f64.powf(f64::from(i) / 20.0).round());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to a million")]
        let points = sizes.map(|size| (size as u64, curve.selected(size as u64)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(("sans-serif", TEXT))
        .border_style(BLACK.mix(0.3))
        .background_style(WHITE)
        .draw()?;
    area.present()?;
    Ok(())
}
