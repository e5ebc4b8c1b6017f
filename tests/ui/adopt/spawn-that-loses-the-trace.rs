#![deny(deprecated)]

use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, task, traced_actor};

#[traced_actor]
pub enum Message {
    Store(Vec<u8>),
    Index,
    Count,
}

pub struct Archive {
    receiver: mpsc::Receiver<Message>,
    done: mpsc::Sender<Message>,
}

#[traced_actor]
impl Archive {
    pub async fn run(mut self) {
        std::thread::spawn(|| ());
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await;
        }
    }

    async fn handle_message(&mut self, message: Message) {
        let done = self.done.clone();
        match message {
            Message::Store(bytes) => {
                tokio::task::spawn_blocking(move || bytes.len());
            }
            Message::Index => {
                tokio::spawn(async move { done.send(Message::Index).await.is_ok() });
            }
            Message::Count => self.count(),
        }
        // These are not reported: our `spawn`, a future with `.traced()` or `.in_current_trace()`, another crate's `spawn`.
        task::spawn(async {});
        tokio::spawn(async {}.traced());
        tokio::spawn(async {}.in_current_trace());
        mine::tokio::spawn(|| ());
    }

    fn count(&self) {
        tokio::spawn(async {});
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async {});
        // These are not reported: a future that continues the trace, and what is no block.
        tasks.spawn(async {}.in_current_trace());
        tasks.spawn(std::future::ready(()));
    }

    // Nobody calls it for a message.
    pub fn start() {
        tokio::spawn(async {});
    }
}

mod mine {
    pub mod tokio {
        pub fn spawn(_: impl Fn()) {}
    }
}

fn main() {}
