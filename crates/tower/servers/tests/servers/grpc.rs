//! tonic, from client to actor. The service is one that is generated already: OTLP's.

use std::net::SocketAddr;

use opentelemetry::trace::{SpanKind, Status as SpanStatus};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status};
use tower::ServiceBuilder;
use traced_actor::sync::mpsc;
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, ClientService, EdgeLayer};

use crate::support::{Get, Guild, ask, attribute, ended, install, is_message_of, is_server};

const METHOD: &str = "opentelemetry.proto.collector.trace.v1.TraceService/Export";

struct Asks {
    guild: mpsc::Sender<Get>,
    test: &'static str,
    answer: Code,
}

#[tonic::async_trait]
impl TraceService for Asks {
    async fn export(
        &self,
        _: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        ask(self.guild.clone(), self.test.into()).await;
        match self.answer {
            Code::Ok => Ok(Response::new(ExportTraceServiceResponse::default())),
            code => Err(Status::new(code, "on purpose")),
        }
    }
}

async fn serve(test: &'static str, answer: Code) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = TraceServiceServer::new(Asks { guild: Guild::start(), test, answer });
    let server = Server::builder().layer(EdgeLayer::new(Edge::new("tonic"))).add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

async fn connect(address: SocketAddr) -> TraceServiceClient<ClientService<Channel>> {
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    TraceServiceClient::new(ServiceBuilder::new().layer(ClientLayer::new()).service(channel))
}

/// The span of a side of the call whose actor's message is that of the test.
async fn both(test: &str) -> (SpanData, SpanData, SpanData) {
    let message = ended(1, is_message_of(test)).await.remove(0);
    let trace = message.span_context.trace_id();
    let is = |kind: SpanKind| {
        move |span: &SpanData| span.span_kind == kind && span.span_context.trace_id() == trace
    };
    let server = ended(1, is(SpanKind::Server)).await.remove(0);
    let client = ended(1, is(SpanKind::Client)).await.remove(0);
    (client, server, message)
}

#[tokio::test]
async fn a_call_is_one_trace_from_the_client_through_tonic_to_the_actor() {
    install();
    let mut client = connect(serve("a call", Code::Ok).await).await;
    client.export(ExportTraceServiceRequest::default()).await.unwrap();

    let (client, server, message) = both("a call").await;
    assert_eq!((&*client.name, &*server.name), (METHOD, METHOD));
    assert_eq!(server.parent_span_id, client.span_context.span_id());
    assert_eq!(message.parent_span_id, server.span_context.span_id());
    for span in [&client, &server] {
        assert_eq!(attribute(span, "rpc.system.name").as_deref(), Some("grpc"));
        assert_eq!(attribute(span, "rpc.method").as_deref(), Some(METHOD));
        assert_eq!(span.status, SpanStatus::Unset);
        // It comes in the trailers, behind the body.
        assert_eq!(attribute(span, "rpc.response.status_code").as_deref(), Some("OK"));
    }
}

#[tokio::test]
async fn a_call_that_fails_has_its_status_on_both_sides() {
    install();
    let mut client = connect(serve("not found", Code::NotFound).await).await;
    assert_eq!(client.export(ExportTraceServiceRequest::default()).await.unwrap_err().code(), Code::NotFound);

    let (client, server, _) = both("not found").await;
    for span in [&client, &server] {
        assert_eq!(attribute(span, "rpc.response.status_code").as_deref(), Some("NOT_FOUND"));
    }
    assert_eq!(attribute(&client, "error.type").as_deref(), Some("NOT_FOUND"));
    assert!(matches!(client.status, SpanStatus::Error { .. }));
    assert_eq!(server.status, SpanStatus::Unset, "a mistake of the caller's");
}

/// A stranger makes up methods: none of them is in a span's name.
#[tokio::test]
async fn a_method_that_the_server_does_not_have_is_one_of_the_others() {
    install();
    let address = serve("unused", Code::Ok).await;
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/made.Up/Method");
    let codec = opentelemetry_proto_codec();
    let error =
        grpc.unary(Request::new(ExportTraceServiceRequest::default()), path, codec).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);

    let made_up = |span: &SpanData| {
        is_server(span) && attribute(span, "rpc.method_original").as_deref() == Some("made.Up/Method")
    };
    let server = ended(1, made_up).await.remove(0);
    assert_eq!(server.name, "grpc");
    assert_eq!(attribute(&server, "rpc.method").as_deref(), Some("_OTHER"));
}

fn opentelemetry_proto_codec()
-> tonic_prost::ProstCodec<ExportTraceServiceRequest, ExportTraceServiceResponse> {
    tonic_prost::ProstCodec::default()
}
