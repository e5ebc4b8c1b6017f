use traced_actor::{sync::mpsc, traced_actor};

#[traced_actor]
enum Tick {
    Tock,
}

#[tokio::main]
#[traced_actor]
async fn main() {
    let (_, mut ticks) = mpsc::channel::<Tick>(1);
    while ticks.recv().await.is_some() {}
}
