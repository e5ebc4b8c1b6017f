//! Instructions of a request through the tower layer: `cargo bench -p traced-actor-instructions --bench requests [-- --update]`.
//!
//! A request is made, handled by a service that waits once, and answered by a small body, which is read to its end, as in the
//! benchmark that takes the time (`edges/http.rs`). A row is all of it.

use std::any::Any;
use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::path::Path;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::TraceContext;
use traced_actor::context::{TraceFlags, new_span_id};
use traced_actor::record::{self, OpenSpan, Recorder, Span, SpanEnd, SpanStart};
use traced_actor::sampling::{ParentBased, Ratio, set_sampler};
use traced_actor_instructions::{Row, TIMES, measure};
use traced_actor_propagation::Edge;
use traced_actor_tower::EdgeLayer;

fn main() -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("requests.txt");
    traced_actor_instructions::main(world, ROWS, &file)
}

/// Sets up the process: a recorder that keeps nothing, and a sampler that starts no trace.
fn world() {
    record::install(Nothing).expect("nothing else is installed");
    set_sampler(ParentBased::new(Ratio::new(0.0))).expect("there is no other one");
}

struct Nothing;

struct Unseen;

impl Recorder for Nothing {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        Some(OpenSpan::shared(TraceContext::new(new.trace_id, new_span_id(), TraceFlags::SAMPLED), &Unseen))
    }
}

impl Span for Unseen {
    fn finish(&self, _: TraceContext, _: &SpanEnd<'_>) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}

type Body = Full<&'static [u8]>;

/// A service, whose boxed future can be sent.
struct Handler;

impl Service<Request<Empty<&'static [u8]>>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Empty<&'static [u8]>>) -> Self::Future {
        Box::pin(async {
            wait().await;
            black_box(request);
            Ok(Response::new(Full::new(&b"an answer"[..])))
        })
    }
}

/// Waits for one poll.
async fn wait() {
    let mut has_waited = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Counts requests with this `traceparent`, or without one. The first run is not counted: it fills what is filled once.
fn requests<S, B>(mut service: S, traceparent: Option<&'static str>)
where
    S: Service<Request<Empty<&'static [u8]>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    let mut run = || {
        for _ in 0..TIMES {
            let request = Request::get("/users/7").header("host", "chat.example");
            let request = match traceparent {
                Some(traceparent) => request.header("traceparent", traceparent),
                None => request.header("accept", "*/*"),
            };
            let request = request.body(Empty::new()).expect("it is a request");
            let done = pin!(async {
                let response = service.call(request).await.expect("it answers");
                black_box(response.into_body().collect().await.is_ok());
            });
            finish(done);
        }
    };
    run();
    measure(&mut run);
}

/// Polls a future until it is done.
fn finish(mut future: Pin<&mut impl Future>) {
    while future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
}

fn layered()
-> impl Service<Request<Empty<&'static [u8]>>, Response = Response<impl http_body::Body>, Error = Infallible>
{
    EdgeLayer::new(Edge::new("bench")).layer(Handler)
}

const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const ROWS: &[Row] = &[
    Row { name: "no layer", run: || requests(Handler, Some(UNSAMPLED)) },
    Row { name: "the sender has not sampled it", run: || requests(layered(), Some(UNSAMPLED)) },
    Row { name: "no layer, no context", run: || requests(Handler, None) },
    Row { name: "no context, and the sampler drops it", run: || requests(layered(), None) },
    Row { name: "the sender has sampled it", run: || requests(layered(), Some(SAMPLED)) },
];
