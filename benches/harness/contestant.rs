//! The contestants of a set.

use crate::Row;

/// Contestants that do the same work, and the rows that compare them.
pub struct Set {
    /// In the command's filter and in errors.
    pub name: &'static str,
    /// Sets up the process: what is installed once in it.
    pub world: fn(),
    /// Each by its name in the rows.
    pub contestants: &'static [(&'static str, Prepare)],
    /// The comparisons.
    pub rows: &'static [Row],
}

/// Makes a contestant ready, in the process that runs it.
pub type Prepare = fn() -> Contestant;

/// One way to do the work.
pub enum Contestant {
    /// Is timed.
    Timed {
        /// Does it this many times. What a run costs once has to vanish in a thousand.
        run: Box<dyn FnMut(u64)>,
        /// Done after each run, not timed: to empty a queue.
        after: Box<dyn FnMut()>,
        /// The most times in one run.
        most: u64,
    },
    /// Is a number, such as a size in bytes.
    Counted(f64),
}

/// A contestant that does its work `n` times when it is called with `n`.
pub fn timed(run: impl FnMut(u64) + 'static) -> Contestant {
    Contestant::Timed { run: Box::new(run), after: Box::new(|| {}), most: u64::MAX }
}

/// A contestant that is a number.
#[must_use]
pub fn counted(value: f64) -> Contestant {
    Contestant::Counted(value)
}

impl Contestant {
    /// With something to do after each run, which has at most `most` repetitions.
    #[must_use]
    pub fn emptied(self, most: u64, after: impl FnMut() + 'static) -> Self {
        match self {
            Self::Timed { run, .. } => Self::Timed { run, after: Box::new(after), most },
            counted @ Self::Counted(_) => counted,
        }
    }
}
