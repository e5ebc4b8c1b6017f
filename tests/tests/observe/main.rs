//! An observer sees each message once, sampled or not, on every path.

#![allow(clippy::unused_async, reason = "a handler is async whether or not it awaits")]
#![allow(clippy::needless_pass_by_value, reason = "a handler takes its message by value")]

mod channels;
mod log;
mod mailboxes;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Waker};
use std::time::Duration;

use traced_actor::actor::HandlerSpan;
use traced_actor::sync::wrap::Describe;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::{CallError, Envelope, OnPanic, Options, Spawn, TracedExt, task, testkit, traced_actor};

#[tokio::test]
async fn a_message_is_sent_received_claimed_and_ended() {
    #[traced_actor]
    enum Message {
        Join,
        Post,
    }
    struct Guild {
        receiver: mpsc::Receiver<Message>,
    }
    #[traced_actor]
    impl Guild {
        async fn run(mut self) {
            while let Some(message) = self.receiver.recv().await {
                self.handle(message).await.ok();
            }
        }
        async fn handle(&mut self, message: Message) -> Result<(), String> {
            match message {
                Message::Join => Ok(()),
                Message::Post => Err("full".to_owned()),
            }
        }
    }
    log::start();
    let (sender, receiver) = mpsc::channel(4);
    sender.send(Message::Join).await.unwrap();
    sender.try_send(Message::Post).unwrap();
    drop(sender);
    Guild { receiver }.run().traced().instance("guild#1").await;
    let expected = [
        "send Join (0 of 4)",
        "send Post (1 of 4 since 77)",
        "1 Guild/Join in guild#1 (1 of 4)",
        "1 ended",
        "2 Guild/Post in guild#1 (0 of 4)",
        "2 alloc::string::String",
        "closed (0 of 4)",
    ];
    assert_eq!(log::of::<Message>(), expected);
}

#[tokio::test]
async fn a_message_that_no_handler_claims_ends_at_the_next_receive() {
    #[traced_actor]
    struct Ping(u8);
    log::start();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    sender.send(Ping(1)).unwrap();
    sender.send(Ping(2)).unwrap();
    async {
        assert_eq!(receiver.recv().await.unwrap().0, 1);
        sender.send(Ping(3)).unwrap();
        assert_eq!(receiver.recv().await.unwrap().0, 2);
        drop(receiver);
        assert!(sender.send(Ping(4)).is_err());
    }
    .traced()
    .await;
    let expected = [
        "send Ping (0 of 0)",
        "send Ping (1 of 0 since 77)",
        "1 ?/Ping (1 of 0)",
        "send Ping (1 of 0) from 1",
        "1 ended",
        "2 ?/Ping (1 of 0)",
        "2 ended",
        "closed (1 of 0)",
        "send Ping (1 of 0)",
        "failed Ping: Closed",
    ];
    assert_eq!(log::of::<Ping>(), expected);
}

#[tokio::test]
async fn a_sampled_message_is_observed_once_as_well() {
    #[traced_actor]
    struct Seen;
    struct Watcher;
    #[traced_actor]
    impl Watcher {
        async fn handle(&mut self, message: Seen) {
            let Seen = message;
        }
    }
    log::start();
    let spans = testkit::record();
    let watcher = Spawn::new(Watcher).capacity(2).instance("w").start();
    watcher.cast(Seen).await.unwrap();
    watcher.stop();
    watcher.join().await.unwrap();
    assert_eq!(spans.tree().trim(), "Watcher/Seen");
    let expected = [
        "send Seen (0 of 2)",
        "1 Watcher/Seen in w unsent (0 of 2)",
        "1 is sampled",
        "1 ended",
        "closed (0 of 2)",
    ];
    assert_eq!(log::of::<Seen>(), expected);
    assert_eq!(log::of_name("Watcher"), ["Started", "Ended"]);
}

#[tokio::test]
async fn a_message_that_is_not_followed_is_told_once() {
    #[traced_actor]
    struct Unfollowed;
    struct Guild;
    #[traced_actor]
    impl Guild {
        async fn handle(&mut self, message: Unfollowed) {
            let Unfollowed = message;
            tokio::task::yield_now().await;
        }
    }
    for sampled in [false, true] {
        log::start();
        let _spans = sampled.then(testkit::record);
        let (sender, mut receiver) = mpsc::channel(4);
        sender.send(Unfollowed).await.unwrap();
        async {
            // One is handled and one is not.
            let first = receiver.recv().await.unwrap();
            sender.send(Unfollowed).await.unwrap();
            Guild.handle(first).await;
            let _ = receiver.recv().await;
            drop(receiver);
        }
        .traced()
        .await;
        // A called handler begins the handling itself.
        Guild.handle(Unfollowed).await;
    }
    let told = log::of::<Unfollowed>();
    assert_eq!(told.iter().filter(|line| line.contains("/Unfollowed")).count(), 6, "{told:?}");
    assert!(told.iter().all(|line| !line.contains("ended") && !line.contains("is sampled")), "{told:?}");
    assert!(told.iter().all(|line| !line.contains("from")), "{told:?}");
}

