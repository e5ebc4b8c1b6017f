//! A process as an OTLP collector sees it: names, parents, links, attributes and status, over both protocols.
//!
//! The process is the guild example (`guild.rs`) or, for what it does not do, this binary itself, run again for one
//! of its tests (`program.rs`).

mod batch;
pub(crate) mod collector;
mod env;
mod guild;
mod program;
mod support;

use std::collections::HashMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tokio::process::Command;

use collector::{Protocol, Received};
use program::{BUDGET, SESSIONS};
use support::{assert_child, export, text, value};

/// Marks the child.
const CHILD: &str = "TRACED_ACTOR_TEST_CHILD";

#[test]
fn a_collector_sees_the_whole_trace_over_grpc() {
    collect("a_collector_sees_the_whole_trace_over_grpc", Protocol::Grpc, &[], |received| {
        assert!(received.encodings.is_empty(), "{:?}", received.encodings);
        assert_exported(received);
    });
}

#[test]
fn a_collector_sees_the_whole_trace_over_http() {
    collect("a_collector_sees_the_whole_trace_over_http", Protocol::Http, &[], assert_exported);
}

#[test]
fn a_collector_sees_the_whole_trace_over_compressed_grpc() {
    let name = "a_collector_sees_the_whole_trace_over_compressed_grpc";
    collect(name, Protocol::Grpc, &[("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")], |received| {
        assert!(!received.encodings.is_empty());
        assert!(received.encodings.iter().all(|encoding| encoding == "gzip"), "{:?}", received.encodings);
        assert_exported(received);
    });
}

#[test]
fn a_collector_sees_the_same_of_the_direct_path() {
    let name = "a_collector_sees_the_same_of_the_direct_path";
    collect(name, Protocol::Grpc, &[(program::DIRECT, "1")], assert_exported);
}

/// Runs the program in a child process that exports to a collector here, and looks at what came.
fn collect(test: &str, protocol: Protocol, variables: &[(&str, &str)], check: impl FnOnce(&Received)) {
    if std::env::var_os(CHILD).is_some() {
        return program::run();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.arg(test).env(CHILD, test).env("OTEL_SERVICE_NAME", "guild-test");
    child.envs(variables.iter().copied());
    let (said, received) = export(child, protocol);
    assert!(said.contains("1 passed"), "the child did not find {test}: {said}");
    check(&received);
}

// ----- what came -----

fn assert_exported(received: &Received) {
    let resources: Vec<&ResourceSpans> =
        received.requests.iter().flat_map(|request| &request.resource_spans).collect();
    assert!(!resources.is_empty(), "nothing was exported");
    for resource in &resources {
        let resource = resource.resource.as_ref().expect("a resource");
        assert_eq!(text(&resource.attributes, "service.name"), Some("guild-test"));
    }
    let scopes: Vec<_> = resources.iter().flat_map(|resource| &resource.scope_spans).collect();
    for scope in &scopes {
        assert_eq!(scope.scope.as_ref().map(|scope| scope.name.as_str()), Some("traced-actor"));
    }
    let mut spans: HashMap<&str, Vec<&Span>> = HashMap::new();
    for span in scopes.iter().flat_map(|scope| &scope.spans) {
        spans.entry(span.name.as_str()).or_default().push(span);
    }
    let mut counts: Vec<(&str, usize)> = spans.iter().map(|(name, spans)| (*name, spans.len())).collect();
    counts.sort_unstable();
    assert_eq!(
        counts,
        [
            ("Gateway/Broken", 1),
            ("Gateway/Frame", 1),
            ("Guild/Audit", 1),
            ("Guild/Post", 1),
            ("Session/Deliver", BUDGET),
        ]
    );
    for span in spans.values().flatten() {
        assert_eq!(span.kind(), SpanKind::Consumer, "{}", span.name);
        assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8), "{}", span.name);
        assert!(span.start_time_unix_nano > 0 && span.start_time_unix_nano <= span.end_time_unix_nano);
        assert_eq!(span.flags & 1, 1, "{} is sampled", span.name);
        assert_eq!(text(&span.attributes, "messaging.system"), Some("traced_actor"), "{}", span.name);
    }

    let frame = spans["Gateway/Frame"][0];
    assert!(frame.parent_span_id.is_empty());
    assert_eq!(text(&frame.attributes, "user"), Some("ada"));
    assert_eq!(value(&frame.attributes, "channel"), Some(&Value::IntValue(7)));
    assert_eq!(text(&frame.attributes, "sampling.reason"), Some("always_on"));

    let post = spans["Guild/Post"][0];
    assert_child(post, frame);
    assert_eq!(text(&post.attributes, "actor.name"), Some("Guild"));
    assert_eq!(text(&post.attributes, "actor.instance"), Some("guild-1"));
    assert_eq!(text(&post.attributes, "actor.message.kind"), Some("Post"));
    assert_eq!(value(&post.attributes, "sampling.fanout.size"), Some(&Value::IntValue(int(SESSIONS))));
    assert_eq!(value(&post.attributes, "sampling.fanout.selected"), Some(&Value::IntValue(int(BUDGET))));
    assert!(
        matches!(value(&post.attributes, "actor.mailbox.wait"), Some(Value::DoubleValue(wait)) if *wait >= 0.0)
    );

    for deliver in &spans["Session/Deliver"] {
        assert_child(deliver, post);
        assert_eq!(value(&deliver.attributes, "sampling.probability"), Some(&Value::DoubleValue(0.1)));
        assert_eq!(text(&deliver.attributes, "sampling.reason"), Some("fanout"));
        // Chosen by the fan-out alone: the trace id had no share in it.
        assert_eq!(deliver.trace_state, "ta=w:0.1;i:0.1");
    }

    let audit = spans["Guild/Audit"][0];
    assert!(audit.parent_span_id.is_empty());
    assert_ne!(audit.trace_id, frame.trace_id);
    let links: Vec<_> = audit.links.iter().map(|link| (&link.trace_id, &link.span_id)).collect();
    assert_eq!(links, [(&frame.trace_id, &frame.span_id)]);

    let broken = spans["Gateway/Broken"][0];
    let status = broken.status.as_ref().expect("a status");
    assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "the frame is malformed"));
    assert_eq!(text(&broken.attributes, "error.type"), Some("processes::otlp::program::Malformed"));
    for good in [frame, post, audit] {
        assert!(
            good.status.as_ref().is_none_or(|status| status.code() == StatusCode::Unset),
            "{}",
            good.name
        );
    }
}

fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap()
}
