//! The gateway's events, one JSON object a line: `{"op":0,"s":17,"t":"MESSAGE_CREATE","d":{…}}`.
//!
//! Only what the actors use is read; everything else in a line is ignored.

use std::fmt;

use serde::Deserialize;

/// One event. `t` is its type, `d` its data.
#[derive(Debug, Deserialize)]
#[serde(tag = "t", content = "d", rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "Discord's documentation says what each field is")]
pub enum Event {
    GuildCreate { name: String, channels: Vec<Channel> },
    ChannelCreate(Channel),
    GuildMemberAdd { user: User },
    MessageCreate { channel_id: Snowflake, author: User, content: String },
    MessageReactionAdd { channel_id: Snowflake, emoji: Emoji },
    PresenceUpdate { user: User, status: Status },
}

/// A channel with its number of readers: the first `member_count` members of the guild.
#[derive(Debug, Deserialize)]
pub struct Channel {
    /// The id of the channel.
    pub id: Snowflake,
    /// The number of its readers.
    pub member_count: usize,
}

/// A member.
#[derive(Debug, Deserialize)]
pub struct User {
    /// The id of the user.
    pub id: Snowflake,
}

/// The emoji of a reaction.
#[derive(Debug, Deserialize)]
pub struct Emoji {
    /// The name of the emoji.
    pub name: String,
}

/// The presence of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Status {
    Online,
    Idle,
    Dnd,
    Offline,
}

/// An id of 64 bits, written as a string, since JavaScript's numbers would lose digits of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Snowflake(u64);

impl From<Snowflake> for u64 {
    fn from(id: Snowflake) -> Self {
        id.0
    }
}

impl TryFrom<String> for Snowflake {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|error| format!("`{text}` is no id: {error}"))
    }
}

impl fmt::Display for Snowflake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
