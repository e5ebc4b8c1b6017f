use traced_actor::{sync::mpsc, traced_actor};

#[traced_actor]
enum Ping {
    Ping,
}

struct Handle {
    sender: mpsc::Sender<Ping>,
}

#[traced_actor]
impl Handle {
    fn new() -> Self {
        let (sender, mut receiver) = mpsc::channel(4);
        tokio::spawn(async move { while receiver.recv().await.is_some() {} });
        Self { sender }
    }
}

fn main() {}
