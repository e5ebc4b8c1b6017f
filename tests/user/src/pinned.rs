//! Retired shapes, without a prelude, and with serde under another name.

#![no_implicit_prelude]

use ::sd::{Deserialize, Serialize};

/// A message whose older shapes are read.
#[::ta::traced_actor(crate = "::ta", name = "Pinned")]
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(crate = "::sd")]
#[traced(legacy(AddV1<T>, name = "Add", index = 0, upgrade = AddV1::content, downgrade = AddV1::older))]
#[traced(legacy(Reset, name = "Reset", index = 2))]
#[non_exhaustive]
pub enum Message<T: ::core::clone::Clone> {
    /// Adds them all.
    #[traced(index = 3, since = 1, fields(count = numbers.len()))]
    Sum {
        /// The numbers.
        numbers: ::std::vec::Vec<T>,
        /// The recipient, if any.
        #[serde(default)]
        whom: ::core::option::Option<::std::string::String>,
    },
    /// There with the feature `last`.
    #[cfg(feature = "last")]
    #[traced(index = 4, since = 1)]
    Last(T),
    /// A variant that has not changed.
    #[traced(index = 1)]
    Tick,
}

/// A message whose clippy lint is reported once, for the user's enum.
#[::ta::traced_actor(crate = "::ta")]
#[derive(Debug, Serialize, Deserialize)]
#[serde(crate = "::sd")]
#[expect(clippy::large_enum_variant, reason = "few of them are alive at a time")]
pub enum Page {
    /// With words.
    #[traced(index = 1)]
    Written([u64; 32]),
    /// Without.
    #[traced(index = 0)]
    Blank,
}

/// `Add` as it was first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(crate = "::sd")]
pub struct AddV1<T>(T);

/// `Reset` as it was first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(crate = "::sd")]
pub struct Reset;

impl<T: ::core::clone::Clone> AddV1<T> {
    fn content(self) -> Message<T> {
        Message::Sum { numbers: ::std::vec![self.0], whom: ::core::option::Option::None }
    }

    fn older(message: &Message<T>) -> ::core::option::Option<Self> {
        match message {
            Message::Sum { numbers, .. } if numbers.len() == 1 => numbers.first().cloned().map(Self),
            _ => ::core::option::Option::None,
        }
    }
}

impl<T: ::core::clone::Clone> ::core::convert::From<Reset> for Message<T> {
    fn from(_: Reset) -> Self {
        Self::Tick
    }
}
