//! Records spans in tests. Each test has its own spans, and can wait for them without sleeping.
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
//! Tests that use [`record()`] can run in parallel. [`Spans::tree`] has an example with actors.

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

/// The spans of one test: of its thread, and of everything that is started from it. See [`Scope`].
///
/// The scope is left when it is dropped.
#[derive(Debug)]
pub struct Recording {
    spans: Spans,
    scope: Scope,
    _entered: EnteredScope,
}

/// Starts to record the spans of this test, and of no other test.
///
/// Every root is kept, unless its kind or its actor has another rule.
#[must_use = "it records until it is dropped"]
pub fn record() -> Recording {
    let spans = Spans::default();
    let scope = Scope::new(recorder::recorder(&spans));
    Recording { spans, scope, _entered: scope.enter() }
}

/// Starts to record the spans of this test that the sampler keeps. See [`record()`].
#[must_use = "it records until it is dropped"]
pub fn record_sampled(sampler: impl Sampler + 'static) -> Recording {
    let spans = Spans::default();
    let scope = Scope::with_sampler(recorder::recorder(&spans), sampler);
    Recording { spans, scope, _entered: scope.enter() }
}

impl Recording {
    /// Returns the scope. A thread that the test starts enters it with [`Scope::enter`].
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

/// Returns the spans of the whole process. The first call installs the recorder.
///
/// Tests that run in parallel share these spans. With [`record()`], each test has its own.
///
/// # Panics
///
/// Panics if another recorder is installed.
pub fn install() -> Spans {
    static SPANS: OnceLock<Spans> = OnceLock::new();
    let install = || {
        let spans = Spans::default();
        record::install(recorder::recorder(&spans)).expect("no other recorder is installed in this process");
        spans
    };
    SPANS.get_or_init(install).clone()
}

/// Seeds the ids and random choices of this thread, so that they are the same in each run.
///
/// Use it in tests of sampling, in a runtime with one thread. Other threads and forked children are not affected.
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

/// Asserts that the tree of some [`Spans`](crate::testkit::Spans) is this text.
///
/// Empty lines and a common indent are ignored. [`Spans::tree`](crate::testkit::Spans::tree) documents the lines. On
/// failure, it panics at the caller's location with the difference.
#[macro_export]
macro_rules! assert_tree {
    ($spans:expr, $expected:expr $(,)?) => {
        $spans.assert_tree($expected)
    };
}
