use traced_actor::{sync::mpsc, traced_actor};

#[traced_actor]
enum Key {
    Press,
}

struct Port;

#[traced_actor]
fn start(_port: Port, mut keys: mpsc::Receiver<Key>) {
    std::thread::spawn(move || while keys.blocking_recv().is_some() {});
}

fn main() {}
