//! The gateway: reads each event from the wire and passes it to the guild. Every trace starts here.

use std::fmt;

use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

use crate::guild;
use traced_actor_example_shared::event::Event;

/// The messages of the gateway.
#[traced_actor]
pub(crate) enum Message {
    /// A line arrived.
    #[traced(fields(line, bytes = json.len()))]
    Dispatch { line: usize, json: String },
}

/// The reasons why a line was not passed on.
#[derive(Debug)]
pub(crate) enum Error {
    /// The line is not an event.
    Malformed { line: usize, reason: String },
    /// The guild has ended.
    Closed,
}

pub(crate) struct Gateway {
    mailbox: mpsc::Receiver<Message>,
    guild: mpsc::Sender<guild::Message>,
    errors: Vec<Error>,
}

// The receive loop runs in a flow, and each call of `handle_message` in a span: `Gateway/Dispatch`. Messages that the
// handler sends to the guild continue that span. The span records an `Err` as its failure.
#[traced_actor]
impl Gateway {
    pub(crate) fn new(mailbox: mpsc::Receiver<Message>, guild: mpsc::Sender<guild::Message>) -> Self {
        Self { mailbox, guild, errors: Vec::new() }
    }

    /// Runs until all senders are dropped, and returns the errors.
    pub(crate) async fn run(mut self) -> Vec<Error> {
        while let Some(message) = self.mailbox.recv().await {
            if let Err(error) = self.handle_message(message).await {
                self.errors.push(error); // one bad line must not end the gateway
            }
        }
        self.errors
    }

    async fn handle_message(&mut self, message: Message) -> Result<(), Error> {
        match message {
            Message::Dispatch { line, json } => {
                let event = serde_json::from_str(&json).map_err(|error| malformed(line, &error))?;
                self.guild.send(for_guild(event)).await.map_err(|_| Error::Closed)
            }
        }
    }
}

fn malformed(line: usize, error: &serde_json::Error) -> Error {
    // The parser sees one line at a time.
    let reason = error.to_string().replace(" at line 1 column ", " at column ");
    Error::Malformed { line, reason }
}

/// Returns the guild's message for an event.
fn for_guild(event: Event) -> guild::Message {
    match event {
        Event::GuildCreate { name, channels } => guild::Message::Open { name, channels },
        Event::ChannelCreate(channel) => guild::Message::Create { channel },
        Event::GuildMemberAdd { user } => guild::Message::Join { user: user.id },
        Event::MessageCreate { channel_id, author, content } => {
            guild::Message::Post { channel: channel_id, author: author.id, text: content }
        }
        Event::MessageReactionAdd { channel_id, emoji } => {
            guild::Message::React { channel: channel_id, emoji: emoji.name }
        }
        Event::PresenceUpdate { user, status } => guild::Message::Presence { user: user.id, status },
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line, reason } => write!(f, "line {line}: {reason}"),
            Self::Closed => f.write_str("the guild is gone"),
        }
    }
}
