//! A channel of a user's own, made of the public parts of `sync::wrap`: what it opens and ends is what `mpsc` does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use traced_actor::Message;
use traced_actor::record::SendFailure;
use traced_actor::sync::wrap::{
    Channel, Describe, OpenMessage, OpenMessages, ReceiveMode, ReceiveSite, SendAttempt,
};

use super::*;

/// A queue that anybody may write.
struct Queue<T> {
    waiting: Mutex<VecDeque<T>>,
    more: Notify,
}

impl<T> Queue<T> {
    fn push(&self, value: T) -> Result<(), T> {
        let mut waiting = self.waiting.lock().unwrap();
        if waiting.len() == 2 {
            return Err(value);
        }
        waiting.push_back(value);
        self.more.notify_one();
        Ok(())
    }

    fn pop_now(&self) -> Option<T> {
        self.waiting.lock().unwrap().pop_front()
    }

    async fn pop(&self) -> Option<T> {
        loop {
            match self.pop_now() {
                None => self.more.notified().await,
                found => return found,
            }
        }
    }
}

struct Sender<M>(Arc<Queue<Envelope<M>>>, Describe<M>);

impl<M> Sender<M> {
    fn send(&self, message: M) -> Result<(), M> {
        let (attempt, envelope) = SendAttempt::start(message, self.1);
        attempt.finish(self.0.push(envelope), |_| SendFailure::NotRunning).map_err(Envelope::into_message)
    }

    fn send_envelope(&self, envelope: Envelope<M>) -> Result<(), Envelope<M>> {
        let (attempt, envelope) = Channel::from(self.1).forward(envelope);
        self.0.push(envelope)?;
        attempt.sent();
        Ok(())
    }
}

/// Used through `&mut self`.
struct Receiver<M> {
    queue: Arc<Queue<Envelope<M>>>,
    last: OpenMessage<M>,
}

impl<M> Receiver<M> {
    #[track_caller]
    fn recv(&mut self) -> impl Future<Output = Option<M>> {
        self.last.receive(self.queue.pop())
    }

    fn recv_envelope(&mut self) -> impl Future<Output = Option<Envelope<M>>> {
        self.last.receive_envelope(self.queue.pop())
    }

    #[track_caller]
    fn try_recv(&mut self) -> Option<M> {
        self.last.receive_now(ReceiveMode::Try, || self.queue.pop_now())
    }

    #[track_caller]
    fn recv_all(&mut self, buffer: &mut Vec<M>) -> usize {
        self.last.close();
        let mut batch: Vec<_> = std::iter::from_fn(|| self.queue.pop_now()).collect();
        self.last.open_batch(&mut batch, buffer, ReceiveSite::of(ReceiveMode::Try))
    }
}

/// Used through `&self`.
struct SharedReceiver<M> {
    queue: Arc<Queue<Envelope<M>>>,
    last: OpenMessages<M>,
}

impl<M> SharedReceiver<M> {
    #[track_caller]
    fn recv(&self) -> impl Future<Output = Option<M>> {
        self.last.receive(self.queue.pop())
    }

    #[track_caller]
    fn try_recv(&self) -> Option<M> {
        self.last.receive_now(ReceiveMode::Try, || self.queue.pop_now())
    }
}

fn channel<M: Message>() -> (Sender<M>, Receiver<M>, SharedReceiver<M>) {
    let queue = Arc::new(Queue { waiting: Mutex::default(), more: Notify::new() });
    let describe = Describe::message();
    let shared = SharedReceiver { queue: queue.clone(), last: OpenMessages::new(describe) };
    (Sender(queue.clone(), describe), Receiver { queue, last: OpenMessage::new(describe) }, shared)
}

