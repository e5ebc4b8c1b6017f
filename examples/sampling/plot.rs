//! A course as SVG: load, kept and estimate over time, in logarithmic scale.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::course::{Course, Interval};

/// A line's name, its colour, and its value.
type Line = (&'static str, RGBColor, fn(&Interval) -> f64);

/// What is less is drawn here.
const LEAST: f64 = 0.01;

pub(crate) fn write(folder: &Path, courses: &[Course]) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    for course in courses {
        draw(&folder.join(course.name).with_extension("svg"), course)?;
    }
    Ok(())
}

fn draw(path: &Path, course: &Course) -> Result<(), Box<dyn Error>> {
    let end = course.intervals.last().map_or(1.0, |interval| interval.second);
    let most =
        course.intervals.iter().map(|interval| interval.load.max(interval.estimate)).fold(1.0, f64::max);
    let area = SVGBackend::new(path, (800, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .caption(course.explanation, ("sans-serif", 13))
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..end, (LEAST..most * 2.0).log_scale())?;
    chart.configure_mesh().light_line_style(TRANSPARENT).x_desc("seconds").y_desc("a second").draw()?;
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
    chart.configure_series_labels().border_style(BLACK.mix(0.3)).background_style(WHITE).draw()?;
    area.present()?;
    Ok(())
}
