//! Actors that the crate runs: `spawn`, `cast`, `call`, `stop`, panics; tasks that go on with a trace.

use std::time::Duration;

use tokio::sync::oneshot;
use traced_actor::sync::mpsc;
use traced_actor::{CallError, Exit, OnPanic, Spawn, TracedExt, spawn, task, traced_actor};

use super::support::{Note, error_type, only, probe, spans, text};

const SECOND: Duration = Duration::from_secs(1);

#[traced_actor]
enum Count {
    Up,
    Get { respond_to: oneshot::Sender<u32> },
    Ignore { respond_to: oneshot::Sender<u32> },
    Keep { respond_to: oneshot::Sender<u32> },
    Panic,
}

#[derive(Default)]
struct Counter {
    n: u32,
    kept: Vec<oneshot::Sender<u32>>,
}

#[traced_actor]
impl Counter {
    async fn handle(&mut self, message: Count) -> Result<(), String> {
        match message {
            Count::Up => self.n += 1,
            Count::Get { respond_to } => {
                return respond_to.send(self.n).map_err(|_| "nobody asked".to_owned());
            }
            Count::Ignore { respond_to } => drop(respond_to),
            Count::Keep { respond_to } => self.kept.push(respond_to),
            Count::Panic => panic!("as asked"),
        }
        Ok(())
    }
}

#[tokio::test]
async fn cast_and_call_reach_the_actor_in_order() {
    let _ = probe();
    let counter = spawn(Counter::default(), 8);
    counter.cast(Count::Up).await.unwrap();
    counter.try_cast(Count::Up).unwrap();
    assert_eq!(counter.call(SECOND, |respond_to| Count::Get { respond_to }).await, Ok(2));
    assert_eq!(counter.join().await.unwrap(), Some(Exit::Unreferenced));
}

impl PartialEq for Count {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_reply_says_why() {
    let _ = probe();
    let counter = spawn(Counter::default(), 8);
    assert_eq!(
        counter.call(SECOND, |respond_to| Count::Ignore { respond_to }).await,
        Err(CallError::NoReply)
    );
    assert_eq!(counter.call(SECOND, |respond_to| Count::Keep { respond_to }).await, Err(CallError::Timeout));
    let last = counter.clone();
    counter.stop();
    assert_eq!(counter.join().await.unwrap(), Some(Exit::Stopped));
    match last.call(SECOND, |respond_to| Count::Get { respond_to }).await {
        Err(CallError::Closed(Count::Get { .. })) => {}
        other => panic!("{other:?}"),
    }
}

/// Messages that are in the mailbox when `stop` is called are handled. Later sends fail and return the message.
#[tokio::test]
async fn a_stopped_actor_handles_what_it_has() {
    let _ = probe();
    let counter = spawn(Counter::default(), 8);
    counter.try_cast(Count::Up).unwrap();
    let (respond_to, response) = oneshot::channel();
    counter.try_cast(Count::Get { respond_to }).unwrap();
    let other = counter.clone();
    counter.stop();
    assert_eq!(response.await, Ok(1));
    assert_eq!(counter.join().await.unwrap(), Some(Exit::Stopped));
    assert!(matches!(other.cast(Count::Up).await.unwrap_err().0, Count::Up));
    assert!(other.is_closed());
}

#[tokio::test]
async fn a_panicking_handler_ends_its_actor_and_nothing_else() {
    let _ = probe();
    let counter = Spawn::new(Counter::default()).instance("stops").start();
    counter.cast(Count::Panic).await.unwrap();
    assert_eq!(counter.join().await.unwrap(), Some(Exit::Panicked));

    let mut panics = 0;
    let counter = Spawn::new(Counter { n: 5, kept: Vec::new() })
        .instance("goes on")
        .on_panic(move |counter, thrown| {
            assert_eq!(thrown.downcast_ref::<&str>(), Some(&"as asked"));
            counter.n *= 10;
            panics += 1;
            if panics < 2 { OnPanic::Continue } else { OnPanic::Stop }
        })
        .start();
    counter.cast(Count::Panic).await.unwrap();
    assert_eq!(counter.call(SECOND, |respond_to| Count::Get { respond_to }).await, Ok(50));
    counter.cast(Count::Panic).await.unwrap();
    assert_eq!(counter.join().await.unwrap(), Some(Exit::Panicked));

    let failed: Vec<_> = spans("Counter/Panic")
        .iter()
        .map(|span| (text(span, "actor.instance").unwrap(), error_type(span).unwrap()))
        .collect();
    let expected = [("stops", "panic"), ("goes on", "panic"), ("goes on", "panic")];
    assert_eq!(failed, expected.map(|(instance, kind)| (instance.to_owned(), kind.to_owned())));
}

/// One span a message, with the handler's own result, below the caller's.
#[tokio::test]
async fn a_call_nests_below_its_caller() {
    #[traced_actor(name = "Caller")]
    struct Ask(u32);
    let _ = probe();
    let counter = Spawn::new(Counter::default()).instance("called").start();
    let (sender, mut receiver) = mpsc::channel(1);
    async {
        sender.send(Ask(1)).await.unwrap();
        receiver.recv().await.unwrap();
        counter.call(SECOND, |respond_to| Count::Get { respond_to }).await.unwrap();
        drop(receiver);
    }
    .traced()
    .await;
    counter.join().await.unwrap();
    let called: Vec<_> = spans("Counter")
        .into_iter()
        .filter(|span| text(span, "actor.instance").as_deref() == Some("called"))
        .collect();
    assert_eq!(called.len(), 1);
    assert_eq!(called[0].parent, Some(only("Caller").context.span_id));
}

#[tokio::test]
async fn an_actor_spawned_in_a_handler_does_not_belong_to_it() {
    #[traced_actor(name = "Creator")]
    struct Create(u32);
    let _ = probe();
    let (sender, mut receiver) = mpsc::channel(1);
    let counter = async {
        sender.send(Create(1)).await.unwrap();
        receiver.recv().await.unwrap();
        let counter = Spawn::new(Counter::default()).instance("created").start();
        drop(receiver);
        counter
    }
    .traced()
    .await;
    counter.cast(Count::Up).await.unwrap();
    counter.join().await.unwrap();
    let span = spans("Counter")
        .into_iter()
        .find(|span| text(span, "actor.instance").as_deref() == Some("created"))
        .unwrap();
    assert_eq!(span.parent, None);
    assert_ne!(span.context.trace_id, only("Creator").context.trace_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_goes_on_with_the_trace_of_whoever_spawned_it() {
    #[traced_actor(name = "Spawning")]
    struct Go(u32);
    let (notes, mut probe) = probe();
    let (sender, mut receiver) = mpsc::channel(1);
    async {
        sender.send(Go(1)).await.unwrap();
        receiver.recv().await.unwrap();
        let (later, blocking) = (notes.clone(), notes.clone());
        let task = task::spawn(async move {
            tokio::task::yield_now().await;
            later.send(Note("task")).await.unwrap();
        });
        drop(receiver); // the span has ended when the task goes on
        task.await.unwrap();
        let outside = notes.clone();
        tokio::spawn(async move { outside.send(Note("tokio task")).await.unwrap() }).await.unwrap();
        task::spawn_blocking(move || blocking.blocking_send(Note("blocking")).unwrap()).await.unwrap();
    }
    .traced()
    .await;
    let span = Some(only("Spawning").context.span_id);
    // The blocking task was spawned when the message was done.
    assert_eq!(probe.notes(), [("task", span), ("tokio task", None), ("blocking", None)]);
}
