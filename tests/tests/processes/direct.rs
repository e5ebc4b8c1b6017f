//! The direct path's own work: limits, resource and scope, shutdown, and the other spans that pass through.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, TraceContextExt, TraceFlags, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value, global, trace};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    BatchSpanProcessor, InMemorySpanExporter, Span, SpanData, SpanLimits, SpanProcessor,
};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, counters, traced_actor};
use traced_actor_opentelemetry::{DirectRecorder, InstallError, install_direct};

use traced_actor_tests::isolated::isolated;

/// A processor that records its calls.
#[derive(Debug, Clone, Default)]
struct Told(Arc<ToldOf>);

#[derive(Debug, Default)]
struct ToldOf {
    ended: Mutex<Vec<SpanData>>,
    resource: Mutex<Option<Resource>>,
    started: AtomicUsize,
    flushed: AtomicUsize,
    shut_down: Mutex<Vec<Duration>>,
}

impl Told {
    fn ended(&self) -> Vec<SpanData> {
        self.0.ended.lock().unwrap().clone()
    }

    #[track_caller]
    fn only(&self) -> SpanData {
        let mut ended = self.ended();
        assert_eq!(ended.len(), 1, "{ended:#?}");
        ended.remove(0)
    }
}

impl SpanProcessor for Told {
    fn on_start(&self, _: &mut Span, _: &Context) {
        self.0.started.fetch_add(1, SeqCst);
    }

    fn on_end(&self, span: SpanData) {
        self.0.ended.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.flushed.fetch_add(1, SeqCst);
        Err(OTelSdkError::InternalFailure("as a test of what comes back".into()))
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shut_down.lock().unwrap().push(timeout);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        *self.0.resource.lock().unwrap() = Some(resource.clone());
    }
}

#[traced_actor(name = "Actor")]
enum Message {
    #[traced(fields(first, second))]
    Fields {
        first: &'static str,
        second: i64,
    },
    Plain,
}

/// Handles a message without a decision, and does this meanwhile.
fn handle(message: Message, meanwhile: impl FnOnce()) {
    let (_message, mut handling) = Envelope::bare(message).open();
    let entered = handling.enter();
    meanwhile();
    drop(entered);
    handling.end_ok();
}

fn values(attributes: &[KeyValue], from: usize) -> Vec<(&str, Value)> {
    attributes[from..].iter().map(|attribute| (attribute.key.as_str(), attribute.value.clone())).collect()
}

/// Those before a message's own: `messaging.*`, `actor.*`, `sampling.*`.
const STANDARD: usize = 9;

#[test]
fn attributes_beyond_the_limit_are_dropped_and_counted() {
    isolated("attributes_beyond_the_limit_are_dropped_and_counted", &[], || {
        let told = Told::default();
        let most = u32::try_from(STANDARD).unwrap() + 1;
        let most = SpanLimits { max_attributes_per_span: most, ..SpanLimits::default() };
        let direct = DirectRecorder::builder(told.clone()).limits(most).build();
        install_direct(&direct).unwrap();
        handle(Message::Fields { first: "kept", second: 2 }, || {
            Context::current().span().set_attribute(KeyValue::new("third", 3));
        });

        let span = told.only();
        assert_eq!(values(&span.attributes, STANDARD), [("first", "kept".into())]);
        assert_eq!(span.dropped_attributes_count, 2);
        assert_eq!(direct.dropped().attributes, 2);
        assert_eq!((direct.dropped().events, direct.dropped().links, direct.dropped().spans), (0, 0, 0));
    });
}

#[test]
fn the_environment_s_limits_hold() {
    let variables = [("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "10"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")];
    isolated("the_environment_s_limits_hold", &variables, || {
        let told = Told::default();
        install_direct(&DirectRecorder::new(told.clone())).unwrap();
        handle(Message::Fields { first: "äöüß", second: 2 }, || ());

        let span = told.only();
        assert_eq!(values(&span.attributes, STANDARD), [("first", "äöü".into())]);
        assert_eq!(values(&span.attributes, 0)[0], ("messaging.system", "tra".into()));
        assert_eq!(span.dropped_attributes_count, 1);
    });
}

