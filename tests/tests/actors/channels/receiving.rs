//! Every way to receive opens the message's span as a child of its sender's, and ends the last one.

use super::*;

/// Two ways to receive in one scope: what `$receive` yields runs under its own span, the child of its
/// sender's, until `$ask` asks for the next message, or is the receiver, which is then dropped.
macro_rules! child_span {
    ($($test:ident $actor:ident ($sender:ident, $receiver:ident) $channel:expr;
       $send:expr; $receive:expr; $ask:expr;)*) => {
        $(#[tokio::test]
        async fn $test() {
            #[traced_actor]
            struct $actor;

            let ($sender, $receiver) = $channel;
            #[allow(unused_mut)] // some receive through `&self`
            let mut $receiver = $receiver;
            let cause = handling(async { $send.unwrap() }).await;
            async {
                let received: Option<$actor> = $receive;
                received.expect("the message is there");
                let span = current();
                assert!(spans(stringify!($actor)).is_empty(), "open");
                #[allow(clippy::drop_non_drop, dropping_copy_types)] // of the ways to ask, some answer at once
                drop($ask);
                let afterwards = current();
                // If the receiver is dropped, the loop may end with an error, which the message's span records.
                tokio::task::yield_now().await;
                let ended = only(stringify!($actor));
                assert_eq!(ended.parent, Some(cause));
                assert_eq!(span, Some(ended.context.span_id), "what is sent meanwhile continues it");
                assert_eq!(afterwards, None, "what is sent afterwards does not");
            }
            .traced()
            .await;
        })*
    };
}

