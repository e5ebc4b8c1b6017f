//! The recorder that the tests of this binary share, and who gets which span.
//!
//! A process has one recorder, but the tests run side by side. Each test has a [`Recording`] of its own: the threads that
//! belong to it join it, and the spans that end on them go to it.

use std::cell::RefCell;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use tokio::runtime::{Builder, Runtime};
use traced_actor::context::{MessageContext, SampledContext, TraceContext, TraceFlags};
use traced_actor::record::{self, FinishedSpan, FinishedSpans};
use traced_actor::sampling::{Decision, Operation, set_sampler};
use traced_actor::{Envelope, SpanId, TraceId};

thread_local! {
    static JOINED: RefCell<Option<Recording>> = const { RefCell::new(None) };
}

/// The spans that ended on the threads of one test.
#[derive(Clone, Default, Debug)]
pub(crate) struct Recording(Arc<Mutex<Vec<FinishedSpan>>>);

impl Recording {
    /// Starts a recording, and makes this thread one of its threads.
    pub(crate) fn start() -> Self {
        install();
        let recording = Self::default();
        recording.join();
        recording
    }

    /// Makes this thread one of the recording's threads.
    pub(crate) fn join(&self) {
        JOINED.with(|joined| *joined.borrow_mut() = Some(self.clone()));
    }

    /// Returns the recording that this thread belongs to.
    pub(crate) fn here() -> Self {
        JOINED.with(|joined| joined.borrow().clone()).expect("the thread belongs to a recording")
    }

    /// Returns the spans so far, in the order in which they ended.
    pub(crate) fn spans(&self) -> Vec<FinishedSpan> {
        self.lock().clone()
    }

    /// Takes the spans so far.
    pub(crate) fn take(&self) -> Vec<FinishedSpan> {
        std::mem::take(&mut *self.lock())
    }

    /// Runs a future on a tokio runtime of one thread, or of two more. Its threads belong to the recording.
    pub(crate) fn block_on<F: Future>(&self, threads: Threads, future: F) -> F::Output {
        self.runtime(threads).block_on(future)
    }

    /// Builds a tokio runtime whose threads belong to the recording.
    pub(crate) fn runtime(&self, threads: Threads) -> Runtime {
        let recording = self.clone();
        let mut builder = match threads {
            Threads::One => Builder::new_current_thread(),
            Threads::Two => Builder::new_multi_thread(),
        };
        if let Threads::Two = threads {
            builder.worker_threads(2);
        }
        builder.enable_all().on_thread_start(move || recording.join()).build().unwrap()
    }

    /// Runs a function on a separate thread that belongs to the recording.
    pub(crate) fn on_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let recording = self.clone();
        let thread = std::thread::spawn(move || {
            recording.join();
            work()
        });
        thread.join().unwrap_or_else(|thrown| std::panic::resume_unwind(thrown))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FinishedSpan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of threads of a runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Threads {
    /// The one that blocks on the future.
    One,
    /// Two workers.
    Two,
}

fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        record::install(FinishedSpans::new(|span| {
            let recording = JOINED.with(|joined| joined.borrow().clone());
            if let Some(recording) = recording {
                recording.lock().push(span);
            }
        }))
        .expect("no other recorder is installed");
        set_sampler(keep_all_but_quiet).expect("no other sampler is set");
    });
}

/// The sampler of this binary: it starts no trace for a message whose kind begins with `Quiet`, and one for any other.
fn keep_all_but_quiet(operation: &Operation<'_>) -> Decision {
    if operation.kind.name().starts_with("Quiet") {
        Decision::Drop { reason: "quiet" }
    } else {
        Decision::Keep { probability: Some(1.0), reason: "test" }
    }
}

/// A message as it arrives from another process, in the sampled trace that has this number.
pub(crate) fn from_outside<M>(message: M, number: u32) -> Envelope<M> {
    Envelope::new(message, MessageContext::sampled(SampledContext::new(outside(number))))
}

/// The context of the sender in the trace with this number.
pub(crate) fn outside(number: u32) -> TraceContext {
    let trace = TraceId::new(0xA000_0000_0000_0000_0000_0000_0000_0000 | u128::from(number)).unwrap();
    let span = SpanId::new(0xB000_0000_0000_0000 | u64::from(number)).unwrap();
    TraceContext::new(trace, span, TraceFlags::SAMPLED)
}

/// A message whose sender decided that it is not sampled.
pub(crate) fn unsampled<M>(message: M) -> Envelope<M> {
    Envelope::new(message, MessageContext::UNSAMPLED)
}