#[test]
fn events_and_links_are_bounded_and_so_are_theirs() {
    isolated("events_and_links_are_bounded_and_so_are_theirs", &[], || {
        let told = Told::default();
        let limits = SpanLimits {
            max_events_per_span: 2,
            max_links_per_span: 1,
            max_attributes_per_event: 2,
            max_attributes_per_link: 1,
            ..SpanLimits::default()
        };
        let direct = DirectRecorder::builder(told.clone()).limits(limits).value_length(4).build();
        install_direct(&direct).unwrap();
        let attributes = || ["a", "b", "c"].map(|key| KeyValue::new(key, "value")).to_vec();
        let other = SpanContext::new(
            trace::TraceId::from(7_u128),
            SpanId::from(8_u64),
            TraceFlags::SAMPLED,
            true,
            trace::TraceState::default(),
        );
        handle(Message::Plain, || {
            let cx = Context::current();
            for name in ["one", "two", "three", "four"] {
                cx.span().add_event(name, attributes());
            }
            cx.span().add_link(other.clone(), attributes());
            cx.span().add_link(other.clone(), Vec::new());
        });

        let span = told.only();
        let events: Vec<_> = span.events.iter().map(|event| event.name.as_ref()).collect();
        assert_eq!((events, span.events.dropped_count), (vec!["one", "two"], 2));
        for event in &span.events.events {
            assert_eq!(values(&event.attributes, 0), [("a", "valu".into()), ("b", "valu".into())]);
            assert_eq!(event.dropped_attributes_count, 1);
        }
        let [link] = &span.links.links[..] else { panic!("{:?}", span.links) };
        assert_eq!((&link.span_context, span.links.dropped_count), (&other, 1));
        assert_eq!(values(&link.attributes, 0), [("a", "valu".into())]);
        assert_eq!(link.dropped_attributes_count, 2);
        assert_eq!((direct.dropped().events, direct.dropped().links), (2, 1));
    });
}

/// The senders of a batch are its links.
#[test]
fn the_links_of_a_batch_are_bounded() {
    isolated("the_links_of_a_batch_are_bounded", &[], || {
        let told = Told::default();
        let limits = SpanLimits { max_links_per_span: 3, ..SpanLimits::default() };
        let direct = DirectRecorder::builder(told.clone()).limits(limits).build();
        install_direct(&direct).unwrap();
        let (sender, mut receiver) = mpsc::channel(5);
        for _ in 0..5 {
            handle(Message::Plain, || sender.try_send(Message::Plain).unwrap());
        }
        let receive = async move { receiver.recv_many(&mut Vec::new(), 5).await };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(receive.traced()), 5);

        let ended = told.ended();
        let [senders @ .., batch] = &ended[..] else { panic!("{ended:#?}") };
        let links: Vec<_> = batch.links.iter().map(|link| link.span_context.span_id()).collect();
        let senders: Vec<_> = senders.iter().map(|sender| sender.span_context.span_id()).collect();
        assert_eq!(links, senders[..3]);
        assert_eq!((batch.links.dropped_count, direct.dropped().links), (2, 2));
    });
}

#[test]
fn the_processor_gets_the_resource_and_each_span_its_scope() {
    isolated("the_processor_gets_the_resource_and_each_span_its_scope", &[], || {
        let told = Told::default();
        let resource = Resource::builder_empty().with_service_name("guild").build();
        let scope = InstrumentationScope::builder("guilds").with_version("7").build();
        let direct =
            DirectRecorder::builder(told.clone()).resource(resource.clone()).scope(scope.clone()).build();
        // The provider for other spans hands its resource to its processors: it is the same one.
        install_direct(&direct).unwrap();
        handle(Message::Plain, || ());
        assert_eq!(*told.0.resource.lock().unwrap(), Some(resource));
        assert_eq!(told.only().instrumentation_scope, scope);
    });
}

#[test]
fn the_resource_is_the_environment_s_where_none_is_given() {
    let variables = [("OTEL_SERVICE_NAME", "named-outside")];
    isolated("the_resource_is_the_environment_s_where_none_is_given", &variables, || {
        let told = Told::default();
        install_direct(&DirectRecorder::new(told.clone())).unwrap();
        let resource = told.0.resource.lock().unwrap().clone().unwrap();
        let name = resource.get(&opentelemetry::Key::from_static_str("service.name"));
        assert_eq!(name, Some("named-outside".into()));
    });
}

/// The SDK's batch processor exports whatever it is given.
#[test]
fn what_is_not_sampled_does_not_reach_the_processor() {
    let variables = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.5")];
    isolated("what_is_not_sampled_does_not_reach_the_processor", &variables, || {
        let exporter = InMemorySpanExporter::default();
        let batch = BatchSpanProcessor::builder(exporter.clone()).build();
        let provider = install_direct(&DirectRecorder::new(batch)).unwrap();
        for _ in 0..200 {
            handle(Message::Plain, || global::tracer("plain").in_span("within", |_| ()));
        }
        provider.force_flush().unwrap();

        let spans = exporter.get_finished_spans().unwrap();
        let kept = counters().kept["ratio"];
        // 100 expected, √(200·¼) = 7.1: none and all are out of reach.
        assert!((1..200).contains(&kept), "{kept}");
        assert_eq!(spans.len() as u64, 2 * kept, "each with the plain span within");
        assert!(spans.iter().all(|span| span.span_context.is_sampled()));
        assert_eq!(counters().received(), 200);
    });
}