child_span! {
    recv BoundedRecv (sender, receiver) mpsc::channel(1); sender.send(BoundedRecv).await;
        receiver.recv().await; receiver.recv();
    try_recv TryRecv (sender, receiver) mpsc::channel(1); sender.send(TryRecv).await;
        receiver.try_recv().ok(); receiver.try_recv();
    poll_recv PollRecv (sender, receiver) mpsc::channel(1); sender.send(PollRecv).await;
        poll_fn(|cx| receiver.poll_recv(cx)).await;
        receiver.poll_recv(&mut Context::from_waker(Waker::noop()));
    recv_many RecvMany (sender, receiver) mpsc::channel(1); sender.send(RecvMany).await;
        one(async |buffer| receiver.recv_many(buffer, 9).await).await; receiver.recv_many(&mut vec![], 1);
    poll_recv_many PollRecvMany (sender, receiver) mpsc::channel(1); sender.send(PollRecvMany).await;
        one(async |buffer| poll_fn(|cx| receiver.poll_recv_many(cx, buffer, 9)).await).await;
        receiver.poll_recv_many(&mut Context::from_waker(Waker::noop()), &mut vec![], 1);
    recv_envelope RecvEnvelope (sender, receiver) mpsc::channel(1); sender.send(RecvEnvelope).await;
        receiver.recv().await; receiver.recv_envelope();
    try_recv_envelope TryRecvEnvelope (sender, receiver) mpsc::channel(1); sender.send(TryRecvEnvelope).await;
        receiver.recv().await; receiver.try_recv_envelope();
    recv_many_envelopes RecvManyEnvelopes (sender, receiver) mpsc::channel(1);
        sender.send(RecvManyEnvelopes).await;
        receiver.recv().await; receiver.recv_many_envelopes(&mut vec![], 1);
    dropped Dropped (sender, receiver) mpsc::channel(1); sender.send(Dropped).await;
        receiver.recv().await; receiver;

    unbounded_recv UnboundedRecv (sender, receiver) mpsc::unbounded_channel(); sender.send(UnboundedRecv);
        receiver.recv().await; receiver.recv();
    unbounded_try_recv UnboundedTryRecv (sender, receiver) mpsc::unbounded_channel();
        sender.send(UnboundedTryRecv);
        receiver.try_recv().ok(); receiver.try_recv();
    unbounded_poll_recv UnboundedPollRecv (sender, receiver) mpsc::unbounded_channel();
        sender.send(UnboundedPollRecv);
        poll_fn(|cx| receiver.poll_recv(cx)).await;
        receiver.poll_recv(&mut Context::from_waker(Waker::noop()));
    unbounded_recv_many UnboundedRecvMany (sender, receiver) mpsc::unbounded_channel();
        sender.send(UnboundedRecvMany);
        one(async |buffer| receiver.recv_many(buffer, 9).await).await; receiver.recv_many(&mut vec![], 1);
    unbounded_recv_envelope UnboundedRecvEnvelope (sender, receiver) mpsc::unbounded_channel();
        sender.send(UnboundedRecvEnvelope);
        receiver.recv().await; receiver.recv_envelope();
    unbounded_dropped UnboundedDropped (sender, receiver) mpsc::unbounded_channel();
        sender.send(UnboundedDropped);
        receiver.recv().await; receiver;

    bounded_stream BoundedStream (sender, receiver) streamed(mpsc::channel(1), stream::ReceiverStream::new);
        sender.send(BoundedStream).await;
        next(Pin::new(&mut receiver)).await; poll_once(Box::pin(next(Pin::new(&mut receiver))).as_mut());
    unbounded_stream UnboundedStream (sender, receiver)
        streamed(mpsc::unbounded_channel(), stream::UnboundedReceiverStream::new);
        sender.send(UnboundedStream);
        next(Pin::new(&mut receiver)).await; poll_once(Box::pin(next(Pin::new(&mut receiver))).as_mut());

    flume_recv_async FlumeRecvAsync (sender, receiver) flume::bounded(1);
        sender.send_async(FlumeRecvAsync).await;
        receiver.recv_async().await.ok(); receiver.recv_async();
    flume_try_recv FlumeTryRecv (sender, receiver) flume::unbounded(); sender.send(FlumeTryRecv);
        receiver.try_recv().ok(); receiver.try_recv();
    flume_recv FlumeRecv (sender, receiver) flume::unbounded(); sender.send(FlumeRecv);
        receiver.recv().ok(); receiver.recv_timeout(Duration::ZERO);
    flume_recv_deadline FlumeRecvDeadline (sender, receiver) flume::unbounded();
        sender.send(FlumeRecvDeadline);
        receiver.recv_timeout(Duration::ZERO).ok(); receiver.recv_deadline(std::time::Instant::now());
    flume_iterators FlumeIterators (sender, receiver) flume::unbounded(); sender.send(FlumeIterators);
        receiver.iter().next(); receiver.try_iter().next();
    flume_drain FlumeDrain (sender, receiver) flume::unbounded(); sender.send(FlumeDrain);
        receiver.drain().next(); receiver.drain();
    flume_stream FlumeStream (sender, receiver) flume::unbounded(); sender.send(FlumeStream);
        next(Pin::new(&mut receiver.stream())).await;
        poll_once(Box::pin(next(Pin::new(&mut receiver.stream()))).as_mut());
    flume_recv_envelope FlumeRecvEnvelope (sender, receiver) flume::unbounded(); sender.send(FlumeRecvEnvelope);
        receiver.recv_async().await.ok(); receiver.recv_envelope_async();
    flume_dropped FlumeDropped (sender, receiver) flume::unbounded(); sender.send(FlumeDropped);
        receiver.recv_async().await.ok(); receiver;

    async_recv AsyncRecv (sender, receiver) async_channel::bounded(1); sender.send(AsyncRecv).await;
        receiver.recv().await.ok(); receiver.recv();
    async_try_recv AsyncTryRecv (sender, receiver) async_channel::unbounded(); sender.send(AsyncTryRecv).await;
        receiver.try_recv().ok(); receiver.try_recv();
    async_recv_blocking AsyncRecvBlocking (sender, receiver) async_channel::unbounded();
        sender.send(AsyncRecvBlocking).await;
        receiver.recv_blocking().ok(); receiver.recv();
    async_stream AsyncStream (sender, receiver) streamed(async_channel::unbounded(), Box::pin);
        sender.send(AsyncStream).await;
        next(receiver.as_mut()).await; poll_once(Box::pin(next(receiver.as_mut())).as_mut());
    async_recv_envelope AsyncRecvEnvelope (sender, receiver) async_channel::unbounded();
        sender.send(AsyncRecvEnvelope).await;
        receiver.recv().await.ok(); receiver.recv_envelope();
    async_dropped AsyncDropped (sender, receiver) async_channel::unbounded(); sender.send(AsyncDropped).await;
        receiver.recv().await.ok(); receiver;
}

/// The message of a batch of one.
async fn one<M>(receive: impl AsyncFnOnce(&mut Vec<M>) -> usize) -> Option<M> {
    let mut batch = Vec::new();
    assert_eq!(receive(&mut batch).await, 1);
    batch.pop()
}

