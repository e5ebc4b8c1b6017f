//! The limits of the metrics, and their clock.

use crate::clock::MetricsClock;

/// The settings of the metrics.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) clock: MetricsClock,
    pub(crate) every: u32,
    pub(crate) series: usize,
    pub(crate) handlings: u32,
    pub(crate) asks: u32,
    pub(crate) mailboxes: u32,
    pub(crate) timing_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: MetricsClock::processor(),
            every: 1,
            series: 512,
            handlings: 1 << 20,
            asks: 1 << 20,
            mailboxes: 1 << 21,
            timing_bytes: 32 << 20,
        }
    }
}
