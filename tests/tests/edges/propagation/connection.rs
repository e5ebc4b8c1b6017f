//! Connections that live long: short spans, and links between them.

use traced_actor::context::{ContextState, MessageContext, SampledContext, TraceContext};
use traced_actor::record::FinishedSpan;
use traced_actor::{Envelope, testkit, traced_actor};
use traced_actor_propagation::{ClosedConnection, Connection, Edge};

use super::support::{TRACE, context, trace_id};

#[traced_actor(name = "ConnectionGuild")]
struct Post;

fn sampled() -> MessageContext {
    SampledContext::new(context(1)).into()
}

fn only(name: &str) -> FinishedSpan {
    let mut found = testkit::install().named(name);
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}

fn context_of(carried: &MessageContext) -> TraceContext {
    match carried.state() {
        ContextState::Sampled(sampled) => sampled.context,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_opening_goes_on_with_the_handshake_s_trace_and_ends_at_once() {
    testkit::install();
    let connection = Connection::open("opens", sampled());
    let open = only("opens/open");
    assert_eq!(open.context.trace_id, trace_id(TRACE));
    assert_eq!(connection.context().unwrap().context, open.context);
}

#[test]
fn a_message_without_a_context_starts_a_trace_that_is_linked_to_the_connection() {
    testkit::install();
    let connection = Connection::open("links", MessageContext::ABSENT);
    let open = only("links/open").context;

    let messages = [connection.message(MessageContext::ABSENT), connection.message(MessageContext::ABSENT)];
    let traces = messages.each_ref().map(|carried| context_of(carried).trace_id);
    assert!(traces[0] != traces[1] && !traces.contains(&open.trace_id), "no trace without end");
    for span in testkit::install().named("links/message") {
        assert_eq!((span.parent, span.links), (None, vec![open]));
    }
    // The actor's span goes below the message's.
    let [first, _] = messages;
    let parent = context_of(&first);
    drop(Envelope::new(Post, first).open());
    let spans = testkit::install().named("ConnectionGuild");
    let handled = spans.iter().find(|span| span.context.trace_id == parent.trace_id).unwrap();
    assert_eq!(handled.parent, Some(parent.span_id));
}

#[test]
fn a_message_with_a_context_of_its_own_goes_on_with_that() {
    testkit::install();
    let connection = Connection::open("own", MessageContext::ABSENT);
    assert_eq!(context_of(&connection.message(sampled())), context(1));
    assert!(connection.message(MessageContext::UNSAMPLED).is_unsampled());
    assert!(testkit::install().named("own/message").is_empty());
}

/// The sampling decision about the connection does not apply to its messages. Each message is decided separately.
#[test]
fn the_messages_of_a_connection_that_was_not_kept_have_traces_without_a_link() {
    testkit::install();
    let connection = Connection::open("not_kept", MessageContext::UNSAMPLED);
    assert_eq!(connection.context(), None);
    context_of(&connection.message(MessageContext::ABSENT));
    assert_eq!(only("not_kept/message").links, []);
    drop(connection);
    assert!(testkit::install().named("not_kept/close").is_empty());
}

#[test]
fn the_close_is_linked_to_the_opening_and_sums_up() {
    testkit::install();
    let connection = Connection::open("closes", MessageContext::ABSENT);
    for _ in 0..3 {
        connection.message(MessageContext::UNSAMPLED);
    }
    connection.close();
    let close = only("closes/close");
    assert_eq!((close.parent, close.links.clone()), (None, vec![only("closes/open").context]));
    assert_eq!(close.attribute("connection.messages").unwrap().to_string(), "3");
    assert!(close.attribute("connection.duration").is_some());
}

#[test]
fn a_connection_that_is_dropped_closes_once() {
    testkit::install();
    drop(Connection::open("drops", MessageContext::ABSENT));
    only("drops/close");
    Connection::open("closes_once", MessageContext::ABSENT).close();
    only("closes_once/close");
}

#[test]
fn a_reconnect_is_linked_to_the_connection_before_it() {
    testkit::install();
    let last = Connection::open("lost", MessageContext::ABSENT).close();
    // The session is stored meanwhile.
    let last = ClosedConnection::from_context(last.to_context());
    let again = Connection::reopen("again", MessageContext::ABSENT, &last);
    let open = only("again/open");
    assert_eq!((open.parent, open.links), (None, vec![only("lost/open").context]));
    assert_eq!(again.context().unwrap().context.trace_id, open.context.trace_id);

    // Nothing is known of the last one: as the first time.
    Connection::reopen("afresh", MessageContext::ABSENT, &ClosedConnection::default());
    assert_eq!(only("afresh/open").links, []);
}

/// A socket as a server has it: a handshake without headers, then messages with and without a context.
#[test]
fn a_browser_s_socket_from_end_to_end() {
    testkit::install();
    let edge = Edge::new("socket");
    let now = traced_actor::context::Timestamp::now();
    let query = format!("traceparent=00-{TRACE}-b7ad6b7169203331-01");
    let handshake = traced_actor_propagation::browser::from_query(&query);
    let connection = Connection::open("socket", edge.accept(&handshake, now).context);
    let first = traced_actor_propagation::browser::from_first_frame(&query).unwrap();
    assert_eq!(context_of(&connection.message(edge.accept(&first, now).context)), context(1));
    let none: [(&str, &str); 0] = [];
    connection.message(edge.accept(&none, now).context);
    connection.close();
    let spans = testkit::install().named("socket");
    let names: Vec<_> = spans.iter().map(|span| span.name).collect();
    assert_eq!(names, ["socket/open", "socket/message", "socket/close"]);
}
