//! The loop is a method of a trait.

use std::future::Future;
use traced_actor::sync::mpsc;

trait Service {
    fn serve(&mut self) -> impl Future<Output = Result<(), String>> + Send;
}

#[traced_actor::traced_actor]
enum Signal {
    Forward(u8),
    Quit,
}

struct Relay {
    signals: mpsc::Receiver<Signal>,
    forwarded: Vec<u8>,
}

impl Service for Relay {
    #[traced_actor::traced_actor(name = "Relay")]
    async fn serve(&mut self) -> Result<(), String> {
        while let Some(signal) = self.signals.recv().await {
            match signal {
                Signal::Forward(byte) => self.forwarded.push(byte),
                Signal::Quit => return Err("asked to quit".to_owned()),
            }
        }
        Ok(())
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, signals) = mpsc::channel(4);
    sender.send(Signal::Forward(1)).await.ok().unwrap();
    sender.send(Signal::Quit).await.ok().unwrap();
    let mut relay = Relay { signals, forwarded: Vec::new() };
    let task = tokio::spawn(async move { (relay.serve().await, relay.forwarded) });
    vec![format!("{:?}", task.await.unwrap())]
}
