//! The ids in log lines: of `tracing`'s lines by a format that asks for them, and of OpenTelemetry's log records
//! through its own bridge. A separate process, because the recorder is the process's.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::{InMemoryLogExporter, SdkLoggerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use traced_actor::context::MessageContext;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::{Envelope, task, traced_actor};
use traced_actor_propagation::current;
use traced_actor_tests::isolated::ran_in_child;
use tracing::{Event, Instrument as _, Subscriber, info, info_span};
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// Puts the trace, and the message within it, in front of every line.
struct WithIds;

impl<S, N> FormatEvent<S, N> for WithIds
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, cx: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if let Some(context) = current() {
            write!(out, "trace_id={} span_id={} ", context.trace_id, context.span_id)?;
        }
        cx.format_fields(out.by_ref(), event)?;
        writeln!(out)
    }
}

#[traced_actor]
enum Message {
    Join { user: u64 },
    Leave { done: oneshot::Sender<()> },
}

struct Guild {
    receiver: mpsc::Receiver<Message>,
}

#[traced_actor]
impl Guild {
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle_message(message).await;
        }
    }

    async fn handle_message(&mut self, message: Message) {
        match message {
            Message::Join { user } => {
                info!(user, "joining");
                tokio::task::yield_now().await;
                info!(user, "joined");
            }
            Message::Leave { done } => {
                info!("left");
                done.send(()).ok();
            }
        }
    }
}

#[tokio::test]
async fn every_log_line_of_a_handler_names_its_trace_and_its_message() {
    if ran_in_child("every_log_line_of_a_handler_names_its_trace_and_its_message", &[]) {
        return;
    }
    let spans = InMemorySpanExporter::default();
    traced_actor_opentelemetry::install(SdkTracerProvider::builder().with_simple_exporter(spans.clone()))
        .unwrap();
    let records = InMemoryLogExporter::default();
    let logs = SdkLoggerProvider::builder().with_simple_exporter(records.clone()).build();
    let lines = Lines::default();
    let kept = lines.clone();
    let format = tracing_subscriber::fmt::layer()
        .fmt_fields(DefaultFields::new())
        .with_ansi(false)
        .event_format(WithIds)
        .with_writer(move || kept.clone());
    let subscriber = tracing_subscriber::registry().with(format).with(OpenTelemetryTracingBridge::new(&logs));
    // Of this thread alone, on which the actor runs as well.
    let _subscriber = tracing::subscriber::set_default(subscriber);

    info!("before");
    let (sender, receiver) = mpsc::channel(8);
    let guild = tokio::spawn(Guild { receiver }.run());
    let (done, left) = oneshot::channel();
    sender.send(Message::Join { user: 7 }).await.unwrap();
    sender.send(Message::Leave { done }).await.unwrap();
    left.await.unwrap();
    drop(sender);
    guild.await.unwrap();
    info!("after");

    let ids = |name: &str| {
        let spans = spans.get_finished_spans().unwrap();
        let span = spans.iter().find(|span| span.name == name).unwrap();
        (span.span_context.trace_id(), span.span_context.span_id())
    };
    let (join, leave) = (ids("Guild/Join"), ids("Guild/Leave"));
    let line = |(trace, span): (opentelemetry::TraceId, opentelemetry::SpanId), rest: &str| {
        format!("trace_id={trace} span_id={span} {rest}\n")
    };
    let expected = [
        "before\n".to_owned(),
        line(join, "joining user=7"),
        line(join, "joined user=7"),
        line(leave, "left"),
        "after\n".to_owned(),
    ];
    assert_eq!(String::from_utf8(lines.0.lock().unwrap().clone()).unwrap(), expected.concat());

    let records = records.get_emitted_logs().unwrap();
    let found: Vec<_> = records
        .iter()
        .map(|record| record.record.trace_context().map(|context| (context.trace_id, context.span_id)))
        .collect();
    assert_eq!(found, [None, Some(join), Some(join), Some(leave), None]);
    assert_ne!(join.1, leave.1, "each message has its own");
}

/// A record below a span of `tracing` has that span's id in the message's trace; one of a task that the handler spawns has the
/// message's; and one of a message that is not sampled has none, though the loop around it is somebody's.
#[tokio::test]
async fn a_log_record_has_the_ids_of_the_span_that_it_is_in() {
    if ran_in_child("a_log_record_has_the_ids_of_the_span_that_it_is_in", &[]) {
        return;
    }
    let spans = InMemorySpanExporter::default();
    let builder = SdkTracerProvider::builder().with_simple_exporter(spans.clone());
    let provider = traced_actor_opentelemetry::install(builder).unwrap();
    let records = InMemoryLogExporter::default();
    let logs = SdkLoggerProvider::builder().with_simple_exporter(records.clone()).build();
    let subscriber = tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing")))
        .with(OpenTelemetryTracingBridge::new(&logs));
    let _subscriber = tracing::subscriber::set_default(subscriber);

    let handle = |context: MessageContext| async move {
        let (_, mut handling) = Envelope::new(Message::Join { user: 1 }, context).open();
        let work = async {
            info!("in the handler");
            async {
                info!("below");
                tokio::task::yield_now().await;
                info!("below, later");
            }
            .instrument(info_span!("select"))
            .await;
            task::spawn(async { info!("in a task") }).await.unwrap();
        };
        handling.run(work).await;
        handling.end_ok();
    };
    handle(MessageContext::ABSENT).await;
    handle(MessageContext::UNSAMPLED).await;

    let ids = |name: &str| {
        let spans = spans.get_finished_spans().unwrap();
        let [span] = &spans.iter().filter(|span| span.name.ends_with(name)).collect::<Vec<_>>()[..] else {
            panic!("one span {name}: {spans:?}")
        };
        Some((span.span_context.trace_id(), span.span_context.span_id()))
    };
    let (join, select) = (ids("/Join"), ids("select"));
    assert_eq!(join.unwrap().0, select.unwrap().0);
    let records = records.get_emitted_logs().unwrap();
    let found: Vec<_> = records
        .iter()
        .map(|record| record.record.trace_context().map(|context| (context.trace_id, context.span_id)))
        .collect();
    let sampled = [join, select, select, join];
    assert_eq!(found[..4], sampled);
    // OpenTelemetry gives its unsampled spans ids as well; none of them is that of a span that anybody keeps.
    let kept: Vec<_> = spans.get_finished_spans().unwrap();
    let is_kept = |id| kept.iter().any(|span| span.span_context.span_id() == id);
    assert_eq!((found[4], found[7]), (None, None));
    assert!(found[4..].iter().flatten().all(|(_, span)| !is_kept(*span)));
}

/// The lines that were written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
