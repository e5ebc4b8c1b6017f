//! A collector in this process: over HTTP or gRPC, with TLS or without.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use crate::certificates::Certificates;

/// The received requests: the content type and the body of each.
type Received = Arc<Mutex<Vec<(String, Bytes)>>>;

pub(crate) struct Collector {
    address: SocketAddr,
    received: Received,
}

impl Collector {
    /// Starts one over HTTP, with the certificate of the server if there are some.
    pub(crate) async fn http(certificates: Option<&Certificates>, asks_client: bool) -> Self {
        let (listener, this) = Self::bind().await;
        let acceptor = certificates.map(|certificates| acceptor(certificates, asks_client));
        let received = this.received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, received) = (acceptor.clone(), received.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => answer(stream, received).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                answer(stream, received).await;
                            }
                        }
                    }
                });
            }
        });
        this
    }

    /// Starts one over gRPC with TLS, which asks the exporter for its certificate.
    pub(crate) async fn grpc(certificates: &Certificates) -> Self {
        let (listener, this) = Self::bind().await;
        let identity = Identity::from_pem(certificates.read("server.pem"), certificates.read("server.key"));
        let authority = Certificate::from_pem(certificates.read("authority.pem"));
        // The program has several, of which tonic takes none by itself.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = ServerTlsConfig::new().identity(identity).client_ca_root(authority);
        let service = TraceServiceServer::new(Service(this.received.clone()));
        let server =
            Server::builder().tls_config(tls).expect("the certificates are right").add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        this
    }

    async fn bind() -> (TcpListener, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        (listener, Self { address, received: Received::default() })
    }

    pub(crate) fn endpoint(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn take(&self) -> Vec<(String, Bytes)> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

fn acceptor(certificates: &Certificates, asks_client: bool) -> TlsAcceptor {
    let der = |name| CertificateDer::from_pem_slice(&certificates.read(name)).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the provider has them");
    let builder = if asks_client {
        let mut roots = RootCertStore::empty();
        roots.add(der("authority.pem")).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().expect("it has roots"))
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_slice(&certificates.read("server.key")).expect("a key");
    let config =
        builder.with_single_cert(vec![der("server.pem")], key).expect("the key is the certificate's");
    TlsAcceptor::from(Arc::new(config))
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin, received: Received) {
    let service = service_fn(move |request: Request<Incoming>| {
        let received = received.clone();
        async move {
            let content = request.headers().get("content-type").and_then(|value| value.to_str().ok());
            let content = content.unwrap_or_default().to_owned();
            assert_eq!(request.uri().path(), "/v1/traces");
            let body = request.into_body().collect().await?.to_bytes();
            received.lock().unwrap().push((content, body));
            Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::new())))
        }
    });
    // A client that hangs up is none of the server's errors.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

struct Service(Received);

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let body = prost::Message::encode_to_vec(request.get_ref());
        self.0.lock().unwrap().push(("application/grpc".into(), body.into()));
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}
