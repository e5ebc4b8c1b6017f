//! Checks that future versions of a protocol can read the messages of earlier ones.
//!
//! The bytes of the current messages are recorded in files. A change that running nodes could not read then fails a
//! test.
//!
//! ```
//! use traced_actor_wire::compat::Golden;
//! # #[cfg(feature = "json")]
//! use traced_actor_wire::codec::Json;
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! enum Message {
//!     Join { user: u64 },
//!     Leave(u64),
//! }
//!
//! // In a test; the directory is checked in.
//! # let directory = std::env::temp_dir().join("traced-actor-compat-doc");
//! let golden = Golden::new(directory, "v1")
//!     .sample("join", Message::Join { user: u64::MAX })
//!     .sample("leave", Message::Leave(7));
//! # #[cfg(feature = "json")]
//! golden.check(&Json)?;       // records on the first run, compares from then on
//! # Ok::<(), traced_actor_wire::compat::GoldenError>(())
//! ```
//!
//! When you release a version, give the next one a new name in the test (`"v2"`). The records of older versions stay
//! and are still checked. When no node writes a recorded message any more, delete its line from the file.

mod compare;
mod file;
mod shape;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Codec;
use compare::CurrentBytes;
use file::Record;

/// The messages of a protocol, and the directory of their recorded bytes.
#[derive(Debug, Clone)]
pub struct Golden<M> {
    directory: PathBuf,
    version: String,
    samples: Vec<(String, M)>,
    upgrades: Vec<(String, String)>,
    frozen: bool,
}

/// The result of a successful check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GoldenReport {
    /// The number of records that were compared, over all versions.
    pub compared: usize,
    /// The number of samples that had no record and were recorded now.
    pub recorded: usize,
}

impl<M: Serialize + DeserializeOwned> Golden<M> {
    /// Uses the records in this directory, one file for each version and codec.
    ///
    /// `version` is the version in development. A relative path is relative to the root of the package, where cargo
    /// runs tests.
    pub fn new(directory: impl Into<PathBuf>, version: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            version: version.into(),
            samples: Vec::new(),
            upgrades: Vec::new(),
            frozen: false,
        }
    }

    /// Adds a message that is recorded under this name. The name must not change later.
    ///
    /// Add at least one message for each variant, with the greatest values of its integers. These values reveal an
    /// integer type that became smaller.
    #[must_use]
    pub fn sample(mut self, name: impl Into<String>, message: M) -> Self {
        self.samples.push((name.into(), message));
        self
    }

    /// Declares that a recorded variant is now read as another one, as the protocol's `legacy(…)` says.
    #[must_use]
    pub fn upgrades(mut self, recorded: impl Into<String>, today: impl Into<String>) -> Self {
        self.upgrades.push((recorded.into(), today.into()));
        self
    }

    /// Sets whether a sample without a record fails instead of being recorded.
    ///
    /// Use it in continuous integration. Otherwise, every run records a file again that was not checked in.
    #[must_use]
    pub const fn frozen(mut self, frozen: bool) -> Self {
        self.frozen = frozen;
        self
    }

    /// Reads every record of this codec as current messages, and records samples that have no record.
    ///
    /// # Errors
    ///
    /// Returns an error for every change that running nodes could not read: a variant that was reordered, renamed,
    /// removed or retyped, or a number that is reused. The error names the version, the sample, the variant and the
    /// codec. Also returns an error if a file cannot be read or written.
    pub fn check<C: Codec>(&self, codec: &C) -> Result<GoldenReport, GoldenError> {
        let mut broken = GoldenError { codec: C::NAME, breaks: Vec::new() };
        let samples: Vec<Record> =
            self.samples.iter().map(|(name, message)| broken.record(codec, name, message)).collect();
        let today = CurrentBytes { samples: &samples, upgrades: &self.upgrades };
        let mut checked = GoldenReport::default();

        for version in broken.note(file::versions(&self.directory)).unwrap_or_default() {
            let path = file::path(&self.directory, &version, C::NAME);
            for record in broken.note(file::read(&path)).unwrap_or_default() {
                checked.compared += 1;
                if let Err(what) = today.compare::<C, M>(codec, &record, version == self.version) {
                    broken.breaks.push(format!("{version}, sample `{}`: {what}", record.sample));
                }
            }
        }

        let path = file::path(&self.directory, &self.version, C::NAME);
        let known = broken.note(file::read(&path)).unwrap_or_default();
        let is_new = |sample: &&Record| !known.iter().any(|record| record.sample == sample.sample);
        let new: Vec<&Record> = samples.iter().filter(is_new).collect();
        if self.frozen {
            let missing = new
                .iter()
                .map(|record| format!("{}, sample `{}`: has no record", self.version, record.sample));
            broken.breaks.extend(missing);
        } else if broken.breaks.is_empty() && !new.is_empty() {
            checked.recorded = new.len();
            broken.note(file::append(&path, &new));
        }
        if broken.breaks.is_empty() { Ok(checked) } else { Err(broken) }
    }
}

/// The error for changes that would break running nodes. Its text has one line for each record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldenError {
    codec: &'static str,
    breaks: Vec<String>,
}

impl GoldenError {
    /// Returns the name of the codec.
    pub fn codec(&self) -> &'static str {
        self.codec
    }

    /// Returns one text for each record that can no longer be read.
    pub fn breaks(&self) -> &[String] {
        &self.breaks
    }

    fn note<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|error| self.breaks.push(error)).ok()
    }

    fn record<C: Codec, M: Serialize>(&mut self, codec: &C, name: &str, message: &M) -> Record {
        let bytes = self.note(codec.write(message).map_err(|error| format!("sample `{name}`: {error}")));
        Record { sample: name.to_owned(), bytes: bytes.unwrap_or_default(), shape: shape::of(message) }
    }
}

impl fmt::Display for GoldenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages of a running fleet would break:", self.codec)?;
        self.breaks.iter().try_for_each(|what| write!(f, "\n  {what}"))
    }
}

impl Error for GoldenError {}
