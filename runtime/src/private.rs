//! Functions and types that generated code uses. Not part of the public API.
//!
//! They change together with the macro, whose version is pinned to this crate's.
#![expect(missing_debug_implementations, reason = "named by generated code only")]

use std::fmt::{Debug, Display};
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;

pub use traced_actor_macros::SerdeAttributes;

#[cfg(feature = "serde")]
pub use serde;

pub use crate::actor::{Ask, MessageSpan};
use crate::context::MessageContext;
use crate::flow::{self, FlowState, InFlow};
pub use crate::flow::{Loop, current_handling};
pub use crate::observe::is_observed;
use crate::observe::{Handling, Known, MessageType};
use crate::record::{Failure, SendFailure, SentAs, type_kind};
use crate::sync::EnteredScope;
use crate::{CallError, Envelope, Message, Options};

/// Runs a receive loop's future in its own flow. If the loop fails, the open message fails with its error.
pub fn run<F, J>(
    options: &'static Options,
    of: Loop,
    future: F,
    failure: J,
) -> impl Future<Output = F::Output>
where
    F: Future,
    J: for<'a> Fn(&'a F::Output) -> Option<Failure<'a>>,
{
    InFlow::new(FlowState::fresh(Some(options)).of_loop(of), Handling::NONE, future, failure)
}

/// Enters a flow for a blocking function, until the guard is dropped or ended.
pub fn enter(options: &'static Options, of: Loop) -> EnteredScope {
    EnteredScope::new(FlowState::inherit(Some(options)).of_loop(of))
}

/// Runs a body that stays in its wrapper. With this bound the body may return what it borrows.
#[inline]
pub fn once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// The claim of a handler call: its flow, and its handling.
///
/// Both are ready before the handler's future is created. If anything came in between that may panic, the future would be
/// moved through memory twice.
pub struct Claimed(FlowState, Handling);

/// Captures the context of a message of type `M` that is sent now. For code that does not have the message.
#[inline]
pub fn capture<M>() -> MessageContext {
    let mut carried = flow::capture(type_kind::<M>);
    if is_observed() {
        let message = MessageType::new(std::any::type_name::<M>(), type_kind::<M>(), None);
        flow::observe_send(&mut carried, message, None);
    }
    carried
}

/// Starts an ask of an actor with these options, by a message of type `M`. For code that does not have the message.
pub fn ask<M>(actor: &'static Options) -> Option<Ask> {
    let message = || MessageType::new(std::any::type_name::<M>(), type_kind::<M>(), actor.actor_name());
    Ask::by_message(message, Known::Send)
}

/// Takes the message out of a handler's argument, and claims its span in this flow.
#[inline]
pub fn claim<M>(
    options: &'static Options,
    message: impl Into<Envelope<M>>,
    describe: crate::envelope::Describe<M>,
) -> (M, Claimed) {
    let mut envelope = message.into();
    let carried = envelope.take_context();
    let mut claimed = flow::claim(Some(options), carried, envelope.message(), describe, SentAs::OfKind);
    claimed.continue_here();
    let handling = claimed.take_handling();
    (envelope.into_message(), Claimed(claimed.into_flow(Some(options)), handling))
}

/// Wraps the future of a handler, which ends the message's span.
#[inline]
pub fn handler<F, J>(claimed: Claimed, future: F, failure: J) -> impl Future<Output = F::Output>
where
    F: Future,
    J: for<'a> Fn(&'a F::Output) -> Option<Failure<'a>>,
{
    InFlow::owning(claimed.0, claimed.1, future, failure)
}

/// Claims the message of a handler that takes an `Option`, like [`claim`]. `None` claims nothing.
#[inline]
pub fn claim_some<M>(
    options: &'static Options,
    message: Option<M>,
    describe: crate::envelope::Describe<M>,
) -> (Option<M>, Option<Claimed>) {
    message.map(|message| claim(options, message, describe)).unzip()
}

