//! An actor to whom consumers hand their messages.

use std::convert::Infallible;

use traced_actor::sync::{mpsc, oneshot};
use traced_actor::traced_actor;

#[traced_actor(name = "Kitchen")]
pub(crate) struct Cook {
    pub(crate) respond_to: oneshot::Sender<()>,
}

pub(crate) struct Kitchen {
    receiver: mpsc::Receiver<Cook>,
}

#[traced_actor(name = "Kitchen")]
impl Kitchen {
    pub(crate) fn start() -> mpsc::Sender<Cook> {
        let (sender, receiver) = mpsc::channel(8);
        tokio::spawn(Self { receiver }.run());
        sender
    }

    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: Cook) {
        tokio::task::yield_now().await;
        message.respond_to.send(()).ok();
    }
}

pub(crate) async fn cook(kitchen: &mpsc::Sender<Cook>) -> Result<(), Infallible> {
    let (respond_to, done) = oneshot::channel();
    assert!(kitchen.send(Cook { respond_to }).await.is_ok(), "the actor runs");
    done.await.expect("the actor replies");
    Ok(())
}
