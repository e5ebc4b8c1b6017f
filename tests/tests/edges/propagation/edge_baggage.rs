//! Baggage at an edge: which keys get in, and a decision by one of them.

use traced_actor::context::{ContextState, SampledContext, Timestamp};
use traced_actor::sampling::{Decision, Key, Operation, Sampler};
use traced_actor::{Envelope, Options, testkit, traced_actor};
use traced_actor_propagation::Format::{B3, Baggage, Jaeger, TraceContext};
use traced_actor_propagation::baggage::value;
use traced_actor_propagation::{
    CompositePropagator, Edge, Extraction, Outcome, ParseError, RateLimit, Trust,
};

const YES: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
const NO: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02");
const ACME: (&str, &str) = ("baggage", "role=admin,tenant=acme;ttl=1,Tenant=x,priority=7");

fn accept(edge: &Edge, headers: &[(&str, &str)]) -> Extraction {
    edge.accept(&headers.to_vec(), Timestamp::now())
}

fn sampled(arrived: &Extraction) -> &SampledContext {
    let ContextState::Sampled(context) = arrived.context.state() else { panic!("{arrived:?}") };
    context
}

/// Keeps the tenant `acme`, and drops everything else.
const BY_TENANT: Options = Options::new().sampler(|operation: &Operation<'_>| match operation.key {
    Some(Key::Str("acme")) => Decision::Keep { probability: Some(0.5), reason: "acme" },
    _ => Decision::Drop { reason: "others" },
});