#[tokio::test]
async fn a_batch_is_one_handling_and_each_of_its_messages_is_told() {
    #[traced_actor]
    enum Batched {
        One,
        Two,
    }
    log::start();
    let (sender, mut receiver) = mpsc::channel(4);
    sender.send(Batched::One).await.unwrap();
    sender.send(Batched::Two).await.unwrap();
    let batch = async {
        let mut batch = Vec::new();
        receiver.recv_many(&mut batch, 4).await;
        drop(receiver);
        batch.len()
    };
    assert_eq!(batch.traced().await, 2);
    let told = log::of::<Batched>();
    let expected = ["batched One", "batched Two", "1 ?/batch unsent (0 of 4)", "1 ended", "closed (0 of 4)"];
    assert_eq!(told[2..], expected);
}

#[tokio::test]
async fn what_is_put_aside_is_another_handling_when_it_is_handled() {
    #[traced_actor]
    struct Job;
    struct Worker;
    #[traced_actor]
    impl Worker {
        async fn handle(&mut self, job: Job) {
            let Job = job;
        }
    }
    log::start();
    let (sender, mut receiver) = mpsc::channel(4);
    sender.send(Job).await.unwrap();
    sender.send(Job).await.unwrap();
    async {
        let held = Envelope::hold(receiver.recv().await.unwrap());
        let aside = receiver.recv_envelope().await.unwrap();
        Worker.handle(held).await;
        Worker.handle(aside).await;
    }
    .traced()
    .await;
    let expected =
        ["1 ?/Job (1 of 4)", "1 put aside", "2 Worker/Job unsent", "2 ended", "3 Worker/Job", "3 ended"];
    assert_eq!(log::of::<Job>()[2..], expected);
}

#[tokio::test]
async fn sends_that_wait_or_fail_are_told_with_the_reason() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Letter).await.unwrap();
    assert!(sender.try_send(Letter).is_err());
    tokio::time::pause();
    assert!(sender.send_timeout(Letter, Duration::from_secs(1)).await.is_err());
    {
        let mut waits = std::pin::pin!(sender.send(Letter));
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
    }
    let receive = async { receiver.recv().await.map(|Letter| receiver) };
    let (sent, received) = tokio::join!(sender.send(Letter), receive);
    sent.unwrap();
    drop(received);
    assert!(sender.send(Letter).await.is_err());
    let told: Vec<_> = log::of::<Letter>().into_iter().filter(|line| !line.starts_with("send")).collect();
    let expected =
        ["failed Letter: Full", "failed Letter: Timeout", "failed Letter: Cancelled", "1 ?/Letter (0 of 1)"];
    assert_eq!(told[..4], expected);
    assert!(told.contains(&"waited Letter".to_owned()), "{told:?}");
    assert_eq!(told.last().unwrap(), "failed Letter: Closed");
    assert!(told.iter().any(|line| line.starts_with("closed (1 of 1")), "a dead letter is left: {told:?}");
}

#[tokio::test]
async fn panics_cancellations_and_asks_end_with_their_reason() {
    #[traced_actor]
    enum Question {
        Panic,
        Answer { respond_to: oneshot::Sender<u8> },
        Ignore { respond_to: oneshot::Sender<u8> },
        Hang { respond_to: oneshot::Sender<u8> },
    }
    struct Oracle;
    #[traced_actor]
    impl Oracle {
        async fn handle(&mut self, question: Question) {
            match question {
                Question::Panic => panic!("as asked for"),
                Question::Answer { respond_to } => drop(respond_to.send(42)),
                Question::Ignore { respond_to } => drop(respond_to),
                Question::Hang { respond_to } => {
                    std::future::pending::<()>().await;
                    drop(respond_to);
                }
            }
        }
    }
    log::start();
    tokio::time::pause();
    let oracle = Spawn::new(Oracle).on_panic(|_, _| OnPanic::Continue).start();
    let patience = Duration::from_secs(1);
    oracle.cast(Question::Panic).await.unwrap();
    let answer = oracle.call(patience, |respond_to| Question::Answer { respond_to }).await;
    assert_eq!(answer.unwrap(), 42);
    let answer = oracle.call(patience, |respond_to| Question::Ignore { respond_to }).await;
    assert!(matches!(answer, Err(CallError::NoReply)));
    let answer = oracle.call(patience, |respond_to| Question::Hang { respond_to }).await;
    assert!(matches!(answer, Err(CallError::Timeout)));
    let told: Vec<_> = log::of::<Question>().into_iter().filter(|line| !line.starts_with("send")).collect();
    let expected = [
        "asked",
        "1 Oracle/Panic (1 of 64)",
        "1 panic",
        "2 Oracle/Answer (0 of 64)",
        "2 ended",
        "answered: Answered",
        "asked",
        "3 Oracle/Ignore (0 of 64)",
        "3 ended",
        "answered: NoReply",
        "asked",
        "4 Oracle/Hang (0 of 64)",
        "answered: Timeout",
    ];
    assert_eq!(told, expected);
    assert_eq!(log::of_name("Oracle"), ["Started", "Restarted"]);
}

