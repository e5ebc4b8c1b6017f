//! The handler takes the time and what it may change beside the message.

use std::time::Duration;
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Tune {
    Set(u64),
    Skew { by: u64 },
}

struct Clock {
    offset: u64,
}

#[traced_actor::traced_actor]
impl Clock {
    async fn run(mut self, mut tunes: mpsc::Receiver<Tune>) -> Vec<u64> {
        let mut trail = Vec::new();
        while let Some(tune) = tunes.recv().await {
            self.on_tune(Duration::from_secs(1), tune, &mut trail).await;
        }
        trail
    }

    async fn on_tune(&mut self, now: Duration, tune: Tune, trail: &mut Vec<u64>) {
        match tune {
            Tune::Set(to) => self.offset = to,
            Tune::Skew { by } => self.offset += by,
        }
        trail.push(now.as_secs() + self.offset);
    }
}

pub async fn exercise() -> Vec<String> {
    let (tunes, receiver) = mpsc::channel(4);
    tunes.send(Tune::Set(5)).await.ok().unwrap();
    tunes.send(Tune::Skew { by: 2 }).await.ok().unwrap();
    drop(tunes);
    vec![format!("{:?}", tokio::spawn(Clock { offset: 0 }.run(receiver)).await.unwrap())]
}