#[test]
fn of_whom_is_not_trusted_the_named_keys_get_in_and_no_others() {
    testkit::install();
    let always = Options::new().start_always();
    let named: &[&'static str] = &["tenant", "priority", "absent"];
    let rows: [(Trust, &[&'static str], Option<&str>); 5] = [
        (Trust::Full, &[], Some(ACME.1)),
        (Trust::Full, &["tenant"], Some(ACME.1)),
        (Trust::Ids, &[], None),
        (Trust::Ids, named, Some("tenant=acme;ttl=1,priority=7")),
        (Trust::Ids, &["rol", "TENANT"], None),
    ];
    for (trust, keys, kept) in rows {
        let edge = Edge::new("edge").trust(trust).options(always).accept_baggage(keys.iter().copied());
        let arrived = accept(&edge, &[YES, ACME]);
        assert_eq!(sampled(&arrived).baggage.as_deref(), kept, "{trust:?} {keys:?}");
        assert_eq!(edge.read_baggage(&[ACME]).as_deref(), kept, "{trust:?} {keys:?}");
        // The same of an envelope off the wire.
        let mut carried = SampledContext::new(sampled(&arrived).context);
        carried.baggage = Some(ACME.1.into());
        let arrived = edge.accept_context(carried.into(), Timestamp::now());
        assert_eq!(sampled(&arrived).baggage.as_deref(), kept, "{trust:?} {keys:?}");
    }
    // The same keys are kept of an unsampled request.
    let edge = Edge::new("edge").trust(Trust::Ids).options(Options::new().start_never());
    let edge = edge.keep_unsampled(true).accept_baggage(["priority"]);
    let kept = accept(&edge, &[YES, ACME]).unsampled.unwrap();
    assert_eq!(kept.baggage.as_deref(), Some("priority=7"));
    // Nor does an edge that takes no context take baggage that it was not told of.
    assert_eq!(Edge::new("edge").trust(Trust::Ignore).read_baggage(&[ACME]), None);
    let edge = Edge::new("edge").trust(Trust::Ignore).accept_baggage(["tenant"]);
    assert_eq!(edge.read_baggage(&[ACME]).as_deref(), Some("tenant=acme;ttl=1"));
}

#[test]
fn named_keys_are_bounded_like_all_baggage_and_read_in_every_format() {
    testkit::install();
    let edge = Edge::new("edge").trust(Trust::Ids).accept_baggage(["a", "b"]).bounds(10, 7);
    assert_eq!(edge.read_baggage(&[("baggage", "x=0,a=1,b=2,a=3")]).as_deref(), Some("a=1,b=2"));
    let formats = CompositePropagator::new([TraceContext, Jaeger, Baggage]);
    let edge = Edge::new("edge").trust(Trust::Ids).accept_baggage(["tenant"]).formats(formats);
    let headers = [("uberctx-role", "admin"), ("uberctx-tenant", "acme")];
    assert_eq!(edge.read_baggage(&headers).as_deref(), Some("tenant=acme"));
}

/// Every row that this edge decides: a sender without a context, without a decision, not believed, beyond the limit.
#[test]
fn a_key_decides_where_the_edge_decides() {
    testkit::install();
    let edge = |trust| Edge::new("edge").trust(trust).options(BY_TENANT).sample_by("tenant");
    let untrusting = |trust| edge(trust).accept_baggage(["tenant"]);
    let none = || edge(Trust::Full).force_limit(RateLimit::new(0.0, 0));
    let other = ("baggage", "tenant=other");
    let b3 = ("b3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331");
    let with_b3 = CompositePropagator::new([TraceContext, B3, Baggage]);
    type Row<'a> = (Edge, &'a [(&'a str, &'a str)], Outcome);
    let rows: [Row<'_>; 7] = [
        (edge(Trust::Full), &[], Outcome::Nothing),
        (edge(Trust::Full), &[("traceparent", "00-")], Outcome::Malformed(TraceContext, ParseError::Length)),
        (untrusting(Trust::Ignore), &[YES], Outcome::Ignored),
        (untrusting(Trust::Ids), &[NO], Outcome::Decided(true)),
        (untrusting(Trust::Ids), &[YES], Outcome::Decided(true)),
        (none(), &[YES], Outcome::Limited(true)),
        (edge(Trust::Full).formats(with_b3), &[b3], Outcome::Decided(true)),
    ];
    for (edge, headers, outcome) in rows {
        let with = |baggage| accept(&edge, &[headers, &[baggage]].concat());
        let arrived = with(ACME);
        assert_eq!((arrived.outcome, sampled(&arrived).probability), (outcome, Some(0.5)), "{headers:?}");
        let baggage = sampled(&arrived).baggage.as_deref().unwrap();
        assert_eq!(value(baggage, "tenant").as_deref(), Some("acme"));
        assert!(with(other).context.is_unsampled(), "{headers:?}");
    }
    // The sender's own decision stands where it is believed.
    assert!(accept(&edge(Trust::Full), &[NO, ACME]).context.is_unsampled());
    assert_eq!(accept(&edge(Trust::Full), &[YES, other]).outcome, Outcome::Continued);
    // A key that is not accepted decides nothing: without the key, the sampler drops.
    assert!(accept(&edge(Trust::Ids), &[NO, ACME]).context.is_unsampled());
}

#[test]
fn without_baggage_or_without_the_option_a_request_without_a_context_is_left_to_its_message() {
    testkit::install();
    let always = Options::new().start_always();
    let edge = Edge::new("edge").options(always).sample_by("tenant");
    assert!(accept(&edge, &[]).context.is_absent());
    assert!(accept(&edge, &[("baggage", "=")]).context.is_absent());
    assert!(accept(&Edge::new("edge").options(always), &[ACME]).context.is_absent());
    let untrusting = Edge::new("edge").options(always).trust(Trust::Ids).sample_by("tenant");
    assert!(accept(&untrusting, &[ACME]).context.is_absent());
}

#[traced_actor(name = "Tenants")]
enum Message {
    Begin,
    #[traced(skip)]
    Pass,
}

/// The message is the root, and what it sends has the baggage; so too below a message without a span.
#[tokio::test]
async fn a_root_that_was_decided_by_a_key_has_no_parent_and_takes_its_baggage_along() {
    let spans = testkit::record();
    let edge = Edge::new("edge").options(BY_TENANT).sample_by("tenant");
    let context = || accept(&edge, &[ACME]).context;
    assert!(matches!(context().state(), ContextState::Sampled(root) if root.is_root));

    let (Message::Begin, mut handling) = Envelope::new(Message::Begin, context()).open() else { panic!() };
    let sent = {
        let _entered = handling.enter();
        Envelope::capture(Message::Begin)
    };
    handling.end_ok();
    let (_, mut passing) = Envelope::new(Message::Pass, context()).open();
    let below = {
        let _entered = passing.enter();
        Envelope::capture(Message::Begin)
    };
    passing.end_ok();
    let (_, handling) = below.open();
    handling.end_ok();

    let all = spans.all();
    assert_eq!(all.len(), 2);
    for span in &all {
        assert_eq!((span.name, span.parent, span.links.len()), ("Tenants/Begin", None, 0));
        assert!(span.context.flags.is_random());
        assert_eq!(span.attribute("sampling.probability").unwrap().to_string(), "0.5");
    }
    assert_eq!(all[0].attribute("sampling.reason").unwrap().to_string(), "edge");
    let (_, carried) = sent.into_parts();
    let ContextState::Sampled(carried) = carried.state() else { panic!("{carried:?}") };
    assert_eq!((carried.context, carried.is_root), (all[0].context, false));
    assert_eq!(carried.baggage.as_deref(), Some(ACME.1));
}

/// An envelope off the wire is treated like headers.
#[test]
fn an_edge_that_ignores_contexts_begins_with_the_accepted_baggage_of_an_envelope() {
    testkit::install();
    let ids = sampled(&accept(&Edge::new("edge"), &[YES])).clone();
    let carried = |list: &str| {
        let mut carried = SampledContext::new(ids.context);
        carried.baggage = Some(list.into());
        carried.into()
    };
    let edge = Edge::new("edge").trust(Trust::Ignore).options(BY_TENANT).accept_baggage(["tenant"]);
    let arrived = edge.accept_context(carried(ACME.1), Timestamp::now());
    assert!(arrived.context.is_absent());
    let edge = edge.sample_by("tenant");
    let arrived = edge.accept_context(carried(ACME.1), Timestamp::now());
    assert_eq!(arrived.outcome, Outcome::Ignored);
    assert!(sampled(&arrived).is_root && sampled(&arrived).context.trace_id != ids.context.trace_id);
    assert_eq!(sampled(&arrived).baggage.as_deref(), Some("tenant=acme;ttl=1"));
    assert!(edge.accept_context(carried("tenant=other"), Timestamp::now()).context.is_unsampled());
    assert!(edge.accept_context(carried("role=admin"), Timestamp::now()).context.is_absent());
}

/// A sampler that is asked about every message sees no tenant in it; the edge has seen it, and decided.
#[tokio::test]
async fn a_root_that_an_edge_decided_about_is_not_decided_about_again() {
    struct Everyone;
    impl Sampler for Everyone {
        fn sample(&self, operation: &Operation<'_>) -> Decision {
            match operation.key {
                Some(Key::Str("acme")) => Decision::Keep { probability: Some(0.5), reason: "acme" },
                _ => Decision::Drop { reason: "others" },
            }
        }

        fn resamples_children(&self) -> bool {
            true
        }
    }
    let spans = testkit::record_sampled(Everyone);
    let arrived = accept(&Edge::new("edge").sample_by("tenant"), &[ACME]);
    let (_, handling) = Envelope::new(Message::Begin, arrived.context).open();
    handling.end_ok();
    let [span] = &spans.all()[..] else { panic!("{:?}", spans.all()) };
    assert_eq!(span.attribute("sampling.probability").unwrap().to_string(), "0.5");
}

/// The last value counts, as it does for OpenTelemetry, whose baggage is a map.
#[test]
fn of_several_values_the_last_counts() {
    assert_eq!(value("a=1,b=x,a=%32;p", "a").as_deref(), Some("2"));
    assert_eq!(value("a=1", "A"), None);
    assert_eq!(value("a=", "a").as_deref(), Some(""));
}
