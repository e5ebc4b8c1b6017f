//! OpenTelemetry's environment variables, row by row of the guide's table: what a child that is set up by [`FromEnv`] exports.

use std::time::{Duration, Instant};

use opentelemetry::trace::{
    Link, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_resource_detectors::{
    HostResourceDetector, K8sResourceDetector, OsResourceDetector, ProcessResourceDetector,
    ServiceInstanceIdResourceDetector,
};
use tokio::process::Command;
use traced_actor::{Envelope, traced_actor};
use traced_actor_opentelemetry::{FromEnv, InstallError};

use super::collector::{Protocol, Received};
use super::support::{export, text, value};

/// The number of messages that the child handles.
const MESSAGES: usize = 20;

#[traced_actor(name = "Shop")]
#[traced(fields(text))]
struct Order {
    text: String,
}

/// Handles some messages whose spans have attributes, events and links beyond the limits that a test sets.
fn work() {
    for _ in 0..MESSAGES {
        let (_, mut handling) = Envelope::bare(Order { text: "äöü".repeat(100) }).open();
        {
            let _entered = handling.enter();
            let cx = Context::current();
            let values = || vec![KeyValue::new("one", "abcdef"), KeyValue::new("two", "abcdef")];
            cx.span().add_event("first", values());
            cx.span().add_event("second", Vec::new());
            for id in 1..=2 {
                let flags = TraceFlags::SAMPLED;
                let (trace, span) = (TraceId::from(id), SpanId::from(7));
                let linked = SpanContext::new(trace, span, flags, true, TraceState::NONE);
                let Link { span_context, .. } = Link::with_context(linked);
                cx.span().add_link(span_context, values());
            }
        }
        handling.end_ok();
    }
}

/// Set where the child looks for what it runs on.
const DETECTORS: &str = "TRACED_ACTOR_TEST_DETECTORS";

const CHILD: &str = "TRACED_ACTOR_TEST_CHILD";

/// The output of a child with these variables, line by line, and its exported spans.
struct Outcome {
    said: Vec<String>,
    received: Received,
}

impl Outcome {
    fn spans(&self) -> Vec<&Span> {
        let resources = self.received.requests.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans).collect()
    }

    /// Returns an attribute of the resource of what was exported.
    fn resource(&self, key: &str) -> Option<&str> {
        let resources = self.received.requests.iter().flat_map(|request| &request.resource_spans);
        let resource =
            resources.map(|resource| resource.resource.as_ref().unwrap()).next().expect("it exported");
        text(&resource.attributes, key)
    }

    fn lines(&self, prefix: &str) -> Vec<&str> {
        self.said.iter().filter_map(|line| line.strip_prefix(prefix)).collect()
    }

    fn warnings(&self) -> Vec<&str> {
        self.lines("traced-actor: ")
    }

    #[track_caller]
    fn assert_all_are_exported(&self) {
        assert_eq!(self.spans().len(), MESSAGES, "{:?}", self.said);
    }
}

/// Runs a test of this file in a child, over HTTP unless a variable says otherwise. In the child, runs the program and returns `None`.
fn run(test: &str, variables: &[(&str, &str)]) -> Option<Outcome> {
    run_over(Protocol::Http, test, variables)
}

fn run_over(protocol: Protocol, test: &str, variables: &[(&str, &str)]) -> Option<Outcome> {
    if std::env::var_os(CHILD).is_some() {
        program();
        return None;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("otlp::env::{test}"), "--nocapture"]).env(CHILD, test);
    child.envs(variables.iter().copied());
    let (said, received) = export(child, protocol);
    assert!(said.contains("1 passed"), "the child did not find {test}: {said}");
    Some(Outcome { said: said.lines().map(str::to_owned).collect(), received })
}

