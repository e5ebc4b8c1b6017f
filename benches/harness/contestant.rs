//! The contestants of a set.

use crate::Row;

/// Contestants that do the same work, and the rows that compare them.
pub struct Set {
    /// The name in the command's filter and in errors.
    pub name: &'static str,
    /// Sets up the process, once.
    pub world: fn(),
    /// The contestants, by their names in the rows.
    pub contestants: &'static [(&'static str, Prepare)],
    /// The comparisons.
    pub rows: &'static [Row],
}

/// Prepares a contestant, in the process that runs it.
pub type Prepare = fn() -> Contestant;

/// One way to do the work.
pub enum Contestant {
    /// A contestant whose time is measured.
    Timed {
        /// Does the work this many times. The fixed cost of a run must be negligible in a thousand repetitions.
        run: Box<dyn FnMut(u64)>,
        /// Runs after each run and is not timed, for example to empty a queue.
        after: Box<dyn FnMut()>,
        /// The maximum number of repetitions in one run.
        most: u64,
    },
    /// A contestant that is a number, such as a size in bytes.
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
    /// Sets a function to run after each run, which has at most `most` repetitions.
    #[must_use]
    pub fn emptied(self, most: u64, after: impl FnMut() + 'static) -> Self {
        match self {
            Self::Timed { run, .. } => Self::Timed { run, after: Box::new(after), most },
            counted @ Self::Counted(_) => counted,
        }
    }
}