#[test]
fn a_plain_span_goes_to_the_same_processor_below_its_message() {
    isolated("a_plain_span_goes_to_the_same_processor_below_its_message", &[], || {
        let told = Told::default();
        let provider = install_direct(&DirectRecorder::new(told.clone())).unwrap();
        handle(Message::Plain, || {
            global::tracer("global").in_span("by the global provider", |_| ());
            provider.tracer("its own").in_span("by the returned one", |_| ());
        });

        let ended = told.ended();
        let [first, second, message] = &ended[..] else { panic!("{ended:#?}") };
        for plain in [first, second] {
            assert_eq!(plain.parent_span_id, message.span_context.span_id(), "{}", plain.name);
            assert_eq!(plain.span_context.trace_id(), message.span_context.trace_id(), "{}", plain.name);
            assert!(!plain.parent_span_is_remote);
        }
        // As documented: plain spans start for the processor, messages only end.
        assert_eq!(told.0.started.load(SeqCst), 2);
    });
}

#[test]
fn a_flush_and_a_shutdown_are_the_processor_s() {
    isolated("a_flush_and_a_shutdown_are_the_processor_s", &[], || {
        let told = Told::default();
        let direct = DirectRecorder::new(told.clone());
        let provider = install_direct(&direct).unwrap();
        let error = provider.force_flush().unwrap_err().to_string();
        assert!(error.contains("as a test of what comes back"), "{error}");
        assert_eq!(told.0.flushed.load(SeqCst), 1);

        handle(Message::Plain, || {
            provider.shutdown_with_timeout(Duration::from_secs(3)).unwrap();
        });
        assert_eq!(*told.0.shut_down.lock().unwrap(), [Duration::from_secs(3)]);
        assert!(matches!(direct.shutdown(), Err(OTelSdkError::AlreadyShutdown)));
        assert_eq!(told.0.shut_down.lock().unwrap().len(), 1);
        // Spans that were open then are lost and counted; later spans are refused.
        assert_eq!((told.ended().len(), direct.dropped().spans), (0, 1));
        handle(Message::Plain, || assert!(!Context::current().has_active_span()));
        assert_eq!(counters().dropped.get("recorder").copied(), Some(1));
        assert_eq!((told.ended().len(), direct.dropped().spans), (0, 1));
    });
}

/// A handler may end its span by itself, with another name and its own status.
#[test]
fn a_span_that_its_handler_ends_is_as_it_was_then() {
    isolated("a_span_that_its_handler_ends_is_as_it_was_then", &[], || {
        let told = Told::default();
        install_direct(&DirectRecorder::new(told.clone())).unwrap();
        handle(Message::Plain, || {
            let cx = Context::current();
            assert!(cx.span().is_recording());
            cx.span().update_name("renamed");
            cx.span().set_status(trace::Status::Ok);
            cx.span().set_status(trace::Status::error("below Ok"));
            cx.span().end();
            assert!(!cx.span().is_recording());
            cx.span().update_name("too late");
            cx.span().set_attribute(KeyValue::new("too", "late"));
            cx.span().add_event("too late", Vec::new());
        });
        let span = told.only();
        assert_eq!((span.name.as_ref(), span.status), ("renamed", trace::Status::Ok));
        assert_eq!((span.attributes.len(), span.events.len()), (STANDARD, 0));
    });
}

#[test]
fn a_second_recorder_is_an_error() {
    isolated("a_second_recorder_is_an_error", &[], || {
        let told = Told::default();
        install_direct(&DirectRecorder::new(told.clone())).unwrap();
        let other = DirectRecorder::new(Told::default());
        assert_eq!(install_direct(&other).unwrap_err(), InstallError::AlreadyInstalled);
        handle(Message::Plain, || ());
        assert_eq!(told.ended().len(), 1);
    });
}

/// The recorder works beside an existing provider: its spans and the messages' are one trace, on two paths.
#[test]
fn the_recorder_alone_works_beside_another_provider() {
    isolated("the_recorder_alone_works_beside_another_provider", &[], || {
        let (messages, others) = (Told::default(), Told::default());
        let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder();
        let provider = provider.with_span_processor(others.clone()).build();
        traced_actor::record::install(DirectRecorder::new(messages.clone())).unwrap();
        let mut span = provider.tracer("plain").start("caller");
        let caller = span.span_context().clone();
        span.set_attribute(KeyValue::new("here", true));
        let cx = Context::new().with_span(span);
        {
            let _guard = cx.clone().attach();
            handle(Message::Plain, || provider.tracer("plain").in_span("below", |_| ()));
        }
        let message = messages.only();
        assert_eq!(message.parent_span_id, caller.span_id());
        assert_eq!(others.only().parent_span_id, message.span_context.span_id());
        assert_eq!(counters().kept.get("parent").copied(), Some(1));
    });
}
