//! Receives OTLP over gRPC on the first port, and serves Jaeger's API and pages on the second, both of the loopback interface.

use otlp_embedded::{Config, State, TraceServiceImpl, TraceServiceServer, ui_app};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::CompressionEncoding;

#[tokio::main]
async fn main() {
    let ports: Vec<u16> =
        std::env::args().skip(1).map(|port| port.parse().expect("two ports are given")).collect();
    let listen = async |port| TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    let (grpc, http) = (listen(ports[0]).await, listen(ports[1]).await);
    let state = State::new(Config { max_length: 1000, max_memory_usage: 1 << 27 });
    let pages = ui_app(state.clone(), "/");
    tokio::spawn(async { axum::serve(http, pages).await.expect("it runs until it is ended") });
    let service = TraceServiceServer::new(TraceServiceImpl::new(state));
    tonic::transport::Server::builder()
        .add_service(service.accept_compressed(CompressionEncoding::Gzip))
        .serve_with_incoming(TcpListenerStream::new(grpc))
        .await
        .expect("it runs until it is ended");
}
