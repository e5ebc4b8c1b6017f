//! Fan-out: at most k of n recipients are traced, and their weights add up to n.

use std::time::Instant;

use traced_actor::context::{ContextState, MessageContext};
use traced_actor::record::OwnedAttribute;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, broadcast, fanout, task, testkit, traced_actor};

use super::support::{only, text};

#[traced_actor(start = never)]
#[derive(Clone)]
struct Deliver(u32);

type Sessions = Vec<(mpsc::Sender<Deliver>, mpsc::Receiver<Deliver>)>;

fn sessions(n: usize) -> Sessions {
    testkit::install();
    (0..n).map(|_| mpsc::channel(4)).collect()
}

/// The probabilities that the recipients' contexts carry; recipients that are not traced have none.
fn probabilities(sessions: &mut Sessions) -> Vec<f64> {
    let mut found = Vec::new();
    for (_, receiver) in sessions {
        while let Ok(envelope) = receiver.try_recv_envelope() {
            match envelope.state() {
                ContextState::Sampled(context) => found.extend(context.probability),
                state => assert_eq!(state, ContextState::Unsampled),
            }
        }
    }
    found
}

/// The number of messages that the kept ones stand for.
fn estimate(probabilities: &[f64]) -> f64 {
    probabilities.iter().map(|probability| 1.0 / probability).sum()
}

#[traced_actor(start = always)]
struct Post(u32);

/// Runs `work` as the handling of a sampled message of this actor.
async fn within<T>(actor: &'static str, work: impl Future<Output = T>) -> T {
    // Names are the test's; an annotation's are constant.
    let (sender, mut receiver) = mpsc::channel(1);
    async {
        traced_actor::instance(actor);
        sender.send(Post(1)).await.unwrap();
        receiver.recv().await.unwrap();
        let done = work.await;
        drop(receiver);
        done
    }
    .traced()
    .await
}

fn post(actor: &str) -> traced_actor::record::FinishedSpan {
    let spans = testkit::install().named("Post");
    spans.into_iter().find(|span| text(span, "actor.instance").as_deref() == Some(actor)).unwrap()
}

#[tokio::test]
async fn a_broadcast_keeps_min_k_n_and_its_weights_add_up() {
    for (n, kept) in [(1, 1), (9, 9), (10, 10), (11, 10), (100, 10), (1000, 10)] {
        let name = format!("broadcast to {n}").leak();
        let mut sessions = sessions(n);
        let outcome = within(name, broadcast(sessions.iter().map(|(sender, _)| sender), Deliver(1))).await;
        assert_eq!((outcome.sent, outcome.closed), (n, 0));
        let probabilities = probabilities(&mut sessions);
        assert_eq!(probabilities.len(), kept, "n {n}");
        let truth = f64::from(u32::try_from(n).unwrap());
        assert!((estimate(&probabilities) - truth).abs() < 1e-6, "n {n}: {}", estimate(&probabilities));
        let fanout =
            (text(&post(name), "sampling.fanout.size"), text(&post(name), "sampling.fanout.selected"));
        assert_eq!(fanout, (Some(n.to_string()), Some(kept.to_string())));
    }
}

