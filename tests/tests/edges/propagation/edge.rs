//! The decisions about incoming contexts: trust, the limit on forced traces, bounds, and the parts that are kept.

use traced_actor::context::{ContextState, Timestamp};
use traced_actor::sampling::{Ratio, Sampler};
use traced_actor::{Options, testkit};
use traced_actor_propagation::Format::{B3, Jaeger, TraceContext};
use traced_actor_propagation::{
    CompositePropagator, Edge, Extraction, Outcome, Outgoing, ParseError, RateLimit, Tag, Trust,
};

use super::support::{SPAN, TRACE, context};

const YES: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
const NO: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02");
const STATE: (&str, &str) = ("tracestate", "ta=w:0.5;h:60,ot=th:8;rv:00000000000001,vendor=x");
const BAGGAGE: (&str, &str) = ("baggage", "user=alice");

fn accept(edge: &Edge, headers: &[(&str, &str)]) -> Extraction {
    testkit::install();
    edge.accept(&headers.to_vec(), at(0))
}

fn at(milliseconds: u64) -> Timestamp {
    Timestamp::from_unix_nanos(1_800_000_000_000_000_000 + milliseconds * 1_000_000)
}

#[derive(Debug, PartialEq)]
enum Seen {
    Absent,
    Unsampled,
    Sampled,
}

fn seen(arrived: &Extraction) -> Seen {
    match arrived.context.state() {
        ContextState::Absent => Seen::Absent,
        ContextState::Unsampled => Seen::Unsampled,
        ContextState::Sampled(_) => Seen::Sampled,
    }
}

/// An edge that decides for a trace, and one that decides against, to distinguish our decision from the sender's.
#[test]
fn each_trust_believes_what_its_row_says() {
    let (always, never) = (Options::new().start_always(), Options::new().start_never());
    let rows = [
        (Trust::Ignore, always, YES, Seen::Absent, Outcome::Ignored),
        (Trust::Ignore, always, NO, Seen::Absent, Outcome::Ignored),
        (Trust::Ids, always, YES, Seen::Sampled, Outcome::Decided(true)),
        (Trust::Ids, always, NO, Seen::Sampled, Outcome::Decided(true)),
        (Trust::Ids, never, YES, Seen::Unsampled, Outcome::Decided(false)),
        (Trust::Ids, never, NO, Seen::Unsampled, Outcome::Decided(false)),
        (Trust::Full, never, YES, Seen::Sampled, Outcome::Continued),
        (Trust::Full, always, NO, Seen::Unsampled, Outcome::Unsampled),
    ];
    for (trust, options, header, state, outcome) in rows {
        let arrived = accept(&Edge::new("edge").trust(trust).options(options), &[header]);
        assert_eq!((seen(&arrived), arrived.outcome), (state, outcome), "{trust:?} {header:?}");
        assert_eq!(arrived.unsampled, None);
    }
}

#[test]
fn with_full_trust_everything_comes_along() {
    let arrived = accept(&Edge::new("edge"), &[YES, STATE, BAGGAGE]);
    let ContextState::Sampled(found) = arrived.context.state() else { panic!("{arrived:?}") };
    assert_eq!(found.context, context(3));
    assert_eq!((found.probability, found.hops, found.remote), (Some(0.5), 60, true));
    assert_eq!(found.tracestate.as_deref(), Some("ot=th:8;rv:00000000000001,vendor=x"));
    assert_eq!(found.baggage.as_deref(), Some("user=alice"));
    assert_eq!(found.sent, Some(at(0)), "the wait in the mailbox begins here");
}

/// An outsider's weight would falsify our counts, and its hops would cut our traces.
#[test]
fn with_ids_alone_the_weight_is_ours_and_baggage_stays_outside() {
    let edge = Edge::new("edge").trust(Trust::Ids).options(Options::new().start_always());
    let arrived = accept(&edge, &[NO, STATE, BAGGAGE]);
    let ContextState::Sampled(found) = arrived.context.state() else { panic!("{arrived:?}") };
    assert_eq!(found.context, context(3), "sampled now, and still random");
    assert_eq!((found.probability, found.hops), (Some(1.0), 0));
    // OpenTelemetry's threshold was about the sender's decision; its other fields stand.
    assert_eq!(found.tracestate.as_deref(), Some("ot=rv:00000000000001,vendor=x"));
    assert_eq!(found.baggage, None);
}

