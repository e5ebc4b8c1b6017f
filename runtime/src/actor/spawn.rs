//! Starts actors, and runs their loop.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::watch;

use super::{Actor, ActorRef, Exit};
use crate::Message;
use crate::flow::FlowState;
use crate::observe::{ActorChange, call, observer};
use crate::record::{SendFailure, short};
use crate::sync::{Traced, mpsc};

/// A hook for a handler's panic. Called with the actor and the panic's payload.
type Hook<A> = Box<dyn FnMut(&mut A, Box<dyn Any + Send>) -> OnPanic + Send>;

/// The reaction of an actor to a panic of its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnPanic {
    /// Ends the actor with [`Exit::Panicked`].
    Stop,
    /// Continues with the next message.
    Continue,
}

/// Starts an actor as a new task, with a mailbox of this capacity.
///
/// The actor ends when it is stopped, when all [`ActorRef`]s are dropped, or when its handler panics. See [`Spawn`]
/// for options.
///
/// ```
/// use std::time::Duration;
/// use tokio::sync::oneshot;
/// use traced_actor::{spawn, traced_actor};
///
/// #[traced_actor]
/// enum Count {
///     Up,
///     Get { respond_to: oneshot::Sender<u32> },
/// }
///
/// #[derive(Default)]
/// struct Counter(u32);
///
/// #[traced_actor]
/// impl Counter {
///     async fn handle(&mut self, message: Count) {
///         match message {
///             Count::Up => self.0 += 1,
///             Count::Get { respond_to } => drop(respond_to.send(self.0)),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let counter = spawn(Counter::default(), 8);
/// counter.cast(Count::Up).await.unwrap();
/// let n = counter.call(Duration::from_secs(1), |respond_to| Count::Get { respond_to }).await.unwrap();
/// assert_eq!(n, 1);
/// # }
/// ```
///
/// # Panics
///
/// Panics if `capacity` is 0, or if called outside of a tokio runtime.
#[track_caller]
pub fn spawn<A, M>(actor: A, capacity: usize) -> ActorRef<M>
where
    A: Actor<M> + Send + 'static,
    M: Message + Send + 'static,
{
    Spawn::new(actor).capacity(capacity).start()
}

/// A builder that starts an actor with options. See [`spawn`] for the defaults.
///
/// ```
/// use traced_actor::{OnPanic, Spawn, traced_actor};
///
/// #[traced_actor]
/// struct Job(u32);
///
/// struct Worker;
///
/// #[traced_actor]
/// impl Worker {
///     async fn handle(&mut self, job: Job) {
///         assert!(job.0 > 0);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let worker = Spawn::new(Worker)
///     .capacity(8)
///     .instance("worker-1")
///     .on_panic(|_worker, _payload| OnPanic::Continue)
///     .start();
/// worker.cast(Job(1)).await.unwrap();
/// # worker.stop();
/// # }
/// ```
#[must_use = "nothing runs before `start`"]
pub struct Spawn<A> {
    actor: A,
    capacity: usize,
    instance: Option<Arc<str>>,
    on_panic: Option<Hook<A>>,
}

impl<A> Spawn<A> {
    /// Creates a builder for this actor, with a mailbox for 64 messages.
    pub fn new(actor: A) -> Self {
        Self { actor, capacity: 64, instance: None, on_panic: None }
    }

    /// Sets the capacity of the mailbox, in messages.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        self
    }

    /// Sets the name of this instance, which its spans have as the attribute `actor.instance`.
    pub fn instance(mut self, name: impl Into<Arc<str>>) -> Self {
        self.instance = Some(name.into());
        self
    }

    /// Sets a hook that is called when the handler panics, with the actor and the panic's payload.
    ///
    /// Without a hook the actor ends.
    ///
    /// In both cases the message's span has status Error, and its `error.type` is `panic`.
    pub fn on_panic(
        mut self,
        hook: impl FnMut(&mut A, Box<dyn Any + Send>) -> OnPanic + Send + 'static,
    ) -> Self {
        self.on_panic = Some(Box::new(hook));
        self
    }

    /// Starts the actor.
    ///
    /// # Panics
    ///
    /// Panics if the capacity is 0, or if called outside of a tokio runtime.
    #[track_caller]
    pub fn start<M>(self) -> ActorRef<M>
    where
        A: Actor<M> + Send + 'static,
        M: Message + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(self.capacity);
        let (stop, stopped) = watch::channel(false);
        let run = run(self.actor, receiver, stopped, self.on_panic);
        let mut scope = Traced::with_flow(run, FlowState::of_actor(Some(const { &A::OPTIONS })));
        if let Some(name) = self.instance {
            scope = scope.instance(name);
        }
        ActorRef::new(sender, stop, tokio::spawn(scope))
    }
}

impl<A: fmt::Debug> fmt::Debug for Spawn<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn")
            .field("actor", &self.actor)
            .field("capacity", &self.capacity)
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

async fn run<A: Actor<M>, M>(
    mut actor: A,
    mut mailbox: mpsc::Receiver<M>,
    mut stopped: watch::Receiver<bool>,
    mut on_panic: Option<Hook<A>>,
) -> Exit {
    // Once it is true, the mailbox is closed, and its messages are still handled.
    let mut stopping = false;
    let name = || A::OPTIONS.actor_name().unwrap_or_else(|| short(std::any::type_name::<A>()));
    let tell = |change: ActorChange| {
        if let Some(observer) = observer() {
            call(|| observer.changed(name(), change));
        }
    };
    tell(ActorChange::Started);
    loop {
        // Checked at every message by comparing versions: waiting for the change costs more than the message.
        if !stopping && stopped.has_changed().unwrap_or(false) {
            stopping = true;
            mailbox.close();
        }
        let message = tokio::select! {
            biased;
            message = mailbox.recv() => message,
            // An error means that all references, and so all senders, are gone.
            Ok(()) = stopped.changed(), if !stopping => {
                stopping = true;
                mailbox.close();
                continue;
            }
        };
        let Some(message) = message else {
            tell(ActorChange::Ended);
            return if stopping { Exit::Stopped } else { Exit::Unreferenced };
        };
        // Bare, so that the handler claims the span that the receive opened.
        if let Err(thrown) = catch(actor.receive(message.into())).await {
            SendFailure::Panic.count();
            let next = on_panic.as_mut().map_or(OnPanic::Stop, |hook| hook(&mut actor, thrown));
            if next == OnPanic::Stop {
                tell(ActorChange::Panicked);
                return Exit::Panicked;
            }
            tell(ActorChange::Restarted);
        }
    }
}

/// Returns the future's output, or the payload of a panic in its poll.
async fn catch<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    // The hook decides whether the actor's state is usable after a panic. The future is never polled again.
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| Pin::as_mut(&mut future).poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(thrown) => Poll::Ready(Err(thrown)),
    })
    .await
}
