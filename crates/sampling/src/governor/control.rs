//! The control law by which the factor follows the share. It is plain arithmetic, without a clock.

use std::time::Duration;

/// The settings of a [`Governor`](super::Governor).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GovernorOptions {
    /// The share of the process's CPU time that tracing may use. Default: 0.01.
    pub target: f64,
    /// The length of the windows in which the share is measured. Default: one second.
    pub window: Duration,
    /// The lowest factor. Default: 0.0001.
    pub minimum: f64,
    /// The largest relative growth of the factor in one window. Default: 0.25. It may fall by any amount.
    pub growth: f64,
    /// The lowest CPU use of the process that the share is computed with, in processors. Default: 0.05.
    ///
    /// A process that uses less is treated as using this much, so that tracing in an idle process is not reduced.
    pub idle: f64,
    /// The average number of passes through the recording path of which one is timed. Default: 16.
    pub period: u32,
}

impl Default for GovernorOptions {
    fn default() -> Self {
        Self {
            target: 0.01,
            window: Duration::from_secs(1),
            minimum: 1e-4,
            growth: 0.25,
            idle: 0.05,
            period: 16,
        }
    }
}

/// The measured CPU time of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GovernorWindow {
    /// The length of the window.
    pub wall: Duration,
    /// The CPU time of the process, of all threads together.
    pub cpu: Duration,
    /// The CPU time of tracing. It is a part of `cpu`.
    pub tracing: Duration,
}

/// Computes the factor of a [`Governor`](super::Governor) from the measured share. Use it in simulations.
///
/// Here s is the share of the last window, and t the target:
///
/// * If s is above t, the factor is multiplied by √(0.9 t/s).
/// * If s is below 0.75 t, the same applies, but the factor grows by no more than a quarter.
/// * Otherwise the factor does not change, so that a small measurement error has no effect.
///
/// The square root suits two kinds of load. The cost of a broadcast grows with the square of the factor, because the
/// factor applies to both its root and its budget. One window is then enough. Other cost is proportional to the factor,
/// and each window covers half of the distance (in logarithms): ten times the target becomes 3.0, 1.6, 1.2, 1.0 times.
/// Neither oscillates.
///
/// ```
/// use std::time::Duration;
/// use traced_actor_sampling::{GovernorControl, GovernorOptions, GovernorWindow};
///
/// let mut control = GovernorControl::new(GovernorOptions::default());
/// let second = Duration::from_secs(1);
/// // Nine hundredths of a processor: nine times the target.
/// let factor = control.step(&GovernorWindow { wall: second, cpu: second, tracing: second * 9 / 100 });
/// assert!((factor - 0.1_f64.sqrt()).abs() < 1e-9);
/// ```
#[derive(Debug, Clone)]
pub struct GovernorControl {
    options: GovernorOptions,
    factor: f64,
}

/// The share that the factor aims at, and the share below which it may grow, relative to the target.
const AIM: f64 = 0.9;
const ENOUGH: f64 = 0.75;

impl GovernorControl {
    /// Creates a control with these settings, and a factor of 1.
    pub const fn new(options: GovernorOptions) -> Self {
        Self { options, factor: 1.0 }
    }

    /// Computes the factor after this window, and returns it.
    pub fn step(&mut self, window: &GovernorWindow) -> f64 {
        let GovernorOptions { target, minimum, growth, .. } = self.options;
        let share = self.share(window);
        let wanted = (AIM * target / share).sqrt();
        if share > target {
            self.factor = (self.factor * wanted).max(minimum);
        } else if share < ENOUGH * target {
            // If nothing was used, the share is 0, and no growth would be enough.
            self.factor = (self.factor * wanted.min(1.0 + growth)).min(1.0);
        }
        self.factor
    }

    /// Returns the share of CPU time that tracing took in this window.
    pub fn share(&self, window: &GovernorWindow) -> f64 {
        let used = window.cpu.max(window.wall.mul_f64(self.options.idle.max(0.0)));
        if used.is_zero() { 0.0 } else { window.tracing.as_secs_f64() / used.as_secs_f64() }
    }

    /// Returns the current factor.
    pub const fn factor(&self) -> f64 {
        self.factor
    }

    pub(super) const fn window(&self) -> Duration {
        self.options.window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second in which work takes one processor, and tracing so much of another.
    fn second(tracing: f64) -> GovernorWindow {
        let work = Duration::from_secs(1);
        let tracing = Duration::from_secs_f64(tracing);
        GovernorWindow { wall: work, cpu: work + tracing, tracing }
    }

    /// The factors under a load whose tracing costs so much as a function of the factor.
    fn course(windows: usize, cost: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut control = GovernorControl::new(GovernorOptions::default());
        (0..windows).map(|_| control.step(&second(cost(control.factor())))).collect()
    }

    /// Ten times too much: s = 0.1/1.1 = 0.0909, and √(0.009/0.0909) = 0.3146.
    #[test]
    fn what_costs_in_proportion_is_half_way_there_after_each_window() {
        let factors = course(12, |factor| 0.1 * factor);
        assert!((factors[0] - 0.3146).abs() < 1e-3, "{factors:?}");
        assert!(factors[5] * 0.1 <= 0.0102, "{factors:?}");
        assert!(factors.windows(2).all(|pair| pair[1] <= pair[0]), "it does not oscillate: {factors:?}");
        assert!((factors[11] - factors[8]).abs() < 1e-12, "and comes to rest: {factors:?}");
    }

    #[test]
    fn what_costs_with_the_square_is_there_after_one() {
        let factors = course(4, |factor| 0.1 * factor * factor);
        let cost = 0.1 * factors[0] * factors[0];
        assert!((0.0075..=0.0101).contains(&cost), "{factors:?}");
        assert!((factors[3] - factors[0]).abs() < 1e-12, "{factors:?}");
    }

    #[test]
    fn it_recovers_by_a_quarter_a_window_and_no_further_than_one() {
        let mut control = GovernorControl::new(GovernorOptions::default());
        for _ in 0..50 {
            control.step(&second(10.0));
        }
        assert!((control.factor() - 1e-4).abs() < 1e-12, "the minimum");
        let before = control.factor();
        assert!((control.step(&second(0.0)) / before - 1.25).abs() < 1e-9);
        // 1.25⁴² > 10⁴
        for _ in 0..42 {
            control.step(&second(0.0));
        }
        assert!((control.factor() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn between_three_quarters_and_all_of_the_target_it_rests() {
        for share in [0.0077, 0.0100] {
            let mut control = GovernorControl::new(GovernorOptions::default());
            control.step(&second(0.2));
            let before = control.factor();
            control.step(&second(share));
            assert!((control.factor() - before).abs() < f64::EPSILON, "{share}");
        }
    }

    /// Keeps the one message per second of an otherwise idle process.
    #[test]
    fn an_idle_process_is_left_alone() {
        let mut control = GovernorControl::new(GovernorOptions::default());
        let idle = GovernorWindow {
            wall: Duration::from_secs(1),
            cpu: Duration::from_micros(100),
            tracing: Duration::from_micros(50),
        };
        assert!((control.step(&idle) - 1.0).abs() < f64::EPSILON);
        let nothing = GovernorWindow { wall: Duration::ZERO, cpu: Duration::ZERO, tracing: Duration::ZERO };
        assert!((control.step(&nothing) - 1.0).abs() < f64::EPSILON);
    }
}
