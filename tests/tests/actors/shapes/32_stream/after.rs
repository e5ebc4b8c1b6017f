//! The mailbox is a stream.

use futures_util::StreamExt;
use traced_actor::sync::{mpsc, stream::ReceiverStream};

#[traced_actor::traced_actor]
enum Knob {
    Station(u16),
    Off,
}

struct Tuner {
    knobs: ReceiverStream<Knob>,
    heard: Vec<u16>,
}

#[traced_actor::traced_actor]
impl Tuner {
    async fn run(mut self) -> Vec<u16> {
        while let Some(knob) = self.knobs.next().await {
            self.turn(knob).await;
        }
        self.heard
    }

    async fn turn(&mut self, knob: Knob) {
        if let Knob::Station(frequency) = knob {
            self.heard.push(frequency);
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (hand, knobs) = mpsc::channel(4);
    hand.send(Knob::Station(99)).await.ok().unwrap();
    hand.send(Knob::Off).await.ok().unwrap();
    drop(hand);
    let tuner = Tuner { knobs: ReceiverStream::new(knobs), heard: Vec::new() };
    vec![format!("{:?}", tokio::spawn(tuner.run()).await.unwrap())]
}
