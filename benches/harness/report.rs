//! The table on the terminal, and the same data as JSON lines.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::row::Outcome;
use crate::{Args, Measure, Row, Set, machine, processor};

/// Returns the directory where Cargo puts its builds.
///
/// # Errors
///
/// Returns a message if this program is not there.
pub fn target_directory() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    target_of(&this).ok_or_else(|| format!("{} was not built by Cargo", this.display()))
}

/// The folder that Cargo has marked as its own. A folder that was there before Cargo used it has no mark; then it is the
/// one around `<profile>/deps`, where Cargo puts a benchmark.
fn target_of(program: &Path) -> Option<PathBuf> {
    let marked = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    let deps = || program.ancestors().find(|folder| folder.ends_with("deps"));
    marked.or_else(|| deps()?.parent()?.parent()).map(PathBuf::from)
}

#[test]
fn the_target_folder_is_found_with_and_without_a_mark() {
    let folder = std::env::temp_dir().join(format!("traced-actor-target-{}", std::process::id()));
    let deps = folder.join("release").join("deps");
    std::fs::create_dir_all(&deps).unwrap();
    let program = deps.join("budgets-0123");
    assert_eq!(target_of(&program), Some(folder.clone()), "made beforehand, by somebody else");
    std::fs::write(folder.join("CACHEDIR.TAG"), "").unwrap();
    assert_eq!(target_of(&program), Some(folder.clone()));
    assert_eq!(target_of(Path::new("/usr/bin/budgets")), None);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Writes a table that is stored with the source, below a description of the machine.
///
/// # Errors
///
/// Returns a message if the file cannot be written.
pub fn write_result(file: &str, table: &str) -> Result<(), String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results").join(file);
    let text = format!("{table}\n{}\n", machine());
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

pub(crate) struct Report {
    name: String,
    lines: File,
    /// The table as Markdown, if it is to be stored.
    table: Option<String>,
    path: PathBuf,
    processor: String,
    processes: u32,
    met: u32,
    missed: u32,
}

impl Report {
    pub(crate) fn new(name: &str, args: &Args) -> Result<Self, String> {
        let path = target_directory()?.join(format!("{name}.jsonl"));
        let lines = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let processor = processor();
        println!("on {processor}\n");
        println!(
            "{:<66} {:>10} {:>10} {:>17}  {:>15}  {:>9}",
            "row", "subject", "baseline", "compared", "half within", "budget"
        );
        let table = args.write.then(|| {
            format!(
                "On {processor}.\n\n| row | subject | baseline | compared | half within | budget | |\n\
                 |---|--:|--:|--:|--:|--:|---|\n"
            )
        });
        let (name, processes) = (name.to_owned(), args.processes());
        Ok(Self { name, lines, table, path, processor, processes, met: 0, missed: 0 })
    }

    pub(crate) fn row(&mut self, set: &Set, row: &Row, outcome: &Outcome) -> Result<(), String> {
        let verdict = match row.is_met(outcome.value) {
            Some(true) => {
                self.met += 1;
                "met"
            }
            Some(false) => {
                self.missed += 1;
                "missed"
            }
            None => "–",
        };
        let baseline = if row.subject == row.baseline { "–".to_owned() } else { plain(outcome.baseline) };
        let (low, high) = outcome.quartiles;
        println!(
            "{:<66} {:>10} {:>10} {:>17}  {:>15}  {:>9}  {verdict}",
            row.name,
            plain(outcome.subject),
            baseline,
            compared(row.measure, outcome.value),
            format!("{} … {}", plain(low), plain(high)),
            budget(row),
        );
        if let Some(table) = &mut self.table {
            let cells = [
                row.name,
                &format!("{} ({})", plain(outcome.subject), row.subject),
                &if row.subject == row.baseline {
                    baseline
                } else {
                    format!("{baseline} ({})", row.baseline)
                },
                &compared(row.measure, outcome.value),
                &format!("{} … {}", plain(low), plain(high)),
                &budget(row),
                verdict,
            ];
            let _ = writeln!(table, "| {} |", cells.join(" | "));
        }
        let line = self.json(set, row, outcome, verdict);
        writeln!(self.lines, "{line}").map_err(|error| format!("{}: {error}", self.path.display()))
    }

    fn json(&self, set: &Set, row: &Row, outcome: &Outcome, verdict: &str) -> String {
        let mut line = String::from("{");
        let mut text = |name: &str, value: &str| {
            let _ = write!(line, "{name:?}:{value:?},"); // the names hold nothing that JSON writes otherwise
        };
        text("set", set.name);
        text("row", row.name);
        text("subject", row.subject);
        text("baseline", row.baseline);
        text("unit", row.measure.unit());
        text("verdict", verdict);
        text("processor", &self.processor);
        let mut number = |name: &str, value: f64| {
            let value = if value.is_finite() { value.to_string() } else { "null".to_owned() };
            let _ = write!(line, "{name:?}:{value},");
        };
        let of = if row.measure.is_count() { "" } else { "_ns" };
        number(&format!("subject{of}"), outcome.subject);
        number(&format!("baseline{of}"), outcome.baseline);
        number("compared", outcome.value);
        number("lower_quartile", outcome.quartiles.0);
        number("upper_quartile", outcome.quartiles.1);
        number("budget", row.budget.unwrap_or(f64::NAN));
        let _ = write!(line, "\"processes\":{}}}", self.processes);
        line
    }

    pub(crate) fn end(&self) -> Result<(), String> {
        println!(
            "\n{} met, {} missed, of {} processes; also in {}",
            self.met,
            self.missed,
            self.processes,
            self.path.display()
        );
        println!("{}", machine());
        self.table.as_ref().map_or(Ok(()), |table| write_result(&format!("{}.md", self.name), table))
    }
}

fn plain(value: f64) -> String {
    match value.abs() {
        magnitude if !magnitude.is_finite() => "∞".to_owned(),
        magnitude if magnitude >= 10_000.0 => format!("{value:.0}"),
        magnitude if magnitude >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn compared(measure: Measure, value: f64) -> String {
    if measure.unit() == "allocations" {
        return format!("{value:.3} allocations");
    }
    let sign = if measure.is_difference() && value >= 0.0 { "+" } else { "" };
    let unit = measure.unit();
    format!("{sign}{} {unit}", plain(value))
}

fn budget(row: &Row) -> String {
    let sign = if row.measure.is_at_least() { "≥" } else { "≤" };
    row.budget.map_or_else(|| "–".to_owned(), |budget| format!("{sign} {budget}"))
}
