//! The guild: knows the channels and who reads them, and tells everybody what happens.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use tokio::task::JoinSet;
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, broadcast, traced_actor};

use crate::presence;
use crate::session::{self, Seen};
use traced_actor_example_shared::event::{Channel, Snowflake, Status};

/// What the guild can be told.
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

/// Why the guild did not do what it was told.
#[derive(Debug)]
pub(crate) enum Error {
    UnknownChannel(Snowflake),
    /// The presence actor did not answer.
    Presence(String),
}

pub(crate) struct Guild {
    mailbox: mpsc::Receiver<Message>,
    presence: ActorRef<presence::Message>,
    /// In the order in which they came: a channel's readers are the first so many.
    sessions: Vec<mpsc::Sender<session::Message>>,
    tasks: JoinSet<Seen>,
    channels: HashMap<Snowflake, usize>,
    summary: Summary,
}

/// What the guild did, counted by itself: the report compares the traces with it.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) name: String,
    pub(crate) sessions: usize,
    pub(crate) online: usize,
    pub(crate) status_changes: usize,
    /// What all sessions have seen.
    pub(crate) seen: Seen,
    /// The number of recipients of each channel that was broadcast to, and the number of broadcasts.
    pub(crate) broadcasts: HashMap<Snowflake, (usize, u64)>,
    pub(crate) failures: Vec<Error>,
}

#[traced_actor]
impl Guild {
    /// A guild of which `connected` members are connected already.
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
        // No trace is here to be continued, and sessions start none: these hellos leave no span.
        for _ in 0..connected {
            guild.connect();
        }
        guild
    }

    /// Runs until nobody can send any more, and every session has handled what it was sent.
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

    /// Sends a message to everybody who reads the channel.
    ///
    /// However many they are, ten of the sends are traced (`#[traced_actor(fanout_budget = …)]` changes that), and
    /// each of the ten says how many it stands for.
    async fn tell(&mut self, channel: Snowflake, message: session::Message) -> Result<(), Error> {
        let readers = *self.channels.get(&channel).ok_or(Error::UnknownChannel(channel))?;
        let readers = &self.sessions[..readers.min(self.sessions.len())];
        let outcome = broadcast(readers, message).await;
        self.summary.broadcasts.entry(channel).or_insert((outcome.sent, 0)).1 += 1;
        Ok(())
    }

    /// Asks the presence actor, and waits for its answer. It works in this trace, too.
    async fn update_presence(&mut self, user: Snowflake, status: Status) -> Result<(), Error> {
        let update = |respond_to| presence::Message::Update { user, status, respond_to };
        let before = self.presence.call(Duration::from_secs(10), update).await;
        let before = before.map_err(|error| Error::Presence(error.to_string()))?;
        self.summary.status_changes += usize::from(before != Some(status));
        Ok(())
    }

    /// Starts the session of one more member.
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
        // Without senders the sessions end, each when its mailbox is empty.
        self.sessions.clear();
        while let Some(session) = self.tasks.join_next().await {
            self.summary.seen += session.unwrap_or_default();
        }
        self.summary
    }
}

/// Looks at the page that a post links to; the network takes its time, and everybody in the mailbox waits.
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
