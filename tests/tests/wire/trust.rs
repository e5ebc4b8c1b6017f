//! Trust in an envelope off the wire, and the fields that no carrier is trusted with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use traced_actor::context::{ContextState, MessageContext, SampledContext, Timestamp};
use traced_actor::{Envelope, TraceFlags};
use traced_actor_propagation::{Edge, Outcome, RateLimit, Trust};
use traced_actor_wire::codec::{Cbor, Json, Msgpack, Postcard};
use traced_actor_wire::rollout::{Hello, PhaseSetting, Rollout};
use traced_actor_wire::{Codec, Encoding, Prefixed, Sidecar};

use crate::support::{Message, assert_arrived, full_context};

fn accept(edge: &Edge, carried: impl Into<MessageContext>) -> (Outcome, MessageContext) {
    let bytes = Postcard.encode(&Envelope::new(Message::Tick, carried.into()), Encoding::Envelope).unwrap();
    let (_, carried) = Postcard.decode::<Message>(&bytes).unwrap().into_parts();
    let arrived = edge.accept_context(carried, Timestamp::now());
    (arrived.outcome, arrived.context)
}

#[test]
fn full_trust_takes_an_envelope_as_it_is() {
    let edge = Edge::new("node");
    let (outcome, carried) = accept(&edge, full_context());
    assert_eq!(outcome, Outcome::Continued);
    assert_arrived(&full_context().into(), carried.state());
    let (outcome, carried) = accept(&edge, MessageContext::UNSAMPLED);
    assert_eq!((outcome, carried.state()), (Outcome::Unsampled, ContextState::Unsampled));
    let (outcome, carried) = accept(&edge, MessageContext::ABSENT);
    assert_eq!((outcome, carried.state()), (Outcome::Nothing, ContextState::Absent));
}

#[test]
fn full_trust_has_bounds_and_a_rate() {
    let edge = Edge::new("node").bounds(20, 20).force_limit(RateLimit::new(1e-6, 1));
    let (outcome, carried) = accept(&edge, full_context());
    assert_eq!(outcome, Outcome::Continued);
    let ContextState::Sampled(context) = carried.state() else { panic!("{carried:?}") };
    assert_eq!(context.tracestate.as_deref(), Some("congo=t61rcWkgMzE"));
    assert_eq!(context.baggage.as_deref(), Some("userId=alice"));
    // The second is one too many: our own decision, and nobody records here.
    let (outcome, carried) = accept(&edge, full_context());
    assert_eq!((outcome, carried.state()), (Outcome::Limited(false), ContextState::Absent));
}

#[test]
fn nothing_is_nothing() {
    let edge = Edge::new("node").trust(Trust::Ignore);
    for carried in [full_context().into(), MessageContext::UNSAMPLED, MessageContext::ABSENT] {
        let (outcome, carried) = accept(&edge, carried);
        assert_eq!((outcome, carried.state()), (Outcome::Ignored, ContextState::Absent));
    }
}

/// The sender's flag, weight, hops and baggage count for nothing, and neither does its "no". (What a sampler then makes of
/// the ids is in `sampling/process_wide.rs`, where there is one.)
#[test]
fn ids_alone_decide_nothing() {
    let edge = Edge::new("node").trust(Trust::Ids);
    let (outcome, carried) = accept(&edge, full_context());
    assert_eq!((outcome, carried.state()), (Outcome::Decided(false), ContextState::Absent));
    let (outcome, carried) = accept(&edge, MessageContext::UNSAMPLED);
    assert_eq!((outcome, carried.state()), (Outcome::Decided(false), ContextState::Absent));
}

#[test]
fn a_connection_keeps_its_edge_over_a_reconnect() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let bytes = Json.encode(&Envelope::new(Message::Tick, full_context()), Encoding::Envelope).unwrap();
    let connection = rollout.connect("partner").edge(Arc::new(Edge::new("partners").trust(Trust::Ignore)));
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    let connection = connection.reconnect();
    let route = connection.route("Guild");
    assert_eq!(route.decode::<_, Message>(&Json, &bytes).unwrap().state(), ContextState::Absent);
    // It arrived as an envelope, whatever of it is believed.
    assert_eq!(rollout.snapshot().total().enveloped, 1);

    let route = rollout.connect("ours");
    let read: Envelope<Message> = route.route("Guild").decode(&Json, &bytes).unwrap();
    assert_arrived(&full_context().into(), read.state());
}

