//! Sends OTLP over HTTP, from a separate thread.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fmt, io, thread};

use super::OtlpBatch;
use super::proto;
use super::resource::decoded;

/// The number of attempts to send a batch before it is given up.
const ATTEMPTS: u32 = 5;
/// The wait before the second attempt. It doubles with each attempt.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The maximum length of a response, in bytes.
const ANSWER_BYTES: u64 = 64 << 10;

/// The settings of an [`OtlpSender`].
///
/// ```no_run
/// use traced_actor_flight::{Flight, OtlpHttp, OtlpResource};
///
/// # fn main() -> std::io::Result<()> {
/// let sender = OtlpHttp::new("http://127.0.0.1:4318/v1/traces").start()?;
/// let sending = sender.clone();
/// let flight = Flight::builder()
///     .otlp(&OtlpResource::new("guild"), move |batch| sending.send(batch))
///     .start()?;
/// # Ok(())
/// # }
/// ```
///
/// TLS is not supported: the server must be a collector on the same machine or in the same cluster. For another
/// transport, pass the bytes of each [`OtlpBatch`] to your own client.
#[derive(Clone)]
#[must_use = "nothing is sent before it is started"]
pub struct OtlpHttp {
    endpoint: String,
    headers: Vec<(String, String)>,
    timeout: Duration,
    queue_bytes: usize,
}

impl OtlpHttp {
    /// Creates settings for this URL, whose path is usually `/v1/traces`.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            queue_bytes: 16 << 20,
        }
    }

    /// Creates settings from the environment, like OpenTelemetry's exporters.
    ///
    /// The variables are `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_HEADERS`, whose
    /// values are percent-encoded. Without them, the URL is `http://localhost:4318/v1/traces`.
    pub fn from_env() -> Self {
        Self::read(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").unwrap_or_else(|| {
            let base = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
            let base = base.as_deref().unwrap_or("http://localhost:4318");
            format!("{}/v1/traces", base.trim_end_matches('/'))
        });
        let headers = variable("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let headers = headers.split(',').filter_map(|header| header.split_once('='));
        headers
            .fold(Self::new(endpoint), |made, (name, value)| made.header(name.trim(), decoded(value.trim())))
    }

    /// Adds a header to each request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the time-out of a request. Default: 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the maximum number of bytes that wait to be sent. Default: 16 MiB. Further batches are dropped and counted.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// Starts the sending thread.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot start a thread.
    pub fn start(self) -> io::Result<OtlpSender> {
        let queue =
            Arc::new(Queue { state: Mutex::default(), changed: Condvar::new(), most: self.queue_bytes });
        let sending = queue.clone();
        thread::Builder::new().name("flight-otlp".into()).spawn(move || send_all(&self, &sending))?;
        Ok(OtlpSender(Arc::new(Handle(queue))))
    }
}

impl fmt::Debug for OtlpHttp {
    /// Formats the settings without the headers, which may contain a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpHttp").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Sends batches of spans over HTTP.
///
/// Clones share one thread, which ends when the last clone is dropped and the queue is empty.
///
/// A batch is sent up to five times, with increasing waits, if the server cannot be reached or asks to try again. No
/// method except `flush` blocks the caller.
#[derive(Clone)]
pub struct OtlpSender(Arc<Handle>);

/// The counters of an [`OtlpSender`] so far, in spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtlpCounts {
    /// The number of spans that the server has accepted.
    pub sent: u64,
    /// The number of spans that the server has rejected within an accepted request.
    pub rejected: u64,
    /// The number of spans that were given up because the server refused them or could not be reached.
    pub failed: u64,
    /// The number of spans that were dropped because too many bytes were waiting.
    pub dropped: u64,
}

struct Handle(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    most: usize,
}

