//! Parents and children across `select!`, timeouts, nested actors, and the ways to leave a task.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use opentelemetry::trace::Status;
use tokio::sync::oneshot;
use tokio::task::{LocalSet, yield_now};
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, TracedExt, spawn, task, traced_actor};

use crate::support::{assert_child, assert_root, current, handle_all, install, only, spans, take_all, text};

// ----- timers -----

/// The timer is later than the message, so the loop has asked for the next one meanwhile.
#[tokio::test(start_paused = true)]
async fn what_a_timer_sends_is_not_connected_with_the_last_message() {
    install();
    #[traced_actor]
    struct Ticked;
    #[traced_actor]
    struct FromMessage;
    #[traced_actor]
    struct FromTick;

    let (sender, mut receiver) = mpsc::channel(1);
    let (message, to_message) = mpsc::channel(1);
    let (tick, to_tick) = mpsc::channel(1);
    sender.send(Ticked).await.unwrap();
    async move {
        let mut timer = tokio::time::interval(Duration::from_secs(1));
        timer.tick().await; // the first one is at once
        loop {
            tokio::select! {
                Some(Ticked) = receiver.recv() => message.send(FromMessage).await.unwrap(),
                _ = timer.tick() => break tick.send(FromTick).await.unwrap(),
            }
        }
    }
    .traced()
    .await;
    take_all(to_message).await;
    take_all(to_tick).await;

    assert_child(&only("FromMessage"), &only("Ticked").span_context);
    assert_root(&only("FromTick"));
}

/// The timer arm comes first and is ready, so `recv` is called and never polled.
#[tokio::test]
async fn a_timer_that_wins_before_the_receive_is_polled_is_not_connected_either() {
    install();
    #[traced_actor]
    struct Beaten;
    #[traced_actor]
    struct FromReadyTick;

    let (sender, mut receiver) = mpsc::channel(2);
    let (tick, to_tick) = mpsc::channel(1);
    sender.send(Beaten).await.unwrap();
    async move {
        receiver.recv().await;
        tokio::select! {
            biased;
            () = std::future::ready(()) => tick.send(FromReadyTick).await.unwrap(),
            _ = receiver.recv() => unreachable!("the first arm is ready"),
        }
    }
    .traced()
    .await;
    take_all(to_tick).await;

    assert_eq!(spans("Beaten").len(), 1);
    assert_root(&only("FromReadyTick"));
}

// ----- cancellation -----

#[traced_actor(name = "Stuck")]
enum StuckMessage {
    Hang,
    Go,
}

struct Stuck;

#[traced_actor(name = "Stuck")]
impl Stuck {
    async fn handle(&mut self, message: StuckMessage) {
        match message {
            StuckMessage::Hang => pending().await,
            StuckMessage::Go => {}
        }
    }

