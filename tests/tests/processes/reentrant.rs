//! Telemetry that uses what it traces: exporters and processors that send to actors, and work within a context that
//! OpenTelemetry has lent. Each test runs again in a separate process, because a process has one recorder.

#![allow(clippy::unused_async, reason = "handlers, as users write them")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use opentelemetry::trace::{TraceContextExt, Tracer, get_active_span};
use opentelemetry::{Context, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor,
};
use tokio::runtime::Builder;
use tokio::task::yield_now;
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, Envelope, TracedExt, spawn, traced_actor};
use traced_actor_channels::flume;
use traced_actor_opentelemetry as otel;

use traced_actor_tests::isolated::isolated;

#[traced_actor]
struct Batch(#[allow(dead_code, reason = "it is sent for its span")] usize);

type Sends = Box<dyn FnMut(Batch) + Send>;

/// Telemetry that sends an actor a message for each batch of finished spans, and counts the batches.
#[derive(Clone)]
struct ToActor {
    send: Arc<Mutex<Option<Sends>>>,
    exported: Arc<AtomicUsize>,
}

impl ToActor {
    fn new() -> Self {
        Self { send: Arc::default(), exported: Arc::default() }
    }

    fn encoding(&self, send: impl FnMut(Batch) + Send + 'static) {
        *self.send.lock().unwrap() = Some(Box::new(send));
    }

    /// Has one more, unless there is no end of it.
    fn export(&self, batch: usize) {
        if self.exported.fetch_add(1, Relaxed) >= 1000 {
            return;
        }
        if let Some(send) = &mut *self.send.lock().unwrap() {
            send(Batch(batch));
        }
    }
}

impl std::fmt::Debug for ToActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToActor").finish_non_exhaustive()
    }
}

impl SpanExporter for ToActor {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        Self::export(self, batch.len());
        Ok(())
    }
}

impl SpanProcessor for ToActor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, _: SpanData) {
        Self::export(self, 1);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Like [`ToActor`], at the start of a span.
#[derive(Debug)]
struct AtTheStart(ToActor);

impl SpanProcessor for AtTheStart {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.0.export(1);
    }

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

struct Store(Arc<AtomicUsize>);

#[traced_actor]
impl Store {
    async fn handle(&mut self, _batch: Batch) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// Lets an actor handle all that is there, and what that leads to.
async fn settle() {
    for _ in 0..200 {
        yield_now().await;
    }
}

/// Sends one message to an actor to which telemetry sends, too: one span, and two messages.
fn one_span(name: &str, install: fn(ToActor), connect: fn(&ToActor, ActorRef<Batch>)) {
    isolated(&format!("reentrant::{name}"), &[], || {
        let to_actor = ToActor::new();
        install(to_actor.clone());
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let handled = Arc::new(AtomicUsize::new(0));
            let store = spawn(Store(handled.clone()), 8);
            connect(&to_actor, store.clone());
            store.cast(Batch(0)).await.unwrap();
            settle().await;
            assert_eq!(to_actor.exported.load(Relaxed), 1, "one message has one span");
            assert_eq!(handled.load(Relaxed), 2, "the message, and what telemetry sent");
        });
    });
}

fn cast(to: &ToActor, store: ActorRef<Batch>) {
    to.encoding(move |batch| drop(store.try_cast(batch)));
}

#[test]
fn an_exporter_that_sends_to_an_actor() {
    let install = |to| drop(otel::install(SdkTracerProvider::builder().with_simple_exporter(to)).unwrap());
    one_span("an_exporter_that_sends_to_an_actor", install, cast);
}

#[test]
fn a_processor_that_sends_at_the_end_of_a_span() {
    let install = |to| drop(otel::install(SdkTracerProvider::builder().with_span_processor(to)).unwrap());
    one_span("a_processor_that_sends_at_the_end_of_a_span", install, cast);
}

#[test]
fn a_processor_that_sends_at_the_start_of_a_span() {
    let install = |to| {
        let builder = SdkTracerProvider::builder().with_span_processor(AtTheStart(to));
        drop(otel::install(builder).unwrap());
    };
    one_span("a_processor_that_sends_at_the_start_of_a_span", install, cast);
}

#[test]
fn an_exporter_that_sends_in_a_message_of_its_own_context() {
    let install = |to| drop(otel::install(SdkTracerProvider::builder().with_simple_exporter(to)).unwrap());
    one_span("an_exporter_that_sends_in_a_message_of_its_own_context", install, |to, store| {
        to.encoding(move |batch| {
            let sent = store.cast_envelope(Envelope::capture(batch)).now_or_never();
            assert!(sent.is_some_and(|sent| sent.is_ok()));
        });
    });
}

