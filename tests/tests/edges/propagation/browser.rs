//! A browser that cannot set headers, and a client with Python's gRPC headers.

use traced_actor::context::Timestamp;
use traced_actor::{Envelope, Message, testkit, traced_actor};
use traced_actor_propagation::{Edge, browser};

use super::support::{TRACE, trace_id};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_query_gives_the_headers_that_are_ours() {
    let rows: [(String, &[(&str, &str)]); 6] = [
        (format!("traceparent={PARENT}"), &[("traceparent", PARENT)]),
        (
            format!("room=7&traceparent={PARENT}&tracestate=a%3D1%2Cb%3d2&baggage=user%3Dalice%2520b"),
            &[("traceparent", PARENT), ("tracestate", "a=1,b=2"), ("baggage", "user=alice%20b")],
        ),
        ("Traceparent=x&traceparent".into(), &[]),
        (String::new(), &[]),
        // Twice is malformed, as in headers; that is the edge's to see.
        ("traceparent=a&traceparent=b".into(), &[("traceparent", "a"), ("traceparent", "b")]),
        (format!("traceparent={}", "x".repeat(20_000)), &[]),
    ];
    for (query, expected) in rows {
        let found = browser::from_query(&query);
        let found: Vec<_> = found.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(found, expected, "{query:.80}");
    }
}

/// 16 KiB are looked at, and not a byte more.
#[test]
fn a_text_has_a_bound() {
    for (length, looked_at) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        let query = format!("{:&<length$}", format!("traceparent={PARENT}"));
        assert_eq!(browser::from_query(&query).len(), usize::from(looked_at));
        let protocols = format!("{:,<length$}", format!("traceparent.{PARENT}"));
        assert_eq!(browser::from_protocols(&protocols).0.len(), usize::from(looked_at));
    }
}

#[test]
fn sub_protocols_give_headers_and_leave_the_others() {
    let list = format!("graphql-ws, traceparent.{PARENT},tracestate.a%3D1 , v1.chat");
    let (headers, left) = browser::from_protocols(&list);
    assert_eq!(headers, [("traceparent", PARENT.to_owned()), ("tracestate", "a=1".to_owned())]);
    assert_eq!(left, ["graphql-ws", "v1.chat"]);
}

#[test]
fn a_first_frame_is_ours_only_if_it_begins_so() {
    let headers = browser::from_first_frame(&format!("traceparent={PARENT}&tracestate=a%3D1")).unwrap();
    assert_eq!(headers.len(), 2);
    for frame in ["", "hello", "{\"op\":2}", "traceparents=1", "room=1&traceparent=x"] {
        assert_eq!(browser::from_first_frame(frame), None, "{frame}");
    }
    // A frame that only starts like a context may belong to the application, and is not consumed; nor is a message with
    // a context in front.
    for frame in
        ["traceparent=none", "baggage=lost", "tracestate=a=1", &format!("traceparent={PARENT}\nhello")]
    {
        assert_eq!(browser::from_first_frame(frame), None, "{frame}");
    }
    let jaeger = "uber-trace-id=af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1";
    assert_eq!(browser::from_first_frame(jaeger).map(|headers| headers.len()), Some(1));
}

#[traced_actor(name = "Guild")]
enum Command {
    Join { session: u64 },
}

/// The user's action, as the client began it, goes on in the actor.
#[test]
fn a_browser_and_python_s_grpc_go_on_into_an_actor() {
    let spans = testkit::install();
    let edge = Edge::new("gateway");
    let (python_trace, python) = (
        "1af7651916cd43dd8448eb211c80319c",
        // As opentelemetry-python sends it: both flags.
        [
            ("user-agent", "grpc-python/1.62"),
            ("traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"),
        ],
    );
    let browser = browser::from_query(&format!("encoding=json&traceparent={PARENT}"));
    let arrivals = [edge.accept(&browser, Timestamp::now()), edge.accept(&python, Timestamp::now())];
    for (session, arrived) in arrivals.into_iter().enumerate() {
        let message = Command::Join { session: session as u64 };
        assert_eq!(message.kind().name(), "Join");
        let (Command::Join { session: joined }, handling) = Envelope::new(message, arrived.context).open();
        assert_eq!(joined, session as u64);
        handling.end_ok();
    }
    for (trace, random) in [(TRACE, false), (python_trace, true)] {
        let of_trace =
            spans.named("Guild").into_iter().filter(|span| span.context.trace_id == trace_id(trace));
        let found: Vec<_> = of_trace.collect();
        assert_eq!(found.len(), 1, "{trace}");
        assert_eq!(found[0].parent.unwrap().to_string(), "b7ad6b7169203331");
        assert_eq!(found[0].context.flags.is_random(), random, "the flag is kept as it came");
    }
}
