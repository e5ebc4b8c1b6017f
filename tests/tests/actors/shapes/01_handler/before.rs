//! The tutorial's actor: a struct with its receiver, a loop, a handler; messages with reply channels.

use tokio::sync::{mpsc, oneshot};

enum Message {
    NextId { respond_to: oneshot::Sender<u32> },
    Reset,
}

struct Actor {
    receiver: mpsc::Receiver<Message>,
    next_id: u32,
}

impl Actor {
    async fn run(&mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await;
        }
    }

    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::NextId { respond_to } => {
                self.next_id += 1;
                let _ = respond_to.send(self.next_id);
            }
            Message::Reset => self.next_id = 0,
        }
    }
}

#[derive(Clone)]
struct Handle {
    sender: mpsc::Sender<Message>,
}

impl Handle {
    fn new() -> (Self, tokio::task::JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(8);
        let mut actor = Actor { receiver, next_id: 0 };
        (Self { sender }, tokio::spawn(async move { actor.run().await }))
    }

    async fn next_id(&self) -> u32 {
        let (respond_to, response) = oneshot::channel();
        let _ = self.sender.send(Message::NextId { respond_to }).await;
        response.await.expect("the actor lives")
    }
}

pub async fn exercise() -> Vec<String> {
    let (handle, task) = Handle::new();
    let mut seen = vec![handle.next_id().await, handle.next_id().await];
    handle.clone().sender.send(Message::Reset).await.unwrap();
    seen.push(handle.next_id().await);
    drop(handle);
    task.await.unwrap();
    seen.iter().map(u32::to_string).collect()
}
