//! Reads files of a flight recorder, and writes a file with the kept spans.

mod chrome;
mod json;
mod kept;
mod model;
mod print;
mod read;
mod text;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

pub(crate) use self::kept::KeptFile;
pub use self::model::{FileError, FileSends, FileSpan, FileThread, FlightFile};
pub use super::image::DumpReason;

/// The maximum length of a file that is read, in bytes.
const MOST_BYTES: u64 = 4 << 30;

impl FlightFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or if its beginning is not that of such a file. Damage after the
    /// beginning is not an error.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let file = File::open(path).map_err(FileError::Io)?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(FileError::Io)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(FileError::TooLong);
        }
        Self::parse(&bytes)
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the beginning of the content is not that of such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileError> {
        read::parse(bytes)
    }

    /// Returns all messages as OTLP JSON, with this service name. Messages that had not ended have the attribute
    /// `flight.open`.
    pub fn to_otlp_json(&self, service_name: &str) -> String {
        json::otlp(self, service_name)
    }

    /// Returns all messages as trace events of Chrome's format, which Perfetto and `chrome://tracing` show.
    pub fn to_chrome_json(&self) -> String {
        chrome::events(self)
    }

    /// Returns a report: open work, each actor's last message, each thread's activity, and the latest traces as
    /// waterfalls.
    pub fn report(&self, traces: usize) -> String {
        print::report(self, traces)
    }

    /// Returns all messages, each with whether it had not ended.
    fn all(&self) -> impl Iterator<Item = (&FileSpan, bool)> {
        let ended = self.spans.iter().map(|span| (span, false));
        ended.chain(self.open.iter().map(|span| (span, true)))
    }

    /// Returns the time from the start of the oldest message to the last sign of life of the process.
    pub fn horizon(&self) -> Option<Duration> {
        let first = self.all().map(|(span, _)| span.span.start).min()?;
        Some(self.seen?.since(first))
    }
}
