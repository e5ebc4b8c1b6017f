//! Receive loops without a handler: the span lasts from one receive to the next.

use std::time::Duration;

use tokio::sync::oneshot;
use traced_actor::context::{ContextState, Timestamp};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, counters, traced_actor};
use traced_actor_tests::isolated::ran_in_child;
use traced_actor_wire::{Codec, codec::Json};

use super::support::{Note, error_type, only, probe, spans, text};

#[traced_actor]
enum Job {
    Work(u32),
    Stop,
}

#[tokio::test]
async fn the_span_closes_when_recv_is_called_not_when_it_is_polled() {
    let (_, mut probe) = probe();
    let (jobs, mut receiver) = mpsc::channel(8);
    let run = async {
        jobs.send(Job::Work(1)).await.unwrap();
        assert!(matches!(receiver.recv().await, Some(Job::Work(1))));
        assert!(spans("Job").is_empty(), "still open");
        drop(receiver.recv());
        assert_eq!(spans("Job").len(), 1, "the call closes it; nothing was polled");
    };
    run.traced().await;
    assert!(probe.notes().is_empty());
}

/// A tick that fires between two messages belongs to neither.
#[tokio::test(start_paused = true)]
async fn a_timer_arm_does_not_send_under_the_last_message() {
    #[traced_actor]
    struct Tock(u32);

    #[traced_actor(name = "Ticking")]
    async fn run(mut receiver: mpsc::Receiver<Tock>, notes: mpsc::Sender<Note>) {
        let mut interval = tokio::time::interval(Duration::from_secs(1));
        interval.tick().await;
        loop {
            tokio::select! {
                biased;
                _ = interval.tick() => notes.send(Note("tick")).await.unwrap(),
                received = receiver.recv() => match received {
                    Some(Tock(_)) => notes.send(Note("message")).await.unwrap(),
                    None => break,
                },
            }
        }
    }

    let (notes, mut probe) = probe();
    let (sender, receiver) = mpsc::channel(8);
    let actor = tokio::spawn(run(receiver, notes));
    sender.send(Tock(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    drop(sender);
    actor.await.unwrap();

    let message = only("Ticking").context.span_id;
    assert_eq!(probe.notes(), [("message", Some(message)), ("tick", None)]);
}

/// While a handler receives on another channel, its own message stays open.
#[tokio::test]
async fn a_nested_receive_does_not_end_the_outer_message() {
    #[traced_actor(name = "Inner")]
    struct Inner(u32);
    #[traced_actor(name = "Outer")]
    struct Outer(u32);

    let (notes, mut probe) = probe();
    let (outer_sender, mut outer) = mpsc::channel(8);
    let (inner_sender, mut inner) = mpsc::channel(8);
    async {
        outer_sender.send(Outer(1)).await.unwrap();
        outer.recv().await.unwrap();
        inner_sender.send(Inner(1)).await.unwrap();
        inner.recv().await.unwrap();
        notes.send(Note("in inner")).await.unwrap();
        drop(inner.recv());
        assert!(spans("Outer").is_empty(), "the outer message is still being handled");
        notes.send(Note("in outer again")).await.unwrap();
        drop(outer.recv());
        notes.send(Note("between")).await.unwrap();
    }
    .traced()
    .await;

    let (outer, inner) = (only("Outer"), only("Inner"));
    assert_eq!(inner.parent, Some(outer.context.span_id));
    assert_eq!(
        probe.notes(),
        [
            ("in inner", Some(inner.context.span_id)),
            ("in outer again", Some(outer.context.span_id)),
            ("between", None)
        ]
    );
}

/// The outer message ends first, with the inner one still open: what follows belongs to that.
#[tokio::test]
async fn a_message_is_open_until_its_own_receiver_is_asked() {
    #[traced_actor(name = "Under")]
    struct Under(u32);
    #[traced_actor(name = "Over")]
    struct Over(u32);

    let (notes, mut probe) = probe();
    let (under_sender, mut under) = mpsc::channel(8);
    let (over_sender, mut over) = mpsc::channel(8);
    async {
        under_sender.send(Under(1)).await.unwrap();
        under.recv().await.unwrap();
        over_sender.send(Over(1)).await.unwrap();
        over.recv().await.unwrap();
        drop(under.recv());
        assert!(spans("Over").is_empty());
        notes.send(Note("between")).await.unwrap();
        drop(over.recv());
        assert_eq!(spans("Over").len(), 1);
        notes.send(Note("after")).await.unwrap();
    }
    .traced()
    .await;
    let inner = only("Over").context.span_id;
    assert_eq!(probe.notes(), [("between", Some(inner)), ("after", None)]);
}

#[tokio::test]
async fn break_continue_and_the_question_mark_work_as_before() {
    #[traced_actor]
    enum Step {
        Skip,
        Fail,
        Note,
    }

    #[traced_actor(name = "Stepping")]
    async fn run(mut receiver: mpsc::Receiver<Step>, notes: mpsc::Sender<Note>) -> Result<u32, String> {
        let mut handled = 0;
        while let Some(step) = receiver.recv().await {
            if matches!(step, Step::Skip) {
                continue;
            }
            handled += 1;
            match step {
                Step::Skip => unreachable!("skipped above"),
                Step::Fail => Err(format!("after {handled}"))?,
                Step::Note => notes.send(Note("note")).await.map_err(|error| error.to_string())?,
            }
        }
        Ok(handled)
    }

    let (notes, mut probe) = probe();
    let (sender, receiver) = mpsc::channel(8);
    for step in [Step::Skip, Step::Note, Step::Fail] {
        sender.send(step).await.unwrap();
    }
    assert_eq!(run(receiver, notes).await, Err("after 2".to_owned()));

    let spans = spans("Stepping");
    let names: Vec<&str> = spans.iter().map(|span| span.name).collect();
    assert_eq!(names, ["Stepping/Skip", "Stepping/Note", "Stepping/Fail"]);
    assert_eq!(probe.notes(), [("note", Some(spans[1].context.span_id))]);
}

#[tokio::test]
async fn a_drained_channel_opens_and_closes_each_message() {
    #[traced_actor(name = "Drained")]
    struct Item(u32);
    let (notes, mut probe) = probe();
    let (sender, mut receiver) = mpsc::channel(8);
    async {
        for i in 0..3 {
            sender.send(Item(i)).await.unwrap();
        }
        while let Ok(Item(_)) = receiver.try_recv() {
            notes.send(Note("drained")).await.unwrap();
        }
        notes.send(Note("empty")).await.unwrap();
    }
    .traced()
    .await;

    let mut expected: Vec<_> =
        spans("Drained").iter().map(|span| ("drained", Some(span.context.span_id))).collect();
    assert_eq!(expected.len(), 3);
    expected.push(("empty", None));
    assert_eq!(probe.notes(), expected);
}

#[test]
fn a_thread_s_loop_needs_no_scope() {
    #[traced_actor(name = "Thread")]
    struct Request(u32);

    let (notes, mut probe) = probe();
    let (sender, mut receiver) = mpsc::channel(8);
    sender.blocking_send(Request(1)).unwrap();
    sender.blocking_send(Request(2)).unwrap();
    drop(sender);
    std::thread::spawn(move || {
        while let Some(Request(_)) = receiver.blocking_recv() {
            notes.blocking_send(Note("request")).unwrap();
        }
        notes.blocking_send(Note("after")).unwrap();
    })
    .join()
    .unwrap();

    let spans = spans("Thread");
    let ids: Vec<_> = spans.iter().map(|span| Some(span.context.span_id)).collect();
    assert_eq!(probe.notes(), [("request", ids[0]), ("request", ids[1]), ("after", None)]);
}

/// A pool thread that ran a blocking loop has nothing of it left for the next task.
#[test]
fn a_thread_s_loop_leaves_nothing_behind_when_the_receiver_is_dropped() {
    #[traced_actor(name = "Pooled")]
    struct Request(u32);
    let (notes, mut probe) = probe();
    std::thread::spawn(move || {
        let (sender, mut receiver) = mpsc::channel(8);
        sender.blocking_send(Request(1)).unwrap();
        receiver.blocking_recv().unwrap();
        notes.blocking_send(Note("in")).unwrap();
        drop(receiver);
        notes.blocking_send(Note("after")).unwrap();
    })
    .join()
    .unwrap();
    assert_eq!(probe.notes(), [("in", Some(only("Pooled").context.span_id)), ("after", None)]);
}

#[test]
fn an_annotated_blocking_loop_has_the_actor_s_name() {
    #[traced_actor]
    struct Query(u32);
    struct Database {
        receiver: mpsc::Receiver<Query>,
        notes: mpsc::Sender<Note>,
    }
    #[traced_actor(name = "Database")]
    impl Database {
        fn run(mut self) -> u32 {
            let mut sum = 0;
            while let Some(Query(n)) = self.receiver.blocking_recv() {
                self.notes.blocking_send(Note("query")).unwrap();
                sum += n;
            }
            sum
        }
    }

    let (notes, mut probe) = probe();
    let (sender, receiver) = mpsc::channel(8);
    sender.blocking_send(Query(3)).unwrap();
    drop(sender);
    assert_eq!(Database { receiver, notes }.run(), 3);
    let span = only("Database");
    assert_eq!(span.name, "Database/Query");
    assert_eq!(probe.notes(), [("query", Some(span.context.span_id))]);
}

#[tokio::test]
async fn a_receive_outside_of_any_scope_records_its_span_and_is_counted() {
    if ran_in_child("a_receive_outside_of_any_scope_records_its_span_and_is_counted", &[]) {
        return; // what is counted is the process's
    }
    #[traced_actor(name = "Scopeless")]
    struct Lost(u32);
    let (notes, mut probe) = probe();
    let before = counters().out_of_scope;
    let (sender, mut receiver) = mpsc::channel(8);
    sender.send(Lost(1)).await.unwrap();
    receiver.recv().await.unwrap();
    notes.send(Note("unconnected")).await.unwrap();
    drop(receiver);
    assert_eq!(only("Scopeless").parent, None);
    assert_eq!(counters().out_of_scope, before + 1);
    assert_eq!(probe.notes(), [("unconnected", None)]);
}

#[tokio::test]
async fn a_panic_and_an_abort_end_the_open_span_with_their_reason() {
    #[traced_actor(name = "Doomed")]
    enum Doom {
        Panic,
        Hang(oneshot::Sender<()>),
    }
    #[traced_actor(name = "Doomed")]
    async fn run(mut receiver: mpsc::Receiver<Doom>) {
        while let Some(doom) = receiver.recv().await {
            match doom {
                Doom::Panic => panic!("as asked"),
                Doom::Hang(started) => {
                    started.send(()).unwrap();
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    let _ = probe();
    let (sender, receiver) = mpsc::channel(8);
    sender.send(Doom::Panic).await.unwrap();
    assert!(tokio::spawn(run(receiver)).await.unwrap_err().is_panic());

    let (sender, receiver) = mpsc::channel(8);
    let actor = tokio::spawn(run(receiver));
    let (started, hanging) = oneshot::channel();
    sender.send(Doom::Hang(started)).await.unwrap();
    hanging.await.unwrap();
    actor.abort();
    assert!(actor.await.unwrap_err().is_cancelled());

    let outcomes: Vec<_> = spans("Doomed").iter().map(|span| (span.name, error_type(span))).collect();
    assert_eq!(
        outcomes,
        [("Doomed/Panic", Some("panic".to_owned())), ("Doomed/Hang", Some("cancelled".to_owned()))]
    );
}

#[tokio::test]
async fn the_wait_in_the_mailbox_is_recorded() {
    #[traced_actor(name = "Waiting")]
    struct Letter(u32);
    let _ = probe();
    #[traced_actor(name = "Sorting")]
    struct Sack(u32);

    let (sacks, mut sack_receiver) = mpsc::channel(1);
    let (letters, mut receiver) = mpsc::channel(1);
    let delay = Duration::from_millis(20);
    async {
        sacks.send(Sack(1)).await.unwrap();
        sack_receiver.recv().await.unwrap();
        letters.send(Letter(1)).await.unwrap();
        std::thread::sleep(delay); // the delay is what is measured
        receiver.recv().await.unwrap();
    }
    .traced()
    .await;
    drop((sack_receiver, receiver));
    let span = only("Waiting");
    assert!(span.wait.unwrap() >= delay, "{:?}", span.wait);
    let seconds: f64 = text(&span, "actor.mailbox.wait").unwrap().parse().unwrap();
    assert!(seconds >= delay.as_secs_f64(), "{seconds}");
}

#[tokio::test]
async fn an_instance_name_is_the_loop_s_own() {
    #[traced_actor(name = "Named")]
    struct Hello(u32);
    #[traced_actor(name = "Named")]
    async fn run(mut receiver: mpsc::Receiver<Hello>, name: &'static str) {
        traced_actor::instance(name);
        while let Some(Hello(_)) = receiver.recv().await {
            tokio::task::yield_now().await;
        }
    }
    let _ = probe();
    let (one, receiver_one) = mpsc::channel(8);
    let (two, receiver_two) = mpsc::channel(8);
    for n in 0..2 {
        one.send(Hello(n)).await.unwrap();
        two.send(Hello(n)).await.unwrap();
    }
    drop((one, two));
    tokio::join!(run(receiver_one, "one"), run(receiver_two, "two"));

    let mut names: Vec<_> = spans("Named").iter().map(|span| text(span, "actor.instance").unwrap()).collect();
    names.sort();
    assert_eq!(names, ["one", "one", "two", "two"]);
}

#[tokio::test]
async fn a_stop_message_seen_before_the_handler_ends_the_loop() {
    #[traced_actor(name = "Early")]
    async fn run(mut receiver: mpsc::Receiver<Job>) -> u32 {
        let mut sum = 0;
        loop {
            match receiver.recv().await {
                Some(Job::Stop) | None => break sum,
                Some(Job::Work(n)) => sum += n,
            }
        }
    }
    let _ = probe();
    let (sender, receiver) = mpsc::channel(8);
    for job in [Job::Work(1), Job::Work(2), Job::Stop] {
        sender.send(job).await.unwrap();
    }
    assert_eq!(run(receiver).await, 3);
    assert_eq!(spans("Early").len(), 3);
}

/// A message off the wire starts to wait when it is put into a mailbox. It does not wait if it is handled at once.
#[tokio::test]
async fn a_message_off_the_wire_waits_in_a_mailbox_only() {
    #[traced_actor(name = "Arriving")]
    #[derive(serde::Deserialize)]
    enum Parcel {
        Queued(u32),
        AtOnce(u32),
    }
    let _ = probe();
    let read = |variant: &str| -> Envelope<Parcel> {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        Json.decode(format!(r#"{{"__traced":["{parent}",{{"{variant}":1}}]}}"#).as_bytes()).unwrap()
    };
    let sent = |envelope: &Envelope<Parcel>| match envelope.state() {
        ContextState::Sampled(context) => context.sent,
        other => panic!("{other:?}"),
    };

    let (sender, mut receiver) = mpsc::channel(1);
    let envelope = read("Queued");
    assert_eq!(sent(&envelope), None, "nobody has sent it yet");
    let before = Timestamp::now();
    sender.send_envelope(envelope).await.unwrap();
    let envelope = receiver.recv_envelope().await.unwrap();
    let first = sent(&envelope);
    assert!(first >= Some(before), "{first:?}");
    sender.send_envelope(envelope).await.unwrap();
    let envelope = receiver.recv_envelope().await.unwrap();
    assert_eq!(sent(&envelope), first, "forwarded, it waits from when it was sent first");
    sender.send_envelope(envelope).await.unwrap();
    async { assert!(matches!(receiver.recv().await, Some(Parcel::Queued(1)))) }.traced().await;
    drop(receiver);
    let (message, handling) = read("AtOnce").open();
    assert!(matches!(message, Parcel::AtOnce(1)));
    handling.end_ok();

    let wait = |name: &str| {
        let spans = spans("Arriving");
        spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}")).wait
    };
    assert!(wait("Arriving/Queued").is_some());
    assert_eq!(wait("Arriving/AtOnce"), None);
}
