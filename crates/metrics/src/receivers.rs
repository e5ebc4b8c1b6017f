//! The actors that receive each type and kind of message, learned from what they receive.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The actor of each type and kind of message.
///
/// A framework's actor is sent to through its own mailbox, so a send tells the message's type only.
#[derive(Default)]
pub(crate) struct Receivers(Mutex<HashMap<u32, Receiver>>);

/// The actor that receives a type and kind of message.
#[derive(Clone, Copy)]
enum Receiver {
    /// The number of the actor and the kind.
    One(u32),
    /// Several actors receive it, so that a send does not tell which one.
    Several,
}

impl Receivers {
    /// Notes that an actor has received a message: the number of its type and kind, and that of the actor and kind.
    pub(crate) fn note(&self, send: u32, series: u32) {
        let mut receivers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = receivers.entry(send).or_insert(Receiver::One(series));
        if !matches!(receiver, Receiver::One(known) if *known == series) {
            *receiver = Receiver::Several;
        }
    }

    /// Returns the number of the only actor that has received this type and kind, if there is one.
    pub(crate) fn only(&self, send: u32) -> Option<u32> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&send) {
            Some(Receiver::One(series)) => Some(*series),
            Some(Receiver::Several) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_several_actors_names_none() {
        let receivers = Receivers::default();
        for (send, series) in [(1, 10), (1, 10), (2, 10), (2, 11), (2, 10)] {
            receivers.note(send, series);
        }
        assert_eq!([1, 2, 3].map(|send| receivers.only(send)), [Some(10), None, None]);
    }
}
