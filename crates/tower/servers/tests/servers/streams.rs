//! Calls of gRPC that stream in both directions: to their end, cancelled by the client, and beyond their deadline.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use opentelemetry::trace::{SpanKind, Status as SpanStatus};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest as Line;
use opentelemetry_sdk::trace::SpanData;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::server::{NamedService, StreamingService};
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Layer, Service};
use traced_actor::sync::mpsc;
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, EdgeLayer};

use crate::support::{Get, Guild, ask, attribute, ended, install, is_message_of};

const METHOD: &str = "chat.Chat/Talk";

/// Echoes each line, after it has asked the actor. The message of the service is one that is generated already: OTLP's.
#[derive(Clone)]
struct Chat {
    guild: mpsc::Sender<Get>,
    test: &'static str,
    does: Does,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Echo,
    /// Answers without an end.
    EchoAndWait,
    /// It never answers.
    Wait,
}

impl NamedService for Chat {
    const NAME: &'static str = "chat.Chat";
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Lines = Pin<Box<dyn Stream<Item = Result<Line, Status>> + Send>>;

fn codec() -> ProstCodec<Line, Line> {
    ProstCodec::default()
}

impl Service<http::Request<Body>> for Chat {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(tonic::server::Grpc::new(codec()).streaming(this, request).await) })
    }
}

impl StreamingService<Line> for Chat {
    type Response = Line;
    type ResponseStream = Lines;
    type Future = BoxFuture<Result<Response<Lines>, Status>>;

    fn call(&mut self, request: Request<Streaming<Line>>) -> Self::Future {
        let Self { guild, test, does } = self.clone();
        Box::pin(async move {
            if does == Does::Wait {
                ask(guild, test.to_owned()).await;
                std::future::pending::<()>().await;
                unreachable!("it waits for ever");
            }
            let lines = request.into_inner().then(move |line| {
                let guild = guild.clone();
                async move {
                    ask(guild, test.to_owned()).await;
                    line
                }
            });
            Ok(Response::new(match does {
                Does::EchoAndWait => Box::pin(lines.chain(stream::pending())) as Lines,
                _ => Box::pin(lines),
            }))
        })
    }
}

async fn serve(test: &'static str, does: Does) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let chat = Chat { guild: Guild::start(), test, does };
    let server = Server::builder().layer(EdgeLayer::new(Edge::new("streams"))).add_service(chat);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

/// Begins a call with these lines.
async fn talk(
    address: SocketAddr,
    lines: impl Stream<Item = Line> + Send + 'static,
    deadline: Option<Duration>,
) -> Result<Streaming<Line>, Status> {
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(ClientLayer::new().layer(channel));
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(lines);
    if let Some(deadline) = deadline {
        request.set_timeout(deadline);
    }
    let path = http::uri::PathAndQuery::from_static("/chat.Chat/Talk");
    Ok(client.streaming(request, path, codec()).await?.into_inner())
}

/// The spans of both sides of the call whose actor had messages of this test, and those messages.
async fn spans(test: &str, messages: usize) -> (SpanData, SpanData, Vec<SpanData>) {
    let messages = ended(messages, is_message_of(test)).await;
    let trace = messages[0].span_context.trace_id();
    let is = |kind: SpanKind| {
        move |span: &SpanData| span.span_kind == kind && span.span_context.trace_id() == trace
    };
    let server = ended(1, is(SpanKind::Server)).await.remove(0);
    let client = ended(1, is(SpanKind::Client)).await.remove(0);
    assert_eq!((&*client.name, &*server.name), (METHOD, METHOD));
    assert_eq!(server.parent_span_id, client.span_context.span_id());
    for message in &messages {
        assert_eq!(message.parent_span_id, server.span_context.span_id());
        assert_eq!(message.span_context.trace_id(), trace);
    }
    (client, server, messages)
}

#[tokio::test]
async fn a_stream_in_both_directions_is_one_call() {
    install();
    let address = serve("talk", Does::Echo).await;
    let mut answers = talk(address, stream::iter([(); 3]).map(|()| Line::default()), None).await.unwrap();
    let mut count = 0;
    while answers.message().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3);
    let (client, server, messages) = spans("talk", 3).await;
    assert_eq!(messages.len(), 3);
    for span in [&client, &server] {
        assert_eq!(attribute(span, "rpc.response.status_code").as_deref(), Some("OK"));
        assert_eq!(span.status, SpanStatus::Unset);
        assert!(messages.iter().all(|message| message.end_time <= span.end_time));
    }
}

/// It drops its stream of answers in the middle, and both sides say so.
#[tokio::test]
async fn a_client_that_cancels_ends_both_spans() {
    install();
    let address = serve("cancelled talk", Does::EchoAndWait).await;
    let mut answers = talk(address, stream::iter([Line::default()]), None).await.unwrap();
    assert!(answers.message().await.unwrap().is_some());
    drop(answers);
    let (client, server, _) = spans("cancelled talk", 1).await;
    for span in [&client, &server] {
        assert_eq!(attribute(span, "error.type").as_deref(), Some("cancelled"));
        assert!(matches!(span.status, SpanStatus::Error { .. }));
    }
}

/// tonic gives the handler up, and answers by itself.
#[tokio::test]
async fn a_call_beyond_its_deadline_is_cancelled_at_the_server_and_fails_at_the_client() {
    install();
    let address = serve("late talk", Does::Wait).await;
    // Long enough for the server to begin.
    let answers = talk(address, stream::pending(), Some(Duration::from_secs(2))).await;
    assert!(answers.is_err());
    let (client, server, _) = spans("late talk", 1).await;
    assert_eq!(attribute(&server, "error.type").as_deref(), Some("cancelled"));
    assert!(matches!(client.status, SpanStatus::Error { .. }), "{client:#?}");
}
