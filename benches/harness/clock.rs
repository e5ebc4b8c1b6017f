//! The time that the running thread has spent on a processor.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The CPU time of this thread so far.
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let part = |value: i64| u64::try_from(value).unwrap_or_default();
    Duration::new(part(time.tv_sec), u32::try_from(time.tv_nsec).unwrap_or_default())
}
