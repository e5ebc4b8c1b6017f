//! The results as a table, on the terminal and as a file.

use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;

/// The results of one way and one number of actors.
pub(crate) struct Measured {
    /// The ns for a message to actors in turn.
    pub(crate) message: f64,
    /// The ns for a recipient of a broadcast.
    pub(crate) recipient: f64,
    /// The bytes allocated for an actor with an empty mailbox.
    pub(crate) actor: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.message, self.recipient, self.actor)
    }
}

impl FromStr for Measured {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split(' ').map(str::parse).collect::<Result<Vec<f64>, _>>();
        match numbers.as_deref() {
            Ok(&[message, recipient, actor]) => Ok(Self { message, recipient, actor }),
            _ => Err(format!("a process printed what is no measurement: {text}")),
        }
    }
}

/// The results of one number of actors: bare, unsampled, sampled.
pub(crate) struct Line {
    pub(crate) size: usize,
    pub(crate) ways: [Measured; 3],
}

pub(crate) fn head() -> String {
    "| actors | message: bare | unsampled | sampled | broadcast, a recipient: bare | unsampled | sampled \
     | actor: bare | traced |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned()
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} ", self.size)?;
        for way in &self.ways {
            write!(f, "| {:.0} ns ", way.message)?;
        }
        for way in &self.ways {
            write!(f, "| {:.0} ns ", way.recipient)?;
        }
        writeln!(f, "| {:.0} B | {:.0} B |", self.ways[0].actor, self.ways[1].actor)
    }
}

/// Returns the path of a results file.
pub(crate) fn results(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results").join(file)
}

pub(crate) fn write(lines: &[Line]) -> Result<(), String> {
    let mut text = head();
    for line in lines {
        let _ = write!(text, "{line}");
    }
    traced_actor_benches::write_result("scale.md", &text)
}
