//! Sends one message to many actors, as one fan-out.

use ractor::{ActorCell, Message};
use traced_actor::fanout::{Broadcast, fanout};

use crate::failure::RecordFailure;

/// Sends a clone of the message to each actor in order, such as the members of a process group.
///
/// Runs as a [`fanout`](traced_actor::fanout()) whose size is the number of actors. At most as many of the sends as the
/// sender's `fanout_budget` allows are traced, and each traced one records how many it stands for. A plain loop over
/// the members would trace every send. This function never waits, since ractor's mailboxes are unbounded.
///
/// `closed` counts the actors that have ended, and those with another message type. The former are recorded as by
/// [`record_failure`](RecordFailure::record_failure).
///
/// ```
/// use ractor::pg;
/// use traced_actor::traced_actor;
/// use traced_actor_ractor::broadcast;
///
/// #[traced_actor(ractor)]
/// #[derive(Clone)]
/// struct Notice(String);
///
/// let outcome = broadcast(&pg::get_members(&"readers".to_owned()), Notice("hello".to_owned()));
/// assert_eq!(outcome.sent, 0); // nobody has joined
/// ```
#[expect(clippy::needless_pass_by_value, reason = "as traced_actor::broadcast takes it")]
pub fn broadcast<M: Message + Clone>(actors: &[ActorCell], message: M) -> Broadcast {
    let mut fanout = fanout(actors.len());
    let _entered = fanout.enter();
    let mut outcome = Broadcast::default();
    for actor in actors {
        match actor.send_message(message.clone()).record_failure() {
            Ok(()) => outcome.sent += 1,
            Err(_) => outcome.closed += 1,
        }
    }
    outcome
}
