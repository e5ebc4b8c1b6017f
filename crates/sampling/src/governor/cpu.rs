//! How much CPU time the process has used, and its exporters.

use std::time::Duration;
use std::{fs, thread};

/// Of all its threads, those that ended included; `None` where the system does not say in a file.
pub(super) fn time() -> Option<Duration> {
    if cfg!(target_os = "linux") { parse(&fs::read_to_string("/proc/self/stat").ok()?) } else { None }
}

/// What all processors have in this time.
pub(super) fn of_all(wall: Duration) -> Duration {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    wall * u32::try_from(processors).unwrap_or(1)
}

/// The 14th and the 15th field are user's and system's time ([`proc_pid_stat(5)`][man]), in hundredths of a second: the
/// kernel's `USER_HZ`, which is a part of its interface. The second field is a name in parentheses that may hold
/// anything.
///
/// [man]: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
fn parse(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    let ticks = fields.next()?.ok()?.checked_add(fields.next()?.ok()?)?;
    Some(Duration::from_millis(ticks.checked_mul(10)?))
}

/// Of the threads on which the OpenTelemetry SDK exports spans; zero where the system does not say in a file.
///
/// They are told by their names, of which the kernel keeps 15 bytes. A thread that has ended counts no more.
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
