//! An HTTP service that passes requests on through two actors, with their trace context.
//!
//! ```text
//! cargo run --example relay -- 5055
//! curl -d '[{"url": "http://127.0.0.1:5056/", "arguments": {"a": 1}}]' http://127.0.0.1:5055/
//! ```
//!
//! It takes `POST` on any path with a JSON list of `{"url": …, "arguments": …}`, posts each `arguments` as JSON to its
//! `url` with the headers of the trace, and answers 200 when all are done. W3C's test suite for Trace Context needs
//! such a service: `python test.py http://127.0.0.1:5055/`, from `test/` of <https://github.com/w3c/trace-context>.
//!
//! It posts to any address that a request names, so it listens on 127.0.0.1 only.

mod actors;

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::net::TcpListener;
use traced_actor::Envelope;
use traced_actor::context::Timestamp;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor_propagation::{CompositePropagator, Edge};

use actors::{Message, Poster, Relay, Step};

/// The maximum length of a body, in bytes. A longer one is refused.
const MAX_BODY: usize = 1024 * 1024;

struct Server {
    edge: Edge,
    relay: mpsc::Sender<Message>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).ok_or("usage: relay PORT")?.parse()?;
    // Without an exporter: the trace context is in the headers.
    let provider = traced_actor_opentelemetry::install(SdkTracerProvider::builder())?;
    let formats = CompositePropagator::from_env()?;

    let (poster, receiver) = mpsc::channel(64);
    tokio::spawn(Poster::new(receiver, formats.clone()).run());
    let (relay, receiver) = mpsc::channel(64);
    tokio::spawn(Relay::new(receiver, poster).run());

    // W3C requires that the trace id of an unsampled request is passed on as well.
    let edge = Edge::new("relay").formats(formats).keep_unsampled(true);
    let server = Arc::new(Server { edge, relay });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let server = server.clone();
                let service = service_fn(move |request| answer(server.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    provider.shutdown()?;
    Ok(())
}

async fn answer(
    server: Arc<Server>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let status = match relay(&server, request).await {
        Ok(()) => StatusCode::OK,
        Err(status) => status,
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    Ok(response)
}

async fn relay(server: &Server, request: Request<Incoming>) -> Result<(), StatusCode> {
    if request.method() != Method::POST {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let arrived = server.edge.accept(request.headers(), Timestamp::now());
    let body = Limited::new(request.into_body(), MAX_BODY).collect().await;
    let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?.to_bytes();
    let steps: Vec<Step> = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;

    let (respond_to, done) = oneshot::channel();
    let message = Message { steps, kept: arrived.unsampled, respond_to };
    let envelope = Envelope::new(message, arrived.context);
    server.relay.send_envelope(envelope).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    match done.await {
        Ok(0) => Ok(()),
        Ok(_) | Err(_) => Err(StatusCode::BAD_GATEWAY),
    }
}
