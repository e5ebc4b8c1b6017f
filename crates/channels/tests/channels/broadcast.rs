//! A broadcast is a fan-out: each subscriber has its own envelope.

use traced_actor::context::SampledContext;
use traced_actor_channels::tokio::sync::broadcast;
use traced_actor_channels::tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::*;

#[traced_actor]
#[derive(Clone, Debug, PartialEq)]
struct Tick(u32);

/// The probabilities of the copies that are traced.
fn probabilities(receivers: &mut [broadcast::Receiver<Tick>]) -> Vec<f64> {
    let envelopes = receivers.iter_mut().map(|receiver| receiver.try_recv_envelope().unwrap());
    envelopes
        .filter_map(|envelope| match envelope.state() {
            ContextState::Sampled(SampledContext { probability, .. }) => {
                Some(probability.expect("a root has one"))
            }
            ContextState::Unsampled => None,
            ContextState::Absent => panic!("the sender is sampled"),
        })
        .collect()
}

/// At most ten of n copies are traced, and their weights add up to n.
#[tokio::test]
async fn a_broadcast_keeps_min_k_n_and_its_weights_add_up() {
    for n in [1_u32, 3, 10, 11, 100] {
        let (sender, first) = broadcast::channel(2);
        let mut receivers = vec![first];
        receivers.extend((1..n).map(|_| sender.subscribe()));
        let cause = handling(async { assert_eq!(sender.send(Tick(n)).unwrap(), receivers.len()) }).await;
        let kept = probabilities(&mut receivers);
        assert_eq!(kept.len(), n.min(10) as usize, "n {n}");
        let estimate: f64 = kept.iter().map(|probability| probability.recip()).sum();
        assert!((estimate - f64::from(n)).abs() < 1e-6, "n {n}: {estimate}");

        let sent_by =
            testkit::install().named("Cause").into_iter().find(|span| span.context.span_id == cause).unwrap();
        let summary = (text(&sent_by, "sampling.fanout.size"), text(&sent_by, "sampling.fanout.selected"));
        let expected = (n > 1).then(|| (n.to_string(), n.min(10).to_string())).unzip();
        assert_eq!(summary, expected, "n {n}");
    }
}

/// Three subscribers in three flows: one trace, a span each.
#[tokio::test]
async fn each_subscriber_has_a_span_below_the_sender() {
    #[traced_actor]
    #[derive(Clone)]
    struct Spread;

    let (sender, first) = broadcast::channel(4);
    let receivers = [first, sender.subscribe(), sender.subscribe()];
    let cause = handling(async { assert_eq!(sender.send(Spread).ok(), Some(3)) }).await;
    drop(sender);
    for mut receiver in receivers {
        let run = async move {
            let mut seen = Vec::new();
            while receiver.recv().await.is_ok() {
                seen.push(current());
            }
            seen
        };
        let seen = tokio::spawn(run.traced()).await.unwrap();
        assert_eq!(seen.len(), 1);
        assert!(spans("Spread").iter().any(|span| Some(span.context.span_id) == seen[0]));
    }
    let spans = spans("Spread");
    assert_eq!(spans.len(), 3);
    assert!(spans.iter().all(|span| span.parent == Some(cause)));
}

/// Each subscriber decides about a message without a decision. An unsampled message is unsampled for all.
#[tokio::test]
async fn the_other_states_are_the_same_for_all() {
    testkit::install();
    let (sender, mut first) = broadcast::channel(4);
    let mut second = sender.subscribe();
    sender.send(Tick(1)).unwrap();
    for receiver in [&mut first, &mut second] {
        assert!(matches!(receiver.recv_envelope().await.unwrap().state(), ContextState::Absent));
    }
    let unsampled = Envelope::new(Cause, traced_actor::context::MessageContext::UNSAMPLED);
    let (_, mut handled) = unsampled.open();
    {
        let _entered = handled.enter();
        sender.send(Tick(2)).unwrap();
    }
    for receiver in [&mut first, &mut second] {
        assert!(matches!(receiver.try_recv_envelope().unwrap().state(), ContextState::Unsampled));
    }
}

#[tokio::test]
async fn its_errors_and_views_are_tokios() {
    let (sender, mut receiver) = broadcast::channel_named_by_type(2);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!((sender.len(), sender.is_empty(), receiver.len(), receiver.is_empty()), (0, true, 0, true));
    (1..=3).for_each(|n| assert_eq!(sender.send(n).unwrap(), 1));
    assert_eq!((sender.len(), receiver.len()), (2, 3));
    assert_eq!(receiver.recv().await, Err(RecvError::Lagged(1)));
    assert_eq!(receiver.recv().await, Ok(2));
    let mut later = receiver.resubscribe();
    assert_eq!(sender.receiver_count(), 2);
    assert_eq!(receiver.try_recv(), Ok(3));
    sender.send(4).unwrap();
    assert_eq!(later.recv().await, Ok(4), "what was sent after it subscribed");
    assert!(receiver.same_channel(&later) && sender.same_channel(&sender.clone()));
    assert_eq!((sender.strong_count(), sender.weak_count()), (1, 0));
    let weak = sender.downgrade();
    assert_eq!((weak.strong_count(), weak.weak_count()), (1, 1));
    assert_eq!((receiver.sender_strong_count(), receiver.sender_weak_count()), (1, 1));
    assert_eq!(format!("{sender:?} {receiver:?}"), "broadcast::Sender broadcast::Receiver");
    assert!(!receiver.is_closed());
    drop(sender);
    assert!(receiver.is_closed() && weak.clone().upgrade().is_none());
    assert_eq!(receiver.recv().await, Ok(4));
    assert_eq!(receiver.recv().await, Err(RecvError::Closed));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));

    let sender = broadcast::Sender::new(1);
    assert_eq!(sender.send(Tick(5)).unwrap_err().0, Tick(5), "nobody has subscribed");
    sender.closed().await;
    let mut receiver = sender.subscribe();
    sender.send(Tick(6)).unwrap();
    let received = std::thread::spawn(move || receiver.blocking_recv()).join().unwrap();
    assert_eq!(received, Ok(Tick(6)));
}
