//! Spans in tests: each test has its own, compares them with a tree, and waits for them without sleeping.
//!
//! ```
//! use traced_actor::{Envelope, testkit, traced_actor};
//!
//! #[traced_actor]
//! struct Greet {
//!     name: String,
//! }
//!
//! let spans = testkit::record();
//! let (greet, span) = Envelope::bare(Greet { name: "Ada".into() }).open();
//! drop((greet, span));
//!
//! testkit::assert_tree!(spans, "Greet/Greet");
//! ```
//!
//! Tests that use [`record()`] run side by side. [`Spans`] has an example with actors.

mod connected;
mod recorder;
mod scope;
mod spans;
mod tree;

use std::ops::Deref;
use std::sync::OnceLock;

pub use scope::{EnteredScope, Scope};
pub use spans::Spans;

pub use crate::assert_tree;
use crate::record;
use crate::sampling::Sampler;

/// The spans of one test: of its thread, and of all that is started from there. See [`Scope`].
///
/// The scope is left when it is dropped.
#[derive(Debug)]
pub struct Recording {
    spans: Spans,
    scope: Scope,
    _entered: EnteredScope,
}

/// Records what this test does, from here on: its own spans and nobody else's.
///
/// Every root is kept, unless its kind or its actor says something else.
#[must_use = "it records until it is dropped"]
pub fn record() -> Recording {
    let spans = Spans::default();
    let scope = Scope::new(recorder::recorder(&spans));
    Recording { spans, scope, _entered: scope.enter() }
}

/// As [`record()`], of what this sampler keeps.
#[must_use = "it records until it is dropped"]
pub fn record_sampled(sampler: impl Sampler + 'static) -> Recording {
    let spans = Spans::default();
    let scope = Scope::with_sampler(recorder::recorder(&spans), sampler);
    Recording { spans, scope, _entered: scope.enter() }
}

impl Recording {
    /// Returns the scope, for threads that the test starts: each enters it by itself.
    pub fn scope(&self) -> Scope {
        self.scope
    }
}

impl Deref for Recording {
    type Target = Spans;

    fn deref(&self) -> &Spans {
        &self.spans
    }
}

/// Installs a recorder for the whole process the first time it is called, and gives out its spans every time.
///
/// Tests that run in parallel share these: [`record()`] gives each its own.
///
/// # Panics
///
/// When another recorder is installed.
pub fn install() -> Spans {
    static SPANS: OnceLock<Spans> = OnceLock::new();
    let install = || {
        let spans = Spans::default();
        record::install(recorder::recorder(&spans)).expect("no other recorder is installed in this process");
        spans
    };
    SPANS.get_or_init(install).clone()
}

/// Makes the ids and the random choices of this thread the same in each run, from here on.
///
/// For tests of what sampling keeps. Other threads, and a child of a fork, draw their own: use a runtime of one thread.
///
/// ```
/// use traced_actor::{context::new_trace_id, testkit};
///
/// testkit::seed(7);
/// let first = new_trace_id();
/// testkit::seed(7);
/// assert_eq!(new_trace_id(), first);
/// ```
pub fn seed(seed: u64) {
    crate::context::seed(seed);
    crate::sampling::forget_run();
}

/// Compares the tree of some [`Spans`](crate::testkit::Spans) with a text, and fails where it stands with what differs.
///
/// Empty lines and a common indent do not count. [`Spans::tree`](crate::testkit::Spans::tree) says what a line has.
#[macro_export]
macro_rules! assert_tree {
    ($spans:expr, $expected:expr $(,)?) => {
        $spans.assert_tree($expected)
    };
}