/// Says which headers it would write, what it has counted, and how long the first export took.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn program() {
    let mut set_up = FromEnv::new();
    if std::env::var_os(DETECTORS).is_some() {
        // As the guide has it.
        set_up = set_up
            .detector(K8sResourceDetector)
            .detector(HostResourceDetector::default())
            .detector(OsResourceDetector)
            .detector(ProcessResourceDetector)
            .detector(ServiceInstanceIdResourceDetector);
    }
    let pipeline = set_up.install().expect("never an error");
    println!();
    let fields: Vec<String> =
        global::get_text_map_propagator(|propagator| propagator.fields().map(str::to_owned).collect());
    println!("fields {}", fields.join(" "));
    println!("recording {}", traced_actor::record::is_recording());
    let started = Instant::now();
    work();
    if std::env::var_os("TRACED_ACTOR_TEST_WAIT").is_some() {
        let batches = pipeline.batches.clone().expect("it exports");
        while batches.counts().exported == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        println!("waited {}", started.elapsed().as_millis());
    }
    let provider = pipeline.provider.clone();
    let result = tokio::task::spawn_blocking(move || provider.shutdown()).await.expect("no panic");
    println!("shutdown {} after {}", result.is_ok(), started.elapsed().as_millis());
    println!("exporting {}", pipeline.batches.is_some());
}

#[test]
fn without_any_the_defaults_hold() {
    let Some(outcome) = run("without_any_the_defaults_hold", &[]) else { return };
    outcome.assert_all_are_exported();
    assert_eq!(outcome.warnings(), Vec::<&str>::new());
    assert_eq!(outcome.lines("fields "), ["traceparent tracestate baggage"]);
    assert!(outcome.resource("service.name").unwrap().starts_with("unknown_service"));
    let span = outcome.spans()[0];
    assert_eq!((span.events.len(), span.links.len(), span.dropped_attributes_count), (2, 2, 0));
    assert_eq!(text(&span.attributes, "text").unwrap().chars().count(), 300);
}

#[test]
fn otel_sdk_disabled() {
    let Some(outcome) =
        run("otel_sdk_disabled", &[("OTEL_SDK_DISABLED", "True"), ("OTEL_PROPAGATORS", "b3")])
    else {
        return;
    };
    assert!(outcome.spans().is_empty());
    assert_eq!(outcome.lines("recording "), ["false"]);
    assert_eq!(outcome.lines("fields "), ["b3"], "propagators are configured all the same");
    assert_eq!(outcome.lines("shutdown ")[0].split(' ').next(), Some("true"));
}

#[test]
fn otel_sdk_disabled_with_another_value_disables_nothing() {
    let name = "otel_sdk_disabled_with_another_value_disables_nothing";
    let Some(outcome) = run(name, &[("OTEL_SDK_DISABLED", "1")]) else { return };
    outcome.assert_all_are_exported();
    assert_eq!(
        outcome.warnings(),
        ["OTEL_SDK_DISABLED is `1`: it is neither `true` nor `false`; it counts as `false`"]
    );
}

#[test]
fn otel_service_name_and_resource_attributes() {
    let attributes = "service.name=other,service.version=1.2%2C3, deployment.environment.name = canary ,bad";
    let variables = [("OTEL_SERVICE_NAME", "shop"), ("OTEL_RESOURCE_ATTRIBUTES", attributes)];
    let Some(outcome) = run("otel_service_name_and_resource_attributes", &variables) else { return };
    assert_eq!(outcome.resource("service.name"), Some("shop"));
    assert_eq!(outcome.resource("service.version"), Some("1.2,3"));
    assert_eq!(outcome.resource("deployment.environment.name"), Some("canary"));
    assert_eq!(outcome.warnings().len(), 1, "{:?}", outcome.said);
    assert!(outcome.warnings()[0].starts_with("OTEL_RESOURCE_ATTRIBUTES is `…`: 1 of its entries"));
}

#[test]
fn otel_resource_attributes_can_name_the_service() {
    let variables = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=sh%6Fp")];
    let Some(outcome) = run("otel_resource_attributes_can_name_the_service", &variables) else { return };
    assert_eq!(outcome.resource("service.name"), Some("shop"));
}

