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
//! | [`Rules`], [`Switch`] | what others keep: by actor and kind, replaced at run time |
//! | [`RateLimited`], [`Guaranteed`] | at most so many a second, at least so many |
//! | [`Adaptive`] | a target of each operation, by a probability that follows the load |
//! | [`dynamic::Keyed`] | rare keys rather than frequent ones, by one of nine rules |
//! | [`jaeger::JaegerRemote`] | what a Jaeger server says |
//! | [`Forced`], [`Rare`] | what is named, the first of its kind; and what another sampler keeps |
//!
//! Whatever these keep, a [`Governor`] keeps less of it where tracing takes more than its share of the CPU, and a
//! tail (of the crate `traced-actor-sampling`) decides once more when it is known how a trace went.
//!
//! Whatever the scheme: the sum of 1/`sampling.probability` over the kept spans that have one estimates the number
//! of all, without a bias. A span that is kept for another reason than chance (`forced`, `rare`, `lowerbound`) has
//! none, because those that chance keeps stand for it already.

mod adaptive;
mod always;
mod bucket;
mod clock;
mod curve;
pub mod dynamic;
mod env;
mod fanout;
mod forced;
mod governor;
pub mod jaeger;
mod kind;
mod limit;
mod meter;
mod notes;
mod operation;
mod options;
mod parent;
mod randomness;
mod rare;
mod ratio;
mod root;
mod rules;
mod run;
mod switch;
mod table;
mod thinning;

pub use adaptive::{Adaptive, AdaptiveOptions};
pub use always::{AlwaysOff, AlwaysOn};
pub use clock::{Clock, ManualClock, SystemClock};
pub use curve::{Curve, set_fanout_curve};
pub use env::{EnvError, from_env, parse};
pub(crate) use fanout::Selection;
pub use forced::{Forced, Tag};
pub use governor::{Control, Governor, GovernorError, GovernorOptions, GovernorStatus, Window};
pub use kind::Kind;
pub(crate) use kind::name_hash;
pub use limit::{Guaranteed, RateLimited};
pub use meter::RecordingMeter;
pub(crate) use meter::time as time_recording;
pub use notes::{Note, Notes};
pub use operation::{Decision, Key, Operation, Sampler};
pub use options::Options;
pub(crate) use options::{Effective, budget};
pub use parent::{ParentBased, ParentCases};
pub use rare::Rare;
pub use ratio::Ratio;
pub use root::{AlreadySet, decide, refresh, set_sampler};
pub(crate) use root::{asks_everyone, decide_by, leave_to_recorder, reconsider};
pub use rules::Rules;
pub(crate) use run::{drops_root, forget_run, trace_id_of_root};
pub use switch::Switch;
pub use thinning::set_thinning;

/// The fan-out budget of an actor that names none: at most this many recipients of a broadcast are traced.
pub const FANOUT_BUDGET: u64 = 10;

/// The hop limit of an actor that names none.
pub const HOPS: u16 = 64;
