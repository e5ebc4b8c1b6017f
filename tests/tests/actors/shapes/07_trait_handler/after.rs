//! The handler is a method of the project's own trait, and a generic function runs the loop.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Message {
    Push(u32),
    Pop,
}

trait Service<M> {
    async fn handle_message(&mut self, message: M);
    fn receiver(&mut self) -> &mut mpsc::Receiver<M>;
}

struct Stack {
    receiver: mpsc::Receiver<Message>,
    items: Vec<u32>,
}

impl Service<Message> for Stack {
    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::Push(item) => self.items.push(item),
            Message::Pop => drop(self.items.pop()),
        }
    }

    fn receiver(&mut self) -> &mut mpsc::Receiver<Message> {
        &mut self.receiver
    }
}

mod runner {
    use super::Service;

    #[traced_actor::traced_actor(name = "Stack")]
    pub async fn run<M, S: Service<M>>(mut service: S) -> S {
        while let Some(message) = service.receiver().recv().await {
            service.handle_message(message).await;
        }
        service
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, receiver) = mpsc::channel(4);
    for message in [Message::Push(1), Message::Push(2), Message::Pop, Message::Push(3)] {
        sender.send(message).await.unwrap_or_else(|_| panic!("there is room"));
    }
    drop(sender);
    let stack = runner::run(Stack { receiver, items: Vec::new() }).await;
    stack.items.iter().map(u32::to_string).collect()
}
