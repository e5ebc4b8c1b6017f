//! The contents of a file.

use std::{fmt, io};

use traced_actor::context::Timestamp;
use traced_actor::record::FinishedSpan;

use super::super::image::DumpReason;

/// A file with the last messages of a process.
///
/// [`Flight::dump`](crate::Flight::dump) writes such a file. It can also be the mapped file of
/// [`FlightBuilder::words`](crate::FlightBuilder::words). The file may be truncated or untrusted: unreadable parts are
/// skipped, and the length of the file limits the memory.
///
/// The names in a file are kept until the reading process ends.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FlightFile {
    /// The id of the process that was recorded.
    pub process: u32,
    /// The reason why the file was written. `None` if it is not known.
    pub reason: Option<DumpReason>,
    /// The last time at which the process is known to have been alive.
    pub seen: Option<Timestamp>,
    /// The messages that have ended, the oldest first.
    pub spans: Vec<FileSpan>,
    /// The messages that had not ended, the oldest first. Their end is the last time at which the process was alive.
    pub open: Vec<FileSpan>,
    /// The threads that have recorded.
    pub threads: Vec<FileThread>,
}

/// A message in a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileSpan {
    /// The span.
    pub span: FinishedSpan,
    /// The number of the thread on which the message was received.
    pub thread: u64,
    /// The messages that its handler has sent, if the recorder [observed sends](crate::Flight::observe_sends).
    pub sends: Vec<FileSends>,
}

/// Messages of one kind that a handler has sent, as far as they are in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSends {
    /// The name of the message: its type, or the actor that it names, and its kind, such as `GuildMessage/Post`.
    pub message: String,
    /// The number of messages.
    pub count: u64,
    /// The time of the last one.
    pub last: Timestamp,
}

/// A thread in a file. Threads that did not run at the same time may share a number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileThread {
    /// The number of the thread.
    pub number: u64,
    /// The beginning of its name.
    pub name: String,
    /// The number of records that it has written.
    pub records: u64,
    /// The number of records in the file.
    pub readable: u64,
}

/// The error of reading a file of a flight recorder.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    Io(io::Error),
    /// The file does not begin like one of a flight recorder, or was written by a machine with another byte order.
    NotAFlight,
    /// The file has a version that this crate does not know.
    Version(u64),
    /// The file is longer than 4 GiB.
    TooLong,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotAFlight => f.write_str(
                "this is no file of a flight recorder, or one of a machine with another byte order",
            ),
            Self::Version(version) => {
                write!(f, "the file has format version {version}, which this program cannot read")
            }
            Self::TooLong => f.write_str("the file is longer than 4 GiB"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
