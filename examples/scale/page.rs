//! The tables, and the page that they are written into.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::model::{ACTIONS, BUDGET, Check, Constants, FANOUT, Load, RATIO, Scheme};
use crate::storm;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/scale.md");
const BEGIN: &str = "<!-- measured: `cargo run --release --example scale -- --write` writes what follows -->";
const END: &str = "<!-- end of what is measured -->";

/// The number of connections of one process on the page.
const A_PROCESS: f64 = 100_000.0;

/// Writes the tables into the page, in place of the old ones.
pub(crate) fn write(tables: &str) -> Result<(), String> {
    let page = Path::new(PAGE);
    let text = fs::read_to_string(page).map_err(|error| format!("{PAGE}: {error}"))?;
    let text = replaced(&text, tables).ok_or_else(|| format!("{PAGE} has lost its marks"))?;
    fs::write(page, text).map_err(|error| format!("{PAGE}: {error}"))
}

/// Returns the text with new tables between the marks.
fn replaced(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{tables}\n{END}{after}"))
}

/// Returns all tables.
pub(crate) fn tables(constants: &Constants, check: &Check) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = all(&mut text, constants, check);
    text
}

fn all(text: &mut String, constants: &Constants, check: &Check) -> std::fmt::Result {
    writeln!(text, "### Constants\n\nMeasured with {} in this run.\n", machine())?;
    writeln!(text, "| constant | value |\n|---|--:|")?;
    let bare = &constants.bare;
    writeln!(text, "| a message, tokio's channels | {} |", time(bare.cpu_a_message()))?;
    writeln!(text, "| added to an unsampled message | {} |", time(constants.unsampled()))?;
    writeln!(text, "| a span, on the actor's thread | {} |", time(constants.span()))?;
    writeln!(text, "| a span, on the exporter's thread | {} |", time(constants.export()))?;
    writeln!(text, "| a span, as OTLP, not compressed | {} |", bytes(constants.bytes()))?;
    writeln!(text, "| an actor with task and mailbox, tokio's | {} |", bytes(bare.actor_bytes))?;
    writeln!(text, "| the same, traced | {} |\n", bytes(constants.unsampled.actor_bytes))?;

    checked(text, check)?;
    by_connections(text, constants)?;
    by_fanout(text, constants)?;
    storms(text, constants)
}

/// Writes the model's prediction of a run beside the measurements.
fn checked(text: &mut String, check: &Check) -> std::fmt::Result {
    let Check { actors, bare, predicted, measured } = check;
    writeln!(text, "### Checked\n")?;
    writeln!(
        text,
        "{} actors, posts to {FANOUT} recipients each, {} % of the roots kept. The constants come from a tenth of the actors or fewer.\n",
        whole(*actors),
        RATIO * 100.0
    )?;
    writeln!(text, "| | predicted | measured | measured by predicted |\n|---|--:|--:|--:|")?;
    let mut row = |name: &str, show: fn(f64) -> String, one: f64, other: f64| {
        writeln!(text, "| {name} | {} | {} | {:.2} |", show(one), show(other), other / one)
    };
    row("messages", number, predicted.messages, measured.messages)?;
    row("spans", number, predicted.spans, measured.spans)?;
    row("exported", bytes, predicted.bytes, measured.bytes)?;
    row("CPU of the actors", time, predicted.actor_cpu, measured.actor_cpu)?;
    row("CPU of the exporter", time, predicted.export_cpu, measured.export_cpu)?;
    row("memory of an actor", bytes, predicted.actor_bytes, measured.actor_bytes)?;
    writeln!(
        text,
        "\nWithout tracing, an actor takes {} and a message {}.\n",
        bytes(bare.actor_bytes),
        time(bare.cpu_a_message())
    )
}

fn by_connections(text: &mut String, constants: &Constants) -> std::fmt::Result {
    let fanout = 100.0;
    writeln!(text, "### By connections\n")?;
    writeln!(
        text,
        "One action a minute of each connection, which reaches {fanout} others; {} connections a process.\n",
        number(A_PROCESS)
    )?;
    writeln!(
        text,
        "| connections | kept | messages/s | spans/s | export | CPU of tracing | CPU of tokio's messages | memory of tracing |\n\
         |--:|---|--:|--:|--:|--:|--:|--:|"
    )?;
    for connections in [1e4, 1e5, 1e6, 1e7] {
        for scheme in Scheme::ALL {
            let taken = Load { connections, fanout, a_process: A_PROCESS }.take(constants, scheme);
            writeln!(
                text,
                "| {} | {} | {} | {} | {}/s | {} | {} | {} |",
                number(connections),
                scheme.name(),
                number(taken.messages),
                number(taken.spans),
                bytes(taken.bandwidth),
                processors(taken.tracing_cpu),
                processors(taken.bare_cpu),
                bytes(taken.memory)
            )?;
        }
    }
    writeln!(text)
}

