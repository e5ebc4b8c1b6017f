//! Each strategy's decisions, and the state that survives an update.

use std::time::Duration;

use super::*;
use crate::clock::ManualClock;
use crate::jaeger::Operations;
use crate::jaeger::state::MAX_OPERATIONS;
use traced_actor::Kind;
use traced_actor::context::TraceId;
use traced_actor::sampling::SamplerAttributes;

static POST: Kind = Kind::new("Post");
static JOIN: Kind = Kind::new("Join");

const HIGH: u128 = u128::MAX;
const LOW: u128 = 1 << 56;

/// The decision, and its attributes for Jaeger.
fn decide(
    sampler: &JaegerRemote<ManualClock>,
    kind: &'static Kind,
    id: u128,
) -> (Decision, Vec<SamplerAttribute>) {
    decide_for(sampler, "Guild", kind, id)
}

fn decide_for(
    sampler: &JaegerRemote<ManualClock>,
    actor: &str,
    kind: &'static Kind,
    id: u128,
) -> (Decision, Vec<SamplerAttribute>) {
    let attributes = SamplerAttributes::new();
    let root = Operation::root(actor, kind, TraceId::new(id).unwrap());
    let decision = sampler.sample(&root.with_attributes(&attributes));
    let names: Vec<&str> = attributes.iter().map(|(name, _)| name).collect();
    assert!(names.is_empty() || names == ["sampler.type", "sampler.param"]);
    (decision, attributes.iter().map(|(_, value)| value).collect())
}

fn kept(
    probability: Option<f64>,
    reason: &'static str,
    kind: &'static str,
    param: f64,
) -> (Decision, Vec<SamplerAttribute>) {
    (
        Decision::Keep { probability, reason },
        vec![SamplerAttribute::Str(kind), SamplerAttribute::Float(param)],
    )
}

fn dropped(reason: &'static str) -> (Decision, Vec<SamplerAttribute>) {
    (Decision::Drop { reason }, Vec::new())
}

fn operations(default: f64, lower_bound: f64, list: &[(&str, f64)]) -> Strategy {
    let list = list.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
    Strategy::Operations(Operations::new(default, lower_bound, list))
}

#[test]
fn each_kind_decides_and_says_so() {
    let clock = ManualClock::new();
    let sampler = JaegerRemote::with_clock(clock.clone());
    assert_eq!(decide(&sampler, &POST, HIGH), kept(Some(0.001), "ratio", "probabilistic", 0.001));
    assert_eq!(decide(&sampler, &POST, LOW), dropped("ratio"));

    sampler.apply(&Strategy::RateLimiting(2.0));
    assert_eq!(decide(&sampler, &POST, LOW), kept(Some(1.0), "rate_limit", "ratelimiting", 2.0));
    assert_eq!(decide(&sampler, &POST, LOW), kept(Some(1.0), "rate_limit", "ratelimiting", 2.0));
    assert_eq!(decide(&sampler, &POST, LOW), dropped("rate_limit"));

    sampler.apply(&operations(0.5, 1.0, &[("Guild/Post", 0.25)]));
    assert_eq!(decide(&sampler, &POST, HIGH), kept(Some(0.25), "ratio", "probabilistic", 0.25));
    // This used up Post's credit. Join, which is not listed, has its own credit.
    assert_eq!(decide(&sampler, &POST, LOW), dropped("ratio"));
    assert_eq!(decide(&sampler, &JOIN, LOW), kept(None, "lowerbound", "lowerbound", 0.5));
    assert_eq!(decide(&sampler, &JOIN, LOW), dropped("ratio"));
    clock.advance(Duration::from_secs(1));
    assert_eq!(decide(&sampler, &POST, LOW), kept(None, "lowerbound", "lowerbound", 0.25));
}

/// Post has spent its credit of 1/s. A new lower bound of 1/2 s leaves it empty, for the two seconds of a new one.
#[test]
fn an_update_keeps_what_is_left_of_each_operation_s_bound() {
    let clock = ManualClock::new();
    let sampler = JaegerRemote::with_clock(clock.clone());
    sampler.apply(&operations(0.0, 1.0, &[("Guild/Post", 0.0)]));
    assert_eq!(decide(&sampler, &POST, LOW).0, Decision::Keep { probability: None, reason: "lowerbound" });
    assert_eq!(decide(&sampler, &JOIN, LOW).0, Decision::Keep { probability: None, reason: "lowerbound" });
    sampler.apply(&operations(0.0, 0.5, &[("Guild/Post", 0.0)]));
    clock.advance(Duration::from_millis(1999));
    assert_eq!(decide(&sampler, &POST, LOW), dropped("ratio"));
    assert_eq!(decide(&sampler, &JOIN, LOW), dropped("ratio"), "one that is not listed is known as well");
    clock.advance(Duration::from_millis(1));
    assert_eq!(decide(&sampler, &POST, LOW).0, Decision::Keep { probability: None, reason: "lowerbound" });
    assert_eq!(decide(&sampler, &JOIN, LOW).0, Decision::Keep { probability: None, reason: "lowerbound" });
}

#[test]
fn beyond_the_table_s_limit_there_is_no_lower_bound() {
    let sampler = JaegerRemote::with_clock(ManualClock::new());
    sampler.apply(&operations(0.5, 1.0, &[]));
    for i in 0..MAX_OPERATIONS {
        let (decision, _) = decide_for(&sampler, &i.to_string(), &POST, LOW);
        assert_eq!(decision, Decision::Keep { probability: None, reason: "lowerbound" }, "{i}");
    }
    assert_eq!(decide_for(&sampler, "one more", &POST, LOW), dropped("ratio"));
    assert_eq!(decide_for(&sampler, "one more", &POST, HIGH), kept(Some(0.5), "ratio", "probabilistic", 0.5));
}
