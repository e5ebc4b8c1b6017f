//! The guild example, as a user runs it, and the traces that its collector can show.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tokio::process::Command;
use traced_actor_tests::nested;

use super::collector::Protocol;
use super::support::{assert_child, export, text, value};

#[test]
fn the_guild_example_exports_over_grpc() {
    assert_guild(Protocol::Grpc);
}

#[test]
fn the_guild_example_exports_over_http() {
    assert_guild(Protocol::Http);
}

/// An endpoint where nobody listens is an error that names it, its protocol, and how many spans were lost.
#[test]
fn an_endpoint_that_does_not_answer_is_named() {
    // A port that was free a moment ago; its listener is gone.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for protocol in [Protocol::Grpc, Protocol::Http] {
        let mut guild = std::process::Command::new(&*GUILD);
        guild.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"));
        guild.env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.name());
        let output = guild.output().unwrap();
        assert!(output.status.success(), "an exporter that fails harms nobody");
        let said = String::from_utf8_lossy(&output.stdout);
        let kept = reported(&said, "spans kept").unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        let last = error.lines().last().unwrap();
        let lost = format!("{kept} spans were lost on the way to http://{address} over {}", protocol.name());
        assert!(last.starts_with("guild: not everything was exported: ") && last.contains(&lost), "{error}");
    }
}

/// Continue-only actors together with contexts that travel only where sampled: of the four events in five that are not
/// kept nobody starts anything, however many actors they reach. The parent-less spans are those of the gateway, which
/// may start a trace, and of what the guild asks behind its loop.
#[test]
fn a_run_that_keeps_a_fifth_has_no_orphans() {
    let sampler = [("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.2")];
    let (said, spans) = run(Protocol::Grpc, &sampler);
    assert_eq!(Some(spans.len().to_string().as_str()), reported(&said, "spans kept"), "{said}");
    let by_id: HashMap<&[u8], &Span> = spans.iter().map(|span| (&*span.span_id, span)).collect();
    let mut roots = 0_u32;
    for span in &spans {
        let Some(parent) = by_id.get(&*span.parent_span_id) else {
            assert!(span.parent_span_id.is_empty(), "its parent was not exported: {span:?}");
            assert!(["Gateway/Dispatch", "Presence/Online"].contains(&&*span.name), "{span:?}");
            assert_eq!(text(&span.attributes, "sampling.reason"), Some("ratio"));
            roots += 1;
            continue;
        };
        assert_child(span, parent);
    }
    // A fifth of the log's lines, ± 5 σ; and what they cause.
    let lines = f64::from(u32::try_from(LOG.lines().count()).unwrap());
    let sigma = (lines * 0.2 * 0.8).sqrt();
    assert!((f64::from(roots) - 0.2 * lines).abs() < 5.0 * sigma, "{roots} of {lines}");
    let below = |name: &str| spans.iter().filter(|span| span.name.starts_with(name)).count();
    assert!(below("Guild/") > 100 && below("Session/") > 100 && below("Presence/") > 10, "{said}");
}

const LOG: &str = include_str!("../../../../examples/data/events.jsonl");

/// The example with its exporter.
static GUILD: LazyLock<PathBuf> = LazyLock::new(|| nested::example("guild", "traced-actor-examples/otlp"));

/// The example's report, and what it exported.
fn run(protocol: Protocol, variables: &[(&str, &str)]) -> (String, Vec<Span>) {
    let mut guild = Command::new(&*GUILD);
    // Room for every span of the replay; SDK's default is for a program that takes its time.
    guild.env("OTEL_BSP_MAX_QUEUE_SIZE", "100000").envs(variables.iter().copied());
    let (said, received) = export(guild, protocol);
    let mut spans = Vec::new();
    for resource in received.requests.into_iter().flat_map(|request| request.resource_spans) {
        let attributes = &resource.resource.as_ref().expect("a resource").attributes;
        assert_eq!(text(attributes, "service.name"), Some("guild"));
        spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
    }
    (said, spans)
}

fn assert_guild(protocol: Protocol) {
    let (said, exported) = run(protocol, &[]);
    let mut spans: HashMap<&[u8], &Span> = HashMap::new();
    for span in &exported {
        assert!(spans.insert(&span.span_id, span).is_none(), "a span twice: {span:?}");
    }
    assert_eq!(Some(spans.len().to_string().as_str()), reported(&said, "spans kept"), "{said}");

    let parent = |span: &Span| (!span.parent_span_id.is_empty()).then(|| spans[&*span.parent_span_id]);
    let (below, roots): (Vec<&Span>, Vec<&Span>) = spans.values().partition(|span| parent(span).is_some());
    for span in below {
        assert_child(span, parent(span).expect("a parent"));
    }
    // The guild's request after its loop belongs to no event. The sessions are continue-only and start no trace.
    let (events, others): (Vec<&Span>, Vec<&Span>) =
        roots.into_iter().partition(|span| span.name == "Gateway/Dispatch");
    assert_eq!(others.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["Presence/Online"]);
    assert_eq!(events.len(), LOG.lines().count());

    // One post from end to end: gateway, guild, sessions; the kept sessions stand for all recipients.
    let mut posts = 0;
    for post in spans.values().filter(|span| span.name == "Guild/Post") {
        assert_eq!(parent(post).map(|parent| parent.name.as_str()), Some("Gateway/Dispatch"));
        let Some(Value::IntValue(size)) = value(&post.attributes, "sampling.fanout.size") else { continue };
        posts += 1;
        let weights = spans.values().filter(|span| span.parent_span_id == post.span_id).map(|session| {
            assert_eq!(session.name, "Session/Deliver");
            match value(&session.attributes, "sampling.probability") {
                Some(Value::DoubleValue(probability)) => 1.0 / probability,
                other => panic!("no probability: {other:?}"),
            }
        });
        let estimate: f64 = weights.sum();
        let size = f64::from(i32::try_from(*size).unwrap());
        assert!((estimate - size).abs() < 1e-6 * size, "{estimate} of {size}");
    }
    assert!(posts > 0, "no post had a fan-out");

    let failed = spans.values().find(|span| {
        span.name == "Guild/Post"
            && span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error)
    });
    let failed = failed.expect("a post to a channel that does not exist");
    assert!(failed.status.as_ref().unwrap().message.starts_with("there is no channel"), "{failed:?}");
    assert_eq!(text(&failed.attributes, "error.type"), Some("guild::guild::Error"));

    let updates: Vec<&&Span> = spans.values().filter(|span| span.name == "Presence/Update").collect();
    assert!(!updates.is_empty(), "no call to presence");
    for call in updates {
        assert!(parent(call).is_some_and(|parent| parent.name.starts_with("Guild/")), "{call:?}");
    }
}

/// The number behind `label` in the report's totals.
fn reported<'a>(report: &'a str, label: &str) -> Option<&'a str> {
    report.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()
}