fn by_fanout(text: &mut String, constants: &Constants) -> std::fmt::Result {
    let connections = 1e6;
    writeln!(text, "### By fan-out\n")?;
    writeln!(
        text,
        "{} connections, {:.0} actions a second; a broadcast has a budget of {BUDGET}.\n",
        number(connections),
        connections * ACTIONS
    )?;
    writeln!(
        text,
        "| recipients | kept | messages/s | spans/s | export | CPU of tracing |\n|--:|---|--:|--:|--:|--:|"
    )?;
    for fanout in [0.0, 1.0, 10.0, 100.0, 1_000.0, 10_000.0] {
        for scheme in [Scheme::WithoutBudget(RATIO), Scheme::Ratio(RATIO)] {
            let taken = Load { connections, fanout, a_process: A_PROCESS }.take(constants, scheme);
            writeln!(
                text,
                "| {} | {} | {} | {} | {}/s | {} |",
                number(fanout),
                scheme.name(),
                number(taken.messages),
                number(taken.spans),
                bytes(taken.bandwidth),
                processors(taken.tracing_cpu)
            )?;
        }
    }
    writeln!(text)
}

fn storms(text: &mut String, constants: &Constants) -> std::fmt::Result {
    writeln!(text, "### A reconnect storm\n")?;
    writeln!(
        text,
        "A process with {} connections, all of which come back within ten seconds, and each of which tells {} others. Simulated, with the \
         samplers of this project.\n",
        number(storm::CONNECTIONS),
        storm::FRIENDS
    )?;
    writeln!(text, "| kept | spans/s before | at the peak | in the storm |\n|---|--:|--:|--:|")?;
    for course in storm::courses(constants, 10.0) {
        let [calm, peak, storm] = [course.calm, course.peak, course.storm].map(number);
        writeln!(text, "| {} | {calm} | {peak} | {storm} |", course.name)?;
    }
    writeln!(text, "\nThe queue, if the process handles twice its calm load:\n")?;
    writeln!(text, "| all are back within | messages that wait | longest wait |\n|--:|--:|--:|")?;
    for within in [10.0, 30.0, 60.0, 120.0] {
        let queue = storm::queue(within);
        writeln!(text, "| {within} s | {} | {:.0} s |", number(queue.deepest), queue.longest)?;
    }
    Ok(())
}

fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let profile = if cfg!(debug_assertions) { ", debug" } else { "" };
    format!("{count} × {} at load {load}{profile}", model.unwrap_or("an unknown processor"))
}

fn whole(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, below 2^53")]
fn number(value: f64) -> String {
    whole(value.round().max(0.0) as u64)
}

fn time(seconds: f64) -> String {
    match seconds {
        small if small < 1e-6 => format!("{:.0} ns", seconds * 1e9),
        small if small < 1e-3 => format!("{:.2} µs", seconds * 1e6),
        _ => format!("{seconds:.2} s"),
    }
}

fn bytes(bytes: f64) -> String {
    match bytes {
        small if small < 1e4 => format!("{bytes:.0} B"),
        small if small < 1e6 => format!("{:.1} kB", bytes / 1e3),
        small if small < 1e9 => format!("{:.1} MB", bytes / 1e6),
        _ => format!("{:.1} GB", bytes / 1e9),
    }
}

fn processors(seconds_a_second: f64) -> String {
    format!("{seconds_a_second:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_take_the_place_of_those_before() {
        let page = format!("# Scale\n\n{BEGIN}\nold\n{END}\n\nmore\n");
        let written = replaced(&page, "new").unwrap();
        assert_eq!(written, format!("# Scale\n\n{BEGIN}\n\nnew\n{END}\n\nmore\n"));
        assert_eq!(replaced(&written, "new").as_ref(), Some(&written), "as often as one likes");
        assert_eq!(replaced("no marks", "new"), None);
    }

    #[test]
    fn the_page_has_its_marks() {
        let text = fs::read_to_string(PAGE).unwrap();
        assert!(replaced(&text, "").is_some());
    }

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        assert_eq!((number(1_234_567.4), number(12.0)), ("1,234,567".to_owned(), "12".to_owned()));
        assert_eq!(
            (time(4.2e-8), time(1.5e-6), time(2.0)),
            ("42 ns".into(), "1.50 µs".into(), "2.00 s".into())
        );
        assert_eq!((bytes(300.0), bytes(3.2e8)), ("300 B".to_owned(), "320.0 MB".to_owned()));
    }
}
