//! A public actor with everything public, under `forbid(missing_docs)`.

use ta::sync::{mpsc, oneshot};
use ta::traced_actor;

/// The messages of a guild.
#[traced_actor(name = "Documented", crate = "::ta")]
#[derive(Debug)]
pub enum Message {
    /// A text for a channel.
    #[traced(fanout = recipients.len(), fields(channel, text_len = text.len()), key = channel)]
    Post {
        /// The channel.
        channel: u64,
        /// The recipients.
        recipients: Vec<u64>,
        /// The text.
        text: String,
    },
    /// Returns the number of posts.
    Count {
        /// Takes the number.
        respond_to: oneshot::Sender<usize>,
    },
    /// Time passes.
    #[traced(skip)]
    Tick,
}

/// A guild.
#[derive(Debug)]
pub struct Guild {
    receiver: mpsc::Receiver<Message>,
    posts: usize,
}

/// The reason for refusing a message.
#[derive(Debug)]
pub struct Refused;

#[traced_actor(name = "Documented", crate = "::ta")]
impl Guild {
    /// A guild with this mailbox.
    #[must_use]
    pub const fn new(receiver: mpsc::Receiver<Message>) -> Self {
        Self { receiver, posts: 0 }
    }

    /// Runs until all senders are gone.
    ///
    /// # Errors
    ///
    /// [`Refused`], when nobody waits for an answer.
    pub async fn run(mut self) -> Result<usize, Refused> {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await?;
        }
        Ok(self.posts)
    }

    /// Handles one message.
    ///
    /// # Errors
    ///
    /// [`Refused`], when nobody waits for an answer.
    #[must_use = "a refusal is for the caller"]
    pub(crate) async fn handle_message(&mut self, message: Message) -> Result<(), Refused> {
        match message {
            Message::Post { .. } => self.posts += 1,
            Message::Count { respond_to } => return respond_to.send(self.posts).map_err(|_| Refused),
            Message::Tick => tokio::task::yield_now().await,
        }
        Ok(())
    }
}
