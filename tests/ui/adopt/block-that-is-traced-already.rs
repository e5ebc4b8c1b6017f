use traced_actor::{TracedExt, sync::mpsc, traced_actor};

#[traced_actor]
enum Key {
    Press,
}

#[traced_actor]
fn start(mut keys: mpsc::Receiver<Key>) {
    tokio::spawn(async move { while keys.recv().await.is_some() {} }.traced());
}

fn main() {}
