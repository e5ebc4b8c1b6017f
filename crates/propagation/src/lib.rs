//! Reads and writes trace contexts in the headers of HTTP, gRPC and brokers.
//!
//! A [`CompositePropagator`] reads and writes several formats. An [`Edge`] decides how far incoming contexts are
//! trusted. A [`Connection`] is for connections that live longer than a request.
//!
//! ```
//! use traced_actor::context::Timestamp;
//! use traced_actor_propagation::Edge;
//!
//! let edge = Edge::new("http");
//! let request = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")];
//! let arrived = edge.accept(&request, Timestamp::now());
//! assert!(arrived.context.is_unsampled());
//! ```
//!
//! # The formats
//!
//! | format | name | reads | writes | limits | if malformed |
//! |---|---|---|---|---|---|
//! | [`traceparent`] | `tracecontext` | versions 00 to fe; flags `sampled` and `random` | version 00, both flags | 55 bytes | the context is ignored |
//! | [`tracestate`] | `tracecontext` | all headers of the name | one header, starting with our entry `ta`: the weight and the hops | 32 members; 2,048 bytes at an [`Edge`] | the list is ignored; `traceparent` is used |
//! | [`baggage`] | `baggage` | all headers of the name | one header | 180 members, 8,192 bytes | the member is left out |
//! | [`b3`] single | `b3` | ids with or without a state, or a state alone; the other form if this one is missing | 128-bit ids and a state | 16 or 32 and 16 digits | the context is ignored |
//! | [`b3`] multi | `b3multi` | like single | `X-B3-TraceId`, `-SpanId`, `-Sampled` or `-Flags` | like single | the context is ignored |
//! | [`jaeger`] | `jaeger` | `uber-trace-id`, `uberctx-…`, `jaeger-debug-id`; also URL-encoded | `uber-trace-id`, `uberctx-…` | 1 to 32 and 1 to 16 digits; baggage as above | the context is ignored |
//! | [`xray`] | `xray` | `Root`, `Parent`, `Sampled`, in any order; other fields are kept | these, then the others | 1,024 bytes; 256 for the others | the context is ignored |
//! | [`browser`] | | `traceparent`, `tracestate`, `baggage`, `uber-trace-id` in a query, in sub-protocols or in the first frame | nothing | 16 KiB | as for the format |
//!
//! Header names are read in any case. A header that may occur only once and occurs twice is malformed. If the context
//! of a format is missing or malformed, the next format is read. If no format has a context, the trace starts here. The
//! message is always delivered. Writing replaces all headers of a format, and removes those that it only reads.
//!
//! A trace that is kept for certain has no weight in headers, so that requests to other systems have no list for it. Its
//! receiver cannot tell it from a trace with an unknown probability, and estimates leave out the spans behind the
//! request. An envelope of `traced-actor-wire` has the weight 1. The formats without a `tracestate` have no weights.
//!
//! The example `relay` is a service with an edge and two actors. It passes all 41 tests of the [W3C test suite][suite]
//! at level 2.
//!
//! [suite]: https://github.com/w3c/trace-context/tree/main/test
//!
//! Two kinds of information are carried across other formats in our own `tracestate` members: the debug flag of B3 and
//! Jaeger (sampled regardless of cost) in `ta-debug`, and unknown fields of AWS's header in `ta-xray`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
pub mod b3;
pub mod baggage;
mod baggage_keys;
pub mod browser;
pub mod carrier;
mod composite;
mod connection;
mod current;
mod edge;
mod extraction;
mod filter;
mod hex;
pub mod jaeger;
mod parsed;
mod process_edge;
mod short_span;
mod tag;
pub mod tracestate;
mod trust;
mod unsampled_context;
pub mod xray;

pub use baggage_keys::{BaggageCounts, BaggageKeys, BaggageKeysError};
pub use composite::{CompositePropagator, Format, Incoming, PropagatorError};
pub use connection::{ClosedConnection, Connection};
pub use current::current;
pub use edge::Edge;
pub use extraction::{Extraction, Outcome};
pub use filter::{filter, filter_keeping_ids};
pub use parsed::{Outgoing, ParsedContext, SamplingFlag};
pub use process_edge::{EdgeAlreadySet, ProcessEdge};
pub use tag::Tag;
pub use traced_actor::sampling::RateLimit;
pub use traced_actor::w3c::{ParseError, traceparent};
pub use trust::Trust;
pub use unsampled_context::UnsampledContext;

/// Tests the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
