//! Baggage as attributes of spans, in separate processes: a process has one list of keys.

use std::process::Command;
use std::sync::Mutex;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{TraceContextExt, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue, Value, global};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, SdkTracerProvider, SimpleSpanProcessor, SpanData, TracerProviderBuilder,
};
use serde::{Deserialize, Serialize};
use traced_actor::context::{
    ContextState, MessageContext, SampledContext, Timestamp, TraceContext, TraceFlags, new_span_id,
    new_trace_id,
};
use traced_actor::record::{self, FinishedSpan, FinishedSpans};
use traced_actor::sampling::{AlwaysOff, ParentBased, set_sampler};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt as _, traced_actor};
use traced_actor_opentelemetry::{
    self as otel, BaggageKeys, BaggageKeysError, DirectRecorder, install_direct,
};
use traced_actor_propagation::{CompositePropagator, Edge};
use traced_actor_sampling::Forced;
use traced_actor_tests::isolated::{isolated, without_otel};
use traced_actor_wire::codec::Json;
use traced_actor_wire::{Codec, Encoding};

const PARENT: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");

#[traced_actor(name = "Shop")]
#[derive(Serialize, Deserialize, Debug)]
enum Message {
    Order,
    #[traced(link)]
    Audit,
    #[traced(fields(tenant))]
    Own {
        tenant: u64,
    },
}

fn exporting() -> (InMemorySpanExporter, TracerProviderBuilder) {
    let exporter = InMemorySpanExporter::default();
    (exporter.clone(), SdkTracerProvider::builder().with_simple_exporter(exporter))
}

fn keys() -> BaggageKeys {
    BaggageKeys::new(["tenant", "priority", "feature.new-feed"])
}

/// Returns the context of a request with this baggage.
fn request(baggage: &str) -> MessageContext {
    Edge::new("http").accept(&[PARENT, ("baggage", baggage)], Timestamp::now()).context
}

/// Handles a message, doing this meanwhile.
fn handle<R>(message: Message, context: MessageContext, meanwhile: impl FnOnce() -> R) -> R {
    let (_, mut handling) = Envelope::new(message, context).open();
    let entered = handling.enter();
    let result = meanwhile();
    drop(entered);
    handling.end_ok();
    result
}

/// Returns the attributes of a span that baggage can have been the source of, in their order.
fn of_baggage(span: &SpanData) -> Vec<(&str, String)> {
    let standard = ["messaging.", "actor.", "sampling."];
    let others = span
        .attributes
        .iter()
        .filter(|it| !standard.iter().any(|prefix| it.key.as_str().starts_with(prefix)));
    others.map(|attribute| (attribute.key.as_str(), attribute.value.to_string())).collect()
}

fn named(exporter: &InMemorySpanExporter, name: &str) -> SpanData {
    let spans = exporter.get_finished_spans().unwrap();
    let mut named = spans.into_iter().filter(|span| span.name == name);
    let span = named.next().unwrap_or_else(|| panic!("no span {name}"));
    assert!(named.next().is_none(), "several spans {name}");
    span
}

fn is(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    expected.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
}

// ----- two processes -----

const ROLE: &str = "TRACED_ACTOR_TEST_ROLE";
const WIRE: &str = "TRACED_ACTOR_TEST_WIRE";

/// A gateway takes a request over HTTP and asks a shop in another process. Every span on the way has the listed keys of
/// each process's own list, and none has the others; and the baggage leaves the second process as it came into the first.
#[test]
fn the_spans_of_two_processes_have_the_keys_of_their_lists() {
    const SENT: &str = "tenant=acme%20ltd,secret=s,priority=7;p";
    match std::env::var(ROLE).as_deref() {
        Ok("gateway") => return gateway(SENT),
        Ok("shop") => return shop(),
        _ => {}
    }
    let gateway = run("gateway", "");
    let wire = gateway.iter().find_map(|line| line.strip_prefix("wire ")).expect("it has sent a message");
    let shop = run("shop", wire);

    let spans = |said: &[String]| -> Vec<String> {
        said.iter().filter_map(|line| line.strip_prefix("span ")).map(str::to_owned).collect()
    };
    let trace = "0af7651916cd43dd8448eb211c80319c";
    assert_eq!(
        spans(&gateway),
        [
            format!("select {trace} [(\"tenant\", \"acme ltd\"), (\"priority\", \"7\")]"),
            format!("Shop/Order {trace} [(\"tenant\", \"acme ltd\"), (\"priority\", \"7\")]"),
        ]
    );
    // The shop has its own list, and the linked trace has the same baggage.
    let [order, audit] = &spans(&shop)[..] else { panic!("{shop:?}") };
    assert_eq!(*order, format!("Shop/Order {trace} [(\"priority\", \"7\")]"));
    assert!(audit.starts_with("Shop/Audit ") && audit.ends_with(" [(\"priority\", \"7\")]"), "{audit}");
    assert!(!audit.contains(trace), "{audit}");
    let out = shop.iter().find_map(|line| line.strip_prefix("baggage ")).expect("it calls somebody");
    assert_eq!(out, SENT);
}

