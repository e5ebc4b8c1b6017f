//! A session: one connected client. There are thousands of them, so they continue traces and never start one.

use std::ops::AddAssign;
use std::sync::Arc;

use tokio::task::JoinSet;
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

use traced_actor_example_shared::event::Snowflake;

/// The messages of a session. They are cheap to clone: ten thousand sessions share one text.
#[traced_actor]
#[derive(Clone)]
pub(crate) enum Message {
    Hello,
    Deliver { author: Snowflake, text: Arc<str> },
    React { emoji: Arc<str> },
}

struct Session {
    mailbox: mpsc::Receiver<Message>,
    /// The bytes that would be written to the client's socket.
    socket: Vec<u8>,
    seen: Seen,
}

/// The messages that a session has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) hellos: u64,
    pub(crate) posts: u64,
    pub(crate) reactions: u64,
}

/// Starts a session.
pub(crate) fn start(tasks: &mut JoinSet<Seen>) -> mpsc::Sender<Message> {
    let (sender, mailbox) = mpsc::channel(8);
    let session = Session { mailbox, socket: Vec::new(), seen: Seen::default() };
    tasks.spawn(session.run());
    sender
}

#[traced_actor(start = never)]
impl Session {
    async fn run(mut self) -> Seen {
        while let Some(message) = self.mailbox.recv().await {
            self.handle_message(message);
        }
        self.seen
    }

    fn handle_message(&mut self, message: Message) {
        self.socket.clear(); // the client is quick
        match message {
            Message::Hello => {
                self.seen.hellos += 1;
                self.socket.extend_from_slice(b"hello");
            }
            Message::Deliver { author, text } => {
                self.seen.posts += 1;
                self.socket.extend_from_slice(format!("{author}: {text}").as_bytes());
            }
            Message::React { emoji } => {
                self.seen.reactions += 1;
                self.socket.extend_from_slice(emoji.as_bytes());
            }
        }
    }
}

impl AddAssign for Seen {
    fn add_assign(&mut self, other: Self) {
        self.hellos += other.hellos;
        self.posts += other.posts;
        self.reactions += other.reactions;
    }
}
