//! Shared by the tests: one provider for the process, an actor, and servers on free ports.

use std::net::SocketAddr;
use std::sync::OnceLock;

use axum::Router;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::global;
use opentelemetry::trace::{SpanKind, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::net::TcpListener;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::traced_actor;
use tracing_subscriber::layer::SubscriberExt;

pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(crate) const PARENT: &str = "b7ad6b7169203331";

/// Installs the provider the first time, and what other crates read: the global propagator and the subscriber of `tracing`.
fn exporter() -> &'static InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let builder = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
        let provider = traced_actor_opentelemetry::install(builder).expect("nothing else is installed");
        global::set_text_map_propagator(TraceContextPropagator::new());
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tracing"));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
            .expect("no other subscriber in this process");
        exporter
    })
}

pub(crate) fn install() {
    exporter();
}

pub(crate) fn finished() -> Vec<SpanData> {
    exporter().get_finished_spans().expect("nothing panicked in the exporter")
}

/// Waits until this many spans have ended that `is` selects.
pub(crate) async fn ended(count: usize, is: impl Fn(&SpanData) -> bool) -> Vec<SpanData> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    loop {
        let found: Vec<SpanData> = finished().into_iter().filter(&is).collect();
        if found.len() >= count {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "{} of {count} in {:#?}", found.len(), finished());
        tokio::task::yield_now().await;
    }
}

pub(crate) fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.as_str().into_owned())
}

pub(crate) fn is_server(span: &SpanData) -> bool {
    span.span_kind == SpanKind::Server
}

// ----- an actor, one kind of message for each test -----

#[traced_actor(name = "Guild")]
#[traced(fields(test))]
pub(crate) struct Get {
    /// The name of the test, which tells the tests apart.
    pub(crate) test: String,
    pub(crate) respond_to: oneshot::Sender<()>,
}

pub(crate) struct Guild {
    receiver: mpsc::Receiver<Get>,
}

#[traced_actor(name = "Guild")]
impl Guild {
    pub(crate) fn start() -> mpsc::Sender<Get> {
        let (sender, receiver) = mpsc::channel(8);
        tokio::spawn(Self { receiver }.run());
        sender
    }

    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: Get) {
        tokio::task::yield_now().await;
        message.respond_to.send(()).ok();
    }
}

/// Asks the actor, as a handler of a server does.
pub(crate) async fn ask(guild: mpsc::Sender<Get>, test: String) {
    let (respond_to, reply) = oneshot::channel();
    guild.send(Get { test, respond_to }).await.expect("the actor runs");
    reply.await.expect("the actor replies");
}

/// Returns whether a span is that of the actor's message in a test.
pub(crate) fn is_message_of(test: &str) -> impl Fn(&SpanData) -> bool {
    move |span| span.span_kind == SpanKind::Consumer && attribute(span, "test").as_deref() == Some(test)
}

// ----- servers -----

/// Serves it on a free port until the test ends.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(axum::serve(listener, router).into_future());
    address
}

pub(crate) fn client() -> Client<HttpConnector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

pub(crate) fn request(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> http::Request<Empty<Bytes>> {
    let request = http::Request::get(format!("http://{address}{path}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Empty::new()).expect("it is a request")
}

pub(crate) fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{PARENT}-{flags}")
}