/// Returns what a child with this role prints.
fn run(role: &str, wire: &str) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    without_otel(&mut child);
    child.args([
        "--exact",
        "baggage::the_spans_of_two_processes_have_the_keys_of_their_lists",
        "--nocapture",
    ]);
    let output = child.env(ROLE, role).env(WIRE, wire).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.lines().map(str::to_owned).collect()
}

fn print(exporter: &InMemorySpanExporter) {
    for span in exporter.get_finished_spans().unwrap() {
        println!("span {} {} {:?}", span.name, span.span_context.trace_id(), of_baggage(&span));
    }
}

fn gateway(baggage: &str) {
    let (exporter, builder) = exporting();
    otel::install(builder).unwrap();
    keys().install().unwrap();
    let bytes = handle(Message::Order, request(baggage), || {
        // As an instrumented database client does.
        global::tracer("sql").in_span("select", |_| ());
        Json.encode(&Envelope::capture(Message::Order), Encoding::Envelope).unwrap()
    });
    println!("\nwire {}", String::from_utf8(bytes).unwrap());
    print(&exporter);
}

#[tokio::main(flavor = "current_thread")]
async fn shop() {
    let (exporter, builder) = exporting();
    otel::install(builder).unwrap();
    BaggageKeys::new(["priority"]).install().unwrap();
    let wire = std::env::var(WIRE).unwrap();
    let (sender, mut receiver) = mpsc::channel(2);
    sender.send_envelope(Json.decode::<Message>(wire.as_bytes()).unwrap()).await.ok().unwrap();
    async {
        // Ends with the next receive.
        assert!(matches!(receiver.recv().await, Some(Message::Order)));
        tokio::task::yield_now().await;
        let mut headers: Vec<(String, String)> = Vec::new();
        CompositePropagator::default().inject(&mut headers);
        let baggage = headers.iter().find(|(name, _)| name == "baggage").unwrap();
        println!("\nbaggage {}", baggage.1);
        sender.send(Message::Audit).await.ok().unwrap();
        drop(sender);
        assert!(matches!(receiver.recv().await, Some(Message::Audit)));
        assert!(receiver.recv().await.is_none());
    }
    .traced()
    .await;
    print(&exporter);
}

// ----- one process -----

#[test]
fn without_a_list_baggage_only_travels() {
    isolated("without_a_list_baggage_only_travels", &[], || {
        let (exporter, builder) = exporting();
        otel::install(builder).unwrap();
        handle(Message::Order, request("tenant=acme"), || global::tracer("sql").in_span("select", |_| ()));
        for name in ["Shop/Order", "select"] {
            assert_eq!(of_baggage(&named(&exporter, name)), []);
        }
        assert_eq!(BaggageKeys::sampling_key(), None);
    });
}