#[tokio::test]
async fn a_handler_that_is_dropped_is_cancelled_and_its_sends_are_its_own() {
    #[traced_actor]
    struct Outer;
    #[traced_actor]
    struct Inner;
    struct Sender(mpsc::UnboundedSender<Inner>);
    #[traced_actor]
    impl Sender {
        async fn handle(&mut self, message: Outer) {
            let Outer = message;
            self.0.send(Inner).unwrap();
            std::future::pending::<()>().await;
        }
    }
    log::start();
    let (sender, _receiver) = mpsc::unbounded_channel();
    let mut actor = Sender(sender);
    {
        let mut handles = std::pin::pin!(actor.handle(Outer));
        assert!(futures_util::poll!(handles.as_mut()).is_pending());
    }
    actor.0.send(Inner).unwrap();
    assert_eq!(log::of::<Outer>(), ["1 Sender/Outer unsent", "1 cancelled"]);
    assert_eq!(log::of::<Inner>(), ["send Inner (0 of 0) from 1", "send Inner (1 of 0 since 77)"]);
}

/// A framework catches the panic, drops the future, and continues to use the thread.
#[test]
fn a_handler_of_an_adapter_that_panics_ends_so_and_is_current_no_more() {
    #[traced_actor]
    struct Outer;
    #[traced_actor]
    struct Inner;
    log::start();
    let (sender, _receiver) = mpsc::unbounded_channel();
    let options = const { &Options::new().name("Adapter") };
    let span = HandlerSpan::open(&Outer, None, Describe::message(), options, || None);
    let mut handles = Box::pin(span.run(async { panic!("as it was told") }, |(): &()| None));
    let poll = || handles.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(catch_unwind(AssertUnwindSafe(poll)).is_err());
    drop(handles);
    sender.send(Inner).unwrap();
    assert_eq!(log::of::<Outer>(), ["1 Adapter/Outer unsent", "1 panic"]);
    assert_eq!(log::of::<Inner>(), ["send Inner (0 of 0)"]);
}

/// A task is reported like a handling, until it is done, dropped, or panics. Its sends are reported with its number.
#[tokio::test]
async fn tasks_of_a_handler_have_numbers_of_their_own() {
    #[traced_actor]
    struct Told;
    #[traced_actor]
    struct Spawning(mpsc::UnboundedSender<Told>);
    struct Guild {
        receiver: mpsc::Receiver<Spawning>,
    }
    #[traced_actor]
    impl Guild {
        async fn run(mut self) {
            while let Some(message) = self.receiver.recv().await {
                self.handle(message).await;
            }
        }
        async fn handle(&mut self, message: Spawning) {
            let told = message.0.clone();
            let nested = async move { task::spawn(async move { told.send(Told).unwrap() }).await };
            task::spawn(nested).await.unwrap().unwrap();
            task::spawn_blocking(move || message.0.send(Told).unwrap()).await.unwrap();
            let dropped = task::spawn(std::future::pending::<()>());
            tokio::task::yield_now().await;
            dropped.abort();
            assert!(dropped.await.is_err());
            assert!(task::spawn(async { panic!("as it is asked to") }).await.is_err());
            assert!(task::spawn_blocking(|| panic!("as it is asked to")).await.is_err());
        }
    }
    log::start();
    let (told, _receiver) = mpsc::unbounded_channel();
    let (sender, receiver) = mpsc::channel(4);
    sender.send(Spawning(told)).await.unwrap();
    drop(sender);
    Guild { receiver }.run().await;
    // No handler spawns it.
    task::spawn(async {}).await.unwrap();

    let lines = log::of::<Spawning>();
    let of = |number: usize| -> Vec<&str> {
        lines.iter().filter_map(|line| line.strip_prefix(&format!("{number} "))).collect()
    };
    assert_eq!(of(2), ["is spawned by 1", "polled", "left", "polled", "left", "ended"]);
    assert_eq!(of(3), ["is spawned by 2", "polled", "left", "ended"]);
    assert_eq!(of(4), ["is spawned by 1", "polled", "left", "ended"]);
    assert_eq!(of(5), ["is spawned by 1", "polled", "left", "cancelled"]);
    assert_eq!(of(6), ["is spawned by 1", "polled", "left", "panic"]);
    assert_eq!(of(7), ["is spawned by 1", "polled", "left", "panic"]);
    assert_eq!(of(8), [""; 0]);
    assert_eq!(log::of::<Told>(), ["send Told (0 of 0) from 3", "send Told (1 of 0 since 77) from 4"]);
}
