//! Decides about roots by the rule of the variant, the actor or the process.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::operation::Rule;
use super::options::{Effective, Start};
use super::scoped::{self, Decider};
use super::{Decision, Operation, Options, Ratio, Sampler, run, thinning};
use crate::context::ContextState;

static PROCESS: OnceLock<Box<dyn Sampler>> = OnceLock::new();
static LOOKS_AT_ALL: AtomicBool = AtomicBool::new(false);
/// Whether the recorder also takes dropped spans.
static RECORDS_ALL: AtomicBool = AtomicBool::new(false);
/// Whether the recorder decides about roots, with a probability that only it knows.
static RECORDER_DECIDES: AtomicBool = AtomicBool::new(false);

/// The error of setting a second process-wide sampler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadySet;

/// Sets the process-wide sampler, which decides if neither the variant nor the actor does.
///
/// Without one, every root is kept, or the recorder decides
/// ([`Recorder::samples_roots`](crate::record::Recorder::samples_roots)). To be able to replace the sampler while the
/// process runs, set a `ReloadableSampler` of the crate `traced-actor-sampling`.
///
/// # Errors
///
/// Returns [`AlreadySet`] if a sampler is already set.
///
/// ```
/// use traced_actor::sampling::{self, ParentBased, Ratio};
///
/// sampling::set_sampler(ParentBased::new(Ratio::new(0.01)))?; // one trace in a hundred
/// # Ok::<(), sampling::AlreadySet>(())
/// ```
pub fn set_sampler(sampler: impl Sampler + 'static) -> Result<(), AlreadySet> {
    PROCESS.set(Box::new(sampler)).map_err(|_| AlreadySet)?;
    refresh();
    Ok(())
}

/// Reads [`resamples_children`](Sampler::resamples_children) and [`fixed_root_ratio`](Sampler::fixed_root_ratio) of
/// the process-wide sampler again.
///
/// Call it in a sampler whose results of these methods change, such as one that wraps a replaceable sampler. Takes a
/// lock.
pub fn refresh() {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (sampler, records_all) = (PROCESS.get(), RECORDS_ALL.load(Relaxed));
    LOOKS_AT_ALL.store(records_all || sampler.is_some_and(Sampler::resamples_children), Relaxed);
    let share = sampler.filter(|_| !records_all).and_then(Sampler::fixed_root_ratio);
    run::set_share(share.map(|ratio| Ratio::new(ratio).kept()));
}

/// Returns whether unsampled messages need attention: a sampler decides about them again, or they are recorded anyway.
///
/// Costs one relaxed load.
#[inline]
pub(crate) fn looks_at_all() -> bool {
    LOOKS_AT_ALL.load(Relaxed)
}

/// Returns whether the recorder also takes unsampled messages.
#[doc(hidden)]
pub fn records_all() -> bool {
    RECORDS_ALL.load(Relaxed)
}

/// Makes unsampled messages be recorded as well, from now on.
pub(crate) fn record_all() {
    RECORDS_ALL.store(true, Relaxed);
    refresh();
}

/// Leaves decisions about roots to the recorder from now on, if no sampler is set.
pub(crate) fn leave_to_recorder() {
    RECORDER_DECIDES.store(true, Relaxed);
}

/// Decides about a root by the kind's rule, or else by the options' rule, or else by the process-wide sampler.
///
/// Use it for roots that are not messages, such as an incoming request. Does not change the counters.
pub fn decide(operation: &Operation<'_>, options: &Options) -> Decision {
    decide_by(operation, Effective::new(None, options))
}

/// Decides like [`decide`], if the actor and the message each have options.
pub(crate) fn decide_by(operation: &Operation<'_>, options: Effective<'_>) -> Decision {
    thinning::of_root(decide_freely(operation, options))
}

fn decide_freely(operation: &Operation<'_>, options: Effective<'_>) -> Decision {
    match operation.kind.rule() {
        Some(Rule::Always) => keep("variant"),
        Some(Rule::Never) => Decision::Drop { reason: "variant" },
        Some(Rule::Ratio(ratio)) => Ratio::new(ratio).sample(operation),
        Some(Rule::Sampler(sampler)) => sampler(operation),
        None => match options.start() {
            Some(Start::Never) => Decision::Drop { reason: "continue_only" },
            Some(Start::Always) => keep("actor"),
            Some(Start::Sampler(sampler)) => sampler(operation),
            Some(Start::Process) | None => match decider() {
                Decider::Sampler(sampler) => sampler.sample(operation),
                Decider::Recorder => Decision::Keep { probability: None, reason: "recorder" },
                Decider::Nobody => keep("always_on"),
            },
        },
    }
}

/// Returns the sampler that decides if neither the variant nor the actor does: the current scope's, or else the
/// process's.
fn decider() -> Decider {
    scoped::decider().unwrap_or_else(|| match PROCESS.get() {
        Some(sampler) => Decider::Sampler(sampler),
        None if RECORDER_DECIDES.load(Relaxed) => Decider::Recorder,
        None => Decider::Nobody,
    })
}

/// Returns whether the current scope's sampler also decides about messages whose sender has decided.
pub(crate) fn asks_everyone_here() -> bool {
    match scoped::decider() {
        Some(Decider::Sampler(sampler)) => sampler.resamples_children(),
        Some(_) => false,
        None => looks_at_all() && PROCESS.get().is_some_and(Sampler::resamples_children),
    }
}

/// Returns the sampler's decision about an operation whose sender has decided. Only called if [`asks_everyone_here`].
pub(crate) fn resample(operation: &Operation<'_>) -> Option<Decision> {
    let Decider::Sampler(sampler) = decider() else { return None };
    let decision = sampler.sample(operation);
    // A message that a sender kept is not a root.
    Some(if let ContextState::Sampled(_) = operation.parent { decision } else { thinning::of_root(decision) })
}

fn keep(reason: &'static str) -> Decision {
    Decision::Keep { probability: Some(1.0), reason }
}

impl fmt::Display for AlreadySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a process-wide sampler is already set; set it only once, before the first actor starts")
    }
}

impl std::error::Error for AlreadySet {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use crate::context::{TraceId, new_trace_id};

    fn decide_with(kind: &'static Kind, options: &Options) -> Decision {
        decide(&Operation::root("Guild", kind, new_trace_id()), options)
    }

    #[test]
    fn the_variant_s_rule_beats_the_actor_s_and_the_actor_s_the_process_s() {
        static PLAIN: Kind = Kind::new("Plain");
        static NEVER: Kind = Kind::new("Never").sample_never();
        static ALWAYS: Kind = Kind::new("Always").sample_always();
        let (on, off) = (Options::new().start_always(), Options::new().start_never());

        assert_eq!(decide_with(&NEVER, &on), Decision::Drop { reason: "variant" });
        assert_eq!(decide_with(&ALWAYS, &off), keep("variant"));
        assert_eq!(decide_with(&PLAIN, &on), keep("actor"));
        assert_eq!(decide_with(&PLAIN, &off), Decision::Drop { reason: "continue_only" });
    }

    #[test]
    fn a_variant_s_ratio_is_decided_by_the_trace_id() {
        static HALF: Kind = Kind::new("Half").sample_ratio(0.5);
        let decision = |id| {
            let never = Options::new().start_never();
            let operation = Operation::root("Guild", &HALF, TraceId::new(id).unwrap());
            decide(&operation, &never)
        };
        assert_eq!(decision(1), Decision::Drop { reason: "ratio" });
        assert_eq!(decision(1 << 55), Decision::Keep { probability: Some(0.5), reason: "ratio" });
    }
}