#[test]
fn a_long_value_is_cut_between_characters_and_counted_and_a_field_wins() {
    isolated("a_long_value_is_cut_between_characters_and_counted_and_a_field_wins", &[], || {
        let (exporter, builder) = exporting();
        let direct = DirectRecorder::new(SimpleSpanProcessor::new(exporter.clone()));
        drop(builder);
        install_direct(&direct).unwrap();
        keys().max_value_bytes(4).install().unwrap();

        // `€` has three bytes.
        let baggage = "priority=%E2%82%AC%E2%82%AC,feature.new-feed=1234,tenant=a,tenant=b,Priority=no";
        handle(Message::Order, request(baggage), || ());
        let expected = is(&[("tenant", "b"), ("priority", "€"), ("feature.new-feed", "1234")]);
        assert_eq!(of_baggage(&named(&exporter, "Shop/Order")), expected);
        assert_eq!(BaggageKeys::counts().cut, 1);

        handle(Message::Own { tenant: 7 }, request("tenant=acme,priority=1"), || ());
        let own = named(&exporter, "Shop/Own");
        let tenants: Vec<&Value> =
            own.attributes.iter().filter(|it| it.key.as_str() == "tenant").map(|it| &it.value).collect();
        assert_eq!(tenants, [&Value::I64(7)]);
        assert_eq!(of_baggage(&own), is(&[("tenant", "7"), ("priority", "1")]));

        // Bytes that are not UTF-8 and a value without an end are harmless.
        exporter.reset();
        let endless = format!("tenant=%ff,priority={}", "9".repeat(8000));
        handle(Message::Order, request(&endless), || ());
        let expected = is(&[("tenant", "\u{fffd}"), ("priority", "9999")]);
        assert_eq!(of_baggage(&named(&exporter, "Shop/Order")), expected);
        assert_eq!(BaggageKeys::counts().cut, 2);
    });
}

/// A recorder of another kind behind [`otel::Connected`].
#[test]
fn a_recorder_that_knows_nothing_of_opentelemetry_has_them_too() {
    isolated("a_recorder_that_knows_nothing_of_opentelemetry_has_them_too", &[], || {
        static SPANS: Mutex<Vec<FinishedSpan>> = Mutex::new(Vec::new());
        let recorder = FinishedSpans::new(|span| SPANS.lock().unwrap().push(span));
        record::install(otel::Connected::new(recorder)).unwrap();
        keys().install().unwrap();
        handle(Message::Own { tenant: 7 }, request("tenant=acme,priority=1,role=x"), || ());
        let spans = SPANS.lock().unwrap();
        let [own] = &spans[..] else { panic!("{spans:?}") };
        let value = |name| own.attribute(name).map(ToString::to_string);
        assert_eq!(
            (value("tenant"), value("priority"), value("role")),
            (Some("7".into()), Some("1".into()), None)
        );
        assert_eq!(own.attributes.iter().filter(|(name, _)| *name == "tenant").count(), 1);
    });
}

/// A batch is several messages: what only some of them carry is said of none.
#[test]
fn a_batch_has_what_all_of_its_messages_have() {
    isolated("a_batch_has_what_all_of_its_messages_have", &[], || {
        let (exporter, builder) = exporting();
        otel::install(builder).unwrap();
        keys().install().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let batch = |baggage: [&str; 2]| {
            exporter.reset();
            let baggage = baggage.map(|list| {
                // Each in its own trace.
                let mut context = SampledContext::new(TraceContext::new(
                    new_trace_id(),
                    new_span_id(),
                    TraceFlags::SAMPLED,
                ));
                context.baggage = (!list.is_empty()).then(|| list.into());
                context
            });
            let inside = runtime.block_on(
                async {
                    let (sender, mut receiver) = mpsc::channel(2);
                    for context in baggage {
                        sender.send_envelope(Envelope::new(Message::Order, context)).await.ok().unwrap();
                    }
                    drop(sender);
                    let mut messages = Vec::new();
                    assert_eq!(receiver.recv_many(&mut messages, 2).await, 2);
                    let inside =
                        Context::map_current(|cx| cx.baggage().get("tenant").map(ToString::to_string));
                    assert_eq!(receiver.recv_many(&mut messages, 2).await, 0);
                    inside
                }
                .traced(),
            );
            let batch = named(&exporter, "Shop/batch");
            assert_eq!(batch.links.len(), 2);
            (
                of_baggage(&batch)
                    .into_iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect::<Vec<_>>(),
                inside,
            )
        };
        let acme = Some("acme".to_owned());
        assert_eq!(
            batch(["tenant=acme,priority=1"; 2]),
            (vec!["tenant=acme".into(), "priority=1".into()], acme)
        );
        assert_eq!(
            batch(["tenant=acme,priority=1", "priority=2,tenant=acme"]),
            (vec!["tenant=acme".into()], None)
        );
        assert_eq!(batch(["tenant=acme", ""]), (vec![], None));
        assert_eq!(batch(["", "tenant=acme"]), (vec![], None));
    });
}

