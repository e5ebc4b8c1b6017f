//! The handle to an actor.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinHandle};

use super::ask::Ask;
use super::{CallError, Exit};
use crate::Envelope;
use crate::flow::record_send_failure;
use crate::observe::AskEnd;
use crate::record::SendFailure;
use crate::sync::mpsc::{self, error::SendError, error::TrySendError};

/// A handle to an actor.
///
/// Clones refer to the same actor. The actor ends when all of them are dropped.
pub struct ActorRef<M> {
    sender: mpsc::Sender<M>,
    shared: Arc<Shared>,
}

struct Shared {
    stop: watch::Sender<bool>,
    /// The task, until the actor is joined.
    task: Mutex<Option<JoinHandle<Exit>>>,
}

impl<M> ActorRef<M> {
    pub(super) fn new(sender: mpsc::Sender<M>, stop: watch::Sender<bool>, task: JoinHandle<Exit>) -> Self {
        Self { sender, shared: Arc::new(Shared { stop, task: Mutex::new(Some(task)) }) }
    }

    /// Sends a message, waiting until the mailbox has room.
    ///
    /// # Errors
    ///
    /// Returns the message if the actor has ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the message is either lost or in the mailbox.
    pub async fn cast(&self, message: M) -> Result<(), SendError<M>> {
        self.sender.send(message).await
    }

    /// Sends a message if the mailbox has room.
    ///
    /// # Errors
    ///
    /// Returns the message if the mailbox is full or the actor has ended.
    pub fn try_cast(&self, message: M) -> Result<(), TrySendError<M>> {
        self.sender.try_send(message)
    }

    /// Forwards an envelope with the context that it has, waiting until the mailbox has room.
    ///
    /// # Errors
    ///
    /// Returns the envelope if the actor has ended.
    pub async fn cast_envelope(&self, envelope: Envelope<M>) -> Result<(), SendError<Envelope<M>>> {
        self.sender.send_envelope(envelope).await
    }

    /// Sends a message with a reply channel, and waits for the reply.
    ///
    /// `timeout` covers both the wait for room and the wait for the reply.
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Closed`] with the message if the actor has ended, [`CallError::NoReply`] if the reply
    /// channel was dropped, and [`CallError::Timeout`] if the time ran out. After a timeout, the actor may still
    /// handle the message. Each is the `error.type` of the current span: `not_running`, `stopped` or `timeout`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it completes, the message is lost, in the mailbox, or being handled.
    pub async fn call<R>(
        &self,
        timeout: Duration,
        message: impl FnOnce(oneshot::Sender<R>) -> M,
    ) -> Result<R, CallError<M>> {
        let (respond_to, response) = oneshot::channel();
        let ask = Ask::start(self.sender.channel.mailbox());
        let call = async {
            self.sender.send(message(respond_to)).await.map_err(|SendError(m)| CallError::Closed(m))?;
            response.await.map_err(|_| CallError::NoReply)
        };
        let answer = tokio::time::timeout(timeout, call).await.unwrap_or(Err(CallError::Timeout));
        let (end, failure) = match &answer {
            Ok(_) => (AskEnd::Answered, None),
            // The send has recorded it.
            Err(CallError::Closed(_)) => (AskEnd::Closed, None),
            Err(CallError::NoReply) => (AskEnd::NoReply, Some(SendFailure::Stopped)),
            Err(CallError::Timeout) => (AskEnd::Timeout, Some(SendFailure::Timeout)),
        };
        if let Some(failure) = failure {
            record_send_failure(failure);
        }
        ask.end(end);
        answer
    }

    /// Stops the actor after it has handled the messages that are in its mailbox now.
    ///
    /// Returns immediately. Later sends fail.
    pub fn stop(&self) {
        self.shared.stop.send_replace(true);
    }

    /// Waits for the actor to end. Returns `None` for every caller but the first.
    ///
    /// This handle is dropped first. If it was the last one, the actor ends when its mailbox is empty.
    ///
    /// # Errors
    ///
    /// Returns an error if the runtime shut the actor's task down.
    pub fn join(self) -> impl Future<Output = Result<Option<Exit>, JoinError>> + Send {
        let task = self.shared.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(self.sender);
        let shared = self.shared;
        async move {
            let exit = match task {
                Some(task) => Some(task.await?),
                None => None,
            };
            drop(shared);
            Ok(exit)
        }
    }

    /// Returns whether the actor has ended or was stopped.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Returns the sender of the mailbox.
    pub const fn sender(&self) -> &mpsc::Sender<M> {
        &self.sender
    }
}

impl<M> Clone for ActorRef<M> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), shared: self.shared.clone() }
    }
}

impl<M> fmt::Debug for ActorRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActorRef").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