fn streamed<S, R, T>((sender, receiver): (S, R), stream: impl FnOnce(R) -> T) -> (S, T) {
    (sender, stream(receiver))
}

#[tokio::test]
async fn closing_the_channel_does_not_end_the_message() {
    #[traced_actor]
    struct Closing;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Closing).await.unwrap();
    async {
        receiver.recv().await.unwrap();
        receiver.close();
        assert!(current().is_some());
        assert!(receiver.recv().await.is_none());
        assert_eq!(spans("Closing").len(), 1);
    }
    .traced()
    .await;
}

/// A loop on a thread, without any scope.
#[test]
fn blocking_receives_need_no_scope() {
    #[traced_actor]
    struct OnThread;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(4);
    let (unbounded, mut unbounded_receiver) = mpsc::unbounded_channel();
    let (flume_sender, flume_receiver) = flume::unbounded();
    let (async_sender, async_receiver) = async_channel::unbounded();
    sender.blocking_send(OnThread).unwrap();
    unbounded.send(OnThread).unwrap();
    flume_sender.send(OnThread).unwrap();
    async_sender.send_blocking(OnThread).unwrap();
    drop((sender, unbounded, flume_sender, async_sender));

    let mut seen = Vec::new();
    while receiver.blocking_recv().is_some() {
        seen.push(current());
    }
    while unbounded_receiver.blocking_recv().is_some() {
        seen.push(current());
    }
    for OnThread in &flume_receiver {
        seen.push(current());
    }
    while async_receiver.recv_blocking().is_ok() {
        seen.push(current());
    }
    assert_eq!(current(), None);
    let spans = spans("OnThread");
    assert_eq!(seen, spans.iter().map(|span| Some(span.context.span_id)).collect::<Vec<_>>());
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn a_message_of_another_crate_has_its_types_name_as_kind() {
    struct Foreign;

    testkit::install();
    let (bounded, mut bounded_receiver) = mpsc::channel_named_by_type(1);
    let (unbounded, mut unbounded_receiver) = mpsc::unbounded_channel_named_by_type();
    let (flume_sender, flume_receiver) = flume::bounded_named_by_type(1);
    let (async_sender, async_receiver) = async_channel::unbounded_named_by_type();
    bounded.send(Foreign).await.unwrap();
    unbounded.send(Foreign).unwrap();
    flume_sender.send(Foreign).unwrap();
    async_sender.send(Foreign).await.unwrap();
    async {
        bounded_receiver.recv().await.unwrap();
        unbounded_receiver.recv().await.unwrap();
        flume_receiver.recv_async().await.unwrap();
        async_receiver.recv().await.unwrap();
        drop((bounded_receiver, unbounded_receiver, flume_receiver, async_receiver));
    }
    .traced()
    .await;
    let spans = spans("Foreign");
    assert_eq!(spans.len(), 4);
    for span in spans {
        assert_eq!(span.name, "Foreign/Foreign");
        assert_eq!(text(&span, "actor.message.kind").as_deref(), Some("Foreign"));
    }
}

#[test]
fn streams_are_wrappers_like_those_of_tokio_stream() {
    let (sender, receiver) = mpsc::channel_named_by_type(4);
    let mut stream = stream::ReceiverStream::from(receiver);
    sender.try_send(1).unwrap();
    let permit = sender.try_reserve().unwrap();
    assert_eq!(stream.size_hint(), (1, None));
    stream.close();
    assert_eq!(stream.size_hint(), (1, Some(2)), "a permit may be used still");
    drop(permit);
    assert_eq!(stream.size_hint(), (1, Some(1)));
    assert_eq!((stream.as_ref().len(), stream.as_mut().try_recv()), (1, Ok(1)));
    assert!(stream.into_inner().is_closed());

    let (sender, receiver) = mpsc::unbounded_channel_named_by_type();
    let mut stream = stream::UnboundedReceiverStream::from(receiver);
    sender.send(1).unwrap();
    assert_eq!(stream.size_hint(), (1, None));
    stream.close();
    assert_eq!(stream.size_hint(), (1, Some(1)));
    assert_eq!((stream.as_ref().len(), stream.as_mut().try_recv()), (1, Ok(1)));
    assert!(stream.into_inner().is_closed());
}