/// The detectors describe where the process ran and which deployment it was. Explicit attributes take precedence over
/// detected ones.
#[test]
fn detectors_of_kubernetes_host_and_process() {
    let deployed = "service.version=1.4.2,deployment.environment.name=production,deployment.variant=canary,host.arch=mine";
    let variables = [
        (DETECTORS, "1"),
        ("HOSTNAME", "guild-7d4b9"),
        ("NODE_NAME", "node-3"),
        ("OTEL_SERVICE_NAME", "guild"),
        ("OTEL_RESOURCE_ATTRIBUTES", deployed),
    ];
    let Some(outcome) = run("detectors_of_kubernetes_host_and_process", &variables) else { return };
    for (key, expected) in [
        ("service.name", "guild"),
        ("service.version", "1.4.2"),
        ("deployment.environment.name", "production"),
        ("deployment.variant", "canary"),
        ("k8s.pod.name", "guild-7d4b9"),
        ("k8s.node.name", "node-3"),
        ("host.arch", "mine"),
        ("os.type", std::env::consts::OS),
        ("process.runtime.name", "rustc"),
    ] {
        assert_eq!(outcome.resource(key), Some(expected), "{key}");
    }
    let resource = outcome.received.requests[0].resource_spans[0].resource.as_ref().unwrap();
    assert!(matches!(value(&resource.attributes, "process.pid"), Some(Value::IntValue(pid)) if *pid > 0));
    assert!(!outcome.resource("service.instance.id").unwrap().is_empty());
    assert_eq!(outcome.resource("telemetry.sdk.language"), Some("rust"));
}

#[test]
fn otel_traces_sampler() {
    let Some(outcome) = run("otel_traces_sampler", &[("OTEL_TRACES_SAMPLER", "always_off")]) else { return };
    assert!(outcome.spans().is_empty());
    assert_eq!((outcome.lines("recording "), outcome.lines("exporting ")), (vec!["true"], vec!["true"]));
}

#[test]
fn otel_traces_sampler_arg() {
    let variables = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    let Some(outcome) = run("otel_traces_sampler_arg", &variables) else { return };
    assert!(outcome.spans().is_empty());
}

#[test]
fn a_sampler_that_does_not_exist_is_the_default() {
    let variables = [("OTEL_TRACES_SAMPLER", "xray"), ("OTEL_TRACES_SAMPLER_ARG", "0")];
    let Some(outcome) = run("a_sampler_that_does_not_exist_is_the_default", &variables) else { return };
    outcome.assert_all_are_exported();
    let [warning] = outcome.warnings()[..] else { panic!("{:?}", outcome.said) };
    assert!(
        warning.starts_with("OTEL_TRACES_SAMPLER is `xray`: ") && warning.ends_with("; the default is used")
    );
}

#[test]
fn a_ratio_that_is_none_is_one() {
    let variables = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "half")];
    let Some(outcome) = run("a_ratio_that_is_none_is_one", &variables) else { return };
    outcome.assert_all_are_exported();
    let [warning] = outcome.warnings()[..] else { panic!("{:?}", outcome.said) };
    assert!(warning.starts_with("OTEL_TRACES_SAMPLER_ARG is `half`: "), "{warning}");
    assert_eq!(text(&outcome.spans()[0].attributes, "sampling.reason"), Some("ratio"));
}

#[test]
fn otel_propagators() {
    let Some(outcome) = run("otel_propagators", &[("OTEL_PROPAGATORS", "b3multi, jaeger")]) else { return };
    let fields = "x-b3-traceid x-b3-spanid x-b3-sampled x-b3-flags uber-trace-id";
    let mut found: Vec<&str> = outcome.lines("fields ")[0].split(' ').collect();
    let mut expected: Vec<&str> = fields.split(' ').collect();
    found.sort_unstable();
    expected.sort_unstable();
    found.retain(|name| *name != "x-b3-parentspanid");
    assert_eq!(found, expected);
    assert!(outcome.warnings().is_empty());
}

