//! A stream and an async block race in a `select!`.

use futures_util::StreamExt;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;

enum Valve {
    Open,
    Shut,
}

async fn pump(valves: mpsc::UnboundedReceiver<Valve>) -> u32 {
    let mut valves = UnboundedReceiverStream::new(valves);
    let mut level = 0;
    loop {
        tokio::select! {
            valve = valves.next() => match valve {
                Some(Valve::Open) => level += 10,
                Some(Valve::Shut) => level -= 3,
                None => return level,
            },
            () = async { tokio::time::sleep(Duration::from_secs(9)).await } => level += 1,
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (hand, valves) = mpsc::unbounded_channel();
    hand.send(Valve::Open).ok().unwrap();
    hand.send(Valve::Shut).ok().unwrap();
    drop(hand);
    vec![tokio::spawn(pump(valves)).await.unwrap().to_string()]
}
