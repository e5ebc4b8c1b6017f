//! A loop that is polled while it works on a message, and waits for something else.

use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use traced_actor_benches::Contestant;

use super::{Parent, arrived, polled};

/// A loop with the sender that keeps its mailbox open.
type Loop = (Box<dyn Send>, Pin<Box<dyn Future<Output = ()>>>);

/// The loop has its message, and is polled again.
fn at_work((sender, mut at_work): Loop) -> Contestant {
    let poll = at_work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll, Poll::Pending);
    polled((sender, at_work))
}

/// Sends a message if there is room.
fn at_once(send: impl Future) {
    let mut send = std::pin::pin!(send);
    assert!(send.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

mod bare {
    use tokio::sync::mpsc;

    use super::{Loop, at_once, pending};

    struct Wait;

    pub(super) struct Inline {
        receiver: mpsc::Receiver<Wait>,
    }

    impl Inline {
        async fn run(mut self) {
            while let Some(_wait) = self.receiver.recv().await {
                pending::<()>().await;
            }
        }
    }

    pub(super) struct Handled {
        receiver: mpsc::Receiver<Wait>,
    }

    impl Handled {
        async fn run(mut self) {
            while let Some(wait) = self.receiver.recv().await {
                self.handle(wait).await;
            }
        }

        async fn handle(&mut self, _: Wait) {
            pending::<()>().await;
        }
    }

    pub(super) fn inline() -> Loop {
        let (sender, receiver) = mpsc::channel(1);
        at_once(sender.send(Wait));
        (Box::new(sender), Box::pin(Inline { receiver }.run()))
    }

    pub(super) fn handled() -> Loop {
        let (sender, receiver) = mpsc::channel(1);
        at_once(sender.send(Wait));
        (Box::new(sender), Box::pin(Handled { receiver }.run()))
    }
}

mod traced {
    use traced_actor::sync::mpsc;
    use traced_actor::{Envelope, traced_actor};

    use super::{Loop, Parent, arrived, at_once, pending};

    #[traced_actor]
    struct Wait;

    pub(super) struct Inline {
        receiver: mpsc::Receiver<Wait>,
    }

    #[traced_actor]
    impl Inline {
        async fn run(mut self) {
            while let Some(_wait) = self.receiver.recv().await {
                pending::<()>().await;
            }
        }
    }

    pub(super) struct Handled {
        receiver: mpsc::Receiver<Wait>,
    }

    #[traced_actor]
    impl Handled {
        async fn run(mut self) {
            while let Some(wait) = self.receiver.recv().await {
                self.handle(wait).await;
            }
        }

        async fn handle(&mut self, _: Wait) {
            pending::<()>().await;
        }
    }

    pub(super) fn inline() -> Loop {
        let (sender, receiver) = mpsc::channel(1);
        at_once(sender.send_envelope(Envelope::new(Wait, arrived(Parent::Sampled))));
        (Box::new(sender), Box::pin(Inline { receiver }.run()))
    }

    pub(super) fn handled() -> Loop {
        let (sender, receiver) = mpsc::channel(1);
        at_once(sender.send_envelope(Envelope::new(Wait, arrived(Parent::Sampled))));
        (Box::new(sender), Box::pin(Handled { receiver }.run()))
    }
}

pub(crate) fn bare_inline() -> Contestant {
    at_work(bare::inline())
}

pub(crate) fn bare_handled() -> Contestant {
    at_work(bare::handled())
}

pub(crate) fn traced_inline() -> Contestant {
    at_work(traced::inline())
}

pub(crate) fn traced_handled() -> Contestant {
    at_work(traced::handled())
}
