//! Starts the viewer.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::{fmt, io, thread};

use tokio::sync::oneshot;
use traced_actor::record;
use traced_actor::sampling::{self, EnvError};
use traced_actor_metrics::Metrics;

use crate::Exporter;
use crate::address::with_host;
use crate::app::App;
use crate::http::{Access, is_loopback, run};
use crate::inbox::Inbox;
use crate::pace::Pace;
use crate::store::Limits;

/// The variable with the address.
const VARIABLE: &str = "TRACED_ACTOR_VIEWER";
/// The variable with the token, for access from other machines.
const TOKEN: &str = "TRACED_ACTOR_VIEWER_TOKEN";
/// The minimum length of a token, in bytes.
const TOKEN_BYTES: usize = 16;
/// The number of traces per second that are kept if no sampler is set.
const TRACES_PER_SECOND: u32 = 100;

/// Serves the page at this address, with the defaults of [`Builder`], and prints the address.
///
/// Call it before the first actor starts.
///
/// ```
/// # fn main() -> Result<(), traced_actor_viewer::ServeError> {
/// let viewer = traced_actor_viewer::serve("127.0.0.1:0")?; // prints "viewer: http://127.0.0.1:41235/"
/// # assert!(viewer.url().starts_with("http://127.0.0.1:"));
/// // … run your actors …
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns the errors of [`Builder::serve`].
pub fn serve(address: impl ToSocketAddrs) -> Result<Viewer, ServeError> {
    Builder::new().serve(address)
}

/// Serves the page at the address in `TRACED_ACTOR_VIEWER`, or does nothing if that is not set.
///
/// A port alone is one of the loopback. `TRACED_ACTOR_VIEWER_TOKEN` is the [token](Builder::token).
///
/// ```
/// # fn main() -> Result<(), traced_actor_viewer::ServeError> {
/// let _viewer = traced_actor_viewer::from_env()?; // TRACED_ACTOR_VIEWER=127.0.0.1:4319
/// // … run your actors …
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns the errors of [`Builder::serve`].
pub fn from_env() -> Result<Option<Viewer>, ServeError> {
    let variable = |name| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty());
        // A value that is not Unicode becomes an invalid address or token, and is not ignored.
        value.map(|value| value.to_string_lossy().trim().to_owned()).filter(|text| !text.is_empty())
    };
    let Some(address) = variable(VARIABLE) else { return Ok(None) };
    let mut builder = Builder::new();
    if let Some(token) = variable(TOKEN) {
        builder = builder.token(token);
    }
    builder.serve(with_host(&address)).map(Some)
}

/// Configures and starts a viewer. Use it if the defaults of [`serve`] do not fit.
#[derive(Debug, Clone)]
#[must_use = "nothing is served before `serve` or `start`"]
pub struct Builder {
    limits: Limits,
    token: Option<String>,
    service: Option<String>,
    traces_per_second: u32,
    is_quiet: bool,
}

impl Builder {
    /// Creates a builder with the defaults: 64 MiB of spans, and access only from this machine.
    pub fn new() -> Self {
        Self {
            limits: Limits::default(),
            token: None,
            service: None,
            traces_per_second: TRACES_PER_SECOND,
            is_quiet: false,
        }
    }

    /// Sets the approximate number of bytes of spans that are kept. The default is 64 MiB.
    ///
    /// Beyond it, traces without recent changes are removed.
    pub fn most_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Sets the maximum number of traces that are kept. The default is 10,000.
    pub fn most_traces(mut self, traces: usize) -> Self {
        self.limits.traces = traces.max(1);
        self
    }

    /// Sets the maximum number of spans that are kept of one trace. The default is 20,000. Further ones are counted.
    pub fn most_spans_of_trace(mut self, spans: usize) -> Self {
        self.limits.spans_of_trace = spans.max(1);
        self
    }

    /// Sets the approximate number of traces per second that are kept if no sampler is set. The default is 100.
    ///
    /// While there are fewer, all are kept. Each span records how many it stands for.
    pub fn traces_per_second(mut self, traces: u32) -> Self {
        self.traces_per_second = traces;
        self
    }

    /// Sets the token that each request needs, and allows addresses that other machines reach.
    ///
    /// The token needs at least 16 bytes. Open the page once as `http://…/?token=…`, and the browser stores it as a
    /// cookie. A program sends `Authorization: Bearer …`. The page is served without encryption: if the network is not
    /// trusted, put a TLS proxy in front of it.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the name of the program on the page. The default is `OTEL_SERVICE_NAME`, or the name of the executable.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Sets whether to suppress the line with the address on standard error.
    pub fn quiet(mut self, is_quiet: bool) -> Self {
        self.is_quiet = is_quiet;
        self
    }

