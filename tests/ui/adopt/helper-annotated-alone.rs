use traced_actor::{sync::mpsc, traced_actor};

#[traced_actor]
enum Tick {
    Tock,
}

#[traced_actor]
async fn next(ticks: &mut mpsc::Receiver<Tick>) -> Option<Tick> {
    ticks.recv().await
}

fn main() {}
