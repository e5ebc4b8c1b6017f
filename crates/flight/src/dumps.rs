//! Files that are written at an event: a panic or a signal.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{panic, process};

use super::dump::{wall_offset, write};
use super::image::DumpReason;
use super::recorder::Shared;

/// The maximum number of files of a process. The next one replaces the oldest.
const MOST: u64 = 8;
/// The minimum time between two files, in nanoseconds.
const APART: u64 = 1_000_000_000;

/// Writes a file.
pub(crate) fn write_to(shared: &Shared, path: &Path, reason: DumpReason) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 16, File::create(path)?);
    write(shared, reason, wall_offset(shared.clock.now()), &mut file)?;
    file.flush()
}

/// A directory for files.
pub(crate) struct Directory {
    path: PathBuf,
    count: AtomicU64,
    last: AtomicU64,
}

impl Directory {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, count: AtomicU64::new(0), last: AtomicU64::new(0) }
    }

    /// Writes a file, unless the last one is very recent. Prints errors to standard error.
    pub(crate) fn write(&self, shared: &Shared, reason: DumpReason) {
        let now = shared.clock.now().unix_nanos();
        let last = self.last.load(Relaxed);
        let is_due = last == 0 || now.saturating_sub(last) >= APART;
        if !is_due || self.last.compare_exchange(last, now, Relaxed, Relaxed).is_err() {
            return;
        }
        let number = self.count.fetch_add(1, Relaxed) % MOST;
        let path = self.path.join(format!("flight-{}-{number}.flight", process::id()));
        if let Err(error) = write_to(shared, &path, reason) {
            let _ = writeln!(io::stderr(), "traced-actor-flight: {}: {error}", path.display());
        }
    }
}

/// Writes a file at each panic, and then calls the previous hook.
pub(crate) fn on_panic(shared: &'static Shared, directory: PathBuf) {
    let (directory, next) = (Directory::new(directory), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        directory.write(shared, DumpReason::Panic);
        next(info);
    }));
}

/// Writes a file at each of these signals, from a separate thread.
#[cfg(all(feature = "signal", unix))]
pub(crate) fn on_signal(shared: &'static Shared, signal: i32, directory: PathBuf) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([signal])?;
    let directory = Directory::new(directory);
    std::thread::Builder::new().name("flight-signal".into()).spawn(move || {
        for _ in signals.forever() {
            directory.write(shared, DumpReason::Signal);
        }
    })?;
    Ok(())
}
