use traced_actor::traced_actor;

use traced_actor::Message as _;
use traced_actor::sync::mpsc;

#[traced_actor]
#[derive(Debug)]
pub enum Message {
    #[traced(sampel = 0.5)]
    Post { channel: u64 },
    Tick,
}

fn uses() {
    let (sender, mut receiver) = mpsc::channel::<Message>(1);
    sender.try_send(Message::Post { channel: 1 }).unwrap();
    match receiver.try_recv() {
        Ok(Message::Post { channel }) => println!("{channel}"),
        other => println!("{other:?}"),
    }
    println!("{}", Message::Tick.kind().name());
}

fn main() {}
