//! Draws the output of the console exporter as an SVG: the picture in the README.
//!
//! ```text
//! CLICOLOR_FORCE=1 cargo run --example guild | cargo run --example waterfall -- "A post to everybody" > docs/src/waterfall.svg
//! ```
//!
//! It reads text with ANSI colors from the standard input, and takes the part below the heading that begins with its
//! argument, or all of it without an argument. It writes an image of a terminal, which is readable on a light and on a
//! dark page.

mod terminal;

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

use terminal::{Colour, Run, lines};

/// The size of a character, and the margin, in pixels.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 19.0;
const MARGIN: f64 = 16.0;

fn main() -> ExitCode {
    let heading = std::env::args().nth(1).unwrap_or_default();
    let mut text = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut text) {
        eprintln!("waterfall: {error}");
        return ExitCode::FAILURE;
    }
    let Some(part) = below(&text, &heading) else {
        eprintln!("waterfall: no heading begins with {heading:?}");
        return ExitCode::FAILURE;
    };
    print!("{}", draw(&lines(part)));
    ExitCode::SUCCESS
}

/// Returns the text below a heading, up to the next heading.
fn below<'t>(text: &'t str, heading: &str) -> Option<&'t str> {
    if heading.is_empty() {
        return Some(text);
    }
    let from = text.find(&format!("## {heading}"))?;
    let part = text[from..].split_once('\n')?.1;
    Some(part.split_once("\n## ").map_or(part, |(part, _)| part).trim_matches('\n'))
}

fn draw(lines: &[Vec<Run>]) -> String {
    let columns = lines.iter().map(|runs| runs.iter().map(Run::columns).sum::<usize>()).max().unwrap_or(0);
    let width = x(columns) + MARGIN;
    let height = y(lines.len()) + MARGIN;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"14\">\n<title>A trace as a waterfall in the terminal</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#14181f\"/>"
    );
    for (i, runs) in lines.iter().enumerate() {
        let mut column = 0;
        for run in runs {
            draw_run(&mut svg, i, column, run);
            column += run.columns();
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Bars are drawn as rectangles, so that they look the same in every font. Everything else is text that fills its
/// columns.
fn draw_run(svg: &mut String, line: usize, column: usize, run: &Run) {
    let width = x(run.columns()) - MARGIN;
    let colour = match run.colour {
        Colour::Plain => "#d6dbe3",
        Colour::Quiet => "#8b95a5",
        Colour::Strong => "#ffffff",
        Colour::Waited => "#e0b050",
        Colour::Handled => "#57c785",
        Colour::Failed => "#ff7b72",
        Colour::Linked => "#79c0ff",
    };
    let (x, y) = (x(column), y(line));
    match run.text.chars().next() {
        None => {}
        Some('░') => {
            let (y, height) = (y + 5.0, HEIGHT - 10.0);
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\" opacity=\"0.45\"/>"
            );
        }
        Some('█') => {
            let (y, height) = (y + 2.5, HEIGHT - 5.0);
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
            );
        }
        Some(_) if run.text.trim().is_empty() => {}
        Some(_) => {
            let text = run.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let weight = if matches!(run.colour, Colour::Strong) { " font-weight=\"bold\"" } else { "" };
            let y = y + 14.0;
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
                 xml:space=\"preserve\" fill=\"{colour}\"{weight}>{text}</text>"
            );
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a terminal has fewer columns")]
fn x(column: usize) -> f64 {
    MARGIN + column as f64 * WIDTH
}

#[expect(clippy::cast_precision_loss, reason = "a terminal has fewer lines")]
fn y(line: usize) -> f64 {
    MARGIN + line as f64 * HEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "## One\n\n\u{1b}[1mtrace 7\u{1b}[0m\nGuild/Post  \u{1b}[33m░░\u{1b}[0m\u{1b}[32m███\u{1b}[0m <x>\n\n## Two\n\nlast\n";

    #[test]
    fn a_part_ends_at_the_next_heading() {
        assert!(
            below(PRINTED, "One").is_some_and(|part| part.starts_with('\u{1b}') && part.ends_with("<x>"))
        );
        assert_eq!(below(PRINTED, "Two"), Some("last"));
        assert_eq!(below(PRINTED, "Three"), None);
        assert_eq!(below(PRINTED, ""), Some(PRINTED));
    }

    #[test]
    fn bars_are_rectangles_in_their_columns() {
        let svg = draw(&lines(below(PRINTED, "One").expect("it is there")));
        // The waiting part of the bar begins in column 12 and is two wide, the handling part is three wide.
        let (waits, handles) = (x(12), x(14));
        assert!(svg.contains(&format!("<rect x=\"{waits:.1}\" y=\"40.0\" width=\"16.8\"")), "{svg}");
        assert!(svg.contains(&format!("<rect x=\"{handles:.1}\" y=\"37.5\" width=\"25.2\"")), "{svg}");
        assert!(svg.contains("font-weight=\"bold\">trace 7</text>"), "{svg}");
    }

    #[test]
    fn text_is_escaped_and_escapes_are_no_text() {
        let svg = draw(&lines(PRINTED));
        assert!(svg.contains(" &lt;x&gt;</text>"), "{svg}");
        assert!(!svg.contains('\u{1b}'));
    }
}
