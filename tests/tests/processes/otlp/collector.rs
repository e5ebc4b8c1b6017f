//! An OTLP receiver in process: gRPC through the generated service, HTTP with protobuf in the body.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tonic::codec::CompressionEncoding;
use tonic::transport::server::TcpIncoming;

/// One of OTLP's two protocols that send protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Grpc,
    Http,
}

impl Protocol {
    /// Returns the value of `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http/protobuf",
        }
    }
}

/// The requests that a collector received.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) requests: Vec<ExportTraceServiceRequest>,
    /// The compression of each gRPC request, where its headers name one.
    pub(crate) encodings: Vec<String>,
    /// The header `x-key` of each request, where it has one.
    pub(crate) keys: Vec<String>,
}

/// A server on its own port, until it is dropped.
pub(crate) struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
    server: AbortHandle,
}

impl Collector {
    pub(crate) async fn start(protocol: Protocol) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let received = Arc::<Mutex<Received>>::default();
        let server = match protocol {
            Protocol::Grpc => tokio::spawn(grpc(listener, received.clone())),
            Protocol::Http => tokio::spawn(http(listener, received.clone())),
        };
        Self { address, received, server: server.abort_handle() }
    }

    /// Returns the value of `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything so far.
    pub(crate) fn take(&self) -> Received {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

// ----- gRPC -----

struct Service(Arc<Mutex<Received>>);

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let encoding = request.metadata().get("grpc-encoding").and_then(|encoding| encoding.to_str().ok());
        let key = request.metadata().get("x-key").and_then(|key| key.to_str().ok());
        let mut received = self.0.lock().unwrap();
        received.keys.extend(key.map(str::to_owned));
        received.encodings.extend(encoding.map(str::to_owned));
        received.requests.push(request.into_inner());
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn grpc(listener: TcpListener, received: Arc<Mutex<Received>>) {
    let service = TraceServiceServer::new(Service(received)).accept_compressed(CompressionEncoding::Gzip);
    tonic::transport::Server::builder()
        .add_service(service)
        .serve_with_incoming(TcpIncoming::from(listener))
        .await
        .expect("the server runs until it is aborted");
}

// ----- HTTP -----

async fn http(listener: TcpListener, received: Arc<Mutex<Received>>) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let received = received.clone();
        let answer = service_fn(move |request| answer(request, received.clone()));
        // A client that hangs up is none of the server's errors.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

/// The answers of the [OTLP specification][otlp]: only its path, its method and its content type.
///
/// [otlp]: https://opentelemetry.io/docs/specs/otlp/#otlphttp
async fn answer(
    request: Request<Incoming>,
    received: Arc<Mutex<Received>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let answer = |status| {
        let body = Bytes::from(ExportTraceServiceResponse::default().encode_to_vec());
        let builder = Response::builder().status(status).header("content-type", "application/x-protobuf");
        builder.body(Full::new(body)).expect("a valid response")
    };
    if request.uri().path() != "/v1/traces" {
        return Ok(answer(StatusCode::NOT_FOUND));
    }
    if request.method() != Method::POST {
        return Ok(answer(StatusCode::METHOD_NOT_ALLOWED));
    }
    if request.headers().get("content-type").is_none_or(|value| value != "application/x-protobuf") {
        return Ok(answer(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let key = request.headers().get("x-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let body = request.into_body().collect().await?.to_bytes();
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return Ok(answer(StatusCode::BAD_REQUEST));
    };
    let mut received = received.lock().unwrap();
    received.keys.extend(key);
    received.requests.push(request);
    Ok(answer(StatusCode::OK))
}
