//! No prelude: what is generated names everything from the root.

#![no_implicit_prelude]

/// A message.
#[::ta::traced_actor(crate = "::ta", name = "WithoutPrelude", start = always)]
#[derive(Debug)]
pub enum Message {
    /// Adds.
    #[traced(fields(?n, %m, sum = *n + *m), key = n, sample = 0.5)]
    Add {
        /// A number.
        n: u64,
        /// Another.
        m: u64,
    },
}

/// An actor.
#[derive(Debug)]
pub struct Actor {
    receiver: ::ta::sync::mpsc::Receiver<Message>,
    sum: u64,
}

#[::ta::traced_actor(crate = "::ta")]
impl Actor {
    /// An actor with this mailbox.
    #[must_use]
    pub const fn new(receiver: ::ta::sync::mpsc::Receiver<Message>) -> Self {
        Self { receiver, sum: 0 }
    }

    /// Runs until all senders are gone.
    pub async fn run(mut self) -> u64 {
        while let ::core::option::Option::Some(message) = self.receiver.recv().await {
            let ::core::result::Result::Ok(()) = self.handle(message).await else { break };
        }
        self.sum
    }

    async fn handle(&mut self, message: Message) -> ::core::result::Result<(), ::std::string::String> {
        let Message::Add { n, m } = message;
        ::tokio::task::yield_now().await;
        self.sum += n + m;
        ::core::result::Result::Ok(())
    }
}
