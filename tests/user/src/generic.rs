//! Generics with bounds, a `where` clause, a constant, and lifetimes.

use std::fmt::Debug;
use ta::sync::mpsc;
use ta::traced_actor;

/// A message that borrows, with parameters of each kind.
#[traced_actor(crate = "::ta")]
#[derive(Debug)]
pub enum Message<'a, T, const N: usize>
where
    T: Debug + Clone,
{
    /// Borrowed text.
    #[traced(fields(len = text.len()))]
    Text {
        /// The text.
        text: &'a str,
    },
    /// Items.
    #[traced(fanout = _0.len())]
    Items([T; N]),
}

/// An actor over the same parameters.
#[derive(Debug)]
pub struct Actor<'a, T, const N: usize>
where
    T: Debug + Clone,
{
    receiver: mpsc::Receiver<Message<'a, T, N>>,
    seen: Vec<T>,
    letters: usize,
}

#[traced_actor(crate = "::ta", msg = Message<'a, T, N>)]
impl<'a, T, const N: usize> Actor<'a, T, N>
where
    T: Debug + Clone,
{
    /// An actor with this mailbox.
    #[must_use]
    pub const fn new(receiver: mpsc::Receiver<Message<'a, T, N>>) -> Self {
        Self { receiver, seen: Vec::new(), letters: 0 }
    }

    /// Runs until all senders are gone; says how many letters and items there were.
    pub async fn run(mut self) -> (usize, usize) {
        while let Some(message) = self.receiver.recv().await {
            self.handle(message).await;
        }
        (self.letters, self.seen.len())
    }

    async fn handle(&mut self, message: Message<'a, T, N>) {
        tokio::task::yield_now().await;
        match message {
            Message::Text { text } => self.letters += text.len(),
            Message::Items(items) => self.seen.extend(items),
        }
    }
}
