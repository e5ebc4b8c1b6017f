//! Pending spans: what has not ended is exported once, as a child of the span that comes when it ends, and is marked.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, SpanKind};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::sync::oneshot;
use traced_actor::sampling::{Decision, Operation, Sampler, set_sampler};
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, Spawn, traced_actor};
use traced_actor_metrics::{Metrics, MetricsClock, OpenWork, Watch};
use traced_actor_opentelemetry::{BatchProcessor, install};

const MINUTE: Duration = Duration::from_secs(60);

#[traced_actor]
enum Message {
    Connect { until: oneshot::Receiver<()>, respond_to: oneshot::Sender<()> },
    Quiet { until: oneshot::Receiver<()> },
}

struct Guild;

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) {
        match message {
            Message::Connect { until, respond_to } => {
                until.await.ok();
                respond_to.send(()).ok();
            }
            Message::Quiet { until } => drop(until.await),
        }
    }
}

#[traced_actor]
enum ToSession {
    Start { guild: ActorRef<Message>, until: oneshot::Receiver<()> },
}

struct Session;

#[traced_actor]
impl Session {
    async fn handle(&mut self, message: ToSession) {
        let ToSession::Start { guild, until } = message;
        guild.call(60 * MINUTE, |respond_to| Message::Connect { until, respond_to }).await.ok();
    }
}

/// Keeps all but the kind `Quiet`.
#[derive(Debug)]
struct ButQuiet;

impl Sampler for ButQuiet {
    fn sample(&self, operation: &Operation<'_>) -> Decision {
        if operation.kind.name() == "Quiet" {
            Decision::Drop { reason: "quiet" }
        } else {
            Decision::Keep { probability: Some(1.0), reason: "test" }
        }
    }
}

async fn until(metrics: Metrics, is_so: impl Fn(&OpenWork) -> bool) -> OpenWork {
    for _ in 0..100_000 {
        let work = metrics.open_work(Duration::ZERO, 1000);
        if is_so(&work) {
            return work;
        }
        tokio::task::yield_now().await;
    }
    panic!("{:#?}", metrics.open_work(Duration::ZERO, 1000));
}

struct Exported {
    provider: SdkTracerProvider,
    exporter: InMemorySpanExporter,
}

impl Exported {
    /// Returns what was exported since the last time, by name.
    fn spans(&self) -> Vec<SpanData> {
        self.provider.force_flush().unwrap();
        let mut spans = self.exporter.get_finished_spans().unwrap();
        self.exporter.reset();
        spans.sort_by(|one, other| one.name.cmp(&other.name));
        spans
    }
}

fn names(spans: &[SpanData]) -> Vec<&str> {
    spans.iter().map(|span| &*span.name).collect()
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    span.attributes.iter().find(|one| one.key.as_str() == name).map(|one| one.value.to_string())
}

fn length(span: &SpanData) -> Duration {
    span.end_time.duration_since(span.start_time).unwrap()
}