/// Wraps the future that a handler has returned, like [`handler`].
#[inline]
pub fn handler_after<F, J>(handling: MessageSpan, future: F, failure: J) -> impl Future<Output = F::Output>
where
    F: Future,
    J: for<'a> Fn(&'a F::Output) -> Option<Failure<'a>>,
{
    let (flow, handling) = handling.into_flow();
    InFlow::owning(flow, handling, future, failure)
}

/// Wraps the future of a handler that takes an `Option`, like [`handler_after`].
pub async fn handler_of_some<F, J>(handling: Option<MessageSpan>, future: F, failure: J) -> F::Output
where
    F: Future,
    J: for<'a> Fn(&'a F::Output) -> Option<Failure<'a>>,
{
    match handling {
        Some(handling) => handler_after(handling, future, failure).await,
        None => future.await,
    }
}

/// Returns the span for a handler that is not asynchronous.
#[inline]
pub fn handling(claimed: Claimed) -> MessageSpan {
    MessageSpan::new(claimed.0, claimed.1)
}

/// The output of a handler that is not asynchronous. Call `Output(output).settle(handling, failure)`.
///
/// Method resolution selects the effect: a boxed future continues the span, and any other output ends it.
pub struct Output<T>(pub T);

macro_rules! settle_boxed_future {
    ($($auto:ident)*) => {
        impl<'f, T> Output<Pin<Box<dyn Future<Output = T> $(+ $auto)* + 'f>>> {
            /// Wraps a future, like [`handler_after`].
            pub fn settle<J>(self, handling: MessageSpan, failure: J) -> Pin<Box<dyn Future<Output = T> $(+ $auto)* + 'f>>
            where
                T: 'f,
                J: for<'a> Fn(&'a T) -> Option<Failure<'a>> $(+ $auto)* + 'f,
            {
                Box::pin(handler_after(handling, self.0, failure))
            }

            /// Waits for a future's output, which its span has taken.
            pub async fn done(self) {
                let _ = self.0.await;
            }
        }
    };
}

settle_boxed_future!();
settle_boxed_future!(Send);
settle_boxed_future!(Send Sync);

/// A receiver whose messages carry the trace. Checked by name, because the name may also be tokio's own.
#[diagnostic::on_unimplemented(
    message = "messages of this channel carry no trace",
    label = "tokio's own channel",
    note = "write `use traced_actor::tokio;` at the top of this file, and of every file that names the channel, or import \
            `mpsc` from `traced_actor::sync` there",
    note = "to keep the channel as it is, write `::tokio::sync::mpsc`, or remove this `#[traced_actor]`"
)]
pub trait CarriesTrace {}

impl<T> CarriesTrace for crate::sync::mpsc::Receiver<T> {}
impl<T> CarriesTrace for crate::sync::mpsc::UnboundedReceiver<T> {}

/// Rejects tokio's own receiver if the macro mistook it for ours.
pub fn carries_trace<R: CarriesTrace>() {}

/// A receiver. `Channel::<R>::CARRIES_TRACE` says whether it is ours: an inherent constant precedes one of a trait.
pub struct Channel<R>(PhantomData<R>);

impl<R: CarriesTrace> Channel<R> {
    pub const CARRIES_TRACE: bool = true;
}

/// Rejects our receiver if the macro mistook it for tokio's own.
///
/// # Panics
///
/// Panics, at compile time, if it carries the trace.
pub const fn carries_none(carries_trace: bool) {
    assert!(
        !carries_trace,
        "`tokio` is `traced_actor::tokio` here, and `#[traced_actor]` cannot see that beside other mailboxes: import this \
         channel, `use tokio::sync::mpsc;`, and name it `mpsc::Receiver`"
    );
}

/// Stands in for a body where the macro has reported an error.
pub fn stub() -> ! {
    unreachable!("the compile error beside this code was ignored")
}

/// The description of messages of type `M`: by the attribute if the type has one, or else by the type's name.
///
/// Method resolution selects it: it prefers the receiver with fewer references. See [`traits`].
pub struct Describe<M>(PhantomData<M>);