#[derive(Default)]
struct State {
    batches: VecDeque<OtlpBatch>,
    bytes: usize,
    is_sending: bool,
    is_closed: bool,
    counts: OtlpCounts,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl OtlpSender {
    /// Puts a batch into the queue. If there is no room, the batch is dropped and counted.
    pub fn send(&self, batch: OtlpBatch) {
        let queue = &self.0.0;
        let mut state = queue.lock();
        if state.bytes + batch.bytes.len() > queue.most {
            state.counts.dropped += batch.spans;
            return;
        }
        state.bytes += batch.bytes.len();
        state.batches.push_back(batch);
        drop(state);
        queue.changed.notify_all();
    }

    /// Blocks until all batches were sent or given up, or until the time-out. Returns whether nothing is left.
    pub fn flush(&self, timeout: Duration) -> bool {
        let queue = &self.0.0;
        let is_busy = |state: &mut State| state.is_sending || !state.batches.is_empty();
        let waited = queue.changed.wait_timeout_while(queue.lock(), timeout, is_busy);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !is_busy(&mut state)
    }

    /// Returns the counters so far.
    pub fn counts(&self) -> OtlpCounts {
        self.0.0.lock().counts
    }
}

impl fmt::Debug for OtlpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpSender").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// The outcome of a request.
enum Answer {
    Accepted { rejected: u64 },
    Again(Option<Duration>),
    Refused,
}

/// Sends the batches in the queue until it is empty and closed.
fn send_all(settings: &OtlpHttp, queue: &Queue) {
    // No proxy from the environment, and no redirects.
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(settings.timeout))
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .build();
    let agent = config.new_agent();
    loop {
        let mut state = queue.lock();
        state.is_sending = false;
        queue.changed.notify_all();
        let batch = loop {
            match state.batches.pop_front() {
                Some(batch) => break batch,
                None if state.is_closed => return,
                None => state = queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        };
        state.bytes -= batch.bytes.len();
        state.is_sending = true;
        drop(state);
        let rejected = send(settings, &agent, queue, &batch);
        let mut state = queue.lock();
        match rejected {
            Some(rejected) => {
                let rejected = rejected.min(batch.spans);
                state.counts.rejected += rejected;
                state.counts.sent += batch.spans - rejected;
            }
            None => state.counts.failed += batch.spans,
        }
    }
}

/// Sends a batch. Returns the number of rejected spans, or `None` if the batch was given up.
fn send(settings: &OtlpHttp, agent: &ureq::Agent, queue: &Queue, batch: &OtlpBatch) -> Option<u64> {
    let mut wait = FIRST_WAIT;
    for attempt in 1..=ATTEMPTS {
        let asked = match post(settings, agent, batch) {
            Answer::Accepted { rejected } => return Some(rejected),
            Answer::Refused => return None,
            Answer::Again(asked) => asked,
        };
        if attempt < ATTEMPTS && !sleep(queue, asked.unwrap_or(wait).min(LONGEST_WAIT)) {
            return None;
        }
        wait *= 2;
    }
    None
}

/// Waits. Returns whether the sender still exists.
fn sleep(queue: &Queue, time: Duration) -> bool {
    let until = Instant::now() + time;
    let mut state = queue.lock();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if state.is_closed || left.is_zero() {
            return !state.is_closed;
        }
        state = queue.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn post(settings: &OtlpHttp, agent: &ureq::Agent, batch: &OtlpBatch) -> Answer {
    let request = agent.post(&settings.endpoint).content_type("application/x-protobuf");
    let request = settings.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let Ok(mut answer) = request.send(&batch.bytes[..]) else { return Answer::Again(None) };
    match answer.status().as_u16() {
        200..=299 => {
            let body = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
            Answer::Accepted { rejected: body.map_or(0, |body| rejected_spans(&body)) }
        }
        // As OTLP's specification says.
        429 | 502..=504 => {
            let after =
                answer.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
            Answer::Again(after.map(Duration::from_secs))
        }
        _ => Answer::Refused,
    }
}

/// Reads `partial_success.rejected_spans` from a response. Returns 0 if it cannot be read.
fn rejected_spans(answer: &[u8]) -> u64 {
    let partial_success = proto::fields(answer).find_map(|field| match field {
        (1, proto::Value::Bytes(message)) => Some(message),
        _ => None,
    });
    let rejected = proto::fields(partial_success.unwrap_or_default()).find_map(|field| match field {
        (1, proto::Value::Varint(rejected)) => Some(rejected),
        _ => None,
    });
    rejected.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_where_to() {
        let endpoint = |variables: &[(&str, &str)]| {
            let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
            OtlpHttp::read(|name| Some(find(name)?.1.to_owned())).endpoint
        };
        assert_eq!(endpoint(&[]), "http://localhost:4318/v1/traces");
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/");
        assert_eq!(endpoint(&[base]), "http://collector:4318/v1/traces");
        let whole = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://other/spans");
        assert_eq!(endpoint(&[base, whole]), "http://other/spans");
        let headers = OtlpHttp::read(|name| {
            (name == "OTEL_EXPORTER_OTLP_HEADERS").then(|| "a=1, b = 2,c,key=Basic%20dXNlcg==".into())
        });
        let expected = [("a", "1"), ("b", "2"), ("key", "Basic dXNlcg==")];
        assert_eq!(headers.headers, expected.map(|(name, value)| (name.into(), value.into())));
        assert!(!format!("{headers:?}").contains('2'), "no secrets");
    }

    #[test]
    fn what_a_server_rejects_is_read_and_nothing_else_harms() {
        assert_eq!(rejected_spans(&[]), 0);
        assert_eq!(rejected_spans(&[0x0a, 0x00]), 0);
        assert_eq!(rejected_spans(&[0x0a, 0x05, 0x08, 0x07, 0x12, 0x01, b'x']), 7);
        assert_eq!(
            rejected_spans(&[0x12, 0x01, 0x00, 0x0a, 0x03, 0x08, 0xac, 0x02]),
            300,
            "behind another field"
        );
        for hostile in
            [&[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f][..], &[0x0a, 0x05, 0x08], &[0x80; 20], &[0x0b, 0x0c]]
        {
            assert_eq!(rejected_spans(hostile), 0);
        }
    }
}
