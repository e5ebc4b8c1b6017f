//! Tests the options of an actor in the same way with each framework.
//!
//! The module around this one contains what differs: the messages `Order`, the macros `actor!` and `start!`, and `tell`, which
//! sends orders and waits until they have been handled.

use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sampling::{Decision, Key, Operation};
use traced_actor::testkit::{self, assert_tree};

use super::*;
use crate::{caused, run};

/// Keeps only those of user 7 with at least 100 recipients, or of which nobody knows how many.
pub(super) fn large_of_seven(operation: &Operation<'_>) -> Decision {
    let is_large = operation.fanout.is_none_or(|recipients| recipients >= 100);
    if is_large && operation.key == Some(Key::Int(7)) {
        Decision::Keep { probability: Some(0.5), reason: "large" }
    } else {
        Decision::Drop { reason: "small" }
    }
}

pub(super) fn only_posts(operation: &Operation<'_>) -> Decision {
    if operation.kind.name() == "Post" && operation.actor == "Channel" {
        Decision::Keep { probability: None, reason: "a post" }
    } else {
        Decision::Drop { reason: "no post" }
    }
}

fn post(recipients: usize, user: i64) -> Order {
    Order::Post { recipients: vec![0; recipients], user, text: "hi".into() }
}

fn one_of_each() -> Vec<Order> {
    vec![
        post(1, 7),
        post(1, 8),
        Order::Important,
        Order::Chatter,
        Order::Asked(7),
        Order::Asked(8),
        Order::Flush,
    ]
}

/// Sends each order without a context to an actor, and returns the spans when it has handled them.
macro_rules! handled {
    ($actor:ident, $orders:expr) => {{
        let spans = testkit::record();
        run(async { tell(&start!($actor), $orders).await });
        spans
    }};
}

#[test]
fn a_kind_s_own_rule_is_before_its_actor_s() {
    actor!(Channel, start = sampler);
    let spans = handled!(Channel, one_of_each());
    assert_tree!(
        spans,
        r#"
        Channel/Asked
        Channel/Flush
        Channel/Important
        Channel/Post user="7" recipients=1 text="\"hi\"" text_len=2
        Channel/Post user="8" recipients=1 text="\"hi\"" text_len=2
        "#
    );
    let asked = &spans.named("Channel/Asked")[0];
    assert_eq!(asked.attribute("sampling.probability"), Some(&OwnedAttribute::Float(0.5)));
    assert_eq!(asked.attribute("sampling.reason"), Some(&"large".into()));
}

/// The message says `start = never`, which holds for an actor that says nothing.
#[test]
fn what_an_actor_does_not_say_its_message_says() {
    actor!(Silent, fanout_budget = 3);
    assert_tree!(
        handled!(Silent, one_of_each()),
        "
        Silent/Asked
        Silent/Important
        "
    );
}

#[test]
fn an_actor_has_a_name_and_a_sampler() {
    actor!(Chan, name = "Channel", sampler = only_posts);
    assert_tree!(
        handled!(Chan, one_of_each()),
        r#"
        Channel/Asked
        Channel/Important
        Channel/Post user="7" recipients=1 text="\"hi\"" text_len=2
        Channel/Post user="8" recipients=1 text="\"hi\"" text_len=2
        "#
    );
}

#[test]
fn a_sampler_is_told_of_the_fan_out_and_the_key() {
    actor!(Large, sampler = large_of_seven);
    let spans = handled!(Large, vec![post(99, 7), post(100, 8), post(100, 7)]);
    assert_eq!(spans.all().len(), 1);
    assert_eq!(spans.all()[0].attribute("recipients"), Some(&100.into()));
}

#[test]
fn an_actor_always_starts_traces() {
    actor!(Eager, start = always);
    // `Chatter` and the question of user 8 have their own rules.
    assert_eq!(handled!(Eager, one_of_each()).all().len(), 5);
}

/// It continues traces, and starts none.
#[test]
fn an_actor_only_goes_on() {
    actor!(Session, start = never);
    let spans = testkit::record();
    run(async {
        let session = start!(Session);
        tell(&session, vec![Order::Flush, post(1, 1)]).await;
        caused(tell(&session, vec![Order::Chatter, post(1, 7)])).await;
    });
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Session/Chatter
          Session/Post user="7" recipients=1 text="\"hi\"" text_len=2
        "#
    );
}

#[test]
fn a_link_takes_the_place_of_a_parent() {
    actor!(Writer, start = always);
    let spans = testkit::record();
    run(async {
        let writer = start!(Writer);
        caused(tell(&writer, vec![Order::Flush])).await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
        Writer/Flush ~ Cause/Cause
        "
    );
}

/// The spans of an actor with `hop_limit = 3` that tells itself to go on 8 times.
pub(super) const CUT: &str = "
    Loop/Again
      Loop/Again
        Loop/Again
    2 × Loop/Again ~ Loop/Again
      Loop/Again
        Loop/Again
    ";

/// Checks that a herald with a budget of 4 was traced to 4 of its readers, and that these stand for all.
pub(super) fn assert_thinned_out(spans: &testkit::Recording, readers: u32) {
    let kept = spans.named("Reader/Notice");
    assert_eq!(kept.len(), 4);
    let weight: f64 = kept.iter().map(weight).sum();
    assert!((weight - f64::from(readers)).abs() < 1e-9, "{weight}");
    let herald = spans.all().into_iter().find(|span| span.name.starts_with("Herald/")).unwrap();
    assert!(kept.iter().all(|span| span.parent == Some(herald.context.span_id)));
    let size = OwnedAttribute::Int(readers.into());
    assert_eq!(herald.attribute("sampling.fanout.size"), Some(&size), "{}", herald.name);
    assert_eq!(herald.attribute("sampling.fanout.selected"), Some(&4.into()), "{}", herald.name);
    assert_eq!(herald.attribute("error.type"), None);
}

/// Returns the number of messages that a span stands for.
fn weight(span: &FinishedSpan) -> f64 {
    match span.attribute("sampling.probability") {
        Some(OwnedAttribute::Float(probability)) => 1.0 / probability,
        _ => 1.0,
    }
}
