//! Variants that features switch.

use ta::traced_actor;

/// A message of one to three kinds.
#[traced_actor(crate = "::ta", name = "Switched")]
#[derive(Debug)]
pub enum Message {
    /// There with the feature `first`.
    #[cfg(feature = "first")]
    #[traced(sample = never, fanout = 1)]
    First,
    /// Always there.
    #[traced(fields(n = *_0))]
    Always(u8),
    /// There with the feature `last`.
    #[cfg(feature = "last")]
    Last {
        /// The field.
        field: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::Message;
    use ta::Message as _;

    #[test]
    fn each_variant_that_is_there_has_its_own_kind() {
        let messages = [
            #[cfg(feature = "first")]
            (Message::First, "First", Some(1)),
            (Message::Always(1), "Always", None),
            #[cfg(feature = "last")]
            (Message::Last { field: 1 }, "Last", None),
        ];
        for (message, name, fanout) in messages {
            assert_eq!((message.kind().name(), message.fanout()), (name, fanout));
        }
    }
}
