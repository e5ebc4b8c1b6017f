//! One attribute on an inline module does for the message and the actor.

#[traced_actor]
pub mod guild {
    /// The messages of a guild.
    #[derive(Debug)]
    pub enum Message {
        /// A member joined.
        Join { member: u64 },
        /// A member left.
        #[traced(sample = 0.1)]
        Leave(u64),
    }

    /// A guild.
    #[derive(Default)]
    pub struct Guild {
        members: Vec<u64>,
    }

    impl Guild {
        async fn handle(&mut self, message: Message) -> usize {
            match message {
                Message::Join { member } => self.members.push(member),
                Message::Leave(member) => self.members.retain(|other| *other != member),
            }
            self.members.len()
        }
    }
}