#[test]
fn what_is_missing_or_malformed_starts_here() {
    let rows: [(&[(&str, &str)], Outcome); 4] = [
        (&[], Outcome::Nothing),
        (&[("tracestate", "a=1")], Outcome::Nothing),
        (&[("traceparent", "00-x")], Outcome::Malformed(TraceContext, ParseError::Length)),
        (&[YES, YES], Outcome::Malformed(TraceContext, ParseError::Several)),
    ];
    for trust in [Trust::Ids, Trust::Full] {
        for (headers, outcome) in rows {
            let arrived = accept(&Edge::new("edge").trust(trust), headers);
            assert_eq!((seen(&arrived), arrived.outcome), (Seen::Absent, outcome), "{headers:?}");
        }
    }
}

/// B3 without a sampling state: the sender left it to us, however much it is trusted.
#[test]
fn an_open_decision_is_ours() {
    let headers = [("b3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")];
    for (options, state) in
        [(Options::new().start_always(), Seen::Sampled), (Options::new().start_never(), Seen::Unsampled)]
    {
        let edge = Edge::new("edge").formats(CompositePropagator::new([B3])).options(options);
        let arrived = accept(&edge, &headers);
        assert_eq!(arrived.outcome, Outcome::Decided(state == Seen::Sampled));
        assert_eq!(seen(&arrived), state);
    }
}

/// A request for a trace without ids gets a recorded root, so that no span has an unknown parent.
#[test]
fn a_demand_without_ids_gets_a_root_of_ours() {
    let spans = testkit::install();
    for (format, name, header) in
        [(Jaeger, "forced_by_jaeger", ("jaeger-debug-id", "me")), (B3, "forced_by_b3", ("b3", "d"))]
    {
        let arrived = accept(&Edge::new(name).formats(CompositePropagator::new([format])), &[header]);
        let ContextState::Sampled(found) = arrived.context.state() else { panic!("{arrived:?}") };
        let roots = spans.named(name);
        assert_eq!(roots.len(), 1);
        assert_eq!((roots[0].name, roots[0].context), (&*format!("{name}/forced"), found.context));
    }
    let arrived = accept(&Edge::new("edge").formats(CompositePropagator::new([B3])), &[("b3", "0")]);
    assert_eq!(seen(&arrived), Seen::Unsampled);
}

#[test]
fn what_is_kept_of_the_unsampled_goes_on_under_its_trace_id() {
    let edge = Edge::new("edge").keep_unsampled(true);
    let arrived = accept(&edge, &[NO, ("tracestate", "vendor=x"), BAGGAGE]);
    assert_eq!(seen(&arrived), Seen::Unsampled);
    let kept = arrived.unsampled.unwrap();
    assert_eq!(kept.context, context(2));

    let mut headers: Vec<(String, String)> = Vec::new();
    edge.propagator().inject_outgoing(&Outgoing::unsampled_of(&kept), &mut headers);
    assert_eq!(headers[0].1[..36], format!("00-{TRACE}-"));
    assert_ne!(headers[0].1[36..52], *SPAN, "a span id of its own");
    assert_eq!(headers[0].1[52..], *"-02");
    assert_eq!(
        headers[1..],
        [("tracestate".to_owned(), "vendor=x".to_owned()), ("baggage".to_owned(), "user=alice".to_owned())]
    );
}

/// The random flag goes on as it came, set or not, and nothing else does.
#[test]
fn the_flags_of_what_is_kept_are_those_that_came() {
    for (came, goes_on) in [("00", "00"), ("02", "02"), ("fc", "00")] {
        let header = format!("00-{TRACE}-{SPAN}-{came}");
        let arrived = accept(&Edge::new("edge").keep_unsampled(true), &[("traceparent", &header)]);
        let kept = arrived.unsampled.unwrap();
        let mut headers: Vec<(String, String)> = Vec::new();
        CompositePropagator::default().inject_outgoing(&Outgoing::unsampled_of(&kept), &mut headers);
        assert_eq!(headers[0].1[53..], *goes_on, "{came}");
    }
}

