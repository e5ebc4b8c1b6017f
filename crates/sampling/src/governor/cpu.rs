//! The CPU time that the process and its exporters have used.

use std::time::Duration;
use std::{fs, thread};

/// Returns the CPU time of all threads, including ended ones. Returns `None` if the system has no file for it.
pub(super) fn time() -> Option<Duration> {
    if cfg!(target_os = "linux") { parse(&fs::read_to_string("/proc/self/stat").ok()?) } else { None }
}

/// Returns the CPU time that all processors have in this time.
pub(super) fn of_all(wall: Duration) -> Duration {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    wall * u32::try_from(processors).unwrap_or(1)
}

/// Parses the user and system time, which are the 14th and 15th field ([`proc_pid_stat(5)`][man]).
///
/// They are in hundredths of a second: the kernel's `USER_HZ`, which is part of its interface. The second field is a
/// name in parentheses, which may contain anything.
///
/// [man]: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
fn parse(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    let ticks = fields.next()?.ok()?.checked_add(fields.next()?.ok()?)?;
    Some(Duration::from_millis(ticks.checked_mul(10)?))
}

/// Returns the CPU time of the threads on which the OpenTelemetry SDK exports spans.
///
/// Returns zero if the system has no file for it.
///
/// They are identified by their names, of which the kernel keeps 15 bytes. A thread that has ended no longer counts.
pub(super) fn of_exporters() -> Duration {
    const NAME: &str = "OpenTelemetry.T\n"; // OpenTelemetry.Traces.BatchProcessor
    let threads = if cfg!(target_os = "linux") { fs::read_dir("/proc/self/task").ok() } else { None };
    let time = |thread: fs::DirEntry| -> Option<u64> {
        let path = thread.path();
        if fs::read_to_string(path.join("comm")).ok()? != NAME {
            return None;
        }
        // The first field is the time on a processor, in nanoseconds.
        fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.into_iter().flatten().flatten().filter_map(time).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_times_are_added_whatever_the_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 3 4 20 0 1 0 5 6 7\n";
        assert_eq!(parse(stat), Some(Duration::from_secs(3)));
        for bad in
            ["", "7 (a) S", "7 (a) S 1 7 7 0 -1 4194560 1 0 0 0 x 50", "7 (a) S 1 7 7 0 -1 4194560 1 0 0 0 1"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn work_takes_time() {
        let before = time().unwrap();
        let began = std::time::Instant::now();
        while time().unwrap() < before + Duration::from_millis(50) {
            assert!(began.elapsed() < Duration::from_secs(60), "no time passes");
        }
        // A tick is 10 ms.
        assert!(of_all(began.elapsed()) + Duration::from_millis(20) >= Duration::from_millis(50));
    }
}