/// OpenTelemetry's own API sets baggage within a handler: what is sent from there on has it, on the span itself and below
/// another one.
#[test]
fn baggage_that_a_handler_sets_goes_on_with_what_it_sends() {
    isolated("baggage_that_a_handler_sets_goes_on_with_what_it_sends", &[], || {
        let (exporter, builder) = exporting();
        let provider = otel::install(builder).unwrap();
        keys().install().unwrap();
        let list = |envelope: Envelope<Message>| {
            let (_, context) = envelope.into_parts();
            let ContextState::Sampled(context) = context.state() else { panic!("{context:?}") };
            context.baggage.as_deref().map(str::to_owned)
        };
        let sent = handle(Message::Order, request("tenant=acme"), || {
            let before = Envelope::capture(Message::Order);
            let with =
                Context::current_with_baggage([KeyValue::new("tenant", "b"), KeyValue::new("priority", "1")]);
            let set = {
                let _set = with.clone().attach();
                Envelope::capture(Message::Order)
            };
            let below = {
                let span = provider.tracer("t").start_with_context("below", &with);
                let _below = with.with_span(span).attach();
                Envelope::capture(Message::Order)
            };
            let cleared = {
                let _cleared = Context::map_current(BaggageExt::with_cleared_baggage).attach();
                Envelope::capture(Message::Order)
            };
            [before, set, below, cleared, Envelope::capture(Message::Order)]
        });
        let found = sent.map(list);
        let text = |list: &str| Some(list.to_owned());
        let (came, set) = (text("tenant=acme"), text("priority=1,tenant=b"));
        assert_eq!(found, [came.clone(), set.clone(), set, None, came]);
        let below = named(&exporter, "below");
        assert_eq!(of_baggage(&below), is(&[("tenant", "b"), ("priority", "1")]));
    });
}

/// A plain span, of an instrumented server say, that is a root: the sampler sees the tenant of its context.
#[test]
fn a_plain_root_is_decided_about_by_the_key_of_its_baggage() {
    isolated("a_plain_root_is_decided_about_by_the_key_of_its_baggage", &[], || {
        set_sampler(ParentBased::new(Forced::new(AlwaysOff, 100.0).key("acme"))).unwrap();
        let (exporter, builder) = exporting();
        let provider = otel::install(builder).unwrap();
        keys().sample_by("tenant").install().unwrap();
        let tracer = provider.tracer("http");
        for tenant in ["acme", "other"] {
            let cx = Context::new().with_baggage([KeyValue::new("tenant", tenant)]);
            let span = tracer.span_builder(tenant).with_attributes([KeyValue::new("priority", 3)]);
            let cx = cx.with_span(span.start_with_context(&tracer, &cx));
            cx.span().end();
        }
        tracer.in_span("no baggage", |_| ());
        let spans = exporter.get_finished_spans().unwrap();
        assert_eq!(spans.len(), 1);
        assert_eq!(of_baggage(&spans[0]), is(&[("priority", "3"), ("tenant", "acme")]));
    });
}

#[test]
fn a_list_that_cannot_be_is_refused() {
    isolated("a_list_that_cannot_be_is_refused", &[], || {
        let many = |n: usize| BaggageKeys::new((0..n).map(|n| format!("key{n}")));
        assert_eq!(many(33).install(), Err(BaggageKeysError::TooMany));
        assert_eq!(many(100_000).install(), Err(BaggageKeysError::TooMany));
        for key in ["", "a b", "a=b", "ä", "a,b"] {
            let error = BaggageKeys::new(["tenant", key]).install().unwrap_err();
            assert_eq!(error, BaggageKeysError::Key(key.into()));
            assert!(BaggageKeys::new(["tenant"]).sample_by(key.to_owned()).install().is_err(), "{key}");
        }
        assert!(!BaggageKeys::is_installed());
        let thirty_two = (0..32).chain([0]).map(|n| format!("key{n}"));
        BaggageKeys::new(thirty_two).install().unwrap();
        assert_eq!(keys().install(), Err(BaggageKeysError::AlreadyInstalled));
    });
}
