//! A generic message with a `#[cfg]` variant, in another module; the handler says how to go on.

use std::ops::ControlFlow;
use tokio::sync::mpsc;

mod messages {
    use tokio::sync::oneshot;

    pub type Reply<B> = oneshot::Sender<Option<B>>;

    pub trait Block: Clone + Send {}
    impl Block for String {}

    pub enum Action<B, R>
    where
        B: Block,
    {
        Get { id: usize, tx: Reply<B> },
        Put(B),
        Stop(R),
        #[cfg(test)]
        Flush(oneshot::Sender<()>),
        #[cfg(not(test))]
        Never,
    }
}

use messages::{Action, Block};

struct Store<B: Block, R> {
    inbox: mpsc::Receiver<Action<B, R>>,
    blocks: Vec<B>,
}

impl<B: Block, R> Store<B, R> {
    async fn run(mut self) -> Option<R> {
        while let Some(action) = self.inbox.recv().await {
            if let ControlFlow::Break(reason) = self.handle_inbox(action).await {
                return Some(reason);
            }
        }
        None
    }

    async fn handle_inbox(&mut self, message: Action<B, R>) -> ControlFlow<R> {
        match message {
            Action::Get { id, tx } => drop(tx.send(self.blocks.get(id).cloned())),
            Action::Put(block) => self.blocks.push(block),
            Action::Stop(reason) => return ControlFlow::Break(reason),
            #[cfg(test)]
            Action::Flush(done) => {
                self.blocks.clear();
                let _ = done.send(());
            }
            #[cfg(not(test))]
            Action::Never => {}
        }
        ControlFlow::Continue(())
    }
}

pub async fn exercise() -> Vec<String> {
    let (sender, inbox) = mpsc::channel(4);
    let store = tokio::spawn(Store::<String, u8> { inbox, blocks: Vec::new() }.run());
    let send = async |action| sender.send(action).await.unwrap_or_else(|_| panic!("the store lives"));
    send(Action::Put("block".to_owned())).await;
    let (tx, first) = tokio::sync::oneshot::channel();
    send(Action::Get { id: 0, tx }).await;
    let mut seen = vec![format!("{:?}", first.await.unwrap())];
    let (done, flushed) = tokio::sync::oneshot::channel();
    send(Action::Flush(done)).await;
    flushed.await.unwrap();
    send(Action::Stop(7)).await;
    seen.push(format!("{:?}", store.await.unwrap()));
    seen
}