/// Exporters that send over a channel to an inline loop.
fn one_span_of_a_loop<F>(name: &str, connect: fn(&ToActor, Arc<AtomicUsize>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    isolated(&format!("reentrant::{name}"), &[], || {
        let to_actor = ToActor::new();
        let builder = SdkTracerProvider::builder().with_simple_exporter(to_actor.clone());
        let _provider = otel::install(builder).unwrap();
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let handled = Arc::new(AtomicUsize::new(0));
            tokio::spawn(connect(&to_actor, handled.clone()).traced());
            settle().await;
            assert_eq!(to_actor.exported.load(Relaxed), 1, "one message has one span");
            assert_eq!(handled.load(Relaxed), 2, "the message, and what telemetry sent");
        });
    });
}

#[test]
fn an_exporter_that_sends_to_a_loop() {
    one_span_of_a_loop("an_exporter_that_sends_to_a_loop", |to, handled| {
        let (sender, mut batches) = mpsc::unbounded_channel();
        sender.send(Batch(0)).unwrap();
        to.encoding(move |batch| sender.send(batch).unwrap());
        async move {
            while batches.recv().await.is_some() {
                handled.fetch_add(1, Relaxed);
            }
        }
    });
}

#[test]
fn an_exporter_that_sends_over_flume() {
    one_span_of_a_loop("an_exporter_that_sends_over_flume", |to, handled| {
        let (sender, batches) = flume::unbounded();
        sender.send(Batch(0)).unwrap();
        to.encoding(move |batch| sender.send(batch).unwrap());
        async move {
            while batches.recv_async().await.is_ok() {
                handled.fetch_add(1, Relaxed);
            }
        }
    });
}

// ----- within `get_active_span`, whose closure borrows the current context -----

#[traced_actor]
struct Ping;

struct Pinged(Arc<AtomicUsize>);

#[traced_actor(name = "Ping")]
impl Pinged {
    fn handle(&self, _ping: Ping) {
        self.0.fetch_add(1, Relaxed);
    }
}

struct PingedLater(Arc<AtomicUsize>);

#[traced_actor(name = "Ping")]
impl PingedLater {
    async fn handle(&self, _ping: Ping) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// Receives one of three pings, does this while the current context is lent, and receives the rest. It neither panics nor leaves
/// anything current.
fn while_it_is_lent(name: &str, work: fn(&mut mpsc::Receiver<Ping>)) {
    isolated(&format!("reentrant::{name}"), &[], || {
        let builder = SdkTracerProvider::builder().with_simple_exporter(InMemorySpanExporter::default());
        let _provider = otel::install(builder).unwrap();
        let tracer = global::tracer("test");
        let root = Context::new().with_span(tracer.start_with_context("root", &Context::new()));
        let (pings, mut receiver) = mpsc::channel(4);
        for _ in 0..3 {
            let _guard = root.clone().attach();
            pings.try_send(Ping).unwrap();
        }
        drop(pings);
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let works = async {
                receiver.recv().await.unwrap();
                let span = Context::map_current(|cx| cx.span().span_context().clone());
                assert!(span.is_valid(), "the ping's span is current");
                let done = catch_unwind(AssertUnwindSafe(|| get_active_span(|_| work(&mut receiver))));
                assert!(done.is_ok(), "it panics");
                while receiver.recv().await.is_some() {}
            };
            works.traced().await;
            drop(receiver);
        });
        assert!(!Context::map_current(TraceContextExt::has_active_span), "nothing is left on the thread");
    });
}

#[test]
fn a_receive() {
    while_it_is_lent("a_receive", |pings| assert!(pings.try_recv().is_ok()));
}

#[test]
fn a_receive_of_nothing() {
    while_it_is_lent("a_receive_of_nothing", |pings| while pings.try_recv().is_ok() {});
}

#[test]
fn a_receive_in_a_scope_of_its_own() {
    while_it_is_lent("a_receive_in_a_scope_of_its_own", |pings| {
        assert!(pings.recv().traced().now_or_never().is_some());
    });
}

#[test]
fn a_batch() {
    while_it_is_lent("a_batch", |pings| {
        assert_eq!(pings.recv_many(&mut Vec::new(), 4).now_or_never(), Some(2));
    });
}

#[test]
fn a_handler_that_blocks() {
    while_it_is_lent("a_handler_that_blocks", |pings| {
        let handled = Arc::new(AtomicUsize::new(0));
        Pinged(handled.clone()).handle(pings.try_recv().unwrap());
        assert_eq!(handled.load(Relaxed), 1);
    });
}

#[test]
fn a_handler_that_is_polled() {
    while_it_is_lent("a_handler_that_is_polled", |pings| {
        let handled = Arc::new(AtomicUsize::new(0));
        let done = PingedLater(handled.clone()).handle(pings.try_recv().unwrap()).now_or_never();
        assert!(done.is_some());
        assert_eq!(handled.load(Relaxed), 1);
    });
}

#[test]
fn an_envelope_that_is_entered() {
    while_it_is_lent("an_envelope_that_is_entered", |pings| {
        let (Ping, mut handling) = pings.try_recv_envelope().unwrap().open();
        drop(handling.enter());
        handling.end_ok();
    });
}

#[test]
fn a_message_that_is_put_aside() {
    while_it_is_lent("a_message_that_is_put_aside", |pings| {
        drop(Envelope::hold(pings.try_recv().unwrap()));
    });
}
