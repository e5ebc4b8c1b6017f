//! Warnings on the standard error stream, once for each place or type.
//!
//! They report mistakes that are hard to notice otherwise.
//!
//! Each one says what is wrong, where, and what to write instead.

use std::collections::HashSet;
use std::hash::Hash;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

/// The maximum number of places or types. Further warnings are not printed.
const MOST: usize = 256;

type Set<T> = Mutex<Option<HashSet<T>>>;

/// Inserts the item, and returns whether it is new and the set had room for it.
fn insert<T: Hash + Eq>(set: &Set<T>, item: T) -> bool {
    let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
    let set = set.get_or_insert_default();
    set.len() < MOST && set.insert(item)
}

fn contains<T: Hash + Eq>(set: &Set<T>, item: &T) -> bool {
    set.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|set| set.contains(item))
}

static RECEIVED: Set<&'static str> = Mutex::new(None);

/// Notes that messages of this type are received through a traced channel.
pub(super) fn note_received(type_name: &'static str) {
    insert(&RECEIVED, type_name);
}

/// Warns that a sampled message was received outside of a flow.
#[cold]
pub(super) fn unscoped_receive(place: &'static Location<'static>) {
    static PLACES: Set<(&'static str, u32, u32)> = Mutex::new(None);
    if insert(&PLACES, (place.file(), place.line(), place.column())) {
        eprintln!(
            "traced-actor: {place}: a sampled message was received by a loop without `#[traced_actor]`. In a tokio task, the \
             messages that are sent while it is handled still continue its trace, at a higher cost. Elsewhere they do not. Write \
             `#[traced_actor]` on the function with the receive loop, or call `.traced()` on its future. (This is shown once \
             for each place. `traced_actor::counters().out_of_scope` counts the messages whose trace is not continued.)"
        );
    }
}

/// Warns that a handler was called with a plain message that this flow has not received, so that its span is a root.
///
/// `in_loop` is true in the flow of a receive loop, and false in a task without a flow.
#[cold]
pub(super) fn handled_unreceived(type_name: &'static str, actor: &'static str, in_loop: bool) {
    static TYPES: Set<(&'static str, bool)> = Mutex::new(None);
    let received = contains(&RECEIVED, &type_name);
    if received == in_loop || !insert(&TYPES, (type_name, in_loop)) {
        return;
    }
    if in_loop {
        eprintln!(
            "traced-actor: `{actor}` handles messages of type `{type_name}` that did not come through a traced channel, so \
             each of them starts a new trace. If they come through `tokio::sync::mpsc`, import `traced_actor::sync::mpsc` \
             instead, in each file that names the channel. (This is shown once for each type.)"
        );
    } else {
        eprintln!(
            "traced-actor: `{actor}` handles a message of type `{type_name}` in a spawned task that is not connected with \
             the loop that received it, so the message starts a new trace. If a receive loop spawns the task, use \
             `traced_actor::task::spawn` instead of `tokio::spawn`. (This is shown once for each type.)"
        );
    }
}

/// Warns that a handler was called with a plain message that could be either of two open messages.
#[cold]
pub(super) fn ambiguous(type_name: &'static str) {
    eprintln!(
        "traced-actor: a handler was called with a message of type `{type_name}` while two such messages were open, so its \
         span is a root with links to both senders. Receive with `recv_envelope`, or stash messages with `Envelope::hold`, \
         and call the handler with the envelope. (This is shown once. `traced_actor::counters().ambiguous` counts such calls.)"
    );
}
