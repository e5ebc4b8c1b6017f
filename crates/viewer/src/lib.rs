//! A page that shows what your actors do now.
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
//! | Actors | rates, percentiles of the wait and the handling, depth of mailboxes, failures, by actor and kind |
//! | Instances | what each named instance was busy with, in each of the last sixty seconds and fifteen minutes |
//! | Open work | what runs, who waits for whom, the oldest message in each mailbox |
//! | Traces | a search by actor, kind, instance, attribute, duration and error |
//! | a trace | a waterfall with the wait in the mailbox as a lighter bar before each span, fan-outs folded with their weights, the critical path, links, and where a span lies among all of its kind |
//! | Compare | which attributes set the slow or failed apart from the rest ([`compare`]) |
//!
//! The page comes out of the program: it has no build step, loads nothing from elsewhere, and works offline. A thread of its own serves it, so
//! it answers while the program's runtime is stuck.
//!
//! # Who can see it
//!
//! Whoever can connect to the address can read the fields of your messages. Without a token, only this machine can: the address must be on the
//! loopback, and a request must name the loopback as its host, so that no web page can read it by DNS rebinding. With a
//! [token](Builder::token), other machines can, if they have it.
//!
//! # For programs
//!
//! The page reads a JSON API, which `GET /api` describes: `/api/actors`, `/api/open`, `/api/traces?failed=1`, `/api/compare`, and so on. A trace
//! is also there as text, as OTLP/JSON, and as Chrome trace events, which Perfetto and Speedscope open.
//!
//! # Cost and bounds
//!
//! While nobody looks, a kept span costs a push into a list, and the thread wakes five times a second to sort them in. Traces, spans of a trace and
//! bytes have bounds ([`Builder`]). While a page is open, the metrics are read once a second, or less often where that takes long.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `opentelemetry` | | [`Exporter`] is a `SpanProcessor` of the OpenTelemetry SDK: the page shows every span of a tracer provider |
//! | `top` | | the program `traced-actor-top`: the actors in a terminal, from the viewer's API |
//! | `mcp` | | the Model Context Protocol at `/mcp`: `slow_now`, `open_work`, `compare`, `traces` and `trace`, as texts |
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app;
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

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
