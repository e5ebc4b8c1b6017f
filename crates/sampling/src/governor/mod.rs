//! A governor: limits the share of the process's CPU time that tracing takes, by sampling less.
//!
//! [`control`] has the control law. [`RecordingMeter`] measures the cost of recording, and [`cpu`] that of the process.

mod control;
mod cpu;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use traced_actor::sampling::{RecordingMeter, set_thinning};

pub use control::{GovernorControl, GovernorOptions, GovernorWindow};

/// Limits the share of CPU time that tracing uses, by sampling less. A process has at most one governor.
///
/// The governor runs as long as this value lives. In each window (one second) it measures the share, and changes one
/// factor between its minimum and 1 by the rule of [`GovernorControl`]. The factor multiplies:
///
/// * The probability of each root that is kept, by any rule. A root that the governor drops counts as dropped for the
///   reason `governor`. The recorded probability includes the factor, so weights stay correct.
/// * The budget of each fan-out, of which at least one recipient is kept.
///
/// The factor does not apply to roots without a probability. These are `forced`, `rare` and `lowerbound`, which have
/// their own limits, and roots that a tracer provider's own sampler decides about. It does not apply to decisions of
/// senders either, so traces stay complete.
///
/// # How it measures
///
/// The recording path is timed at three places: the start of a span including the decision, the end of a span, and the
/// capture of its context for a sent message. On average one pass in 16 is timed ([`GovernorOptions::period`]) and
/// stands for all. The distances are random, so that they do not follow a pattern in the load. The time is wall-clock
/// time without the clock readings, and at most 0.02 ms, because a longer pass was waiting for a processor. With m
/// timed passes in a window, the relative error is about 1/√m: 3 % for 16,000 spans per second.
///
/// The process's CPU time is read from `/proc/self/stat` on Linux, in steps of 10 ms. On other systems, the time of all
/// processors is used, whether idle or not, so the target is a share of the machine.
///
/// The CPU time of the OpenTelemetry SDK's batch processors on their own threads is included. On Linux it is that of
/// the threads with their name.
///
/// Not included are: exporters on other threads, such as an asynchronous exporter on the threads of its runtime (report
/// those with [`charge`](Self::charge)), decisions about roots that are dropped, and the small cost of unsampled
/// contexts.
///
/// [`RecordingMeter::spent`] returns the total time of each step.
///
/// # Cost
///
/// One atomic load for each root, fan-out and sampled message, and two clock readings for one sampled message in 16.
/// Once per window, a few file reads for each thread of the process.
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
#[must_use = "the governor stops when this is dropped"]
pub struct Governor(Arc<Shared>);

struct Shared {
    status: Mutex<GovernorStatus>,
    charged: AtomicU64,
    meter: RecordingMeter,
}

/// A snapshot of the measurements and actions of a [`Governor`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GovernorStatus {
    /// The factor for probabilities and budgets, from the minimum to 1.
    pub factor: f64,
    /// The share of CPU time that tracing used in the last window.
    pub share: f64,
    /// The number of windows so far.
    pub windows: u64,
    /// The number of windows after which the factor was lowered.
    pub lowered: u64,
    /// The number of windows after which the factor was raised.
    pub raised: u64,
}

impl Governor {
    /// Starts a governor for this process, on a separate thread.
    ///
    /// # Errors
    ///
    /// Returns an error if a governor or a [`RecordingMeter`] is already running, or if the operating system cannot
    /// start a thread.
    pub fn start(options: GovernorOptions) -> Result<Self, GovernorError> {
        let meter = RecordingMeter::start(options.period).ok_or(GovernorError::AlreadyGoverned)?;
        let status = GovernorStatus { factor: 1.0, share: 0.0, windows: 0, lowered: 0, raised: 0 };
        let governor =
            Self(Arc::new(Shared { status: Mutex::new(status), charged: AtomicU64::new(0), meter }));
        let shared = Arc::downgrade(&governor.0);
        let work = move || govern(&shared, &mut GovernorControl::new(options));
        // If there is no thread, dropping the governor resets everything.
        thread::Builder::new()
            .name("tracing-governor".into())
            .spawn(work)
            .map_err(GovernorError::NoThread)?;
        Ok(governor)
    }

    /// Returns the measurements and actions of the governor so far.
    pub fn status(&self) -> GovernorStatus {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a function that reads the status as long as the governor lives.
    #[cfg(feature = "opentelemetry")]
    pub(crate) fn watch(&self) -> impl Fn() -> Option<GovernorStatus> + Send + Sync + use<> {
        let shared = Arc::downgrade(&self.0);
        move || Some(shared.upgrade()?.status.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Adds CPU time that tracing used elsewhere, such as that of an exporter that measures its own thread.
    pub fn charge(&self, time: Duration) {
        self.0.charged.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

/// Returns the time that tracing took on the threads of actors: all steps except the export.
fn spent_on_actors() -> Duration {
    RecordingMeter::spent()[..3].iter().sum()
}

fn govern(shared: &Weak<Shared>, control: &mut GovernorControl) {
    let mut spent = spent_on_actors();
    let (mut began, mut cpu) = (Instant::now(), cpu::time());
    let mut exporting = cpu::of_exporters();
    loop {
        thread::sleep(control.window());
        let Some(shared) = shared.upgrade() else { return };
        let wall = began.elapsed();
        began += wall;
        let (cpu_before, spent_before, exporting_before) = (cpu, spent, exporting);
        (cpu, spent, exporting) = (cpu::time(), spent_on_actors(), cpu::of_exporters());
        let charged = Duration::from_nanos(shared.charged.swap(0, Relaxed));
        let used =
            cpu.zip(cpu_before).map_or_else(|| cpu::of_all(wall), |(now, before)| now.saturating_sub(before));
        let exported = exporting.saturating_sub(exporting_before) + charged;
        shared.meter.charge(exported);
        let tracing = spent.saturating_sub(spent_before) + exported;
        let window = GovernorWindow { wall, cpu: used, tracing };
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

/// The error of starting a governor.
#[derive(Debug)]
#[non_exhaustive]
pub enum GovernorError {
    /// Another governor or a [`RecordingMeter`] is running. A process has at most one.
    AlreadyGoverned,
    /// The operating system could not start a thread.
    NoThread(io::Error),
}

impl fmt::Display for GovernorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyGoverned => {
                f.write_str("a governor already runs in this process; keep the value that the first `Governor::start` returned")
            }
            Self::NoThread(error) => write!(f, "cannot start the thread of the governor: {error}"),
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
