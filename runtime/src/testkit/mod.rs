//! A recorder for tests: keeps every finished span in memory.
//!
//! ```
//! use traced_actor::{Envelope, testkit, traced_actor};
//!
//! #[traced_actor]
//! struct Greet {
//!     name: String,
//! }
//!
//! let spans = testkit::install();
//! let (greet, span) = Envelope::bare(Greet { name: "Ada".into() }).open();
//! drop((greet, span));
//!
//! assert_eq!(spans.named("Greet/Greet").len(), 1);
//! ```

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::record::{self, FinishedSpan, FinishedSpans};

/// The spans that ended in this process since [`install`].
///
/// A process has one recorder, so tests that run in parallel share the spans: tell them apart by actor name.
#[derive(Debug, Clone, Default)]
pub struct Spans(Arc<Mutex<Vec<FinishedSpan>>>);

/// Installs the recorder the first time it is called, and gives out its spans every time.
///
/// # Panics
///
/// When another recorder is installed.
pub fn install() -> Spans {
    static SPANS: OnceLock<Spans> = OnceLock::new();
    let install = || {
        let spans = Spans::default();
        let taken = spans.clone();
        record::install(FinishedSpans::new(move |span| taken.lock().push(span)))
            .expect("no other recorder is installed in this process");
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

impl Spans {
    /// Every span so far, in the order in which they ended.
    pub fn all(&self) -> Vec<FinishedSpan> {
        self.lock().clone()
    }

    /// Those whose name is `name`, or begins with `name` and a slash.
    pub fn named(&self, name: &str) -> Vec<FinishedSpan> {
        let is_named = |span: &FinishedSpan| {
            span.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.lock().iter().filter(|span| is_named(span)).cloned().collect()
    }

    /// As [`named`](Self::named), once there are at least `count`, for spans that end on other threads.
    ///
    /// # Panics
    ///
    /// At the caller, when there are fewer after ten seconds.
    #[track_caller]
    pub fn wait_for(&self, name: &str, count: usize) -> Vec<FinishedSpan> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let found = self.named(name);
            if found.len() >= count {
                return found;
            }
            assert!(Instant::now() < deadline, "{} of {count} spans of `{name}` after 10 s", found.len());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FinishedSpan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
