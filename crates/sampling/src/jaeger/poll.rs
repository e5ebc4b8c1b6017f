//! Asks a Jaeger server what to sample, from a thread of its own.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::sampler::JaegerRemote;
use super::strategy::Strategy;
use crate::clock::Clock;
use traced_actor::context::random_unit;

/// How a server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollOptions {
    /// How often; each minute, as Jaeger's clients. The first time at once, and every time up to a tenth later, so
    /// that a fleet does not ask in step.
    pub interval: Duration,
    /// How long one request may take, name resolution and answer included: 5 s.
    pub timeout: Duration,
    /// A longer answer is refused: 1 MiB.
    pub max_bytes: u64,
}

impl Default for PollOptions {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60), timeout: Duration::from_secs(5), max_bytes: 1 << 20 }
    }
}

/// How asking went so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollStatus {
    /// Answers that were understood and applied.
    pub applied: u64,
    /// Requests that failed; the answer before stayed in force.
    pub failed: u64,
    /// What the last request failed with; none if it did not.
    pub last_error: Option<String>,
}

/// Asks until it is dropped. Made by [`JaegerRemote::poll`].
#[must_use = "dropped, it asks no more"]
#[derive(Debug)]
pub struct Poller {
    status: Arc<Status>,
    /// Its end tells the thread.
    _alive: Sender<()>,
}

#[derive(Debug, Default)]
struct Status {
    applied: AtomicU64,
    failed: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Poller {
    /// Returns how asking went so far.
    pub fn status(&self) -> PollStatus {
        PollStatus {
            applied: self.status.applied.load(Relaxed),
            failed: self.status.failed.load(Relaxed),
            last_error: self.status.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl<C: Clock + 'static> JaegerRemote<C> {
    /// Asks the server at `endpoint`, like `http://localhost:5778/sampling`, about this service from now on, and
    /// samples by its answers.
    ///
    /// A server that is away or answers nonsense changes nothing: the last good answer stays in force, and
    /// [`Poller::status`] says so. Plain HTTP only: Jaeger's agent or collector is next door. Where it is not, put a proxy
    /// there that speaks TLS; a request to `https://…` fails, and the status says so.
    ///
    /// # Errors
    ///
    /// When the operating system has no thread left.
    pub fn poll(&self, endpoint: &str, service: &str) -> std::io::Result<Poller> {
        self.poll_with(endpoint, service, &PollOptions::default())
    }

    /// As [`poll`](Self::poll), with these options.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll).
    pub fn poll_with(&self, endpoint: &str, service: &str, options: &PollOptions) -> std::io::Result<Poller> {
        let status = Arc::new(Status::default());
        let (alive, ended) = channel::<()>();
        let server = Server::new(endpoint, service, options);
        let (sampler, thread_status, interval) = (self.clone(), status.clone(), options.interval);
        let work = move || {
            loop {
                match server.ask() {
                    Ok(strategy) => {
                        sampler.apply(&strategy);
                        thread_status.applied.fetch_add(1, Relaxed);
                        thread_status.set_error(None);
                    }
                    Err(error) => {
                        thread_status.failed.fetch_add(1, Relaxed);
                        thread_status.set_error(Some(error));
                    }
                }
                let pause = interval.mul_f64(1.0 + random_unit() / 10.0);
                if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        };
        thread::Builder::new().name("jaeger-sampling".into()).spawn(work)?;
        Ok(Poller { status, _alive: alive })
    }
}

impl Status {
    fn set_error(&self, error: Option<String>) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

struct Server {
    agent: ureq::Agent,
    endpoint: String,
    service: String,
    max_bytes: u64,
}

impl Server {
    fn new(endpoint: &str, service: &str, options: &PollOptions) -> Self {
        // No proxy of the environment's: the server is next door.
        let config = ureq::Agent::config_builder().timeout_global(Some(options.timeout)).proxy(None).build();
        Self {
            agent: config.new_agent(),
            endpoint: endpoint.to_owned(),
            service: service.to_owned(),
            max_bytes: options.max_bytes,
        }
    }

    fn ask(&self) -> Result<Strategy, String> {
        let request = self.agent.get(&self.endpoint).query("service", &self.service);
        let mut answer = request.call().map_err(|error| error.to_string())?;
        let text = answer.body_mut().with_config().limit(self.max_bytes).read_to_string();
        let text = text.map_err(|error| error.to_string())?;
        Strategy::from_json(&text).map_err(|error| error.to_string())
    }
}
