//! The stored counts: a text file with a row a line, below the tools that counted.

use std::fmt;
use std::path::Path;

/// Counts of instructions per repetition.
pub(crate) struct Counts<Name = &'static str> {
    /// The tools that counted.
    pub(crate) tools: String,
    /// Each row's name and count.
    pub(crate) rows: Vec<(Name, f64)>,
}

/// The largest rise that does not fail.
const MOST: f64 = 1.02;

impl Counts {
    pub(crate) fn write(&self, file: &Path) -> Result<(), String> {
        std::fs::write(file, format!("{self}\n")).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Prints each row beside its stored count. Returns whether none has risen too far, and none is new.
    pub(crate) fn compare(&self, stored: &Counts<String>) -> bool {
        let mut fine = true;
        for (name, count) in &self.rows {
            let before = stored.rows.iter().find(|(known, _)| known == name).map(|(_, count)| *count);
            let verdict = match before {
                None => "not stored: --update",
                Some(before) if *count > before * MOST => "risen",
                Some(before) if *count < before / MOST => "fallen: --update",
                Some(_) => "same",
            };
            fine &= matches!(verdict, "same" | "fallen: --update");
            println!(
                "{name:<44} {:>9} {count:>9.1}  {verdict}",
                before.map_or("–".into(), |n| format!("{n:.1}"))
            );
        }
        fine
    }
}

impl Counts<String> {
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut lines = text.lines();
        let tools = lines.next().unwrap_or_default().to_owned();
        let row = |line: &str| {
            let (name, count) = line.rsplit_once(' ').ok_or_else(|| format!("no count: {line}"))?;
            let count = count.parse().map_err(|error| format!("{line}: {error}"))?;
            Ok((name.trim_end().to_owned(), count))
        };
        Ok(Self { tools, rows: lines.map(row).collect::<Result<_, String>>()? })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.tools)?;
        for (name, count) in &self.rows {
            write!(f, "\n{name:<44} {count:>9.1}")?;
        }
        Ok(())
    }
}