#[test]
fn lists_are_cut_to_the_edge_s_bounds() {
    let edge = Edge::new("edge").bounds(7, 7);
    let arrived = accept(&edge, &[YES, ("tracestate", "a=1,b=2,c=3"), ("baggage", "a=1,b=2,c=3")]);
    let ContextState::Sampled(found) = arrived.context.state() else { panic!("{arrived:?}") };
    assert_eq!(found.tracestate.as_deref(), Some("a=1,b=2"));
    assert_eq!(found.baggage.as_deref(), Some("a=1,b=2"));
}

/// Half of all traces by `rv` where there is one, else by the trace id; [`TRACE`] itself is in the lower half.
#[test]
fn the_edge_decides_by_the_randomness_that_every_service_sees() {
    let half = Options::new().sampler(|operation| Ratio::new(0.5).sample(operation));
    let high = ("traceparent", "00-0af7651916cd43dd84f8eb211c80319c-b7ad6b7169203331-02");
    let rv = |list| ("tracestate", list);
    let rows: [(&[(&str, &str)], bool); 5] = [
        (&[NO], false),
        (&[high], true),
        (&[NO, rv("ot=rv:80000000000000")], true),
        (&[high, rv("ot=rv:7fffffffffffff")], false),
        (&[high, rv("ot=rv:7")], true), // not 14 digits
    ];
    for (headers, kept) in rows {
        let arrived = accept(&Edge::new("edge").trust(Trust::Ids).options(half), headers);
        assert_eq!(arrived.outcome, Outcome::Decided(kept), "{headers:?}");
    }
}

/// The sampling entries of an untrusted sender are not passed on as our own.
#[test]
fn of_a_stranger_s_unsampled_trace_our_own_entry_is_not_kept() {
    let never = Options::new().start_never();
    let rows =
        [(STATE.1, Some("ot=th:8;rv:00000000000001,vendor=x")), ("ta=h:60", None), ("a=1", Some("a=1"))];
    for (list, kept) in rows {
        let edge = Edge::new("edge").trust(Trust::Ids).options(never).keep_unsampled(true);
        let arrived = accept(&edge, &[NO, ("tracestate", list)]);
        assert_eq!(arrived.unsampled.unwrap().tracestate.as_deref(), kept, "{list}");
    }
}

/// A header that asks for a trace, with every trust and whatever the sender's own context says.
#[test]
fn a_tag_forces_a_trace_where_the_sender_is_trusted() {
    let never = Options::new().start_never();
    let tag = ("X-Capture", "1");
    type Row<'a> = (Trust, &'a [(&'a str, &'a str)], Seen, Outcome);
    let rows: [Row<'_>; 9] = [
        (Trust::Full, &[tag], Seen::Sampled, Outcome::Forced),
        (Trust::Full, &[("X-Capture", "0")], Seen::Absent, Outcome::Nothing),
        (Trust::Full, &[NO, tag], Seen::Sampled, Outcome::Forced),
        (Trust::Full, &[NO, ("baggage", "a=1,capture=true")], Seen::Sampled, Outcome::Forced),
        (Trust::Full, &[YES, tag], Seen::Sampled, Outcome::Continued),
        (Trust::Full, &[YES, YES, tag], Seen::Sampled, Outcome::Forced),
        (Trust::Ids, &[NO, tag], Seen::Unsampled, Outcome::Decided(false)),
        (Trust::Ids, &[tag], Seen::Absent, Outcome::Nothing),
        (Trust::Ignore, &[NO, tag], Seen::Absent, Outcome::Ignored),
    ];
    for (trust, headers, state, outcome) in rows {
        let edge = Edge::new("edge").trust(trust).options(never);
        let edge = edge.forced_by(Tag::header("x-capture")).forced_by(Tag::baggage("capture"));
        let arrived = accept(&edge, headers);
        assert_eq!((seen(&arrived), arrived.outcome), (state, outcome), "{trust:?} {headers:?}");
    }
}

