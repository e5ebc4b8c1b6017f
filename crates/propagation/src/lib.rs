//! Contexts at the edges: how a trace comes in and goes out in the headers of HTTP, gRPC and brokers.
//!
//! A [`CompositePropagator`] reads and writes several formats; an [`Edge`] says what of a context from outside is believed; a
//! [`Connection`] is for what lives longer than a request.
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
//! | format | name | reads | writes | bounds | what is malformed |
//! |---|---|---|---|---|---|
//! | [`traceparent`] | `tracecontext` | versions 00 to fe; flags `sampled` and `random` | version 00, both flags | 55 bytes | the context is not there |
//! | [`tracestate`] | `tracecontext` | all headers of the name | one header, our entry `ta` first: the weight and the hops | 32 members; 2,048 bytes at an [`Edge`] | the list is not there; `traceparent` stands |
//! | [`baggage`] | `baggage` | all headers of the name | one header | 180 members, 8,192 bytes | the member is left out |
//! | [`b3`] single | `b3` | ids with a state, without one, or a state alone; the other form where it is missing | 128-bit ids and a state | 16 or 32 and 16 digits | the context is not there |
//! | [`b3`] multi | `b3multi` | as single | `X-B3-TraceId`, `-SpanId`, `-Sampled` or `-Flags` | as single | the context is not there |
//! | [`jaeger`] | `jaeger` | `uber-trace-id`, `uberctx-…`, `jaeger-debug-id`; URL-encoded, too | `uber-trace-id`, `uberctx-…` | 1 to 32 and 1 to 16 digits; baggage as above | the context is not there |
//! | [`xray`] | `xray` | `Root`, `Parent`, `Sampled`, in any order, others kept | these, then the others | 1,024 bytes; 256 for the others | the context is not there |
//! | [`browser`] | | `traceparent`, `tracestate`, `baggage`, `uber-trace-id` in a query, sub-protocols or the first frame | nothing | 16 KiB | as the format says |
//!
//! Header names are read in any case. A header that may come once and comes twice is malformed. A context that is not
//! there lets the next format be asked, and where none is left the message starts here: nothing that arrives costs
//! the message. Writing replaces what was there, but for Jaeger's baggage, whose headers have names of the user's.
//!
//! The example `relay` is a service with an edge and two actors; the [suite of W3C][suite] passes against it, all 41
//! tests at level 2.
//!
//! [suite]: https://github.com/w3c/trace-context/tree/main/test
//!
//! B3's and Jaeger's debug flag (sampled, at any cost) and the fields of AWS's header that are not known cross other
//! formats in `tracestate` members of our own, `ta-debug` and `ta-xray`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
pub mod b3;
pub mod baggage;
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
mod short_span;
mod tag;
pub mod tracestate;
mod trust;
mod unsampled_context;
pub mod xray;

pub use composite::{CompositePropagator, Format, Incoming, PropagatorError};
pub use connection::{ClosedConnection, Connection};
pub use current::current;
pub use edge::Edge;
pub use extraction::{Extraction, Outcome};
pub use filter::{filter, filter_keeping_ids};
pub use parsed::{Outgoing, ParsedContext, SamplingFlag};
pub use tag::Tag;
pub use traced_actor::sampling::RateLimit;
pub use traced_actor::w3c::{ParseError, traceparent};
pub use trust::Trust;
pub use unsampled_context::UnsampledContext;

/// The example of the README is checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
