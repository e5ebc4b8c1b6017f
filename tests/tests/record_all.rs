//! A recorder that also takes what the sampler drops, that has its own clock, and whose spans share one value.
//!
//! It is the recorder of the process, and there is one sampler: these tests are one program.

use std::any::Any;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use traced_actor::context::{MessageContext, SampledContext, Timestamp, new_span_id};
use traced_actor::record::{self, OpenSpan, Recorder, Span, SpanEnd, SpanStart};
use traced_actor::sampling::{self, Ratio};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, SpanId, TraceContext, TraceFlags, TraceId, traced_actor};

/// A span as the recorder received it.
#[derive(Clone, Debug)]
struct Told {
    context: TraceContext,
    parent: Option<SpanId>,
    name: &'static str,
    reason: &'static str,
    sampled: bool,
    start: u64,
    wait: Option<u64>,
    end: Option<(u64, u64)>,
    error: bool,
}

static TOLD: Mutex<Vec<Told>> = Mutex::new(Vec::new());
static CLOCK: AtomicU64 = AtomicU64::new(1_000);
/// Tests take turns: they look at what was told since they began.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

struct All;
struct AnySpan;

impl Recorder for All {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let flags = if new.sampled { TraceFlags::SAMPLED } else { TraceFlags::NONE };
        let context = TraceContext::new(new.trace_id, new_span_id(), flags);
        TOLD.lock().unwrap().push(Told {
            context,
            parent: new.parent.map(|parent| parent.context.span_id),
            name: new.name,
            reason: new.reason,
            sampled: new.sampled,
            start: new.start.unix_nanos(),
            wait: new.wait.map(|wait| u64::try_from(wait.as_nanos()).unwrap()),
            end: None,
            error: false,
        });
        Some(OpenSpan::shared(context, &AnySpan))
    }

    /// Each look at the clock is a nanosecond later.
    fn now(&self) -> Option<Timestamp> {
        Some(Timestamp::from_unix_nanos(CLOCK.fetch_add(1, Relaxed)))
    }

    fn records_all(&self) -> bool {
        true
    }
}

impl Span for AnySpan {
    fn finish(&self, context: TraceContext, end: &SpanEnd<'_>) {
        let mut told = TOLD.lock().unwrap();
        let told = told.iter_mut().find(|told| told.context == context).expect("it was started");
        assert!(told.end.is_none(), "it ends once");
        told.end = Some((end.start.unix_nanos(), end.at.unix_nanos()));
        told.error = end.failure.is_some();
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

async fn turn() -> tokio::sync::MutexGuard<'static, ()> {
    let turn = TURN.lock().await;
    // No root is kept.
    let _ = sampling::set_sampler(sampling::ParentBased::new(Ratio::new(0.0)));
    let _ = record::install(All);
    TOLD.lock().unwrap().clear();
    turn
}

fn told() -> Vec<Told> {
    TOLD.lock().unwrap().clone()
}

#[traced_actor]
enum Message {
    Post(mpsc::Sender<Message>),
    Leave,
}

struct Guild {
    receiver: mpsc::Receiver<Message>,
}

#[traced_actor]
impl Guild {
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            let _ = self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: Message) -> Result<(), String> {
        match message {
            Message::Post(next) => next.send(Message::Leave).await.map_err(|error| error.to_string()),
            Message::Leave => Err("left".to_owned()),
        }
    }
}

/// Runs a guild with this message, which sends another one to a second guild.
async fn run(envelope: impl FnOnce(Message) -> Envelope<Message>) -> Vec<Told> {
    let (next, receiver) = mpsc::channel(1);
    let (sender, first) = mpsc::channel(1);
    sender.send_envelope(envelope(Message::Post(next))).await.ok().unwrap();
    drop(sender);
    Guild { receiver: first }.run().await;
    Guild { receiver }.run().await;
    told()
}

#[tokio::test(flavor = "current_thread")]
async fn what_the_sampler_drops_is_recorded_as_a_trace_and_counted_as_dropped() {
    let _turn = turn().await;
    let before = record::counters();
    let told = run(Envelope::bare).await;
    let after = record::counters();
    let [post, leave] = &told[..] else { panic!("two spans: {told:?}") };
    assert_eq!((post.name, post.parent, post.reason, post.sampled), ("Guild/Post", None, "ratio", false));
    assert_eq!((leave.name, leave.reason, leave.sampled), ("Guild/Leave", "parent", false));
    assert_eq!(leave.parent, Some(post.context.span_id));
    assert_eq!(leave.context.trace_id, post.context.trace_id);
    assert_eq!((post.error, leave.error), (false, true));
    let dropped = |counters: &record::Counters, reason| counters.dropped.get(reason).copied().unwrap_or(0);
    assert_eq!(dropped(&after, "ratio") - dropped(&before, "ratio"), 1);
    assert_eq!(dropped(&after, "parent") - dropped(&before, "parent"), 1);
    assert_eq!(after.kept, before.kept);
    assert_eq!(after.received() - before.received(), 2);
}

#[tokio::test(flavor = "current_thread")]
async fn all_times_are_by_the_recorder_s_clock() {
    let _turn = turn().await;
    for told in run(Envelope::bare).await {
        let (start, end) = told.end.expect("it has ended");
        assert!(told.start < 1_000_000, "no time of the process's clock: {told:?}");
        assert!(start == told.start && end > start && end < 1_000_000, "{told:?}");
        // The sender of the first one was nobody.
        assert_eq!(told.wait.is_some(), told.parent.is_some(), "{told:?}");
        assert!(told.wait.is_none_or(|wait| wait < 1_000_000), "{told:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_another_process_dropped_is_a_trace_of_this_one() {
    let _turn = turn().await;
    let told = run(|message| Envelope::new(message, MessageContext::UNSAMPLED_REMOTE)).await;
    let [post, leave] = &told[..] else { panic!("two spans: {told:?}") };
    assert_eq!((post.parent, post.reason, post.sampled), (None, "parent", false));
    assert_eq!((leave.parent, leave.sampled), (Some(post.context.span_id), false));
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_sampled_stays_so_and_its_sends_are() {
    let _turn = turn().await;
    let parent = TraceContext::new(TraceId::new(7).unwrap(), SpanId::new(8).unwrap(), TraceFlags::SAMPLED);
    let told =
        run(|message| Envelope::new(message, MessageContext::sampled(SampledContext::new(parent)))).await;
    let [post, leave] = &told[..] else { panic!("two spans: {told:?}") };
    assert_eq!((post.parent, post.sampled), (Some(parent.span_id), true));
    assert_eq!((leave.parent, leave.sampled), (Some(post.context.span_id), true));
}
