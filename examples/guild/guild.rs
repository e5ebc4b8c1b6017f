//! The guild: knows the channels and their readers, and tells the readers what happens.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use tokio::task::JoinSet;
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, broadcast, traced_actor};

use crate::presence;
use crate::session::{self, Seen};
use traced_actor_example_shared::event::{Channel, Snowflake, Status};

/// The messages of the guild.
///
/// `fields(…)` become attributes of the span. Nothing else of a message is ever recorded.
#[traced_actor]
pub(crate) enum Message {
    Open {
        name: String,
        channels: Vec<Channel>,
    },
    Create {
        channel: Channel,
    },
    Join {
        user: Snowflake,
    },
    #[traced(fields(%channel, text_len = text.len()))]
    Post {
        channel: Snowflake,
        author: Snowflake,
        text: String,
    },
    #[traced(fields(%channel, emoji))]
    React {
        channel: Snowflake,
        emoji: String,
    },
    #[traced(fields(%user, ?status))]
    Presence {
        user: Snowflake,
        status: Status,
    },
}

/// The reasons why the guild did not handle a message.
#[derive(Debug)]
pub(crate) enum Error {
    UnknownChannel(Snowflake),
    /// The presence actor did not answer.
    Presence(String),
}

pub(crate) struct Guild {
    mailbox: mpsc::Receiver<Message>,
    presence: ActorRef<presence::Message>,
    /// In the order in which they connected: the first n of them read a channel with n members.
    sessions: Vec<mpsc::Sender<session::Message>>,
    tasks: JoinSet<Seen>,
    channels: HashMap<Snowflake, usize>,
    summary: Summary,
}

/// The guild's own counts. The report compares the traces with them.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) name: String,
    pub(crate) sessions: usize,
    pub(crate) online: usize,
    pub(crate) status_changes: usize,
    /// The messages that all sessions have seen.
    pub(crate) seen: Seen,
    /// The number of recipients of each channel that was broadcast to, and the number of broadcasts.
    pub(crate) broadcasts: HashMap<Snowflake, (usize, u64)>,
    pub(crate) failures: Vec<Error>,
}

#[traced_actor]
impl Guild {
    /// Creates a guild with `connected` connected members.
    pub(crate) fn new(
        mailbox: mpsc::Receiver<Message>,
        presence: ActorRef<presence::Message>,
        connected: usize,
    ) -> Self {
        let mut guild = Self {
            mailbox,
            presence,
            sessions: Vec::new(),
            tasks: JoinSet::new(),
            channels: HashMap::new(),
            summary: Summary::default(),
        };
        // There is no trace here, and sessions never start one, so these hellos leave no span.
        for _ in 0..connected {
            guild.connect();
        }
        guild
    }

    /// Runs until all senders are dropped, and every session has handled its messages.
    pub(crate) async fn run(mut self) -> Summary {
        while let Some(message) = self.mailbox.recv().await {
            if let Err(error) = self.handle_message(message).await {
                self.summary.failures.push(error);
            }
        }
        self.close().await
    }

    async fn handle_message(&mut self, message: Message) -> Result<(), Error> {
        match message {
            Message::Open { name, channels } => {
                self.summary.name = name;
                self.channels.extend(channels.iter().map(|channel| (channel.id, channel.member_count)));
            }
            Message::Create { channel } => {
                self.channels.insert(channel.id, channel.member_count);
            }
            Message::Join { user } => {
                self.connect(); // the new session's hello is part of this trace
                self.update_presence(user, Status::Online).await?;
            }
            Message::Post { channel, author, text } => {
                if text.contains("https://") {
                    fetch_preview().await;
                }
                self.tell(channel, session::Message::Deliver { author, text: text.into() }).await?;
            }
            Message::React { channel, emoji } => {
                self.tell(channel, session::Message::React { emoji: emoji.into() }).await?;
            }
            Message::Presence { user, status } => self.update_presence(user, status).await?,
        }
        Ok(())
    }

    /// Sends a message to all readers of a channel.
    ///
    /// However many there are, ten of the sends are traced (`#[traced_actor(fanout_budget = …)]` changes that), and
    /// each of the ten records how many it stands for.
    async fn tell(&mut self, channel: Snowflake, message: session::Message) -> Result<(), Error> {
        let readers = *self.channels.get(&channel).ok_or(Error::UnknownChannel(channel))?;
        let readers = &self.sessions[..readers.min(self.sessions.len())];
        let outcome = broadcast(readers, message).await;
        self.summary.broadcasts.entry(channel).or_insert((outcome.sent, 0)).1 += 1;
        Ok(())
    }

    /// Asks the presence actor, and waits for its reply. The presence actor works in this trace, too.
    async fn update_presence(&mut self, user: Snowflake, status: Status) -> Result<(), Error> {
        let update = |respond_to| presence::Message::Update { user, status, respond_to };
        let before = self.presence.call(Duration::from_secs(10), update).await;
        let before = before.map_err(|error| Error::Presence(error.to_string()))?;
        self.summary.status_changes += usize::from(before != Some(status));
        Ok(())
    }

    /// Starts a session for a new member.
    fn connect(&mut self) {
        let session = session::start(&mut self.tasks);
        // The mailbox of a new session has room.
        session.try_send(session::Message::Hello).ok();
        self.sessions.push(session);
    }

    async fn close(mut self) -> Summary {
        let online = self
            .presence
            .call(Duration::from_secs(10), |respond_to| presence::Message::Online { respond_to });
        self.summary.online = online.await.unwrap_or_default();
        self.summary.sessions = self.sessions.len();
        // Without senders, each session ends when its mailbox is empty.
        self.sessions.clear();
        while let Some(session) = self.tasks.join_next().await {
            self.summary.seen += session.unwrap_or_default();
        }
        self.summary
    }
}

/// Fetches the page that a post links to. This takes time, and everything in the mailbox waits.
async fn fetch_preview() {
    tokio::time::sleep(Duration::from_millis(250)).await;
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownChannel(channel) => write!(f, "there is no channel {channel}"),
            Self::Presence(reason) => write!(f, "presence: {reason}"),
        }
    }
}
