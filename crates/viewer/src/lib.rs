//! Serves a page that shows what your actors are doing.
//!
//! Add one line at the start of the program, and open the address that it prints:
//!
//! ```
//! # fn main() -> Result<(), traced_actor_viewer::ServeError> {
//! let _viewer = traced_actor_viewer::serve("127.0.0.1:0")?; // before the first actor starts
//! // … run your actors …
//! # Ok(())
//! # }
//! ```
//!
//! | view | shows |
//! |---|---|
//! | Actors | rates, percentiles of waits and handling times, depth of mailboxes, and failures, by actor and kind |
//! | Instances | the kinds of messages that each named instance was busy with, in the last sixty seconds and fifteen minutes |
//! | Open work | running handlers, actors that wait for others, and the oldest message in each mailbox |
//! | Traces | a search by actor, kind, instance, attribute, duration and error |
//! | a trace | a waterfall with the wait in the mailbox as a lighter bar before each span, fan-outs folded with their weights, the critical path, links, and the position of a span among all of its kind |
//! | Compare | the attributes that distinguish slow or failed work from the rest ([`compare`]) |
//!
//! The page is part of the program: it has no build step, loads nothing from other sites, and works offline. A separate
//! thread serves it, so it works while the program's runtime is stuck.
//!
//! # Access
//!
//! Everyone who can connect to the address can read the fields of your messages. Without a token, only this machine
//! can: the address must be on the loopback interface, and a request must name it as its host, so that no web page can
//! read it by DNS rebinding. With a [token](Builder::token), other machines that have the token can connect, too.
//!
//! # For programs
//!
//! The page reads a JSON API, which `GET /api` describes: `/api/actors`, `/api/open`, `/api/traces?failed=1`,
//! `/api/compare`, and so on. A trace is also available as text, as OTLP/JSON, and as Chrome trace events, which
//! Perfetto and Speedscope open.
//!
//! # Cost and limits
//!
//! While no page is open, a kept span costs a push into a list, and the viewer's thread wakes five times per second to
//! process the list. Traces, spans of a trace and bytes are limited ([`Builder`]). While a page is open, the metrics
//! are read once per second, or less often if that is slow.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `opentelemetry` | | [`Exporter`] is a `SpanProcessor` of the OpenTelemetry SDK, so the page shows every span of a tracer provider |
//! | `top` | | the program `traced-actor-top`, which shows the actors in a terminal through the viewer's API |
//! | `mcp` | | the Model Context Protocol at `/mcp`, with the tools `slow_now`, `open_work`, `compare`, `traces` and `trace` |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod app;
mod attribute_search;
pub mod compare;
mod critical_path;
mod distribution;
mod export;
mod exporter;
mod groups;
mod http;
mod inbox;
mod live;
#[cfg_attr(not(feature = "mcp"), path = "no_mcp.rs")]
mod mcp;
mod pace;
#[cfg(feature = "opentelemetry")]
mod processor;
mod search;
mod serve;
mod slow_now;
mod store;
mod text;
mod trace_view;

pub use exporter::Exporter;
pub use serve::{Builder, ServeError, Viewer, from_env, serve};

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
