//! Sends one message to many recipients, as one fan-out.

use actix::{Message, Recipient};
use traced_actor::fanout::{Broadcast, fanout};

use crate::failure::RecordFailure;

/// Sends a clone of the message to each recipient in order.
///
/// Runs as a [`fanout`](traced_actor::fanout()) whose size is the number of recipients. At most as many of the sends as
/// the sender's `fanout_budget` allows are traced, and each traced one records how many it stands for. A plain loop
/// over the recipients would trace every send. This function never waits.
///
/// `closed` counts the recipients that have ended or whose mailbox is full. They are recorded as by
/// [`record_failure`](RecordFailure::record_failure).
///
/// ```
/// use actix::{Message, Recipient};
/// use traced_actor::traced_actor;
/// use traced_actor_actix::broadcast;
///
/// #[traced_actor(actix)]
/// #[derive(Clone)]
/// struct Notice(String);
///
/// impl Message for Notice {
///     type Result = ();
/// }
///
/// let recipients: Vec<Recipient<Notice>> = Vec::new();
/// let outcome = broadcast(&recipients, Notice("hello".to_owned()));
/// assert_eq!(outcome.sent, 0); // nobody has joined
/// ```
#[expect(clippy::needless_pass_by_value, reason = "as traced_actor::broadcast takes it")]
pub fn broadcast<'a, M, I>(recipients: I, message: M) -> Broadcast
where
    M: Message<Result: Send> + Clone + Send + 'static,
    I: IntoIterator<Item = &'a Recipient<M>, IntoIter: ExactSizeIterator>,
{
    let recipients = recipients.into_iter();
    let mut fanout = fanout(recipients.len());
    let _entered = fanout.enter();
    let mut outcome = Broadcast::default();
    for recipient in recipients {
        match recipient.try_send(message.clone()).record_failure() {
            Ok(()) => outcome.sent += 1,
            Err(_) => outcome.closed += 1,
        }
    }
    outcome
}
