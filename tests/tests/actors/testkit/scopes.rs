//! A test's spans are its own, wherever they come from.

use std::sync::OnceLock;
use std::thread;

use traced_actor::sampling::{AlwaysOff, AlwaysOn};
use traced_actor::sync::mpsc;
use traced_actor::testkit::{self, Scope, assert_tree};
use traced_actor::{ActorRef, Envelope, TracedExt, spawn, task, traced_actor};

#[traced_actor]
enum GuildMessage {
    #[traced(fields(channel))]
    Post { channel: u64 },
    #[traced(fields(channel))]
    InATask { channel: u64 },
    #[traced(fields(channel))]
    InAThread { channel: u64 },
}

#[traced_actor]
enum SessionMessage {
    #[traced(fields(channel))]
    Deliver { channel: u64 },
}

struct Guild(ActorRef<SessionMessage>);
struct Session;

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: GuildMessage) {
        let session = self.0.clone();
        match message {
            GuildMessage::Post { channel } => {
                session.cast(SessionMessage::Deliver { channel }).await.unwrap();
            }
            GuildMessage::InATask { channel } => {
                task::spawn(async move { session.cast(SessionMessage::Deliver { channel }).await })
                    .await
                    .unwrap()
                    .unwrap();
            }
            GuildMessage::InAThread { channel } => {
                let work = move || session.try_cast(SessionMessage::Deliver { channel });
                task::spawn_blocking(work).await.unwrap().unwrap();
            }
        }
    }
}

#[traced_actor]
impl Session {
    async fn handle(&mut self, _: SessionMessage) {}
}

fn guild() -> ActorRef<GuildMessage> {
    // Room for all sixty messages of a test: `try_cast` does not wait.
    spawn(Guild(spawn(Session, 60)), 8)
}

/// Sixteen tests at a time, in runtimes of one and of several threads, each with its own channel number.
#[test]
fn tests_that_run_side_by_side_see_their_own_spans_alone() {
    let test = |number: u64| {
        let several = number.is_multiple_of(2);
        let mut runtime = if several {
            tokio::runtime::Builder::new_multi_thread()
        } else {
            tokio::runtime::Builder::new_current_thread()
        };
        runtime.enable_all().build().unwrap().block_on(async {
            let spans = testkit::record();
            let guild = guild();
            for _ in 0..20 {
                guild.cast(GuildMessage::Post { channel: number }).await.unwrap();
                guild.cast(GuildMessage::InATask { channel: number }).await.unwrap();
                guild.cast(GuildMessage::InAThread { channel: number }).await.unwrap();
            }
            spans.ended("Session/Deliver", 60).await;
            spans.ended("Guild", 60).await;
            assert_tree!(
                spans,
                &format!(
                    "
                    20 × Guild/InATask channel={number}
                      Session/Deliver channel={number}
                    20 × Guild/InAThread channel={number}
                      Session/Deliver channel={number}
                    20 × Guild/Post channel={number}
                      Session/Deliver channel={number}
                    "
                )
            );
            spans.assert_connected();
        });
    };
    thread::scope(|threads| (0..16).for_each(|number| drop(threads.spawn(move || test(number)))));
}

/// Each test sees the messages that it sends to an actor that was started outside of every test.
#[tokio::test]
async fn a_shared_actor_records_with_whoever_sends() {
    static SHARED: OnceLock<ActorRef<GuildMessage>> = OnceLock::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _runtime = runtime.enter();
    let shared = SHARED.get_or_init(guild);
    let test = |number: u64| async move {
        let spans = testkit::record();
        shared.cast(GuildMessage::Post { channel: number }).await.unwrap();
        spans.ended("Session/Deliver", 1).await;
        spans.ended("Guild", 1).await;
        let (post, deliver) =
            (format!("Guild/Post channel={number}"), format!("Session/Deliver channel={number}"));
        assert_tree!(spans, &format!("{post}\n  {deliver}"));
        spans.assert_connected();
    };
    test(1).await;
    test(2).await;
    runtime.shutdown_background();
}

#[traced_actor]
struct Job(u64);

/// A loop that handles what it receives where it stands.
struct Worker(mpsc::Receiver<Job>);

#[traced_actor]
impl Worker {
    async fn run(mut self) {
        while let Some(Job(number)) = self.0.recv().await {
            assert!(number < 3);
        }
    }
}