    async fn run(mut self, mut receiver: mpsc::Receiver<StuckMessage>) {
        while let Some(message) = receiver.recv().await {
            let _ = tokio::time::timeout(Duration::from_secs(1), self.handle(message)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_a_timeout_drops_ends_as_cancelled() {
    install();
    let (sender, receiver) = mpsc::channel(2);
    sender.send(StuckMessage::Hang).await.unwrap();
    sender.send(StuckMessage::Go).await.unwrap();
    drop(sender);
    Stuck.run(receiver).await;

    let hang = only("Stuck/Hang");
    assert_eq!(hang.status, Status::error(""));
    assert_eq!(text(&hang, "error.type").as_deref(), Some("cancelled"));
    assert_eq!(only("Stuck/Go").status, Status::Unset);
}

// ----- nested actors -----

#[traced_actor(name = "Session")]
enum SessionMessage {
    Deliver,
}

#[traced_actor(name = "ChainGuild")]
enum GuildMessage {
    Post { respond_to: oneshot::Sender<()> },
}

#[traced_actor(name = "ChainGateway")]
enum GatewayMessage {
    Frame,
}

#[traced_actor(name = "ChainAudit")]
struct Audit;

struct Session;
struct Guild(ActorRef<SessionMessage>);
struct Gateway(ActorRef<GuildMessage>, mpsc::Sender<Audit>);

#[traced_actor(name = "ChainSession")]
impl Session {
    async fn handle(&mut self, message: SessionMessage) {
        let SessionMessage::Deliver = message;
        yield_now().await;
    }
}

#[traced_actor(name = "ChainGuild")]
impl Guild {
    async fn handle(&mut self, message: GuildMessage) {
        let GuildMessage::Post { respond_to } = message;
        yield_now().await;
        self.0.cast(SessionMessage::Deliver).await.unwrap();
        respond_to.send(()).unwrap();
    }
}

#[traced_actor(name = "ChainGateway")]
impl Gateway {
    async fn handle(&mut self, message: GatewayMessage) {
        let GatewayMessage::Frame = message;
        let post = |respond_to| GuildMessage::Post { respond_to };
        self.0.call(Duration::from_secs(10), post).await.unwrap();
        self.1.send(Audit).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_through_a_chain_of_actors_and_a_call_comes_back_to_its_caller() {
    install();
    const FRAMES: usize = 20;

    let (audit, to_audit) = mpsc::channel(FRAMES);
    let session = spawn(Session, 4);
    let guild = spawn(Guild(session.clone()), 4);
    let gateway = spawn(Gateway(guild.clone(), audit), 4);
    for _ in 0..FRAMES {
        gateway.cast(GatewayMessage::Frame).await.unwrap();
    }
    // From the front of the chain, so that no task is joined while another one may still send to it.
    gateway.join().await.unwrap();
    guild.join().await.unwrap();
    session.join().await.unwrap();
    take_all(to_audit).await;

    let [frames, posts, delivers, audits] =
        ["ChainGateway", "ChainGuild", "ChainSession", "ChainAudit"].map(spans);
    assert_eq!([frames.len(), posts.len(), delivers.len(), audits.len()], [FRAMES; 4]);
    for (((frame, post), deliver), audit) in frames.iter().zip(&posts).zip(&delivers).zip(&audits) {
        assert_root(frame);
        assert_child(post, &frame.span_context);
        assert_child(deliver, &post.span_context);
        assert_child(audit, &frame.span_context);
    }
}

// ----- other tasks and threads -----

#[tokio::test]
async fn a_handler_that_is_not_send_works_on_a_local_set() {
    install();
    #[traced_actor]
    struct Local(Rc<str>);
    #[traced_actor]
    struct FromLocal;

    let (sender, receiver) = mpsc::channel(4);
    let (next, to_next) = mpsc::channel(8);
    let local = LocalSet::new();
    local
        .run_until(async move {
            let actor = task::spawn_local(handle_all(receiver, async move |Local(name)| {
                let span = current().expect("the handler's span");
                yield_now().await;
                assert_eq!(current().as_ref(), Some(&span), "{name}");
                let next = next.clone();
                let below = async move {
                    yield_now().await;
                    next.send(FromLocal).await.unwrap();
                };
                task::spawn_local(below).await.unwrap();
            }));
            sender.send(Local("first".into())).await.unwrap();
            sender.send(Local("second".into())).await.unwrap();
            assert_eq!(current(), None);
            drop(sender);
            actor.await.unwrap();
        })
        .await;
    take_all(to_next).await;

    let (outer, inner) = (spans("Local"), spans("FromLocal"));
    assert_eq!((outer.len(), inner.len()), (2, 2));
    for (outer, inner) in outer.iter().zip(&inner) {
        assert_root(outer);
        assert_child(inner, &outer.span_context);
    }
}

#[tokio::test]
async fn work_on_a_blocking_thread_goes_on_with_the_handler() {
    install();
    #[traced_actor]
    struct Blocking;
    #[traced_actor]
    struct FromBlocking;

    let (sender, receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(1);
    sender.send(Blocking).await.unwrap();
    drop(sender);
    handle_all(receiver, async move |Blocking| {
        let here = current();
        let next = next.clone();
        let work = move || {
            next.blocking_send(FromBlocking).unwrap();
            current()
        };
        assert_eq!(task::spawn_blocking(work).await.unwrap(), here);
        assert_eq!(tokio::task::spawn_blocking(current).await.unwrap(), None, "left behind on the thread");
    })
    .await;
    take_all(to_next).await;

    assert_child(&only("FromBlocking"), &only("Blocking").span_context);
}

/// The message is done long before the task. Its span has ended, but is still the parent.
#[tokio::test]
async fn a_spawned_task_goes_on_with_the_handler_after_its_end() {
    install();
    #[traced_actor]
    struct Spawning;
    #[traced_actor]
    struct FromTask;
    #[traced_actor]
    struct FromBareTask;

    let (sender, receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(1);
    let (bare, to_bare) = mpsc::channel(1);
    let (ended, has_ended) = oneshot::channel();
    sender.send(Spawning).await.unwrap();
    drop(sender);
    let (mut channels, mut has_ended, mut tasks) = (Some((next, bare)), Some(has_ended), Vec::new());
    handle_all(receiver, async |Spawning| {
        let (next, bare) = channels.take().expect("one message");
        let has_ended = has_ended.take().expect("one message");
        tasks.push(task::spawn(async move {
            has_ended.await.unwrap();
            next.send(FromTask).await.unwrap();
        }));
        // Tokio's own knows nothing of us: the documented limit.
        tasks.push(tokio::spawn(async move { bare.send(FromBareTask).await.unwrap() }));
    })
    .await;
    // The task might have claimed the message in its first poll.
    yield_now().await;
    assert_eq!(spans("Spawning").len(), 1);
    ended.send(()).unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    take_all(to_next).await;
    take_all(to_bare).await;

    assert_child(&only("FromTask"), &only("Spawning").span_context);
    assert_root(&only("FromBareTask"));
}

/// A thread that blocks needs no scope.
#[test]
fn a_thread_s_receive_loop_is_connected_and_leaves_nothing_behind() {
    install();
    #[traced_actor]
    struct OnThread;
    #[traced_actor]
    struct FromThread;

    let (sender, mut receiver) = mpsc::channel(2);
    let (next, mut to_next) = mpsc::channel(2);
    sender.blocking_send(OnThread).unwrap();
    sender.blocking_send(OnThread).unwrap();
    drop(sender);
    let seen = std::thread::spawn(move || {
        let mut seen = Vec::new();
        while let Some(OnThread) = receiver.blocking_recv() {
            seen.push(current().expect("the handler's span"));
            next.blocking_send(FromThread).unwrap();
        }
        assert_eq!(current(), None);
        seen
    })
    .join()
    .unwrap();
    while to_next.blocking_recv().is_some() {}

    let (outer, inner) = (spans("OnThread"), spans("FromThread"));
    assert_eq!(outer.iter().map(|span| span.span_context.clone()).collect::<Vec<_>>(), seen);
    assert_eq!((outer.len(), inner.len()), (2, 2));
    for (outer, inner) in outer.iter().zip(&inner) {
        assert_root(outer);
        assert_child(inner, &outer.span_context);
    }
}
