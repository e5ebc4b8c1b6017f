//! Sampling schemes for traced actors that go further than those of [`traced_actor::sampling`].
//!
//! | sampler | keeps |
//! |---|---|
//! | [`Rules`], [`ReloadableSampler`] | what others keep: by actor and kind, replaced at run time |
//! | [`RateLimited`], [`GuaranteedThroughput`] | at most so many a second, at least so many |
//! | [`Adaptive`] | a target of each operation, by a probability that follows the load |
//! | [`dynamic::DynamicSampler`] | rare keys rather than frequent ones, by one of nine rules |
//! | [`jaeger::JaegerRemote`] | what a Jaeger server says |
//! | [`Forced`], [`Rare`] | what is named, the first of its kind; and what another sampler keeps |
//!
//! Whatever these keep, a [`Governor`] keeps less of it where tracing takes more than its share of the CPU, and a
//! [`tail`] decides once more when it is known how a trace went: what failed or was slow is kept.
//!
//! Every decision has a probability where chance decided, so the sum of 1/`sampling.probability` over the kept spans that
//! have one estimates the number of all, without a bias.
//!
//! [`register`] makes `OTEL_TRACES_SAMPLER=jaeger_remote` known.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod adaptive;
mod clock;
pub mod dynamic;
mod forced;
mod governor;
pub mod jaeger;
mod limit;
#[cfg(feature = "opentelemetry")]
mod metrics;
mod rare;
mod reloadable;
mod rules;
mod table;
pub mod tail;

pub use adaptive::{Adaptive, AdaptiveOptions};
pub use clock::{Clock, ManualClock, SystemClock};
pub use forced::Forced;
pub use governor::{Control, Governor, GovernorError, GovernorOptions, GovernorStatus, Window};
pub use jaeger::register;
pub use limit::{GuaranteedThroughput, RateLimited};
#[cfg(feature = "opentelemetry")]
pub use metrics::{observe_governor, observe_tail};
pub use rare::Rare;
pub use reloadable::ReloadableSampler;
pub use rules::Rules;

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