#[test]
fn a_propagator_that_does_not_exist_is_the_default() {
    let variables = [("OTEL_PROPAGATORS", "b3,pigeon")];
    let Some(outcome) = run("a_propagator_that_does_not_exist_is_the_default", &variables) else { return };
    assert_eq!(outcome.lines("fields "), ["traceparent tracestate baggage"]);
    assert!(outcome.warnings()[0].starts_with("OTEL_PROPAGATORS is `b3,pigeon`: "), "{:?}", outcome.said);
    outcome.assert_all_are_exported();
}

#[test]
fn otel_traces_exporter() {
    let Some(outcome) = run("otel_traces_exporter", &[("OTEL_TRACES_EXPORTER", "none")]) else { return };
    assert!(outcome.spans().is_empty());
    assert_eq!((outcome.lines("recording "), outcome.lines("exporting ")), (vec!["true"], vec!["false"]));
}

#[test]
fn an_exporter_that_does_not_exist_is_the_default() {
    let variables = [("OTEL_TRACES_EXPORTER", "zipkin")];
    let Some(outcome) = run("an_exporter_that_does_not_exist_is_the_default", &variables) else { return };
    outcome.assert_all_are_exported();
    let expected = "OTEL_TRACES_EXPORTER is `zipkin`: there is `otlp` and `none` alone; `otlp` is used";
    assert_eq!(outcome.warnings(), [expected]);
}

// ----- the batch processor -----

#[test]
fn otel_bsp_schedule_delay() {
    let variables = [("OTEL_BSP_SCHEDULE_DELAY", "1"), ("TRACED_ACTOR_TEST_WAIT", "1")];
    let Some(outcome) = run("otel_bsp_schedule_delay", &variables) else { return };
    let waited: u64 = outcome.lines("waited ")[0].parse().unwrap();
    assert!(waited < 5_000, "the default is five seconds: {waited}");
}

#[test]
fn otel_bsp_max_export_batch_size() {
    let variables = [("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3")];
    let Some(outcome) = run("otel_bsp_max_export_batch_size", &variables) else { return };
    outcome.assert_all_are_exported();
    assert!(outcome.received.requests.len() >= MESSAGES.div_ceil(3));
}

/// A batch is no longer than the queue. What finds it full is lost, and counted.
#[test]
fn otel_bsp_max_queue_size() {
    let Some(outcome) = run("otel_bsp_max_queue_size", &[("OTEL_BSP_MAX_QUEUE_SIZE", "2")]) else { return };
    for request in &outcome.received.requests {
        let spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        assert!(spans.map(|scope| scope.spans.len()).sum::<usize>() <= 2);
    }
    let is_complete = outcome.spans().len() == MESSAGES;
    assert_eq!(outcome.lines("shutdown ")[0].starts_with("true"), is_complete, "{:?}", outcome.said);
}

#[test]
fn sizes_that_cannot_be_are_the_defaults_or_the_largest() {
    let variables = [("OTEL_BSP_MAX_QUEUE_SIZE", "999999999999999"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0")];
    let Some(outcome) = run("sizes_that_cannot_be_are_the_defaults_or_the_largest", &variables) else {
        return;
    };
    outcome.assert_all_are_exported();
    assert_eq!(
        outcome.warnings(),
        [
            "OTEL_BSP_MAX_QUEUE_SIZE is `999999999999999`: it is more than 262144, which is used",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is `0`: it is not a whole number above 0; the default is used",
        ]
    );
}

/// There is no server, so a batch is abandoned before the exporter's own time is up.
#[test]
fn otel_bsp_export_timeout() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", silent.local_addr().unwrap());
    let variables = [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "300000"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "100"),
    ];
    let Some(outcome) = run("otel_bsp_export_timeout", &variables) else { return };
    assert!(outcome.spans().is_empty());
    let (ok, took) = outcome.lines("shutdown ")[0].split_once(" after ").unwrap();
    assert_eq!(ok, "false");
    assert!(took.parse::<u64>().unwrap() < 300_000);
    assert!(outcome.warnings().iter().any(|loss| loss.contains(&endpoint)), "{:?}", outcome.said);
}