/// A forced trace keeps its ids, and stands only for itself, whatever the sender's threshold was.
#[test]
fn a_forced_trace_goes_on_under_its_ids_or_has_a_root_that_says_why() {
    let spans = testkit::install();
    let edge = Edge::new("forced_by_tag").forced_by(Tag::header("x-capture"));
    let tag = ("x-capture", "true");
    let arrived = accept(&edge, &[NO, STATE, tag]);
    let ContextState::Sampled(found) = arrived.context.state() else { panic!("{arrived:?}") };
    assert_eq!((found.context, found.probability, found.hops), (context(3), None, 60));
    assert_eq!(found.tracestate.as_deref(), Some("ot=rv:00000000000001,vendor=x"));

    let arrived = accept(&edge, &[tag, BAGGAGE]);
    let ContextState::Sampled(found) = arrived.context.state() else { panic!("{arrived:?}") };
    let roots = spans.named("forced_by_tag/forced");
    assert_eq!((roots.len(), roots[0].context), (1, found.context));
    assert_eq!(roots[0].attribute("sampling.reason").unwrap().to_string(), "forced");
    assert_eq!((found.probability, found.baggage.as_deref()), (None, Some("user=alice")));
}

/// Tags and flags share the limit.
#[test]
fn a_tag_is_honoured_as_often_as_the_limit_allows() {
    testkit::install();
    let edge = Edge::new("edge")
        .forced_by(Tag::header("x-capture"))
        .force_limit(RateLimit::new(10.0, 2))
        .options(Options::new().start_never());
    let tag = ("x-capture", "1");
    let at_once = [vec![NO, tag], vec![YES], vec![NO, tag], vec![tag]];
    let outcomes = at_once.map(|headers| edge.accept(&headers, at(0)).outcome);
    assert_eq!(outcomes, [Outcome::Forced, Outcome::Continued, Outcome::Unsampled, Outcome::Nothing]);
    assert_eq!(edge.accept(&[tag], at(100)).outcome, Outcome::Forced);
}

/// Beyond the limit the flag is not believed, and the edge decides for itself.
#[test]
fn outsiders_can_force_so_many_traces_a_second() {
    testkit::install();
    let edge = Edge::new("edge").force_limit(RateLimit::new(10.0, 2)).options(Options::new().start_never());
    let outcomes = [0, 0, 0, 99, 100, 100, 200].map(|time| edge.accept(&[YES], at(time)).outcome);
    use Outcome::{Continued, Limited};
    let no = Limited(false);
    assert_eq!(outcomes, [Continued, Continued, no, no, Continued, no, Continued]);
    // An unsampled request uses up nothing.
    for _ in 0..10 {
        assert_eq!(edge.accept(&[NO], at(300)).outcome, Outcome::Unsampled);
    }
    assert_eq!(edge.accept(&[YES], at(300)).outcome, Continued);
}

/// One a second, asked ten times a second for a minute: refilling in whole seconds would keep one.
#[test]
fn a_limit_that_is_asked_often_still_refills() {
    let limit = RateLimit::new(1.0, 1);
    let kept = (0..600).filter(|i| limit.allow(at(i * 100))).count();
    assert_eq!(kept, 60);
}

#[test]
fn a_limit_keeps_to_its_rate_and_burst_whatever_it_is() {
    let cases =
        [(0.5, 1, 30), (0.1, 3, 3 + 5), (1000.0, 1, 600), (0.0, 5, 0), (-1.0, 5, 0), (f64::NAN, 5, 0)];
    for (rate, burst, expected) in cases {
        let limit = RateLimit::new(rate, burst);
        let kept = (0..600).filter(|i| limit.allow(at(i * 100))).count();
        assert_eq!(kept, expected, "{rate} a second, {burst} at once");
    }
    // A clock that is set back adds nothing, and takes nothing.
    let limit = RateLimit::new(1.0, 1);
    assert!(limit.allow(at(1000)));
    assert!(!limit.allow(at(0)));
    assert!(limit.allow(at(2000)));
}

#[test]
fn a_limit_is_kept_across_threads() {
    let limit = RateLimit::new(1.0, 100);
    let count = || (0..1000).filter(|_| limit.allow(at(0))).count();
    let total: usize = std::thread::scope(|scope| {
        [0; 4].map(|_| scope.spawn(count)).map(|thread| thread.join().unwrap()).iter().sum()
    });
    assert_eq!(total, 100);
}
