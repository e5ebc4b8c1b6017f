//! Work to be sampled, in simulated time and with a fixed seed.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use traced_actor::sampling::{Decision, Operation, Sampler};
use traced_actor::{Key, Kind, TraceId};
use traced_actor_sampling::ManualClock;

pub(crate) static POST: Kind = Kind::new("Post");

/// Roots with random trace ids, one after another.
pub(crate) struct Work {
    pub(crate) clock: ManualClock,
    random: SmallRng,
}

impl Work {
    pub(crate) fn new(seed: u64) -> Self {
        Self { clock: ManualClock::new(), random: SmallRng::seed_from_u64(seed) }
    }

    /// A random trace id.
    pub(crate) fn id(&mut self) -> u128 {
        self.random.random::<u128>() | 1 << 127
    }

    /// A random number below this.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.random.random_range(0..n)
    }

    pub(crate) fn decide(&mut self, sampler: &dyn Sampler, kind: &'static Kind, key: u64) -> Decision {
        let id = TraceId::new(self.id()).unwrap();
        sampler.sample(&Operation::root("Guild", kind, id).with_key(Key::Int(key)))
    }

    /// A key from 0 to 99, the low ones most often: half of all work is about the first ten.
    pub(crate) fn key(&mut self) -> u64 {
        let unit: f64 = self.random.random();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 99")]
        let key = (unit.powf(3.3) * 100.0) as u64;
        key
    }

    /// Decides about a number of operations a second for some time, evenly, and returns the number of kept ones.
    pub(crate) fn run(
        &mut self,
        sampler: &dyn Sampler,
        kind: &'static Kind,
        per_second: f64,
        time: Duration,
    ) -> u64 {
        let pause = Duration::from_secs_f64(1.0 / per_second);
        let operations = (time.as_secs_f64() * per_second).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of operations")]
        let operations = operations as u64;
        let mut kept = 0;
        for _ in 0..operations {
            kept += u64::from(matches!(self.decide(sampler, kind, 0), Decision::Keep { .. }));
            self.clock.advance(pause);
        }
        kept
    }
}
