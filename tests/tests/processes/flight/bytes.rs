//! OTLP bytes are, byte by byte, what the generated encoder makes of the same spans.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SimpleSpanProcessor, SpanData};
use prost::Message as _;
use traced_actor::context::{MessageContext, SampledContext, TraceContext, TraceFlags};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, SpanId, TraceId, TracedExt, traced_actor};
use traced_actor_flight::{Flight, OtlpBatch, OtlpResource};
use traced_actor_opentelemetry::DirectRecorder;
use traced_actor_tests::isolated::isolated;

#[derive(Debug)]
struct State;

#[traced_actor]
enum Message {
    #[traced(fields(channel, ratio, urgent, text, state = ?state, pinned))]
    Post {
        channel: i64,
        ratio: f64,
        urgent: bool,
        text: String,
        state: State,
        pinned: Option<u64>,
    },
    #[traced(fields(channel))]
    Fail {
        channel: i32,
    },
    Note,
    #[traced(link)]
    Audit,
    #[traced(fanout = recipients.len())]
    Tell {
        recipients: Vec<mpsc::Sender<Message>>,
    },
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
        let span = traced_actor::current_span();
        match message {
            Message::Post { .. } | Message::Audit => Ok(()),
            Message::Fail { channel: 0 } => Err(String::new()),
            Message::Fail { .. } => Err("a text — with characters of several bytes".to_owned()),
            Message::Note => {
                span.set_attribute("lines", -3_i64);
                span.set_attribute("of", "a text that is longer than eight bytes");
                for _ in 0..200 {
                    span.set_attribute("again", 1.5);
                    span.add_event("read");
                }
                span.record_error(&"seen");
                span.update_name("Guild/Note in time");
                Ok(())
            }
            Message::Tell { recipients } => {
                for recipient in recipients {
                    let _ = recipient.send(Message::Fail { channel: -1 }).await;
                }
                Ok(())
            }
        }
    }
}

/// Returns a context from another process, with others' tracestate and a weight.
fn remote(flags: TraceFlags) -> MessageContext {
    let ids = TraceContext::new(TraceId::new(u128::MAX / 3).unwrap(), SpanId::new(0xabcd).unwrap(), flags);
    let mut context = SampledContext::new(ids);
    context.remote = true;
    context.set_tracestate("ta=w:0.25,vendor=x,other=y");
    MessageContext::sampled(context)
}

async fn run_messages() {
    let (sender, receiver) = mpsc::channel(64);
    let post = |channel, text: &str, pinned| Message::Post {
        channel,
        ratio: 0.1,
        urgent: channel % 2 == 0,
        text: text.to_owned(),
        state: State,
        pinned,
    };
    for message in [
        post(0, "", None),
        post(-1, "eight by", Some(0)),
        post(i64::MAX, &"long ".repeat(40), Some(u64::MAX)),
        post(300, "ünï", Some(127)),
        Message::Fail { channel: 3 },
        Message::Fail { channel: 0 },
        Message::Note,
        Message::Audit,
        Message::Tell { recipients: vec![sender.clone(), sender.clone()] },
    ] {
        sender.send(message).await.ok().unwrap();
    }
    // With an instance, and with other field names of the same operation.
    drop(sender);
    let run = async {
        traced_actor::instance("eu-1");
        Guild { receiver }.run().await;
    };
    run.traced().await;

    // Ordinary ones, one after the other: as roots, and below a handler. Each is like the one before it, or not.
    for is_root in [true, false, false, true, true] {
        let (sender, receiver) = mpsc::channel(8);
        let send = async move {
            for channel in [7, -8, 9] {
                sender.send(post(channel, "of many", Some(1))).await.ok().unwrap();
                sender.send(Message::Fail { channel: 1 }).await.ok().unwrap();
            }
        };
        if is_root {
            send.await;
        } else {
            let (_, mut span) = Envelope::bare(Message::Audit).open();
            span.run(send).await;
            span.end_ok();
        }
        Guild { receiver }.run().await;
    }

    for flags in [TraceFlags::SAMPLED, TraceFlags::SAMPLED.union(TraceFlags::RANDOM)] {
        for message in [post(1, "from afar", None), Message::Audit] {
            let (sender, receiver) = mpsc::channel(1);
            sender.send_envelope(Envelope::new(message, remote(flags))).await.ok().unwrap();
            drop(sender);
            Guild { receiver }.run().await;
        }
    }

    let (sender, mut receiver) = mpsc::channel(16);
    for _ in 0..3 {
        sender.send(Message::Note).await.ok().unwrap();
    }
    let batch = async {
        let mut messages = Vec::new();
        receiver.recv_many(&mut messages, 8).await
    };
    assert_eq!(batch.traced().await, 3);
}

