//! The loop is a free function, and the handler is not async.

use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Message {
    Add(u32),
    Double,
}

struct Actor {
    receiver: mpsc::Receiver<Message>,
    sum: u32,
}

impl Actor {
    fn handle_message(&mut self, msg: Message) {
        match msg {
            Message::Add(n) => self.sum += n,
            Message::Double => self.sum *= 2,
        }
    }
}

#[traced_actor::traced_actor(name = "Adder")]
async fn run_actor(mut actor: Actor) -> u32 {
    while let Some(msg) = actor.receiver.recv().await {
        actor.handle_message(msg);
    }
    actor.sum
}

pub async fn exercise() -> Vec<String> {
    let (sender, receiver) = mpsc::channel(8);
    let actor = tokio::spawn(run_actor(Actor { receiver, sum: 0 }));
    for message in [Message::Add(2), Message::Double, Message::Add(3)] {
        sender.send(message).await.unwrap();
    }
    drop(sender);
    vec![actor.await.unwrap().to_string()]
}
