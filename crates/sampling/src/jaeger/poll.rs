//! Polls a Jaeger server for its strategy, from a separate thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::sampler::JaegerRemote;
use super::strategy::Strategy;
use crate::clock::Clock;
use traced_actor::context::random_unit;

/// The settings of [`JaegerRemote::poll_with`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollOptions {
    /// The interval between requests. Default: one minute, as in Jaeger's clients.
    ///
    /// The first request is sent at once. Every interval is up to a tenth longer, at random, so that the processes of a
    /// fleet do not poll at the same time.
    pub interval: Duration,
    /// The time-out of one request, including name resolution and the answer. Default: 5 s.
    pub timeout: Duration,
    /// The maximum size of an answer, in bytes. Longer answers are rejected. Default: 1 MiB.
    pub max_bytes: u64,
}

impl Default for PollOptions {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60), timeout: Duration::from_secs(5), max_bytes: 1 << 20 }
    }
}

/// A snapshot of the results of a [`Poller`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollStatus {
    /// The number of answers that were applied.
    pub applied: u64,
    /// The number of requests that failed. The previous strategy stays in force.
    pub failed: u64,
    /// The error of the last request, if it failed.
    pub last_error: Option<String>,
}

/// Polls a server until it is dropped. [`JaegerRemote::poll`] creates it.
#[must_use = "polling stops when this is dropped"]
#[derive(Debug)]
pub struct Poller {
    status: Arc<Status>,
    /// Dropping it ends the thread.
    _alive: Sender<()>,
}

#[derive(Debug, Default)]
struct Status {
    applied: AtomicU64,
    failed: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Poller {
    /// Returns the number of applied answers and failed requests so far, and the last error.
    pub fn status(&self) -> PollStatus {
        PollStatus {
            applied: self.status.applied.load(Relaxed),
            failed: self.status.failed.load(Relaxed),
            last_error: self.status.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl<C: Clock + 'static> JaegerRemote<C> {
    /// Polls the server at `endpoint` for the strategy of `service`, and samples by its answers.
    ///
    /// An endpoint looks like `http://localhost:5778/sampling`. If the server does not answer, or the answer is
    /// invalid, the last valid answer stays in force and [`Poller::status`] reports the error. Only plain HTTP is
    /// supported, because Jaeger's agent or collector usually runs nearby. Otherwise use a proxy that speaks TLS. A
    /// request to `https://…` fails.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot start a thread.
    pub fn poll(&self, endpoint: &str, service: &str) -> std::io::Result<Poller> {
        self.poll_with(endpoint, service, &PollOptions::default())
    }

    /// Polls the server at `endpoint` like [`poll`](Self::poll), with these options.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot start a thread.
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
        // No proxy from the environment, because the server is nearby.
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
