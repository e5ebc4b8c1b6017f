//! The table as SVG: nanoseconds over actors, both in logarithmic scale.

use std::error::Error;

use plotters::prelude::*;

use crate::table::{Line, Measured, results};

/// A line's name, its colour, its way in [`Line::ways`], and its value.
type Course = (&'static str, RGBColor, usize, fn(&Measured) -> f64);

const GREY: RGBColor = RGBColor(120, 120, 120);
const BLUE: RGBColor = RGBColor(31, 119, 180);
const RED: RGBColor = RGBColor(214, 39, 40);

const COURSES: [[Course; 3]; 2] = [
    [
        ("bare", GREY, 0, |m| m.message),
        ("unsampled", BLUE, 1, |m| m.message),
        ("sampled, each with a span", RED, 2, |m| m.message),
    ],
    [
        ("bare", GREY, 0, |m| m.recipient),
        ("unsampled", BLUE, 1, |m| m.recipient),
        ("sampled, ten spans a broadcast", RED, 2, |m| m.recipient),
    ],
];

pub(crate) fn draw(lines: &[Line]) -> Result<(), String> {
    try_draw(lines).map_err(|error| format!("scale.svg: {error}"))
}

#[expect(clippy::cast_precision_loss, reason = "a million")]
fn try_draw(lines: &[Line]) -> Result<(), Box<dyn Error>> {
    let path = results("scale.svg");
    let area = SVGBackend::new(&path, (1000, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let captions = ["a message to one of so many actors", "a recipient of a broadcast to so many"];
    for ((half, courses), caption) in area.split_evenly((1, 2)).iter().zip(COURSES).zip(captions) {
        let all = lines.iter().flat_map(|line| courses.map(|(_, _, way, value)| value(&line.ways[way])));
        let (least, most) =
            all.fold((f64::MAX, 0.0_f64), |(least, most), value| (least.min(value), most.max(value)));
        let end = lines.last().map_or(1.0, |line| line.size as f64);
        let mut chart = ChartBuilder::on(half)
            .margin(12)
            .caption(caption, ("sans-serif", 14))
            .x_label_area_size(34)
            .y_label_area_size(56)
            .build_cartesian_2d((1.0..end).log_scale(), (least / 2.0..most * 2.0).log_scale())?;
        chart.configure_mesh().light_line_style(TRANSPARENT).x_desc("actors").y_desc("ns").draw()?;
        for (name, colour, way, value) in courses {
            let points: Vec<_> =
                lines.iter().map(|line| (line.size as f64, value(&line.ways[way]))).collect();
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        chart.configure_series_labels().border_style(BLACK.mix(0.3)).background_style(WHITE).draw()?;
    }
    area.present()?;
    Ok(())
}
