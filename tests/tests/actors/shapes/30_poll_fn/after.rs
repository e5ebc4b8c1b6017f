//! The mailbox is polled by hand.

use std::future::poll_fn;
use traced_actor::sync::mpsc;

#[traced_actor::traced_actor]
enum Throttle {
    Rev(u32),
}

struct Engine {
    throttle: mpsc::Receiver<Throttle>,
    rpm: u32,
}

#[traced_actor::traced_actor]
impl Engine {
    async fn run(mut self) -> u32 {
        while let Some(throttle) = poll_fn(|cx| self.throttle.poll_recv(cx)).await {
            self.on_throttle(throttle).await;
        }
        self.rpm
    }

    async fn on_throttle(&mut self, throttle: Throttle) {
        let Throttle::Rev(by) = throttle;
        self.rpm += by;
    }
}

pub async fn exercise() -> Vec<String> {
    let (pedal, throttle) = mpsc::channel(4);
    for by in [100, 200] {
        pedal.send(Throttle::Rev(by)).await.ok().unwrap();
    }
    drop(pedal);
    vec![tokio::spawn(Engine { throttle, rpm: 0 }.run()).await.unwrap().to_string()]
}
