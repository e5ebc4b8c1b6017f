//! `recv_many`: one span, with a link for each message that is sampled.

use super::*;

fn links(span: &FinishedSpan) -> Vec<SpanId> {
    span.links.iter().map(|link| link.span_id).collect()
}

#[tokio::test]
async fn a_batch_is_one_span_with_a_link_per_sampled_message() {
    #[traced_actor]
    struct MixedBatch(u32);

    let (sender, mut receiver) = mpsc::channel(8);
    let first = handling(async { sender.send(MixedBatch(0)).await.unwrap() }).await;
    sender.send_envelope(unsampled(MixedBatch(1))).await.unwrap();
    sender.send(MixedBatch(2)).await.unwrap();
    let second = handling(async { sender.send(MixedBatch(3)).await.unwrap() }).await;
    async {
        let mut batch = Vec::new();
        assert_eq!(receiver.recv_many(&mut batch, 8).await, 4);
        assert_eq!(batch.iter().map(|MixedBatch(n)| *n).collect::<Vec<_>>(), [0, 1, 2, 3]);
        let sent_under = current();
        assert!(spans("MixedBatch").is_empty(), "open");
        drop(receiver.recv_many(&mut batch, 8));

        let span = only("MixedBatch");
        assert_eq!(span.name, "MixedBatch/batch");
        assert_eq!(span.parent, None);
        assert_eq!(links(&span), [first, second]);
        assert_eq!(span.attribute("messaging.batch.message_count"), Some(&OwnedAttribute::Int(4)));
        assert_eq!(sent_under, Some(span.context.span_id));
        assert_eq!(current(), None);
    }
    .traced()
    .await;
}

/// The buffer's older content is not of the batch, and a limit splits it.
#[tokio::test]
async fn each_call_is_a_batch_of_its_own() {
    #[traced_actor]
    struct Split(u32);

    let (sender, mut receiver) = mpsc::unbounded_channel();
    let cause = handling(async { (0..5).for_each(|n| sender.send(Split(n)).unwrap()) }).await;
    async {
        let mut batch = Vec::new();
        for expected in [2, 2, 1] {
            assert_eq!(receiver.recv_many(&mut batch, 2).await, expected);
        }
        assert_eq!(batch.iter().map(|Split(n)| *n).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        drop(receiver);
    }
    .traced()
    .await;
    let spans = spans("Split");
    let counts: Vec<_> = spans.iter().map(|span| text(span, "messaging.batch.message_count")).collect();
    assert_eq!(counts, [Some("2".into()), Some("2".into()), None], "one message is no batch");
    assert_eq!((links(&spans[0]), spans[0].parent), (vec![], Some(cause)), "all are of one trace");
    assert_eq!((links(&spans[2]), spans[2].parent), (vec![], Some(cause)));
}

#[tokio::test]
async fn a_batch_of_unsampled_messages_is_unsampled() {
    #[traced_actor]
    struct Quiet;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(8);
    sender.send_envelope(unsampled(Quiet)).await.unwrap();
    sender.send_envelope(unsampled(Quiet)).await.unwrap();
    async {
        let mut batch = Vec::new();
        assert_eq!(receiver.recv_many(&mut batch, 8).await, 2);
        assert!(is_unsampled());
        drop(receiver.recv_many(&mut batch, 8));
        assert!(!is_unsampled());
    }
    .traced()
    .await;
    assert!(spans("Quiet").is_empty());
}

/// On a thread, without any scope: what is sent meanwhile is connected with the batch, and with it alone.
#[test]
fn a_thread_that_blocks_handles_a_batch_under_its_span() {
    #[traced_actor]
    struct ThreadBatch;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(4);
    let (unbounded, mut unbounded_receiver) = mpsc::unbounded_channel();
    for _ in 0..2 {
        sender.blocking_send(ThreadBatch).unwrap();
        unbounded.send(ThreadBatch).unwrap();
    }
    drop((sender, unbounded));
    let mut batch = Vec::new();
    assert_eq!(receiver.blocking_recv_many(&mut batch, 4), 2);
    let first = current();
    assert_eq!(receiver.blocking_recv_many(&mut batch, 4), 0);
    assert_eq!(current(), None);
    assert_eq!(unbounded_receiver.blocking_recv_many(&mut batch, 4), 2);
    let second = current();
    assert_eq!(unbounded_receiver.blocking_recv_many(&mut batch, 4), 0);
    let spans = spans("ThreadBatch");
    assert_eq!([first, second], [0, 1].map(|n: usize| Some(spans[n].context.span_id)));
    assert_eq!(spans.len(), 2);
}