/// A weight is the inverse of a probability: one that would be infinite, or more than there are trace ids, is refused
/// wherever it stands.
#[test]
fn a_probability_without_an_inverse_is_refused_in_every_carrier() {
    #[derive(Serialize, Deserialize)]
    struct Reading {
        device: u8,
    }
    fn refuses<C: Codec, M>(codec: &C, message: impl Fn() -> M)
    where
        M: Serialize + serde::de::DeserializeOwned,
    {
        for (probability, believed) in [
            (1e-320, false),
            (f64::MIN_POSITIVE, false),
            (1e-300, false),
            (1e-17, false),
            (1.4e-17, true),
            (0.5, true),
        ] {
            let mut context: SampledContext = full_context();
            context.probability = Some(probability);
            let bytes = codec.encode(&Envelope::new(message(), context), Encoding::Envelope).unwrap();
            let envelope: Envelope<M> = codec.decode(&bytes).unwrap();
            let ContextState::Sampled(context) = envelope.state() else { panic!("{}", C::NAME) };
            let expected = believed.then_some(probability);
            assert_eq!(context.probability, expected, "{} {probability:e}", C::NAME);
        }
    }
    refuses(&Json, || Message::Tick);
    refuses(&Postcard, || Message::Tick);
    refuses(&Cbor, || Message::Tick);
    refuses(&Msgpack, || Message::Tick);
    refuses(&Sidecar::new(Json), || Reading { device: 1 });
    refuses(&Sidecar::new(Cbor), || Reading { device: 1 });
    refuses(&Prefixed::new(Json), || Reading { device: 1 });
}

/// Numbers that are not probabilities, in the bytes of the binary carrier. No writer of ours writes them.
#[test]
fn a_forged_weight_costs_only_the_weight() {
    for tag in [3_u8, 6] {
        for number in [0.0, -1.0, f64::NAN, f64::INFINITY, 1.0 + f64::EPSILON, 2.0, 1e-320, 5e-324] {
            let mut context = vec![0_u8, 1];
            context.extend([7; 16]);
            context.extend([9; 8]);
            #[expect(clippy::cast_possible_truncation, reason = "forged anyway")]
            if tag == 3 {
                context.extend([tag, 8]);
                context.extend(f64::to_le_bytes(number));
            } else {
                let part = if number > 1.0 { 1.5 } else { number as f32 };
                context.extend([tag, 4]);
                context.extend(part.to_le_bytes());
            }
            let bytes = [&[127, u8::try_from(context.len()).unwrap()][..], &context, &[3]].concat();
            let envelope: Envelope<Message> = Postcard.decode(&bytes).unwrap();
            let ContextState::Sampled(context) = envelope.state() else { panic!("{number}") };
            assert_eq!(context.probability, None, "{number}");
        }
    }
}

/// A sender that records what it does not sample asks for nothing: its contexts take nothing from the limit on those that
/// do, and are no sampled ones.
#[test]
fn what_is_recorded_and_not_sampled_takes_nothing_from_the_limit() {
    let edge = Edge::new("node").force_limit(RateLimit::new(1e-6, 2));
    let mut provisional = full_context();
    provisional.context.flags = TraceFlags::NONE;
    for _ in 0..100 {
        let arrived = edge.accept_context(provisional.clone().into(), Timestamp::now());
        assert_eq!(arrived.outcome, Outcome::Unsampled);
        let ContextState::Sampled(context) = arrived.context.state() else { panic!("{arrived:?}") };
        assert!(!context.context.is_sampled() && context.remote);
    }
    let outcomes = [0; 3].map(|_| edge.accept_context(full_context().into(), Timestamp::now()).outcome);
    assert_eq!(outcomes, [Outcome::Continued, Outcome::Continued, Outcome::Limited(false)]);
    for trust in [Trust::Ids, Trust::Ignore] {
        let edge = Edge::new("node").trust(trust);
        let arrived = edge.accept_context(provisional.clone().into(), Timestamp::now());
        assert_eq!(arrived.context.state(), ContextState::Absent, "{trust:?}: nobody records here");
    }
}
