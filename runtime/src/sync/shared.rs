//! What a receive opens and a later one ends, for receivers that are used through `&self`, by several tasks or
//! threads perhaps. One for each handle; a clone of the receiver has its own.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::Envelope;
use crate::envelope::Describe;
use crate::record::slot;
use crate::sync::Received;

/// The last messages of a receiver: one in each scope, and on each blocking thread, that uses it.
pub(super) struct Shared<T> {
    pub(super) describe: Describe<T>,
    /// The latest one behind.
    last: Mutex<Vec<Last>>,
}

struct Last {
    /// 0 outside of any scope.
    scope: u32,
    /// The thread that blocked for the message, outside of any scope.
    thread: Option<ThreadId>,
    received: Received,
}

/// From here on, what ended scopes left behind is looked for.
const MANY: usize = 64;

impl<T> Shared<T> {
    pub(super) fn new(describe: Describe<T>) -> Self {
        Self { describe, last: Mutex::default() }
    }

    /// For another receiver of the same channel.
    pub(super) fn another(&self) -> Self {
        Self::new(self.describe)
    }

    /// What was received here is done, since the next message is asked for.
    pub(super) fn end_last(&self) {
        let scope = slot().scope();
        let here = |last: &Last| {
            last.scope == scope && last.thread.is_none_or(|thread| thread == thread::current().id())
        };
        self.lock().retain(|last| !here(last));
    }

    /// The message of `envelope`, with its span open.
    pub(super) fn open(&self, envelope: Envelope<T>) -> T {
        self.open_with(envelope, None, Received::open)
    }

    /// As [`open`](Self::open), on a thread that blocked for it.
    pub(super) fn open_blocking(&self, envelope: Envelope<T>) -> T {
        let thread = (slot().scope() == 0).then(|| thread::current().id());
        self.open_with(envelope, thread, Received::open_blocking)
    }

    fn open_with(
        &self,
        envelope: Envelope<T>,
        thread: Option<ThreadId>,
        open: fn(&mut Received, crate::context::Carried, &T, Describe<T>),
    ) -> T {
        // Again, since several futures of one scope may have been waiting.
        self.end_last();
        let (message, carried) = envelope.into_parts();
        let mut received = Received::default();
        // Not under the lock: this runs the message's own code.
        open(&mut received, carried, &message, self.describe);
        let mut last = self.lock();
        if last.len() >= MANY {
            last.retain(|last| last.scope == 0 && last.thread.is_none() || !last.received.is_over());
        }
        last.push(Last { scope: slot().scope(), thread, received });
        message
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use super::*;
    use crate::TracedExt;
    use crate::context::{Carried, SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id};
    use crate::record::Mode;

    fn sampled() -> Carried {
        let context = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
        Carried::sampled(SampledContext::new(context))
    }

    fn is_sampled() -> bool {
        Envelope::capture_with(0, Describe::<u32>::type_name()).context().is_some()
    }

    fn poll(future: &mut Pin<Box<impl Future<Output = ()>>>) {
        let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }

    async fn suspended() {
        let mut first = true;
        std::future::poll_fn(
            |_| if std::mem::take(&mut first) { std::task::Poll::Pending } else { ().into() },
        )
        .await;
    }

    #[test]
    fn scopes_that_ended_leave_little_behind() {
        let shared = Shared::new(Describe::type_name());
        for n in 0..10 * MANY {
            let carried = if n % 2 == 0 { sampled() } else { Carried::UNSAMPLED };
            let mut scope =
                Box::pin(async { assert_eq!(shared.open(Envelope::new(n, carried)), n) }.traced());
            poll(&mut scope);
        }
        assert!(shared.lock().len() <= MANY);
    }

    #[test]
    fn scopes_that_go_on_keep_their_message_however_many_they_are() {
        let shared = Shared::new(Describe::type_name());
        let run = async |n| {
            shared.open(Envelope::new(n, sampled()));
            suspended().await;
            assert!(is_sampled(), "{n}: the others have not ended this message");
            shared.end_last();
            assert_eq!(slot().mode(), Mode::Absent, "{n}: and have left this scope as it was");
        };
        let mut scopes: Vec<_> = (0..3 * MANY).map(|n| Box::pin(run(n).traced())).collect();
        scopes.iter_mut().for_each(poll);
        assert_eq!(shared.lock().len(), 3 * MANY);
        scopes.iter_mut().for_each(poll);
        assert!(shared.lock().is_empty());
    }

    /// Two futures of one task wait, and both are served before either asks again.
    #[test]
    fn of_two_messages_in_one_scope_the_later_one_ends_the_earlier() {
        let shared = Shared::new(Describe::type_name());
        let mut scope = Box::pin(
            async {
                shared.open(Envelope::new(1, sampled()));
                shared.open(Envelope::new(2, sampled()));
                assert_eq!(shared.lock().len(), 1);
                shared.end_last();
                assert_eq!(slot().mode(), Mode::Absent);
            }
            .traced(),
        );
        poll(&mut scope);
    }

    #[test]
    fn threads_that_block_do_not_end_each_others_message() {
        let shared = Shared::new(Describe::type_name());
        shared.open_blocking(Envelope::new(1, sampled()));
        thread::scope(|scope| {
            scope.spawn(|| {
                shared.open_blocking(Envelope::new(2, sampled()));
                shared.end_last();
                assert_eq!(slot().mode(), Mode::Outside);
            });
        });
        assert!(is_sampled());
        shared.end_last();
        assert_eq!(slot().mode(), Mode::Outside);
    }
}