#[tokio::test]
async fn a_pending_span_is_exported_once_and_the_span_itself_comes_when_the_work_ends() {
    let exporter = InMemorySpanExporter::default();
    let batches = BatchProcessor::new(exporter.clone());
    set_sampler(ButQuiet).unwrap();
    let provider = install(SdkTracerProvider::builder().with_span_processor(batches.clone())).unwrap();
    let exported = Exported { provider, exporter };
    let clock = MetricsClock::manual();
    let metrics = Metrics::builder().clock(clock.clone()).install().unwrap();
    let mut watch = Watch::new(metrics, MINUTE).pending_spans(batches);

    let guild = Spawn::new(Guild).instance("guild#40").start();
    let session = Spawn::new(Session).instance("session#7").start();
    let (connected, connecting) = oneshot::channel();
    session.cast(ToSession::Start { guild: guild.clone(), until: connecting }).await.unwrap();
    until(metrics, |work| work.handlings.len() == 2).await;
    guild.cast(Message::Quiet { until: oneshot::channel().1 }).await.unwrap();
    clock.advance(MINUTE / 2);
    assert_eq!((watch.look(), exported.spans()), (None, vec![]), "it is not overdue");

    clock.advance(MINUTE);
    let overdue = watch.look().expect("it is overdue");
    assert_eq!(overdue.handlings.len(), 2);
    assert_eq!(overdue.not_polled_for, [MINUTE; 2], "since the first look");
    let pending = exported.spans();
    assert_eq!(names(&pending), ["Guild/Connect (pending)", "Session/Start (pending)"]);
    for span in &pending {
        assert_eq!(length(span), 3 * MINUTE / 2, "{span:?}");
        assert_eq!(span.span_kind, SpanKind::Internal);
        assert_eq!(attribute(span, "actor.pending").as_deref(), Some("true"));
        assert_eq!(attribute(span, "logfire.span_type").as_deref(), Some("pending_span"));
        assert_eq!(attribute(span, "messaging.system"), None, "whoever counts messages does not count it");
        assert_eq!(attribute(span, "sampling.probability"), None, "and it has no weight");
    }
    let [connect, start] = &pending[..] else { unreachable!() };
    assert_eq!(attribute(start, "actor.waiting_for").as_deref(), Some("Guild guild#40"));
    assert_eq!(attribute(start, "actor.instance").as_deref(), Some("session#7"));
    assert_eq!(attribute(connect, "actor.mailbox.size").as_deref(), Some("1"));
    assert_eq!(attribute(connect, "actor.message.kind").as_deref(), Some("Connect"));
    assert_eq!(connect.span_context.trace_id(), start.span_context.trace_id());

    // Once for each piece of work.
    clock.advance(10 * MINUTE);
    assert_eq!((watch.look(), exported.spans()), (None, vec![]));

    // The work ends, and its spans come, each once; the pending ones are their children.
    connected.send(()).unwrap();
    until(metrics, |work| work.handlings.is_empty()).await;
    let ended = exported.spans();
    assert_eq!(names(&ended), ["Guild/Connect", "Session/Start"]);
    for (ended, pending) in ended.iter().zip(&pending) {
        assert_eq!(ended.span_context.trace_id(), pending.span_context.trace_id());
        assert_eq!(ended.span_context.span_id(), pending.parent_span_id);
        assert_ne!(ended.span_context.span_id(), pending.span_context.span_id());
        assert!(ended.span_context.is_sampled() && pending.span_context.is_sampled());
        assert_eq!(attribute(ended, "actor.pending"), None);
    }

    // An unsampled message has no span; its pending span starts a trace.
    let (_never, hanging) = oneshot::channel();
    guild.cast(Message::Quiet { until: hanging }).await.unwrap();
    until(metrics, |work| work.handlings.len() == 1).await;
    clock.advance(2 * MINUTE);
    assert!(watch.look().is_some());
    let [quiet] = &exported.spans()[..] else { panic!("one") };
    assert_eq!((&*quiet.name, quiet.parent_span_id), ("Guild/Quiet (pending)", SpanId::INVALID));
    assert!(quiet.span_context.is_valid() && quiet.span_context.is_sampled());
    assert_eq!(attribute(quiet, "logfire.span_type"), None, "no other span will come");
    assert!(quiet.start_time >= SystemTime::UNIX_EPOCH);

    mailboxes_and_asks_from_outside(metrics, &clock, &mut watch, &exported).await;
}

/// A mailbox from which nobody receives, and an ask that no actor makes.
async fn mailboxes_and_asks_from_outside(
    metrics: Metrics,
    clock: &MetricsClock,
    watch: &mut Watch,
    exported: &Exported,
) {
    #[traced_actor]
    struct Letter;
    let (sender, receiver) = mpsc::channel(8);
    sender.send(Letter).await.unwrap();
    let outside = Spawn::new(Guild).instance("guild#41").start();
    let asked = outside.clone();
    let ask = async move {
        let (_never, hanging) = oneshot::channel();
        asked.call(60 * MINUTE, |respond_to| Message::Connect { until: hanging, respond_to }).await.ok();
    };
    let ask = tokio::spawn(ask);
    until(metrics, |work| work.asks.len() == 1 && work.handlings.len() == 2).await;
    clock.advance(2 * MINUTE);
    let overdue = watch.look().expect("both are overdue");
    let text = overdue.to_string();
    assert!(text.contains("an ask has waited for 120 s for Guild guild#41\n"), "{text}");
    assert!(text.contains("Letter takes no message: 1 wait for it, the oldest for 120 s\n"), "{text}");
    let expected = ["Guild/Connect (pending)", "Guild/ask (pending)", "Letter/mailbox (pending)"];
    assert_eq!(names(&exported.spans()), expected);

    // A second message behind it is the same piece of work; the next one that is the oldest is another.
    sender.send(Letter).await.unwrap();
    clock.advance(2 * MINUTE);
    assert_eq!(watch.look(), None);
    let mut receiver = receiver;
    // A discarded message is not reported, so only the next look sees the one behind it.
    drop(receiver.recv_envelope().await);
    assert_eq!(watch.look(), None);
    clock.advance(2 * MINUTE);
    let text = watch.look().expect("the second one waits").to_string();
    assert_eq!(text, "Letter takes no message: 1 wait for it, the oldest for 120 s\n");
    ask.abort();
}
