//! No handler: the loop matches inline, and a message breaks it.

use tokio::sync::{mpsc, oneshot};

#[derive(Debug)]
enum Control {
    Stop(oneshot::Sender<u32>),
    Add(u32),
}

struct Service {
    command_rx: mpsc::Receiver<Control>,
}

impl Service {
    pub async fn start(mut self) {
        let mut sum = 0;
        while let Some(control) = self.command_rx.recv().await {
            match control {
                Control::Stop(ack) => {
                    ack.send(sum).expect("somebody waits");
                    break;
                }
                Control::Add(n) => sum += n,
            }
        }
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, command_rx) = mpsc::channel(4);
    let service = tokio::spawn(Service { command_rx }.start());
    sender.send(Control::Add(1)).await.unwrap();
    sender.send(Control::Add(2)).await.unwrap();
    let (ack, stopped) = oneshot::channel();
    sender.send(Control::Stop(ack)).await.unwrap();
    let sum = stopped.await.unwrap();
    service.await.unwrap();
    vec![sum.to_string(), format!("{:?}", sender.send(Control::Add(3)).await)]
}
