//! Random ids and random choices, from a generator for each thread.
//!
//! Trace ids are random in all bits, so a context created here may carry [`TraceFlags::RANDOM`](super::TraceFlags). A
//! forked child draws different numbers, because it seeds its thread's generator again.

use std::cell::RefCell;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst, compiler_fence};
use std::time::SystemTime;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::fork::{forks, watch};
use super::{SpanId, TraceId};

thread_local! {
    static GENERATOR: RefCell<Generator> = const { RefCell::new(Generator::NEW) };
}

/// xoshiro256++, seeded by the operating system.
struct Generator {
    /// The result of [`forks`] when the generator was seeded.
    forks: u32,
    /// `None` until the first draw.
    random: Option<SmallRng>,
}

impl Generator {
    const NEW: Self = Self { forks: 0, random: None };

    /// Returns the generator, seeded in this process.
    #[inline]
    fn seeded(&mut self, forks: u32) -> &mut SmallRng {
        if self.forks != forks {
            self.random = None;
        }
        self.random.get_or_insert_with(|| {
            self.forks = watched(forks);
            from_system()
        })
    }

    fn seed(&mut self, forks: u32, seed: u64) {
        *self = Self { forks: watched(forks), random: Some(SmallRng::seed_from_u64(seed)) };
    }
}

/// Returns the fork count for which a new seed is valid, or one that never matches where forks cannot be detected.
#[cold]
fn watched(forks: u32) -> u32 {
    if watch() { forks } else { !forks }
}

/// Draws from a generator.
///
/// A signal handler may fork or draw in the middle of this function. The child then draws again, and the handler uses
/// its own generator.
#[inline]
fn draw<T>(generator: &RefCell<Generator>, forks: impl Fn() -> u32, draw: impl Fn(&mut SmallRng) -> T) -> T {
    loop {
        let before = forks();
        compiler_fence(SeqCst);
        let drawn = match generator.try_borrow_mut() {
            Ok(mut generator) => draw(generator.seeded(before)),
            Err(_) => draw(&mut from_system()),
        };
        compiler_fence(SeqCst);
        if forks() == before {
            return drawn;
        }
    }
}

fn with<T>(of: impl Fn(&mut SmallRng) -> T) -> T {
    GENERATOR.with(|generator| draw(generator, forks, of))
}

/// Creates a generator that the operating system seeds.
///
/// It is not seeded from another generator, because a fork copies that generator's state.
#[cold]
fn from_system() -> SmallRng {
    SmallRng::try_from_os_rng().unwrap_or_else(|_| {
        // A system without a source of randomness (an old kernel, a sandbox) must not stop the application.
        static MADE: AtomicU64 = AtomicU64::new(0);
        let seen = (SystemTime::now(), std::process::id(), MADE.fetch_add(1, Relaxed));
        SmallRng::seed_from_u64(BuildHasherDefault::<DefaultHasher>::default().hash_one(seen))
    })
}

/// Makes all later draws of this thread the same in each run.
pub(crate) fn seed(seed: u64) {
    GENERATOR.with(|generator| generator.borrow_mut().seed(forks(), seed));
}

/// Returns a new random trace id. A child of a fork draws different ids.
pub fn new_trace_id() -> TraceId {
    loop {
        if let Some(id) = TraceId::new(with(Rng::random)) {
            return id;
        }
    }
}

/// Returns a new random span id.
pub fn new_span_id() -> SpanId {
    loop {
        if let Some(id) = SpanId::new(with(Rng::random)) {
            return id;
        }
    }
}

/// Returns a random number in `0..n`, or 0 if `n` is 0.
pub fn random_below(n: u64) -> u64 {
    if n == 0 { 0 } else { with(|generator| generator.random_range(0..n)) }
}

/// Returns a random number in `[0, 1)`.
pub fn random_unit() -> f64 {
    with(Rng::random)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A thread, and how many forks there were.
    struct Thread {
        generator: RefCell<Generator>,
        forks: Cell<u32>,
    }

    impl Thread {
        fn seeded(seed: u64) -> Self {
            let thread = Self { generator: RefCell::new(Generator::NEW), forks: Cell::new(0) };
            thread.generator.borrow_mut().seed(0, seed);
            thread
        }

        fn fork(&self) {
            self.forks.set(self.forks.get() + 1);
        }

        fn draw(&self) -> u64 {
            self.draw_around(|| {}).0
        }

        /// Returns the drawn number and the number of draws, with an interruption during the first draw.
        fn draw_around(&self, interrupt: impl Fn()) -> (u64, u32) {
            let draws = Cell::new(0);
            let drawn = draw(
                &self.generator,
                || self.forks.get(),
                |random| {
                    let drawn = random.random();
                    draws.set(draws.get() + 1);
                    if draws.get() == 1 {
                        interrupt();
                    }
                    drawn
                },
            );
            (drawn, draws.get())
        }
    }

    /// A signal handler forks, and returns in the child: what was being drawn is the parent's.
    #[test]
    fn a_draw_that_a_fork_interrupts_is_made_again() {
        let (parent, child) = (Thread::seeded(1), Thread::seeded(1));
        let parents = [parent.draw(), parent.draw(), parent.draw()];
        assert_eq!(child.draw_around(|| {}), (parents[0], 1));
        let (childs, draws) = child.draw_around(|| child.fork());
        assert_eq!(draws, 2);
        assert!(!parents.contains(&childs));
        assert!(!parents.contains(&child.draw()));
    }

    #[test]
    fn each_of_a_row_of_children_draws_its_own() {
        let thread = Thread::seeded(2);
        let first = thread.draw();
        thread.fork();
        thread.fork(); // a child of a child that drew nothing
        let second = thread.draw();
        thread.fork();
        let third = thread.draw();
        let parent = Thread::seeded(2);
        let parents: Vec<u64> = (0..8).map(|_| parent.draw()).collect();
        assert_eq!(parents[0], first);
        assert!(!parents.contains(&second) && !parents.contains(&third) && second != third);
    }

    #[test]
    fn a_draw_within_a_draw_is_another_one_and_does_not_disturb_the_order() {
        let (thread, other) = (Thread::seeded(3), Thread::seeded(3));
        let within = Cell::new(0);
        assert_eq!(thread.draw_around(|| within.set(thread.draw())), (other.draw(), 1));
        let next = other.draw();
        assert_eq!(thread.draw(), next);
        assert_ne!(within.get(), next);
    }
}
