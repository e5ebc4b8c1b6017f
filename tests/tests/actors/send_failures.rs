//! A send or a call that fails is on the span of who sent, in the same words for each way, and counted.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use traced_actor::sync::{mpsc, oneshot};
use traced_actor::testkit::{self, Recording};
use traced_actor::{counters, current_span, spawn, traced_actor};

#[traced_actor]
enum Ask {
    Never(oneshot::Sender<u8>),
    Drop(oneshot::Sender<u8>),
    #[traced(skip)]
    Post,
}

/// Answers nothing.
struct Deaf(Vec<oneshot::Sender<u8>>);

#[traced_actor]
impl Deaf {
    async fn handle(&mut self, ask: Ask) {
        std::future::ready(()).await;
        match ask {
            Ask::Never(reply) => self.0.push(reply),
            Ask::Drop(reply) => drop(reply),
            Ask::Post => {}
        }
    }
}

#[traced_actor]
struct Errand;

/// Does some work, whose error its handler returns.
struct Sender<F>(Option<F>);

#[traced_actor(local, name = "Sender")]
impl<T, E: Display, F: Future<Output = Result<T, E>>> Sender<F> {
    async fn handle(&mut self, _: Errand) -> Result<(), E> {
        self.0.take().expect("one errand").await.map(drop)
    }
}

/// The `error.type` of who does work that fails.
async fn failed<T, E: Display>(spans: &Recording, work: impl Future<Output = Result<T, E>>) -> String {
    assert!(Sender(Some(work)).handle(Errand).await.is_err());
    let span = spans.named("Sender/Errand").pop().expect("the errand has a span");
    assert!(span.error.is_some());
    span.attribute("error.type").expect("it failed").to_string()
}

#[tokio::test]
async fn in_the_same_words() {
    let spans = testkit::record();
    let count = |of: &str| counters().failures.get(of).copied().unwrap_or(0);
    let words = ["not_running", "mailbox_full", "stopped", "timeout"];
    let before = words.map(count);

    let (closed, gone) = mpsc::channel::<Ask>(1);
    drop(gone);
    let (unbounded, gone) = mpsc::unbounded_channel::<Ask>();
    drop(gone);
    let (full, _kept) = mpsc::channel::<Ask>(1);
    full.try_send(Ask::Post).unwrap();
    let soon = Duration::from_millis(5);
    let deaf = spawn(Deaf(Vec::new()), 8);
    let dead = spawn(Deaf(Vec::new()), 8);
    dead.stop();
    while !dead.is_closed() || dead.try_cast(Ask::Post).is_ok() {
        tokio::task::yield_now().await;
    }

    let all = [
        ("not_running", failed(&spans, closed.send(Ask::Post)).await),
        ("not_running", failed(&spans, async { closed.try_send(Ask::Post) }).await),
        ("not_running", failed(&spans, async { unbounded.send(Ask::Post) }).await),
        ("not_running", failed(&spans, dead.call(soon, Ask::Never)).await),
        ("mailbox_full", failed(&spans, async { full.try_send(Ask::Post) }).await),
        ("mailbox_full", failed(&spans, full.send_timeout(Ask::Post, soon)).await),
        ("timeout", failed(&spans, deaf.call(soon, Ask::Never)).await),
        ("stopped", failed(&spans, deaf.call(soon, Ask::Drop)).await),
        ("core::fmt::Error", failed(&spans, async { Err::<(), _>(std::fmt::Error) }).await),
    ];
    for (number, (expected, found)) in all.iter().enumerate() {
        assert_eq!(expected, found, "{number}");
    }

    let grown: Vec<u64> = words.map(count).iter().zip(before).map(|(after, before)| after - before).collect();
    assert!(grown.iter().zip([4, 2, 1, 1]).all(|(grown, least)| *grown >= least), "{grown:?}");
}

/// A sender that continues has not failed.
#[tokio::test]
async fn of_who_goes_on() {
    struct Bold(mpsc::Sender<Ask>);

    #[traced_actor]
    impl Bold {
        fn handle(&mut self, _: Errand) {
            assert!(self.0.try_send(Ask::Post).is_err());
            current_span().add_event("went on");
        }
    }

    let spans = testkit::record();
    let (full, _kept) = mpsc::channel::<Ask>(1);
    full.try_send(Ask::Post).unwrap();
    Bold(full).handle(Errand);
    let span = &spans.named("Bold/Errand")[0];
    assert_eq!(span.attribute("error.type").map(ToString::to_string).as_deref(), Some("mailbox_full"));
    assert_eq!(span.error, None);
}