#[test]
fn bytes_are_those_of_the_generated_encoder() {
    isolated("bytes_are_those_of_the_generated_encoder", &[], || {
        let exporter = InMemorySpanExporter::default();
        let resource = Resource::builder_empty().with_service_name("guild").build();
        let direct = DirectRecorder::builder(SimpleSpanProcessor::new(exporter.clone()))
            .resource(resource.clone())
            .build();
        let batches: Arc<Mutex<Vec<OtlpBatch>>> = Arc::default();
        let handing = batches.clone();
        let flight = Flight::builder()
            .interval(Duration::from_secs(3600))
            .processor(&direct)
            .otlp(&OtlpResource::new("guild"), move |batch| handing.lock().unwrap().push(batch))
            .start()
            .unwrap();
        flight.install().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for _ in 0..2 {
            // The second time, all templates are there.
            runtime.block_on(run_messages());
            flight.flush();
        }
        let batches = std::mem::take(&mut *batches.lock().unwrap());
        assert_eq!(batches.len(), 2, "one for each flush");
        let mut spans = exporter.get_finished_spans().unwrap();
        assert_eq!(spans.len() as u64, batches.iter().map(|batch| batch.spans).sum::<u64>());
        assert_covers(&spans);
        for batch in batches {
            let rest = spans.split_off(usize::try_from(batch.spans).unwrap());
            let resource = ResourceAttributesWithSchema::from(&resource);
            let request = ExportTraceServiceRequest {
                resource_spans: group_spans_by_resource_and_scope(spans, &resource),
            };
            let decoded = ExportTraceServiceRequest::decode(&batch.bytes[..]).unwrap();
            assert_eq!(decoded, request, "first what one can read");
            assert!(batch.bytes == request.encode_to_vec(), "and then each byte");
            spans = rest;
        }
    });
}

/// Asserts that the spans have all that can differ.
fn assert_covers(spans: &[SpanData]) {
    let has = |what: &str, is: fn(&SpanData) -> bool| assert!(spans.iter().any(is), "no span with {what}");
    has("a batch", |span| {
        span.attributes.iter().any(|attribute| attribute.key.as_str() == "messaging.batch.message_count")
    });
    has("an instance", |span| {
        span.attributes.iter().any(|attribute| attribute.key.as_str() == "actor.instance")
    });
    has("a fan-out", |span| {
        span.attributes.iter().any(|attribute| attribute.key.as_str() == "sampling.fanout.size")
    });
    has("a remote parent", |span| span.parent_span_is_remote);
    has("a remote link", |span| span.links.links.iter().any(|link| link.span_context.is_remote()));
    has("a tracestate", |span| span.span_context.trace_state().header() == "ta=w:0.25,vendor=x,other=y");
    has("a name of its own", |span| span.name == "Guild/Note in time");
    has("events that are too many", |span| {
        span.events.events.len() == 128 && span.events.dropped_count == 72
    });
    has("attributes that are too many", |span| {
        span.attributes.len() <= 128 && span.dropped_attributes_count >= 202 - 128
    });
    has("an error", |span| span.status != opentelemetry::trace::Status::Unset);
    assert!(spans.iter().all(|span| span.span_context.is_sampled()));
}