/// The loop runs on another thread and belongs to no flow that is known; its channel was made in the test.
#[tokio::test(flavor = "multi_thread")]
async fn a_loop_of_plain_tokio_belongs_to_the_test_that_made_its_channel() {
    let spans = testkit::record();
    let (jobs, receiver) = mpsc::channel(8);
    tokio::spawn(Worker(receiver).run());
    for number in 0..3 {
        jobs.send(Job(number)).await.unwrap();
    }
    spans.ended("Worker/Job", 3).await;
    assert_tree!(spans, "3 × Worker/Job");
    spans.assert_connected();
}

/// Like the test above, with a blocking loop on a separate thread.
#[test]
fn a_thread_belongs_to_the_test_that_made_its_channel() {
    let spans = testkit::record();
    let (jobs, mut receiver) = mpsc::channel::<Job>(8);
    let thread = thread::spawn(move || while receiver.blocking_recv().is_some() {});
    for number in 0..3 {
        jobs.try_send(Job(number)).unwrap();
    }
    drop(jobs);
    thread.join().unwrap();
    spans.wait_for("Job/Job", 3);
    assert_tree!(spans, "3 × Job/Job");
    spans.assert_connected();
}

#[test]
fn a_thread_enters_the_scope_by_itself() {
    let spans = testkit::record();
    let scope = spans.scope();
    let open = || drop(Envelope::bare(Job(1)).open());
    thread::spawn(move || scope.run(open)).join().unwrap();
    thread::spawn(open).join().unwrap();
    assert_tree!(spans, "Job/Job");
    assert_eq!(Scope::current(), Some(scope));
    drop(spans);
    assert_eq!(Scope::current(), None);
}

#[test]
fn scopes_are_nested_and_left_in_order() {
    let outer = testkit::record();
    let inner = testkit::record();
    drop(Envelope::bare(Job(1)).open());
    assert_tree!(inner, "Job/Job");
    let kept = Scope::current();
    drop(inner);
    assert_ne!(Scope::current(), kept);
    assert_tree!(outer, "");
    drop(Envelope::bare(Job(1)).open());
    drop(Envelope::bare(Job(1)).open());
    assert_tree!(outer, "2 × Job/Job");
}

/// A future that a scope wraps is in it at each poll, and nothing else on the thread is.
#[tokio::test]
async fn a_wrapped_future_is_in_the_scope_at_each_poll() {
    let spans = {
        let spans = testkit::record();
        let scope = spans.scope();
        drop(spans);
        scope
    };
    assert_eq!(Scope::current(), None);
    let inside = spans.wrap(async {
        for _ in 0..3 {
            assert_eq!(Scope::current(), Some(spans));
            tokio::task::yield_now().await;
        }
    });
    let outside = async {
        for _ in 0..3 {
            assert_eq!(Scope::current(), None);
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(inside, outside);
}

/// The sampler of the scope decides, and none of the process.
#[tokio::test]
async fn a_scope_has_a_sampler_of_its_own() {
    let spans = testkit::record_sampled(AlwaysOff);
    let guild_off = guild();
    guild_off.cast(GuildMessage::Post { channel: 1 }).await.unwrap();
    {
        let kept = testkit::record_sampled(AlwaysOn);
        let guild = guild();
        guild.cast(GuildMessage::Post { channel: 2 }).await.unwrap();
        kept.ended("Session/Deliver", 1).await;
    }
    guild_off.join().await.unwrap();
    assert_tree!(spans, "");
}

/// Flows that a test starts are in its scope: neither `.traced()` nor a fan-out leaves it.
#[tokio::test]
async fn flows_within_the_test_are_in_its_scope() {
    let spans = testkit::record();
    let (jobs, mut receiver) = mpsc::channel(8);
    async {
        jobs.send(Job(1)).await.unwrap();
        let receive = async { receiver.recv().await.map(|Job(number)| number) }.traced();
        assert_eq!(receive.await, Some(1));
    }
    .traced()
    .await;
    spans.ended("Job/Job", 1).await;
    let sessions: Vec<_> = (0..3).map(|_| spawn(Session, 8)).collect();
    for session in &sessions {
        session.cast(SessionMessage::Deliver { channel: 5 }).await.unwrap();
    }
    spans.ended("Session/Deliver", 3).await;
    assert_tree!(spans, "Job/Job\n3 × Session/Deliver channel=5");
    spans.assert_connected();
}