impl<M> Describe<M> {
    /// Creates it. Call `(&Describe::<M>::new()).describe()`.
    #[expect(clippy::new_without_default, reason = "named by generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The output of a handler. Call `(&&&Outcome(&output)).failure()`.
pub struct Outcome<'a, T>(pub &'a T);

impl<T> Clone for Outcome<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Outcome<'_, T> {}

/// Returns the shared word for an error of a send or a call. For any other error, returns its type's name.
#[cold]
fn error_type<E: Display>(error: &E) -> &'static str {
    const FULL: [&str; 3] = ["full", "no available capacity", "timed out"];
    let name = std::any::type_name::<E>();
    let is = |words: &dyn Display| error.to_string() == words.to_string();
    let known = match name.split('<').next().unwrap_or(name) {
        "tokio::sync::oneshot::error::RecvError" => SendFailure::Stopped,
        "tokio::time::error::Elapsed" => SendFailure::Timeout,
        "traced_actor::actor::call::CallError" if is(&CallError::<()>::Timeout) => SendFailure::Timeout,
        "traced_actor::actor::call::CallError" if is(&CallError::<()>::NoReply) => SendFailure::Stopped,
        "traced_actor::actor::call::CallError" => SendFailure::NotRunning,
        name if !is_send_error(name) => return std::any::type_name::<E>(),
        // The channels have no type in common, but say in words that there was no room, now or in time.
        _ if FULL.iter().any(|says| error.to_string().contains(says)) => SendFailure::MailboxFull,
        _ => SendFailure::NotRunning,
    };
    known.error_type()
}

/// Returns whether the type of this name is an error of a channel's send.
fn is_send_error(name: &str) -> bool {
    const CHANNELS: [&str; 8] = [
        "tokio::sync::",
        "traced_actor_channels::",
        "flume::",
        "async_channel::",
        "crossbeam_channel::",
        "std::sync::mpsc::",
        "futures_channel::",
        "tokio_util::sync::",
    ];
    const ERRORS: [&str; 4] = ["SendError", "TrySendError", "SendTimeoutError", "PollSendError"];
    CHANNELS.iter().any(|channels| name.starts_with(channels))
        && name.rsplit("::").next().is_some_and(|last| ERRORS.contains(&last))
}

/// The alternatives of method resolution, the most specific one first.
pub mod traits {
    use super::{
        Channel, Debug, Describe, Display, Failure, Message, MessageSpan, Outcome, Output, Ready, error_type,
        ready,
    };
    use crate::envelope::Describe as Described;
    use std::sync::mpsc::Receiver as PlainStd;
    use tokio::sync::mpsc::{Receiver as PlainTokio, UnboundedReceiver as PlainUnbounded};

    /// Any other channel.
    pub trait CarriesNoTrace {
        const CARRIES_TRACE: bool = false;
    }

    impl<R> CarriesNoTrace for Channel<R> {}

    /// A receiver of tokio's or std's own.
    pub trait PlainReceiver {
        #[deprecated(note = "import `traced_actor::sync::mpsc`, or write `#[traced(skip)]` on this function")]
        fn loses_trace(&self) {}
    }

    impl<T> PlainReceiver for PlainTokio<T> {}
    impl<T> PlainReceiver for PlainUnbounded<T> {}
    impl<T> PlainReceiver for PlainStd<T> {}

    /// Any other receiver, of which nothing is known.
    pub trait OtherReceiver {
        fn loses_trace(&self) {}
    }

    impl<R> OtherReceiver for &R {}

    pub trait DescribeMessage<M> {
        fn describe(&self) -> Described<M>;
    }

    impl<M: Message> DescribeMessage<M> for Describe<M> {
        #[inline]
        fn describe(&self) -> Described<M> {
            Described::message()
        }
    }

    impl<M> DescribeMessage<M> for &Describe<M> {
        #[inline]
        fn describe(&self) -> Described<M> {
            Described::type_name()
        }
    }