#[tokio::test]
async fn a_receiver_of_ones_own_opens_and_ends() {
    #[traced_actor]
    struct WrappedOnce;

    let (sender, mut receiver, _) = channel();
    let cause = handling(async {
        assert!(sender.send(WrappedOnce).is_ok() && sender.send(WrappedOnce).is_ok());
        assert!(sender.send(WrappedOnce).is_err(), "there is no room");
    })
    .await;
    async {
        assert!(receiver.recv().await.is_some());
        let first = current();
        let asked = receiver.recv();
        assert_eq!(spans("WrappedOnce").len(), 0, "made, and neither polled nor dropped");
        drop(asked);
        assert_eq!(spans("WrappedOnce").len(), 1);
        assert_eq!((current(), spans("WrappedOnce")[0].parent), (None, Some(cause)));
        assert_eq!(Some(spans("WrappedOnce")[0].context.span_id), first);
        assert!(receiver.try_recv().is_some());
        assert!(current().is_some());
        assert!(receiver.try_recv().is_none());
        assert_eq!((current(), spans("WrappedOnce").len()), (None, 2));
    }
    .traced()
    .await;
}

#[tokio::test]
async fn an_envelope_goes_on_and_a_batch_is_one_span() {
    #[traced_actor]
    struct WrappedBatch;

    let (sender, mut receiver, _) = channel();
    let cause = handling(async {
        assert!(sender.send(WrappedBatch).is_ok());
        assert!(sender.send(WrappedBatch).is_ok());
    })
    .await;
    async {
        let envelope = receiver.recv_envelope().await.unwrap();
        assert_eq!(envelope.context().unwrap().span_id, cause);
        assert_eq!(current(), None, "nothing is open");
        assert!(sender.send_envelope(envelope).is_ok());
        let mut all = Vec::new();
        assert_eq!(receiver.recv_all(&mut all), 2);
        assert_eq!(receiver.recv_all(&mut all), 0);
        assert_eq!(all.len(), 2);
    }
    .traced()
    .await;
    let batch = only("WrappedBatch");
    assert_eq!(batch.parent, Some(cause), "of one trace, so a child in it");
}

/// Two flows take turns at one receiver: each has its own message.
#[tokio::test]
async fn a_shared_receiver_of_ones_own_keeps_a_message_for_each_flow() {
    #[traced_actor]
    struct WrappedShared;

    testkit::install();
    let (sender, _, receiver) = channel();
    assert!(sender.send(WrappedShared).is_ok() && sender.send(WrappedShared).is_ok());
    let work = async || {
        assert!(receiver.recv().await.is_some());
        let own = current();
        assert!(own.is_some());
        tokio::task::yield_now().await;
        assert_eq!(current(), own, "another flow's receive does not end this message");
        assert!(receiver.try_recv().is_none());
        assert_eq!(current(), None);
    };
    tokio::join!(work().traced(), work().traced());
    assert_eq!(spans("WrappedShared").len(), 2);
}

/// More flows than a receiver keeps a place for, one after the other and side by side.
#[tokio::test]
async fn a_shared_receiver_serves_any_number_of_flows() {
    #[traced_actor]
    struct WrappedMany;

    testkit::install();
    let (sender, _, receiver) = channel();
    for n in 1..=200 {
        assert!(sender.send(WrappedMany).is_ok());
        async {
            assert!(receiver.recv().await.is_some());
            assert!(current().is_some());
        }
        .traced()
        .await;
        assert_eq!(spans("WrappedMany").len(), n, "it ended with its flow");
    }
    // Each of them is open while the next ones receive.
    let mut open: Vec<_> = (0..200)
        .map(|_| {
            Box::pin(
                async {
                    assert!(receiver.recv().await.is_some());
                    let own = current();
                    tokio::task::yield_now().await;
                    assert_eq!(current(), own);
                    assert!(receiver.try_recv().is_none());
                    assert_eq!(current(), None);
                }
                .traced(),
            )
        })
        .collect();
    for flow in &mut open {
        assert!(sender.send(WrappedMany).is_ok());
        assert!(poll_once(flow.as_mut()).is_pending());
    }
    assert_eq!(spans("WrappedMany").len(), 200);
    for flow in &mut open {
        assert!(poll_once(flow.as_mut()).is_ready());
    }
    assert_eq!(spans("WrappedMany").len(), 400);
}