/// The exporter's own time holds where it is shorter, and where the other one is 0: no limit.
#[test]
fn an_export_timeout_that_is_longer_or_none_changes_nothing() {
    let name = "an_export_timeout_that_is_longer_or_none_changes_nothing";
    let Some(outcome) = run(name, &[("OTEL_BSP_EXPORT_TIMEOUT", "0")]) else { return };
    outcome.assert_all_are_exported();
    assert!(outcome.warnings().is_empty(), "{:?}", outcome.said);
}

// ----- limits -----

#[test]
fn the_limits_of_counts() {
    let variables = [
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "1"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "1"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "1"),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "0"),
    ];
    let Some(outcome) = run("the_limits_of_counts", &variables) else { return };
    let span = outcome.spans()[0];
    assert_eq!(span.attributes.len(), 3);
    assert!(span.dropped_attributes_count > 3);
    assert_eq!((span.events.len(), span.dropped_events_count), (1, 1));
    assert_eq!((span.events[0].attributes.len(), span.events[0].dropped_attributes_count), (1, 1));
    assert_eq!((span.links.len(), span.dropped_links_count), (1, 1));
    assert_eq!((span.links[0].attributes.len(), span.links[0].dropped_attributes_count), (0, 2));
}

#[test]
fn the_general_limits() {
    let variables = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "1"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4")];
    let Some(outcome) = run("the_general_limits", &variables) else { return };
    let span = outcome.spans()[0];
    assert_eq!((span.attributes.len(), span.events[0].attributes.len()), (1, 1));
    assert_eq!(text(&span.events[0].attributes, "one"), Some("abcd"));
    assert_eq!(text(&span.links[0].attributes, "one"), Some("abcd"));
}

