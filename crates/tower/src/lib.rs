//! Continues traces through axum, tonic and hyper: a tower layer for servers, and one for clients.
//!
//! ```
//! use traced_actor_propagation::{Edge, RateLimit, Trust};
//! use traced_actor_tower::{ClientLayer, EdgeLayer};
//!
//! let edge = Edge::new("http").trust(Trust::Full).force_limit(RateLimit::new(10.0, 10));
//! let server = EdgeLayer::new(edge);  // axum's `Router::layer`, tonic's `Server::builder().layer`
//! let client = ClientLayer::new();    // around a tonic channel or a hyper client
//! # let _ = (server, client);
//! ```
//!
//! # A server
//!
//! [`EdgeLayer`] takes these steps for each request, in this order:
//!
//! 1. It reads the sampled flag in the `traceparent`. If the edge accepts that the request is not sampled, nothing is
//!    parsed or allocated.
//! 2. Otherwise the [`Edge`](traced_actor_propagation::Edge) reads the context and decides how far to trust it. Traces
//!    that untrusted clients force are limited.
//! 3. For a request without a context, the edge's options or the process's sampler decide. No later decision is made
//!    for work that the request causes.
//! 4. The handler runs in the request's span. Messages that it sends to actors continue that span, and so do spans of
//!    `tracing`, sqlx or reqwest.
//!
//! # Beside other crates
//!
//! | | use | SERVER span |
//! |---|---|---|
//! | alone | [`EdgeLayer::new`] | ours |
//! | below another crate's layer (added before it) | [`EdgeLayer::new`] | theirs, which this layer follows |
//! | above another crate's layer (added after it) | [`EdgeLayer::filter`] | theirs, for contexts that this edge accepts |
//!
//! This is tested with `axum-tracing-opentelemetry`, `opentelemetry-instrumentation-tower` and `tower-otel`. These
//! crates extract contexts with OpenTelemetry's global propagator and have no levels of trust, so prefer a place above
//! them.
//!
//! # A mesh
//!
//! Istio, Linkerd and Envoy require applications to pass headers on. B3 is a [format](traced_actor_propagation::Format)
//! of the edge and of the client. `x-request-id` and similar headers are [passed on](Passed) unchanged:
//!
//! ```
//! use traced_actor_propagation::{CompositePropagator, Edge, Format};
//! use traced_actor_tower::{ClientLayer, EdgeLayer, MESH_HEADERS};
//!
//! let formats = CompositePropagator::new([Format::TraceContext, Format::B3Multi, Format::Baggage]);
//! // Also forwards the ids of unsampled requests.
//! let edge = Edge::new("http").formats(formats.clone()).keep_unsampled(true);
//! let server = EdgeLayer::new(edge).pass(MESH_HEADERS);
//! let client = ClientLayer::new().formats(formats);
//! # let _ = (server, client);
//! ```
//!
//! # The end of a span
//!
//! A span ends with the [body](ResponseBody) of the response. So it includes a streamed body, and records the status of
//! a gRPC call from the trailers. It ends with the head if nothing follows: `HEAD`, 204, 304, an upgrade to a
//! WebSocket. If a server's body is dropped before its end, the span fails as `cancelled`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod edge_service;
mod exchange;
mod grpc;
mod head;
mod passed;
mod reply;
mod response_body;
mod response_future;
mod server;
mod serving;
mod tries;
#[cfg(feature = "axum-ws")]
pub mod ws;

pub use client::{ClientLayer, ClientService, inject};
pub use edge_service::EdgeService;
pub use passed::{MESH_HEADERS, Passed, PassedFuture};
pub use response_body::ResponseBody;
pub use response_future::ResponseFuture;
pub use server::EdgeLayer;
pub use tries::{CountTries, CountTriesFuture, CountTriesService};

/// Tests the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
