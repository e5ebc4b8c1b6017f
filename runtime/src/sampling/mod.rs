//! Who decides about a trace, and with what probability: one small trait, one file per scheme.
//!
//! A [`Sampler`] is shown an [`Operation`] (an actor, a message kind, and what is known about them) and answers
//! with a [`Decision`]. Every decision carries its reason; a positive one carries its probability, so that
//! counts estimated from the kept spans are unbiased.
//!
//! Who is asked, in this order: the rule of the variant (`#[traced(sample = …)]`), the actor's (`start`,
//! `sampler`), the process-wide sampler ([`set_sampler`]).
//!
//! | sampler | keeps |
//! |---|---|
//! | [`AlwaysOn`], [`AlwaysOff`], [`Ratio`] | all, none, a share |
//! | [`ParentBased`], [`ParentCases`] | what the sender kept, and of roots what another sampler keeps |
//!
//! More schemes are in the crate `traced-actor-sampling`: rules by actor and kind, rate limits, adaptive and dynamic sampling,
//! Jaeger's remote sampling, forced and rare operations, a governor that holds the cost of tracing ([`set_thinning`],
//! [`RecordingMeter`]), and a tail that decides once more when it is known how a trace went.
//!
//! Whatever the scheme: the sum of 1/`sampling.probability` over the kept spans that have one estimates the number
//! of all, without a bias. A span that is kept for another reason than chance (`forced`, `rare`, `lowerbound`) has
//! none, because those that chance keeps stand for it already.

mod always;
mod attributes;
mod decision;
mod env;
mod fanout;
mod fanout_policy;
mod key;
mod meter;
mod operation;
mod options;
mod parent;
mod randomness;
mod rate_limit;
mod ratio;
mod root;
mod run;
mod sampler;
mod scoped;
mod thinning;

pub use always::{AlwaysOff, AlwaysOn};
pub use attributes::{SamplerAttribute, SamplerAttributes};
pub use decision::Decision;
pub use env::{EnvError, from_env, parse, register};
pub(crate) use fanout::Selection;
pub use fanout_policy::{FanoutPolicy, set_fanout_policy};
pub use key::Key;
pub use meter::RecordingMeter;
pub(crate) use meter::time as time_recording;
pub(crate) use operation::name_hash;
pub use operation::{Kind, Operation};
pub use options::Options;
pub(crate) use options::{Effective, budget};
pub use parent::{ParentBased, ParentCases};
pub use rate_limit::RateLimit;
pub use ratio::Ratio;
pub use root::{AlreadySet, decide, refresh, set_sampler};
pub(crate) use root::{asks_everyone_here, decide_by, leave_to_recorder, resample, resamples_children};
pub(crate) use run::{drops_root, forget_run, trace_id_of_root};
pub use sampler::Sampler;
pub(crate) use scoped::set as set_scoped;
pub use thinning::set_thinning;

/// The fan-out budget of an actor that names none: at most this many recipients of a broadcast are traced.
pub const DEFAULT_FANOUT_BUDGET: u64 = 10;

/// The hop limit of an actor that names none.
pub const DEFAULT_HOPS: u16 = 64;