#[test]
fn otel_span_attribute_value_length_limit() {
    let variables =
        [("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9"), ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5")];
    let Some(outcome) = run("otel_span_attribute_value_length_limit", &variables) else { return };
    assert_eq!(text(&outcome.spans()[0].attributes, "text"), Some("äöüäö"), "in characters");
}

#[test]
fn a_limit_that_is_no_number_is_the_default() {
    let variables = [("OTEL_SPAN_EVENT_COUNT_LIMIT", "few"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "-1")];
    let Some(outcome) = run("a_limit_that_is_no_number_is_the_default", &variables) else { return };
    assert_eq!(outcome.spans()[0].events.len(), 2);
    assert_eq!(outcome.warnings().len(), 2, "{:?}", outcome.said);
}

// ----- what is said -----

/// A warning is not said at `error`, and a loss is; at `none` neither is.
#[test]
fn otel_log_level() {
    let variables = [
        ("OTEL_LOG_LEVEL", "error"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "few"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1"),
    ];
    let Some(outcome) = run("otel_log_level", &variables) else { return };
    assert!(outcome.warnings().iter().all(|said| said.contains("spans were lost")), "{:?}", outcome.said);
}

#[test]
fn a_log_level_of_none() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", silent.local_addr().unwrap());
    let variables = [
        ("OTEL_LOG_LEVEL", "NONE"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "few"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "100"),
    ];
    let Some(outcome) = run("a_log_level_of_none", &variables) else { return };
    assert!(outcome.warnings().is_empty(), "{:?}", outcome.said);
    assert!(outcome.lines("shutdown ")[0].starts_with("false"), "the result says so still");
}

#[test]
fn a_log_level_that_does_not_exist_is_the_default() {
    let Some(outcome) = run("a_log_level_that_does_not_exist_is_the_default", &[("OTEL_LOG_LEVEL", "loud")])
    else {
        return;
    };
    outcome.assert_all_are_exported();
    assert!(outcome.warnings()[0].starts_with("OTEL_LOG_LEVEL is `loud`: "), "{:?}", outcome.said);
}

// ----- the exporter -----

/// The default tests build without the feature.
#[test]
fn a_protocol_that_is_not_built_in_is_the_default() {
    let variables = [("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")];
    let Some(outcome) = run("a_protocol_that_is_not_built_in_is_the_default", &variables) else { return };
    outcome.assert_all_are_exported();
    let expected = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is `http/json`: it needs the feature `otlp-json` of \
                    `traced-actor-opentelemetry`; it is not used";
    assert_eq!(outcome.warnings(), [expected]);
}

#[test]
fn the_protocol_and_headers_of_grpc() {
    let name = "the_protocol_and_headers_of_grpc";
    let variables =
        [("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b,bad"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")];
    let Some(outcome) = run_over(Protocol::Grpc, name, &variables) else { return };
    outcome.assert_all_are_exported();
    assert!(outcome.received.keys.iter().all(|key| key == "a b") && !outcome.received.keys.is_empty());
    assert!(outcome.received.encodings.iter().all(|encoding| encoding == "gzip"));
    assert_eq!(outcome.received.encodings.len(), outcome.received.requests.len());
    assert_eq!(outcome.warnings().len(), 1, "{:?}", outcome.said);
}

/// The variable applies to an endpoint without a scheme, over gRPC.
#[test]
fn otel_exporter_otlp_insecure() {
    let variables = [("OTEL_EXPORTER_OTLP_INSECURE", "true")];
    let Some(outcome) = run_over(Protocol::Grpc, "otel_exporter_otlp_insecure", &variables) else { return };
    outcome.assert_all_are_exported();
    assert!(outcome.warnings().is_empty());
}

/// The variables for traces stand above the general ones.
#[test]
fn the_variables_for_traces() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=general"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-key=traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "9000"),
    ];
    let Some(outcome) = run("the_variables_for_traces", &variables) else { return };
    outcome.assert_all_are_exported();
    assert!(outcome.received.keys.iter().all(|key| key == "traces"), "{:?}", outcome.received.keys);
    assert!(outcome.warnings().is_empty());
}

/// The endpoint for traces does not answer. It is used, and its timeout is that of traces.
#[test]
fn the_endpoint_and_the_timeout_for_traces() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", silent.local_addr().unwrap());
    let variables = [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "300000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "100"),
    ];
    let Some(outcome) = run("the_endpoint_and_the_timeout_for_traces", &variables) else { return };
    assert!(outcome.spans().is_empty());
    let shutdown = outcome.lines("shutdown ")[0];
    let (ok, took) = shutdown.split_once(" after ").unwrap();
    assert_eq!(ok, "false");
    assert!(took.parse::<u64>().unwrap() < 300_000);
    assert!(outcome.warnings().iter().any(|loss| loss.contains(&endpoint)), "{:?}", outcome.said);
}

#[test]
fn what_the_exporter_cannot_use_is_the_default() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "udp"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "lzma"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"),
    ];
    let Some(outcome) = run("what_the_exporter_cannot_use_is_the_default", &variables) else { return };
    outcome.assert_all_are_exported();
    let names: Vec<&str> =
        outcome.warnings().iter().filter_map(|warning| warning.split(' ').next()).collect();
    assert_eq!(
        names,
        [
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
        ]
    );
}

/// The default endpoint is another one, where perhaps nobody listens; nothing ends for that.
#[test]
fn an_endpoint_that_is_none_is_the_default() {
    let variables =
        [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "not an endpoint"), ("OTEL_TRACES_SAMPLER", "always_off")];
    let Some(outcome) = run("an_endpoint_that_is_none_is_the_default", &variables) else { return };
    let [warning] = outcome.warnings()[..] else { panic!("{:?}", outcome.said) };
    assert!(warning.starts_with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is `not an endpoint`: "), "{warning}");
    assert!(outcome.lines("shutdown ")[0].starts_with("true"));
}

/// tonic panics there; that is an error which says so.
#[test]
fn grpc_outside_of_a_runtime_is_an_error() {
    let variables = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    traced_actor_tests::isolated::isolated("grpc_outside_of_a_runtime_is_an_error", &variables, || {
        let error = FromEnv::new().install().unwrap_err();
        assert!(matches!(error, InstallError::Exporter(_)), "{error:?}");
        assert!(error.to_string().contains("runtime"), "{error}");
        assert!(!traced_actor::record::is_recording());
    });
}
