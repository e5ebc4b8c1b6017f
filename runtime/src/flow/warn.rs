//! Warnings on the standard error stream: once for each place or type, and about what cannot be seen otherwise.

use std::collections::HashSet;
use std::hash::Hash;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

/// So many places, or types, are told apart. Beyond them nothing more is said.
const MOST: usize = 256;

type Set<T> = Mutex<Option<HashSet<T>>>;

/// Whether the set did not have it and has it now.
fn insert<T: Hash + Eq>(set: &Set<T>, item: T) -> bool {
    let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
    let set = set.get_or_insert_default();
    set.len() < MOST && set.insert(item)
}

fn contains<T: Hash + Eq>(set: &Set<T>, item: &T) -> bool {
    set.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|set| set.contains(item))
}

static RECEIVED: Set<&'static str> = Mutex::new(None);

/// Messages of this type come through a channel of ours.
pub(super) fn note_received(type_name: &'static str) {
    insert(&RECEIVED, type_name);
}

/// A sampled message was received outside of any flow.
#[cold]
pub(super) fn unscoped_receive(place: &'static Location<'static>) {
    static PLACES: Set<(&'static str, u32, u32)> = Mutex::new(None);
    if insert(&PLACES, (place.file(), place.line(), place.column())) {
        eprintln!(
            "traced-actor: {place}: a sampled message was received outside of any flow. In a tokio task what is sent while \
             it is handled is still connected with it, at a higher cost; elsewhere it is not. Write `#[traced_actor]` on the \
             function with the receive loop, or `.traced()` behind its future. (Said once for each place; \
             `traced_actor::counters().out_of_scope` counts the messages that are not connected.)"
        );
    }
}

/// A handler was called with a plain message that nothing here has received: its span is a root.
///
/// `in_loop`: in the flow of a receive loop; otherwise in a task without a flow.
#[cold]
pub(super) fn handled_unreceived(type_name: &'static str, actor: &'static str, in_loop: bool) {
    static TYPES: Set<(&'static str, bool)> = Mutex::new(None);
    let received = contains(&RECEIVED, &type_name);
    if received == in_loop || !insert(&TYPES, (type_name, in_loop)) {
        return;
    }
    if in_loop {
        eprintln!(
            "traced-actor: `{actor}` handles messages of type `{type_name}` that came through no traced channel, so each \
             starts a trace of its own. If they come through `tokio::sync::mpsc`, import `traced_actor::sync::mpsc` in each file \
             that names the channel. (Said once for each type.)"
        );
    } else {
        eprintln!(
            "traced-actor: `{actor}` handles a message of type `{type_name}` in a task that knows nothing of the flow that \
             received it, so it starts a trace of its own. If a receive loop spawns the task, spawn it by \
             `traced_actor::task::spawn`. (Said once for each type.)"
        );
    }
}

/// Two messages were open that a handler may have been called with.
#[cold]
pub(super) fn ambiguous(type_name: &'static str) {
    eprintln!(
        "traced-actor: a handler was called with a plain message of type `{type_name}` while two such messages were open, so \
         its span is linked with both. Receive with `recv_envelope`, or put the message aside with `Envelope::hold`. (Said once; \
         `traced_actor::counters().ambiguous` counts.)"
    );
}
