//! Text with ANSI colors, as runs of one color.

/// The meanings of the console exporter's colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Plain,
    Quiet,
    Strong,
    Waited,
    Handled,
    Failed,
    Linked,
}

/// Characters of one color and one kind. Bars are separate runs.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) colour: Colour,
    pub(crate) text: String,
}

impl Run {
    pub(crate) fn columns(&self) -> usize {
        self.text.chars().count()
    }
}

/// Splits text into lines of runs. Escapes that do not set a color are skipped.
pub(crate) fn lines(text: &str) -> Vec<Vec<Run>> {
    let mut colour = Colour::Plain;
    text.lines().map(|line| runs(line, &mut colour)).collect()
}

fn runs(line: &str, colour: &mut Colour) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some((codes, after)) = rest.strip_prefix("\x1b[").and_then(|escape| escape.split_once('m')) {
            *colour = colour_of(codes, *colour);
            rest = after;
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.colour == *colour && kind(run.text.chars().next()) == kind(Some(c)) => {
                run.text.push(c);
            }
            _ => runs.push(Run { colour: *colour, text: c.to_string() }),
        }
        rest = &rest[c.len_utf8()..];
    }
    runs
}

/// Returns a number for each way of drawing: bars, gaps and text.
fn kind(c: Option<char>) -> u8 {
    match c {
        Some('░') => 1,
        Some('█') => 2,
        _ => 0,
    }
}

fn colour_of(codes: &str, before: Colour) -> Colour {
    codes.split(';').fold(before, |colour, code| match code {
        "" | "0" => Colour::Plain,
        "1" => Colour::Strong,
        "2" => Colour::Quiet,
        "31" | "91" => Colour::Failed,
        "32" | "92" => Colour::Handled,
        "33" | "93" => Colour::Waited,
        "34" | "35" | "36" | "94" | "95" | "96" => Colour::Linked,
        _ => colour,
    })
}
