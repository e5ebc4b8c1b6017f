//! Sampling schemes for traced actors, beyond those of [`traced_actor::sampling`].
//!
//! | sampler | keeps |
//! |---|---|
//! | [`Rules`], [`ReloadableSampler`] | what other samplers keep; these are chosen by actor and kind, and replaceable at run time |
//! | [`RateLimited`], [`GuaranteedThroughput`] | at most, or at least, a number of operations per second |
//! | [`Adaptive`] | a target number of spans per second for each operation; the probability follows the load |
//! | [`dynamic::DynamicSampler`] | more of rare keys than of frequent ones, by one of nine rules |
//! | [`jaeger::JaegerRemote`] | what a Jaeger server says |
//! | [`Forced`] | the operations that a rule names, and those that another sampler keeps |
//! | [`Rare`] | the first operation of each kind in a window, and those that another sampler keeps |
//!
//! A [`Governor`] reduces what any of these keep when tracing uses more than its share of the CPU. A [`tail`] decides
//! again when a trace is complete: it keeps traces that failed or were slow, and a share of the rest.
//!
//! Every decision by chance records its probability. The sum of 1/`sampling.probability` over the kept spans that have
//! one is an unbiased estimate of the number of all spans.
//!
//! [`register`] adds `OTEL_TRACES_SAMPLER=jaeger_remote`.
//!
//! ```
//! use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
//! use traced_actor_sampling::{Rare, RateLimited};
//!
//! // One in a hundred, at most fifty a second, and at least one of each kind of message a minute.
//! set_sampler(ParentBased::new(Rare::new(RateLimited::of(Ratio::new(0.01), 50.0))))?;
//! # Ok::<(), traced_actor::sampling::AlreadySet>(())
//! ```
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
#[cfg(feature = "tracing")]
mod warnings;

pub use adaptive::{Adaptive, AdaptiveOptions};
pub use clock::{Clock, ManualClock, SystemClock};
pub use forced::Forced;
pub use governor::{
    Governor, GovernorControl, GovernorError, GovernorOptions, GovernorStatus, GovernorWindow,
};
pub use jaeger::register;
pub use limit::{GuaranteedThroughput, RateLimited};
#[cfg(feature = "opentelemetry")]
pub use metrics::{observe_governor, observe_tail};
pub use rare::Rare;
pub use reloadable::ReloadableSampler;
pub use rules::Rules;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub use warnings::Warnings;

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
