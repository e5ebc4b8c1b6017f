//! A protocol in two versions. The impls are what `#[traced_actor]` is to generate.

use serde::de::VariantAccess;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use traced_actor::wire::shapes::{Content, Older, Retired, Shapes, Upgrade, Variant, Written};

/// The protocol as it was first released: schema 0.
pub(crate) mod v1 {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    pub(crate) enum Message {
        Join { user: u64 },
        Post(u64, String),
        Leave(u64),
        Tick,
        Bye,
    }
}

/// Schema 1: `Join` has gained a field, `Post` is called `Send` and has names, `Leave` is gone into `Quit`; `Tick`
/// is what it was, though it stands elsewhere; `Mute` is new.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Message {
    Send {
        room: u64,
        text: String,
    },
    Tick,
    Join {
        user: u64,
        region: String,
    },
    Quit,
    Mute(u64),
    /// Never on the wire.
    Cached,
}

#[derive(Serialize, Deserialize)]
struct JoinV1 {
    user: u64,
}
#[derive(Serialize, Deserialize)]
struct PostV1(u64, String);
#[derive(Serialize, Deserialize)]
struct LeaveV1(u64);
#[derive(Serialize, Deserialize)]
pub(crate) struct ByeV1;

impl JoinV1 {
    fn up(self) -> Message {
        Message::Join { user: self.user, region: "eu".into() }
    }

    fn down(message: &Message) -> Option<Self> {
        match message {
            Message::Join { user, .. } => Some(Self { user: *user }),
            _ => None,
        }
    }
}

impl PostV1 {
    fn up(self) -> Message {
        Message::Send { room: self.0, text: self.1 }
    }

    fn down(message: &Message) -> Option<Self> {
        match message {
            Message::Send { room, text } => Some(Self(*room, text.clone())),
            _ => None,
        }
    }
}

impl LeaveV1 {
    fn up(Self(_user): Self) -> Message {
        Message::Quit
    }
}

impl ByeV1 {
    fn up(Self: Self) -> Message {
        Message::Quit
    }

    fn down(message: &Message) -> Option<Self> {
        matches!(message, Message::Quit).then_some(Self)
    }
}

// ===== generated =====

const _: () = {
    /// The message as serde's derive sees it: the user's variants and serde attributes.
    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Message")]
    enum Wire {
        Send {
            room: u64,
            text: String,
        },
        Tick,
        Join {
            user: u64,
            region: String,
        },
        Quit,
        Mute(u64),
        #[serde(skip)]
        Cached,
    }

    impl Serialize for Message {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            traced_actor::wire::shapes::serialize(self, serializer)
        }
    }

    impl<'de> Deserialize<'de> for Message {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            traced_actor::wire::shapes::deserialize(deserializer)
        }
    }

    impl Shapes for Message {
        const NAME: &'static str = "Message";
        const NAMES: &'static [&'static str] = &["Send", "Tick", "Join", "Quit", "Mute", "Cached"];
        const TODAY: &'static [Variant] = &[
            Variant::at(5).since(1),
            Variant::at(3),
            Variant::at(6).named("Join2").since(1),
            Variant::at(7).since(1),
            Variant::at(8).since(1),
            Variant::at(9).never_read(),
        ];
        const RETIRED: &'static [Retired] = &[
            Retired::new("JoinV1").at(0).named("Join"),
            Retired::new("PostV1").at(1).named("Post"),
            Retired::new("LeaveV1").at(2).named("Leave"),
            Retired::new("ByeV1").at(4).named("Bye"),
        ];

        fn serialize_today<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Wire::serialize(self, serializer)
        }

        fn downgrade<S: Serializer>(&self, retired: usize, older: Older<S>) -> Written<S> {
            match retired {
                0 => older.write(JoinV1::down(self)),
                1 => older.write(PostV1::down(self)),
                3 => older.write(ByeV1::down(self)),
                _ => older.leave(),
            }
        }
    }

    impl<'de> Upgrade<'de> for Message {
        fn deserialize_today<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Wire::deserialize(deserializer)
        }

        fn upgrade<A: VariantAccess<'de>>(retired: usize, content: Content<A>) -> Result<Self, A::Error> {
            match retired {
                0 => content.read().map(JoinV1::up),
                1 => content.read().map(PostV1::up),
                2 => content.read().map(LeaveV1::up),
                _ => content.read().map(ByeV1::up),
            }
        }
    }
};
