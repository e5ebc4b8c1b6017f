//! The actors that receive each type and kind of message, learned from what they receive.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::names::{Names, OVERFLOWED, short};

/// The actor of each type and kind of message.
///
/// A framework's actor is sent to through its own mailbox, so a send tells the message's type only. The types have their whole
/// names here, since programs have a `Message` in several modules.
pub(crate) struct Receivers {
    messages: Names,
    receivers: Mutex<HashMap<u32, Receiver>>,
}

/// The actor that receives a type and kind of message.
#[derive(Clone, Copy)]
enum Receiver {
    /// The number of the actor and the kind.
    One(u32),
    /// Several actors receive it, so that a send does not tell which one.
    Several,
}

impl Receivers {
    /// Creates a table for at most `most` types and kinds.
    pub(crate) fn new(most: usize) -> Self {
        Self { messages: Names::new(most), receivers: Mutex::default() }
    }

    /// Returns the number of a type and kind of message.
    pub(crate) fn message(&self, type_name: &str, kind: &str) -> u32 {
        self.messages.number(type_name, kind)
    }

    /// Notes that an actor has received a message of this number. `series` is the number of the actor and the kind.
    pub(crate) fn note(&self, message: u32, series: u32) {
        if message == OVERFLOWED {
            // It stands for several messages.
            return;
        }
        let mut receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = receivers.entry(message).or_insert(Receiver::One(series));
        if !matches!(receiver, Receiver::One(known) if *known == series) {
            *receiver = Receiver::Several;
        }
    }

    /// Returns the name of the only actor that has received messages with this number.
    ///
    /// If there is none, or there are several, it returns the name of the type.
    pub(crate) fn name(&self, message: u32, series: &Names) -> String {
        let receiver = self.receivers.lock().unwrap_or_else(PoisonError::into_inner).get(&message).copied();
        match receiver {
            Some(Receiver::One(number)) => series.name(number).0.to_string(),
            Some(Receiver::Several) | None => short(&self.messages.name(message).0).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_named_like_its_only_receiver_or_its_type() {
        let (receivers, series) = (Receivers::new(4), Names::new(9));
        let [guild, room] = ["Guild", "Room"].map(|actor| series.number(actor, "Get"));
        let message = |module| receivers.message(&format!("{module}::Message"), "Get");
        let (of_guild, of_both, of_nobody) = (message("guild"), message("both"), message("database"));
        receivers.note(of_guild, guild);
        receivers.note(of_guild, guild);
        for actor in [guild, room, guild] {
            receivers.note(of_both, actor);
        }
        let name = |message| receivers.name(message, &series);
        assert_eq!([of_guild, of_both, of_nobody].map(name), ["Guild", "Message", "Message"]);
        // Beyond the limit, different messages have one number.
        let beyond = message("session");
        receivers.note(beyond, guild);
        assert_eq!((message("user"), name(beyond).as_str()), (beyond, "_other"));
    }
}
