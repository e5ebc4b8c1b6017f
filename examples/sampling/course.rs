//! The course of a simulation, interval by interval, and its text.

/// A load over time, and what a sampler kept of it.
pub(crate) struct Course {
    pub(crate) name: &'static str,
    pub(crate) explanation: &'static str,
    pub(crate) intervals: Vec<Interval>,
}

pub(crate) struct Interval {
    /// The second at which the interval ended.
    pub(crate) second: f64,
    /// Operations a second.
    pub(crate) load: f64,
    /// Kept operations a second.
    pub(crate) kept: f64,
    /// Operations a second, as estimated from the kept ones.
    pub(crate) estimate: f64,
}

impl Course {
    pub(crate) fn print(&self) {
        println!("{}: {}", self.name, self.explanation);
        println!("{:>8} {:>12} {:>12} {:>12} {:>14}", "second", "load /s", "kept /s", "share", "estimate /s");
        for interval in &self.intervals {
            let share = interval.kept / interval.load;
            println!(
                "{:>8.0} {:>12.1} {:>12.3} {share:>12.6} {:>14.1}",
                interval.second, interval.load, interval.kept, interval.estimate
            );
        }
        println!();
    }
}