    /// An output that is not a boxed future.
    pub trait Settle<T> {
        fn settle<J>(self, handling: MessageSpan, failure: J) -> T
        where
            J: for<'a> Fn(&'a T) -> Option<Failure<'a>>;

        /// Drops an output, which its span has already seen.
        fn done(self) -> Ready<()>;
    }

    impl<T> Settle<T> for Output<T> {
        #[inline]
        fn settle<J>(self, handling: MessageSpan, failure: J) -> T
        where
            J: for<'a> Fn(&'a T) -> Option<Failure<'a>>,
        {
            handling.end(failure(&self.0));
            self.0
        }

        #[inline]
        fn done(self) -> Ready<()> {
            ready(())
        }
    }

    /// An output that may be a failure: one with an error that can be shown, or has a `Debug`, any other, or no `Result`.
    pub trait MayFail<'a> {
        fn failure(self) -> Option<Failure<'a>>;
    }

    impl<'a, T, E: Display> MayFail<'a> for &&&Outcome<'a, Result<T, E>> {
        #[inline]
        fn failure(self) -> Option<Failure<'a>> {
            let error = self.0.as_ref().err()?;
            Some(Failure::new(error_type(error), Some(error)))
        }
    }

    impl<'a, T, E: Debug> MayFail<'a> for &&Outcome<'a, Result<T, E>> {
        #[inline]
        fn failure(self) -> Option<Failure<'a>> {
            let error = self.0.as_ref().err()?;
            Some(Failure::debug(std::any::type_name::<E>(), error))
        }
    }

    impl<'a, T, E> MayFail<'a> for &Outcome<'a, Result<T, E>> {
        #[inline]
        fn failure(self) -> Option<Failure<'a>> {
            self.0.as_ref().err().map(|_| Failure::new(std::any::type_name::<E>(), None))
        }
    }

    impl<'a, T> MayFail<'a> for Outcome<'a, T> {
        #[inline]
        fn failure(self) -> Option<Failure<'a>> {
            None
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::needless_borrow,
    reason = "written as the macro writes it; the references order the choices"
)]
mod tests {
    use super::traits::*;
    use super::{Describe, Outcome};
    use crate::{Kind, Message};

    fn words(failure: Option<crate::record::Failure<'_>>) -> String {
        failure.map_or_else(|| "none".to_owned(), |failure| format!("{failure:?}"))
    }

    #[test]
    fn a_failure_says_as_much_as_its_type_can() {
        #[derive(Debug)]
        struct OnlyDebug;
        struct Silent;
        let shown: Result<(), std::fmt::Error> = Err(std::fmt::Error);
        let debug: Result<(), OnlyDebug> = Err(OnlyDebug);
        let silent: Result<(), Silent> = Err(Silent);
        let fine: Result<u8, Silent> = Ok(1);

        let text = words((&&&Outcome(&shown)).failure());
        assert_eq!(text, "Failure(core::fmt::Error: an error occurred when formatting an argument)");
        let text = words((&&&Outcome(&debug)).failure());
        assert!(text.ends_with("OnlyDebug: OnlyDebug)"), "{text}");
        let text = words((&&&Outcome(&silent)).failure());
        assert!(text.ends_with("Silent)"), "{text}");
        assert_eq!(words((&&&Outcome(&fine)).failure()), "none");
        assert_eq!(words((&&&Outcome(&true)).failure()), "none");
    }

    #[test]
    fn the_annotation_is_preferred_to_the_type_s_name() {
        struct Annotated;
        impl Message for Annotated {
            fn kind(&self) -> &'static Kind {
                const { &Kind::new("ByAnnotation") }
            }
        }
        let annotated = (&Describe::<Annotated>::new()).describe();
        assert_eq!(annotated.kind(&Annotated).name(), "ByAnnotation");
        assert_eq!((&Describe::<u64>::new()).describe().kind(&1).name(), "u64");
    }
}
