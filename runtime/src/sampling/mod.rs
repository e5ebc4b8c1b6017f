//! Samplers, which decide whether a trace is recorded, and with what probability.
//!
//! A [`Sampler`] gets an [`Operation`] (an actor, a message kind, and what is known about them) and returns a
//! [`Decision`]. Every decision has a reason. A decision to keep the operation has a probability, so that counts can
//! be estimated from the kept spans without bias.
//!
//! The first rule that exists decides: the variant's (`#[traced(sample = …)]`), then the actor's (`start`,
//! `sampler`), then the process-wide sampler ([`set_sampler`]).
//!
//! | sampler | keeps |
//! |---|---|
//! | [`AlwaysOn`], [`AlwaysOff`], [`Ratio`] | all, none, a share |
//! | [`ParentBased`], [`ParentCases`] | what the sender kept, and the roots that another sampler keeps |
//!
//! The crate `traced-actor-sampling` has more samplers: rules by actor and kind, rate limits, adaptive and dynamic
//! sampling, Jaeger's remote sampling, and forced and rare operations. It also has a governor that limits the cost of
//! tracing ([`set_thinning`], [`RecordingMeter`]), and tail sampling, which decides again when a trace is complete.
//!
//! For every sampler, the sum of 1/`sampling.probability` over the kept spans that have a probability estimates the
//! number of all operations without bias. A span that is kept for a reason other than chance (`forced`, `rare`,
//! `lowerbound`) has no probability, because the spans that are kept by chance already stand for it.

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
pub(crate) use meter::{CAPTURE, OPEN, RECORD, time as time_recording};
pub(crate) use operation::name_hash;
pub use operation::{Kind, Operation};
pub use options::Options;
pub(crate) use options::{Effective, budget};
pub use parent::{ParentBased, ParentCases};
pub use rate_limit::RateLimit;
pub use ratio::Ratio;
pub use root::{AlreadySet, decide, records_all, refresh, set_sampler};
pub(crate) use root::{asks_everyone_here, decide_by, leave_to_recorder, looks_at_all, record_all, resample};
pub(crate) use run::{drops_root, forget_run, trace_id_of_root};
pub use sampler::Sampler;
pub(crate) use scoped::set as set_scoped;
pub use thinning::set_thinning;

/// The default fan-out budget: at most this many recipients of a broadcast are traced.
pub const DEFAULT_FANOUT_BUDGET: u64 = 10;

/// The default hop limit.
pub const DEFAULT_HOP_LIMIT: u16 = 64;