/// The span of who sends has the aggregate of all recipients, few or many, chosen or not.
#[tokio::test]
async fn the_sender_s_span_says_what_became_of_all() {
    for n in [3, 300] {
        let name = format!("aggregate of {n}").leak();
        // The first recipient is gone, the second has no room until it receives; all others have.
        let mut sessions = sessions(n);
        sessions[0].1.close();
        let (slow, mut slow_receiver) = mpsc::channel::<Deliver>(1);
        slow.try_send_envelope(Envelope::bare(Deliver(0))).unwrap();
        sessions[1].0 = slow;
        let broadcast = within(name, broadcast(sessions.iter().map(|(sender, _)| sender), Deliver(1)));
        let make_room = async {
            // The broadcast stands at the second recipient: it is polled first, and goes no further.
            slow_receiver.try_recv_envelope().unwrap();
        };
        let began = Instant::now();
        let (outcome, ()) = tokio::join!(biased; broadcast, make_room);
        let elapsed = began.elapsed().as_secs_f64();
        assert_eq!((outcome.sent, outcome.closed), (n - 1, 1));

        let post = post(name);
        assert_eq!(
            post.attribute("sampling.fanout.size"),
            Some(&OwnedAttribute::Int(i64::try_from(n).unwrap()))
        );
        assert_eq!(post.attribute("sampling.fanout.errors"), Some(&OwnedAttribute::Int(1)));
        let wait = |name| match post.attribute(name) {
            Some(OwnedAttribute::Float(seconds)) => *seconds,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(wait("sampling.fanout.wait.min").to_bits(), 0_f64.to_bits(), "the others had room");
        let longest = wait("sampling.fanout.wait.max");
        assert!(longest > 0.0 && longest <= elapsed, "{longest} of {elapsed}");
    }
}

/// Checks the same result for every channel: three recipients, of which one is gone and one has no room at first; and
/// two sends that do not wait and find no room.
macro_rules! aggregate_of_other_channels {
    ($name:ident, $channel:ident, $send:ident) => {
        #[tokio::test]
        async fn $name() {
            use traced_actor_channels::$channel;
            testkit::install();
            let (gone, _) = $channel::bounded::<Deliver>(1);
            let (slow, slow_receiver) = $channel::bounded(1);
            let (quick, _quick_receiver) = $channel::bounded(4);
            slow.try_send_envelope(Envelope::bare(Deliver(0))).unwrap();
            let sends = async {
                slow.try_send(Deliver(1)).unwrap_err();
                gone.try_send(Deliver(2)).unwrap_err();
                gone.$send(Deliver(3)).await.unwrap_err();
                quick.$send(Deliver(4)).await.unwrap();
                slow.$send(Deliver(5)).await.unwrap();
            };
            let make_room = async {
                // The last send stands: it is polled first, and goes no further.
                slow_receiver.try_recv_envelope().unwrap();
            };
            let began = Instant::now();
            let name = stringify!($name);
            within(name, async { tokio::join!(biased; fanout(5).run(sends), make_room) }).await;
            let elapsed = began.elapsed().as_secs_f64();

            let post = post(name);
            assert_eq!(post.attribute("sampling.fanout.size"), Some(&OwnedAttribute::Int(5)));
            assert_eq!(post.attribute("sampling.fanout.errors"), Some(&OwnedAttribute::Int(3)));
            let wait = |name| match post.attribute(name) {
                Some(OwnedAttribute::Float(seconds)) => *seconds,
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(wait("sampling.fanout.wait.min").to_bits(), 0_f64.to_bits(), "one had room");
            let longest = wait("sampling.fanout.wait.max");
            assert!(longest > 0.0 && longest <= elapsed, "{longest} of {elapsed}");
        }
    };
}

aggregate_of_other_channels!(flume_s_sends_count, flume, send_async);
aggregate_of_other_channels!(async_channel_s_sends_count, async_channel, send);

/// On a thread that blocks for each of two recipients, of whom one is gone.
#[test]
fn blocking_sends_count() {
    #[traced_actor(start = always)]
    struct Blocking;

    let spans = testkit::install();
    let (_, mut handling) = Envelope::bare(Blocking).open();
    {
        let _handled = handling.enter();
        let mut fanout = fanout(2);
        let _sent = fanout.enter();
        let (gone, receiver) = mpsc::channel(1);
        drop(receiver);
        gone.blocking_send(Deliver(1)).unwrap_err();
        let (sender, _receiver) = mpsc::channel(1);
        sender.blocking_send(Deliver(2)).unwrap();
    }
    handling.end_ok();
    let blocking = spans.named("Blocking").remove(0);
    for (name, count) in [("size", 2), ("errors", 1)] {
        let count = OwnedAttribute::Int(count);
        assert_eq!(blocking.attribute(&format!("sampling.fanout.{name}")), Some(&count), "{name}");
    }
}

#[tokio::test]
async fn weights_multiply_through_nested_broadcasts() {
    #[traced_actor(start = never)]
    #[derive(Clone)]
    struct Relay(u32);

    let (relays, mut relay_receivers): (Vec<_>, Vec<_>) = (0..100).map(|_| mpsc::channel::<Relay>(1)).unzip();
    within("nested", broadcast(&relays, Relay(1))).await;

    let mut total = 0.0;
    for receiver in &mut relay_receivers {
        let mut sessions = sessions(50);
        async {
            receiver.recv().await.unwrap();
            broadcast(sessions.iter().map(|(sender, _)| sender), Deliver(1)).await;
            receiver.close();
            assert!(receiver.recv().await.is_none());
        }
        .traced()
        .await;
        total += estimate(&probabilities(&mut sessions));
    }
    // 10 of 100 relays are kept, each stands for 10, and keeps 10 of 50, each of which stands for 5 · 10.
    assert!((total - 5000.0).abs() < 1e-6, "{total}");
}

#[tokio::test]
async fn sends_in_a_fanout_scope_count_and_others_do_not() {
    let mut sessions = sessions(200);
    let (other, mut other_receiver) = mpsc::channel::<Deliver>(8);
    within("scope", async {
        other.send(Deliver(0)).await.unwrap();
        fanout(sessions.len())
            .run(async {
                for (sender, _) in &sessions {
                    sender.send(Deliver(1)).await.unwrap();
                }
            })
            .await;
        other.send(Deliver(2)).await.unwrap();
    })
    .await;
    assert_eq!(probabilities(&mut sessions).len(), 10);
    for _ in 0..2 {
        let envelope = other_receiver.try_recv_envelope().unwrap();
        assert_eq!(envelope.context().unwrap().span_id, post("scope").context.span_id);
    }
}

#[tokio::test]
async fn a_fanout_of_a_thread_is_entered() {
    let mut sessions = sessions(200);
    within("entered", async {
        let mut fanout = fanout(sessions.len());
        let _entered = fanout.enter();
        for (sender, _) in &sessions {
            sender.try_send(Deliver(1)).unwrap();
        }
    })
    .await;
    assert_eq!(probabilities(&mut sessions).len(), 10);
    assert_eq!(text(&post("entered"), "sampling.fanout.size").as_deref(), Some("200"));
}

/// Neither who is chosen nor the counts are moved by what happens in between: another message's handling, a turn of other
/// tasks, a scope and a task that go on with the fan-out, and an end before all that were announced are sent.
#[tokio::test]
async fn an_interrupted_fanout_counts_what_was_sent_and_keeps_its_pattern() {
    const SENT: usize = 160;
    let mut sessions = sessions(200);
    let (other, mut other_receiver) = mpsc::channel::<Deliver>(1);
    let sends = async {
        for (n, (sender, _)) in sessions.iter().enumerate().take(SENT) {
            match n {
                30 => {
                    let (_, mut handling) = Envelope::new(Post(2), MessageContext::UNSAMPLED).open();
                    handling.run(async { other.send(Deliver(0)).await.unwrap() }).await;
                    handling.end_ok();
                }
                60 => tokio::task::yield_now().await,
                80 => {
                    async { sender.send(Deliver(1)).await.unwrap() }.traced().await;
                    continue;
                }
                90 => {
                    let sender = sender.clone();
                    task::spawn(async move { sender.send(Deliver(1)).await.unwrap() }).await.unwrap();
                    continue;
                }
                _ => {}
            }
            sender.send(Deliver(1)).await.unwrap();
        }
    };
    within("interrupted", async { fanout(200).run(sends).await }).await;

    assert_eq!(other_receiver.try_recv_envelope().unwrap().state(), ContextState::Unsampled);
    let mut arrived = |n: usize| sessions[n].1.try_recv_envelope().unwrap();
    let chosen: Vec<usize> = (0..SENT).filter(|&n| arrived(n).context().is_some()).collect();
    // One at random in each part of 20, wherever the parts begin: of 160, seven parts are whole, and two may be in part.
    assert!((7..=9).contains(&chosen.len()), "{chosen:?}");
    assert!(chosen.windows(2).all(|pair| (1..40).contains(&(pair[1] - pair[0]))), "{chosen:?}");
    assert!(chosen.windows(3).all(|three| three[2] - three[0] > 20), "{chosen:?}");
    let span = post("interrupted");
    let counts = (text(&span, "sampling.fanout.size"), text(&span, "sampling.fanout.selected"));
    assert_eq!(counts, (Some("160".into()), Some(chosen.len().to_string())));
}

/// Tasks that a fan-out spawns send at the same time: none of them is lost, none counts twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fanout_goes_on_in_the_tasks_that_it_spawns() {
    const EACH: usize = 10_000;
    testkit::install();
    let mut sessions: Sessions = (0..8).map(|_| mpsc::channel(EACH)).collect();
    let tasks = async {
        let send = |sender: mpsc::Sender<Deliver>| async move {
            for n in 0..EACH {
                sender.try_send(Deliver(u32::try_from(n).unwrap())).unwrap();
            }
        };
        let tasks: Vec<_> = sessions.iter().map(|(sender, _)| task::spawn(send(sender.clone()))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    };
    within("tasks", async { fanout(8 * EACH).run(tasks).await }).await;
    let probabilities = probabilities(&mut sessions);
    assert_eq!(probabilities.len(), 10);
    assert!((estimate(&probabilities) - 80_000.0).abs() < 1e-6, "{probabilities:?}");
    let span = post("tasks");
    let counts = (text(&span, "sampling.fanout.size"), text(&span, "sampling.fanout.selected"));
    assert_eq!(counts, (Some("80000".into()), Some("10".into())));
}

/// The annotation says only how many; a single message of another kind is not taken for one of them.
#[tokio::test]
async fn an_announced_fan_out_keeps_other_messages_and_its_weights_add_up() {
    #[traced_actor(name = "Announced", fanout_budget = 5)]
    enum Announced {
        #[traced(fanout = recipients.len())]
        Post { recipients: Vec<u32> },
    }
    #[traced_actor(start = never)]
    struct Ask(u32);
    struct Guild {
        sessions: Sessions,
        presence: mpsc::Sender<Ask>,
    }
    #[traced_actor(name = "Announced", fanout_budget = 5)]
    impl Guild {
        async fn handle_message(&mut self, message: Announced) {
            let Announced::Post { recipients } = message;
            self.presence.send(Ask(1)).await.unwrap();
            for id in recipients {
                self.sessions[id as usize].0.send(Deliver(id)).await.unwrap();
            }
        }
    }

    let (presence, mut asked) = mpsc::channel(1);
    let mut guild = Guild { sessions: sessions(300), presence };
    guild.handle_message(Announced::Post { recipients: (0..300).collect() }).await;

    assert!(asked.try_recv_envelope().unwrap().context().is_some(), "a kind that is sent once is kept");
    let probabilities = probabilities(&mut guild.sessions);
    assert_eq!(probabilities.len(), 5);
    assert!((estimate(&probabilities) - 300.0).abs() < 1e-6);
    let span = only("Announced");
    assert_eq!(span.attribute("sampling.fanout.size"), Some(&OwnedAttribute::Int(300)));
    assert_eq!(span.attribute("sampling.fanout.selected"), Some(&OwnedAttribute::Int(5)));
}

#[tokio::test]
async fn what_was_not_chosen_is_counted_and_starts_nothing() {
    #[traced_actor(name = "Unchosen", start = always)]
    #[derive(Clone)]
    struct Unchosen(u32);
    testkit::install();
    let (senders, mut receivers): (Vec<_>, Vec<_>) = (0..100).map(|_| mpsc::channel::<Unchosen>(1)).unzip();
    within("unchosen", broadcast(&senders, Unchosen(1))).await;
    let before = traced_actor::counters();
    for receiver in &mut receivers {
        async {
            receiver.recv().await.unwrap();
            let sent = Envelope::capture(Deliver(1));
            assert!(!matches!(sent.state(), ContextState::Absent), "the decision travels on");
        }
        .traced()
        .await;
    }
    drop(receivers);
    let spans = testkit::install().named("Unchosen");
    assert_eq!(spans.len(), 10);
    assert!(spans.iter().all(|span| text(span, "sampling.reason").as_deref() == Some("fanout")));
    let after = traced_actor::counters();
    assert!(after.dropped["fanout"] - before.dropped.get("fanout").unwrap_or(&0) >= 90);
}
