//! Contexts, and a protocol that has each kind of variant.

use std::fmt::Debug;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use traced_actor::context::{ContextState, MessageContext, SampledContext};
use traced_actor::{Envelope, SpanId, TraceContext, TraceFlags, TraceId};
use traced_actor_wire::codec::{FormatError, Postcard};
use traced_actor_wire::{Codec, Encoding};

pub(crate) trait Shape: Serialize + DeserializeOwned + PartialEq + Debug + Clone {}
impl<T: Serialize + DeserializeOwned + PartialEq + Debug + Clone> Shape for T {}

/// An enum as serde derives it, with every kind of variant.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum Message {
    Join { user: u64, name: String },
    Post(u64, Option<String>, Vec<u16>),
    Leave(u64),
    Tick,
}

pub(crate) fn messages() -> Vec<Message> {
    vec![
        Message::Join { user: 7, name: "Ada \"ä\" \\ __traced".into() },
        Message::Post(u64::MAX, None, vec![1, 2, 127]),
        Message::Post(127, Some("x".repeat(300)), vec![]),
        Message::Leave(0),
        Message::Tick,
    ]
}

pub(crate) fn context() -> SampledContext {
    let trace_id = TraceId::new(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736).unwrap();
    let span_id = SpanId::new(0x00f0_67aa_0ba9_02b7).unwrap();
    SampledContext::new(TraceContext::new(trace_id, span_id, TraceFlags::SAMPLED))
}

/// A context that has everything that can travel.
pub(crate) fn full_context() -> SampledContext {
    let mut full = context();
    full.context.flags = TraceFlags::SAMPLED.union(TraceFlags::RANDOM);
    full.probability = Some(0.125);
    full.hops = 3;
    full.tracestate = Some("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7".into());
    full.baggage = Some("userId=alice,tier=gold;ttl=30".into());
    full
}

/// Every state but absent, with every size of carrier that has a length of its own form.
pub(crate) fn decided() -> Vec<MessageContext> {
    let mut long = full_context();
    long.baggage = Some(format!("long={}", "b".repeat(600)).into());
    vec![MessageContext::UNSAMPLED, settled(), context().into(), full_context().into(), long.into()]
}

/// Unsampled, and no sampler is to be asked again. A program gets it from its channels, and from others.
pub(crate) fn settled() -> MessageContext {
    Postcard.decode::<Message>(&[0x7f, 1, 0x00, 0x03]).unwrap().into_parts().1
}

pub(crate) fn enveloped<M>(message: &M, carried: &MessageContext) -> Envelope<M>
where
    M: Clone,
{
    Envelope::new(message.clone(), carried.clone())
}

/// Asserts that the context arrived as it was sent, but is remote and has the receiver's time.
pub(crate) fn assert_arrived(sent: &MessageContext, arrived: ContextState<'_>) {
    match (sent.state(), arrived) {
        (ContextState::Sampled(sent), ContextState::Sampled(arrived)) => {
            assert!(arrived.remote);
            let mut arrived = arrived.clone();
            arrived.remote = sent.remote;
            arrived.sent = sent.sent;
            assert_eq!(arrived, *sent);
        }
        (sent, arrived) => assert_eq!(sent, arrived),
    }
}

/// The bytes of each message in an envelope of each state.
pub(crate) fn envelopes<C: Codec>(codec: &C) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for message in messages() {
        for carried in decided() {
            all.push(codec.encode(&enveloped(&message, &carried), Encoding::Envelope).unwrap());
        }
    }
    all
}

/// The formats without the looks at first bytes, so that all is read through the hook.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slow<C>(pub(crate) C);

impl<C: Codec> Codec for Slow<C> {
    type Error = C::Error;

    const NAME: &'static str = C::NAME;
    const NAMED: bool = C::NAMED;
    const SELF_DESCRIBING: bool = C::SELF_DESCRIBING;

    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        self.0.write(value)
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, C::Error> {
        self.0.read(bytes)
    }
}

/// Calls a generic function with each codec.
macro_rules! with_each_codec {
    ($function:ident $(, $argument:expr)*) => {{
        use traced_actor_wire::codec::*;
        $function(&Json $(, $argument)*);
        $function(&Postcard $(, $argument)*);
        $function(&Bincode::new() $(, $argument)*);
        $function(&Bincode1 $(, $argument)*);
        $function(&Msgpack $(, $argument)*);
        $function(&MsgpackNamed $(, $argument)*);
        $function(&Cbor $(, $argument)*);
    }};
}
pub(crate) use with_each_codec;
