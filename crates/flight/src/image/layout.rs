//! The layout of a file, in words of 64 bits. The byte order is that of the machine that wrote it.
//!
//! ```text
//!   header   a page: see the constants
//!   table    names, operations and their fields: entries that are only appended, each with the header of a record
//!   rings    one behind the other: words that say what it is, and how far it is written (`CONTROL`), and then its records
//! ```

/// Identifies the file.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"TAFLIGHT");
pub(crate) const VERSION: u64 = 2;
/// Identifies the byte order.
pub(crate) const BYTE_ORDER: u64 = 0x0102_0304_0506_0708;
/// Identifies the start of a ring.
pub(crate) const RING_MAGIC: u64 = u64::from_le_bytes(*b"TARING01");

/// The number of words of a page.
pub(crate) const PAGE: usize = 512;

/// The words of the header.
pub(crate) mod header {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const BYTE_ORDER: usize = 1;
    pub(crate) const VERSION: usize = 2;
    pub(crate) const PROCESS: usize = 3;
    /// The number of words that the table may take.
    pub(crate) const TABLE_WORDS: usize = 4;
    /// The number of words that the table takes.
    pub(crate) const TABLE_USED: usize = 5;
    /// The nanoseconds from the recorder's clock to the wall clock, in two's complement.
    pub(crate) const WALL_OFFSET: usize = 6;
    /// The last time at which the recorder was alive, by its clock.
    pub(crate) const SEEN: usize = 7;
    /// The reason why the file was written: the number of a [`DumpReason`](super::DumpReason).
    pub(crate) const REASON: usize = 8;
}

/// The words of a ring that the ring does not use itself.
pub(crate) mod ring {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const LANE: usize = 1;
    pub(crate) const LEN: usize = 2;
    /// The name of the thread, padded with zeros.
    pub(crate) const NAME: std::ops::Range<usize> = 3..8;
}

/// Kinds of table entries.
pub(crate) const NAME: u8 = 1;
pub(crate) const OPERATION: u8 = 2;
pub(crate) const FIELD: u8 = 3;

/// The reason why a file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DumpReason {
    /// A mapping: the file was written while the process ran.
    Mapped,
    /// A call by the program.
    Asked,
    /// A panic of a thread.
    Panic,
    /// A signal.
    Signal,
}

impl DumpReason {
    pub(crate) const fn of_number(number: u64) -> Self {
        match number {
            1 => Self::Asked,
            2 => Self::Panic,
            3 => Self::Signal,
            _ => Self::Mapped,
        }
    }

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Asked => "asked",
            Self::Panic => "panic",
            Self::Signal => "signal",
        }
    }
}
