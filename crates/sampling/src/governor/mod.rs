//! A governor: holds the share of the process's CPU time that tracing takes, by keeping less.
//!
//! [`control`] is the law; [`RecordingMeter`] measures what recording costs, [`cpu`] what the process costs.

mod control;
mod cpu;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use traced_actor::sampling::{RecordingMeter, set_thinning};

pub use control::{Control, GovernorOptions, Window};

/// Holds the share of CPU time that tracing takes at its target, while it lives. A process has one.
///
/// Each window (a second) it measures that share and moves one factor between 1 and its minimum, by the law of
/// [`Control`]. The factor multiplies
///
/// * the probability of each root that is kept, whichever rule keeps it: what it drops counts as dropped for the reason
///   `governor`, and the recorded probability is the one that was used, so that weights stay true;
/// * the budget of each fan-out, of which one recipient is always left.
///
/// It leaves alone what has no probability (`forced`, `rare`, `lowerbound`, which have limits of their own, and roots that
/// a tracer provider's own sampler decides about), and what a sender has decided: a trace stays whole.
///
/// # How it measures, and how well
///
/// The recording path is timed where it is taken: the start of a span from the decision on, its end, and the capture of
/// its context for a message that is sent. One in 16 on average is timed ([`GovernorOptions::period`]), at random
/// distances so that no pattern of theirs is met, and counts for all. The time is the wall clock's, less what reading it
/// takes, and 20 µs at most, because what takes longer was waiting for the processor. With m timed in a window the
/// relative error is about 1/√m: 3 % for 16,000 spans a second.
///
/// The process's CPU time is `/proc/self/stat`'s on Linux, to 10 ms. Elsewhere it is that of all processors, used or not,
/// so that the target is a share of the machine.
///
/// What the OpenTelemetry SDK's batch processors take on their own threads counts as well: on Linux, the CPU time of the
/// threads that have their name.
///
/// Not seen: exporters on other threads, such as an asynchronous one on those of its runtime, for which
/// [`charge`](Self::charge) is; decisions about roots that are dropped; the few nanoseconds of contexts that are not
/// sampled.
///
/// Cost: a load for each root, fan-out and sampled message; for one in 16 of the latter, two clock readings. Once a
/// window, some microseconds for each thread of the process.
///
/// ```
/// use traced_actor_sampling::{Governor, GovernorOptions};
///
/// let mut options = GovernorOptions::default();
/// options.target = 0.005;
/// let governor = Governor::start(options)?;
/// println!("tracing takes {:.2} % of the CPU", governor.status().share * 100.0);
/// # Ok::<(), traced_actor_sampling::GovernorError>(())
/// ```
#[must_use = "dropped, it governs no more"]
pub struct Governor(Arc<Shared>);

struct Shared {
    status: Mutex<GovernorStatus>,
    charged: AtomicU64,
    meter: RecordingMeter,
}

/// What a [`Governor`] found and did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GovernorStatus {
    /// By how much probabilities and budgets are multiplied now, from the minimum to 1.
    pub factor: f64,
    /// The share of CPU time that tracing took in the last window.
    pub share: f64,
    /// Windows so far.
    pub windows: u64,
    /// Windows after which the factor was lowered.
    pub lowered: u64,
    /// Windows after which it was raised.
    pub raised: u64,
}

impl Governor {
    /// Starts to govern this process, by a thread of its own.
    ///
    /// # Errors
    ///
    /// When there is one already, or the operating system has no thread left.
    pub fn start(options: GovernorOptions) -> Result<Self, GovernorError> {
        let meter = RecordingMeter::start(options.period).ok_or(GovernorError::AlreadyGoverned)?;
        let status = GovernorStatus { factor: 1.0, share: 0.0, windows: 0, lowered: 0, raised: 0 };
        let governor =
            Self(Arc::new(Shared { status: Mutex::new(status), charged: AtomicU64::new(0), meter }));
        let shared = Arc::downgrade(&governor.0);
        let work = move || govern(&shared, &mut Control::new(options));
        // Where there is no thread, dropping the governor puts everything back.
        thread::Builder::new()
            .name("tracing-governor".into())
            .spawn(work)
            .map_err(GovernorError::NoThread)?;
        Ok(governor)
    }

    /// Returns what it found and did so far.
    pub fn status(&self) -> GovernorStatus {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the status as long as the governor lives.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn watch(&self) -> impl Fn() -> Option<GovernorStatus> + Send + Sync + use<> {
        let shared = Arc::downgrade(&self.0);
        move || Some(shared.upgrade()?.status.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Counts CPU time that tracing took elsewhere: that of an exporter, say, which measured its own thread.
    pub fn charge(&self, time: Duration) {
        self.0.charged.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

fn govern(shared: &Weak<Shared>, control: &mut Control) {
    let Some(mut spent) = shared.upgrade().map(|shared| shared.meter.spent()) else { return };
    let (mut began, mut cpu) = (Instant::now(), cpu::time());
    let mut exporting = cpu::of_exporters();
    loop {
        thread::sleep(control.window());
        let Some(shared) = shared.upgrade() else { return };
        let wall = began.elapsed();
        began += wall;
        let (cpu_before, spent_before, exporting_before) = (cpu, spent, exporting);
        (cpu, spent, exporting) = (cpu::time(), shared.meter.spent(), cpu::of_exporters());
        let charged = Duration::from_nanos(shared.charged.swap(0, Relaxed));
        let used =
            cpu.zip(cpu_before).map_or_else(|| cpu::of_all(wall), |(now, before)| now.saturating_sub(before));
        let tracing =
            spent.saturating_sub(spent_before) + exporting.saturating_sub(exporting_before) + charged;
        let window = Window { wall, cpu: used, tracing };
        let before = control.factor();
        let factor = control.step(&window);
        set_thinning(factor);
        let mut status = shared.status.lock().unwrap_or_else(PoisonError::into_inner);
        (status.factor, status.share) = (factor, control.share(&window));
        status.windows += 1;
        status.lowered += u64::from(factor < before);
        status.raised += u64::from(factor > before);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        set_thinning(1.0);
    }
}

/// Why there is no governor.
#[derive(Debug)]
#[non_exhaustive]
pub enum GovernorError {
    /// Another one runs, or a [`RecordingMeter`]; a process has one.
    AlreadyGoverned,
    /// The operating system has no thread left.
    NoThread(io::Error),
}

impl fmt::Display for GovernorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyGoverned => {
                f.write_str("a governor runs already; keep the first one, a process has one")
            }
            Self::NoThread(error) => write!(f, "no thread for the governor: {error}"),
        }
    }
}

impl std::error::Error for GovernorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyGoverned => None,
            Self::NoThread(error) => Some(error),
        }
    }
}

impl fmt::Debug for Governor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Governor").field(&self.status()).finish()
    }
}
