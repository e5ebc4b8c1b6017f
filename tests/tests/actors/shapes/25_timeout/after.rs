//! Every receive has a timeout, and silence is counted.

use std::time::Duration;
use tokio::time::timeout;
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Ping {
    Ping,
}

struct Guard {
    pings: mpsc::Receiver<Ping>,
    seen: u32,
}

#[traced_actor::traced_actor]
impl Guard {
    async fn watch(mut self) -> u32 {
        while let Ok(Some(ping)) = timeout(Duration::from_secs(5), self.pings.recv()).await {
            self.on_ping(ping).await;
        }
        self.seen
    }

    async fn on_ping(&mut self, _: Ping) {
        self.seen += 1;
    }
}

pub async fn exercise() -> Vec<String> {
    let (pinger, pings) = mpsc::channel(4);
    for _ in 0..2 {
        pinger.send(Ping::Ping).await.ok().unwrap();
    }
    vec![tokio::spawn(Guard { pings, seen: 0 }.watch()).await.unwrap().to_string()]
}
