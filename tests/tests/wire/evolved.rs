//! A protocol in two versions.

use serde::{Deserialize, Serialize};
use traced_actor::traced_actor;

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
#[traced_actor]
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[traced(legacy(JoinV1, name = "Join", index = 0, upgrade = JoinV1::up, downgrade = JoinV1::down))]
#[traced(legacy(PostV1, name = "Post", index = 1, upgrade = PostV1::up, downgrade = PostV1::down))]
#[traced(legacy(LeaveV1, name = "Leave", index = 2, upgrade = LeaveV1::up))]
#[traced(legacy(ByeV1, name = "Bye", index = 4, upgrade = ByeV1::up, downgrade = ByeV1::down))]
pub(crate) enum Message {
    #[traced(index = 5, since = 1)]
    Send { room: u64, text: String },
    #[traced(index = 3)]
    Tick,
    #[traced(index = 6, since = 1)]
    #[serde(rename = "Join2")]
    Join { user: u64, region: String },
    #[traced(index = 7, since = 1)]
    Quit,
    #[traced(index = 8, since = 1)]
    Mute(u64),
    /// Never on the wire.
    #[serde(skip)]
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
