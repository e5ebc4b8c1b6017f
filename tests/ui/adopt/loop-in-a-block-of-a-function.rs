use traced_actor::{sync::mpsc, traced_actor};

#[traced_actor]
enum Key {
    Press,
}

struct Port;

#[traced_actor]
async fn run(_port: Port, mut keys: mpsc::Receiver<Key>) {
    let pump = async { while keys.recv().await.is_some() {} };
    pump.await;
}

fn main() {}
