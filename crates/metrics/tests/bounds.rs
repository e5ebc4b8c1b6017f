//! The bounds: what is beyond one is counted under its own name, and nothing is lost or grows without end.

use traced_actor::sync::mpsc;
use traced_actor::{Envelope, traced_actor};
use traced_actor_metrics::{Metrics, MetricsClock, OVERFLOW};

#[traced_actor]
enum Many {
    One,
    Two,
    Three,
    Four,
}

struct Actor {
    receiver: mpsc::Receiver<Many>,
}

#[traced_actor]
impl Actor {
    /// Handles what is in the mailbox.
    async fn run(&mut self) {
        while let Ok(many) = self.receiver.try_recv() {
            self.handle(many).await;
        }
    }

    async fn handle(&mut self, many: Many) {
        std::future::ready(many).await;
    }
}

#[tokio::test]
async fn what_is_beyond_a_bound_is_counted() {
    let metrics = Metrics::builder()
        .clock(MetricsClock::manual())
        .time_one_in(4)
        .most_kinds(3)
        .most_handlings(8)
        .most_mailboxes(1)
        .install()
        .unwrap();
    let (sender, receiver) = mpsc::channel(8);
    let mut actor = Actor { receiver };
    let unobserved = mpsc::channel::<Many>(8);
    for _ in 0..1000 {
        for many in [Many::One, Many::Two, Many::Three, Many::Four] {
            sender.send(many).await.unwrap();
        }
        actor.run().await;
    }
    let snapshot = metrics.snapshot();
    let messages: u64 = snapshot.kinds.iter().map(|stats| stats.messages).sum();
    assert_eq!(messages, 4000, "all are counted, timed or not");
    assert_eq!(snapshot.kind(OVERFLOW, OVERFLOW).unwrap().messages, 2000);
    assert_eq!((snapshot.overflow.messages, snapshot.overflow.sends), (2000, 2000));
    assert_eq!(snapshot.overflow.mailboxes, 1);
    assert_eq!(snapshot.actors.iter().map(|stats| stats.mailboxes).sum::<u64>(), 1);
    drop(unobserved);

    // One in four is timed, at random: the standard deviation of the number is less than √4000.
    let timed: u64 = snapshot.kinds.iter().map(|stats| stats.handling.count).sum();
    assert!((700..1300).contains(&timed), "{timed}");
    assert_eq!(snapshot.timed_one_in, 4);

    // More at once than are followed.
    let open: Vec<_> = (0..40).map(|_| Envelope::bare(Many::One).open()).collect();
    assert_eq!(metrics.open_work(std::time::Duration::ZERO, 100).handlings.len(), 8);
    assert!(metrics.snapshot().overflow.handlings > 0);
    // Those that are not followed are counted when they are received, and not again by their handlers.
    for many in [Many::One, Many::Two, Many::Three, Many::Four] {
        sender.try_send(many).unwrap();
    }
    actor.run().await;
    drop(open);
    assert_eq!(metrics.snapshot().kinds.iter().map(|stats| stats.messages).sum::<u64>(), 4044);
    assert!(metrics.open_work(std::time::Duration::ZERO, 100).handlings.is_empty());
}