    /// Serves the page, and connects it with the process.
    ///
    /// * The page uses the installed metrics. If there are none, metrics are installed with their defaults.
    /// * If no recorder is installed, the viewer's is installed. If no process-wide sampler is set, the one in
    ///   `OTEL_TRACES_SAMPLER` is used, or else one that keeps about [a hundred traces per
    ///   second](Self::traces_per_second). If a recorder is already installed, the page has no traces: use
    ///   [`start`](Self::start), and pass it the recorder's spans.
    ///
    /// # Errors
    ///
    /// Returns an error in these cases: the address cannot be bound; other machines reach it and there is no token; the
    /// token is too short; the environment names a sampler that does not exist; the operating system cannot start a
    /// thread.
    pub fn serve(self, address: impl ToSocketAddrs) -> Result<Viewer, ServeError> {
        let from_env = std::env::var_os("OTEL_TRACES_SAMPLER").is_some_and(|name| !name.is_empty());
        let sampler = if from_env { Some(sampling::from_env().map_err(ServeError::Sampler)?) } else { None };
        let pace = Pace::new(self.traces_per_second);
        let (viewer, exporter) = self.start_with(address, Some(pace.clone()))?;
        if record::install(exporter).is_ok() {
            // A sampler that is already set is the user's choice.
            let _ = match sampler {
                Some(sampler) => sampling::set_sampler(sampler),
                None => sampling::set_sampler(pace),
            };
        }
        Ok(viewer)
    }

    /// Serves the page, and returns an exporter for the spans of another recorder.
    ///
    /// The exporter is a recorder, a sink for spans of a flight recorder or a tail, and with the feature
    /// `opentelemetry` a `SpanProcessor`:
    ///
    /// ```
    /// # #[cfg(feature = "opentelemetry")] {
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    ///
    /// let (viewer, exporter) = traced_actor_viewer::Builder::new().start("127.0.0.1:0").unwrap();
    /// let provider = traced_actor_opentelemetry::install(
    ///     SdkTracerProvider::builder().with_span_processor(exporter), // .with_batch_exporter(…)
    /// );
    /// # provider.unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`serve`](Self::serve).
    pub fn start(self, address: impl ToSocketAddrs) -> Result<(Viewer, Exporter), ServeError> {
        self.start_with(address, None)
    }

    fn start_with(
        self,
        address: impl ToSocketAddrs,
        pace: Option<Pace>,
    ) -> Result<(Viewer, Exporter), ServeError> {
        if self.token.as_ref().is_some_and(|token| token.len() < TOKEN_BYTES || !is_plain(token)) {
            return Err(ServeError::Token);
        }
        let addresses: Vec<SocketAddr> = address.to_socket_addrs().map_err(ServeError::Address)?.collect();
        if self.token.is_none()
            && let Some(other) = addresses.iter().find(|address| !is_loopback(address.ip()))
        {
            return Err(ServeError::OtherHosts(*other));
        }
        let listener = TcpListener::bind(&*addresses).map_err(|error| not_bound(&addresses, &error))?;
        let address = listener.local_addr().map_err(ServeError::Address)?;
        let metrics = metrics();
        let inbox = Arc::new(Inbox::default());
        let service = self.service.unwrap_or_else(service_name);
        let app = Arc::new(App::new(metrics, service, inbox.clone(), pace, self.limits));
        let access = Access::new(self.token);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("traced-actor-viewer".to_owned())
            .spawn(move || {
                // Without a runtime there is no page, and no place to report that.
                let _ = run(listener, app, access, stopped);
            })
            .map_err(ServeError::Thread)?;
        let viewer = Viewer { address, stop: Some(stop), thread: Some(thread), inbox: inbox.clone() };
        if !self.is_quiet {
            eprintln!("viewer: {}", viewer.url());
        }
        Ok((viewer, Exporter::new(inbox)))
    }
}

/// Returns the error of an address that cannot be bound. The operating system's own does not name the address.
fn not_bound(addresses: &[SocketAddr], error: &io::Error) -> ServeError {
    let of = addresses.first().map(|address| format!("{address}: ")).unwrap_or_default();
    ServeError::Address(io::Error::new(error.kind(), format!("{of}{error}")))
}

/// Returns the installed metrics. Installs them first if there are none.
///
/// Two viewers that start at once have the same ones.
fn metrics() -> Option<Metrics> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Metrics::installed().or_else(|| Metrics::builder().install().ok())
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns whether a token can be the value of a cookie.
fn is_plain(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/".contains(&byte))
}

fn service_name() -> String {
    let executable = || Some(std::env::current_exe().ok()?.file_stem()?.to_string_lossy().into_owned());
    let named = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    named.or_else(executable).unwrap_or_else(|| "unknown_service".to_owned())
}

/// A running viewer. The page is served until this value is dropped.
#[must_use = "dropped, it serves no more"]
pub struct Viewer {
    address: SocketAddr,
    inbox: Arc<Inbox>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Viewer {
    /// Returns the address of the page. If the requested port was 0, it has the chosen port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the page, for a browser.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.inbox.close();
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Viewer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The error of serving the page.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is invalid or cannot be bound.
    Address(io::Error),
    /// Other machines reach the address, and there is no token.
    OtherHosts(SocketAddr),
    /// The token is shorter than 16 bytes, or has characters other than letters, digits and `-_.~+/`.
    Token,
    /// The environment names a sampler that does not exist.
    Sampler(EnvError),
    /// The operating system could not start a thread.
    Thread(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => write!(f, "cannot serve the viewer: {error}"),
            Self::OtherHosts(address) => write!(
                f,
                "other machines reach {address}: serve the viewer at 127.0.0.1, or set a token ({TOKEN})"
            ),
            Self::Token => {
                f.write_str("the viewer's token needs at least 16 letters, digits or characters of -_.~+/")
            }
            Self::Sampler(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "cannot start the thread of the viewer: {error}"),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Address(error) | Self::Thread(error) => Some(error),
            Self::Sampler(error) => Some(error),
            Self::OtherHosts(_) | Self::Token => None,
        }
    }
}
