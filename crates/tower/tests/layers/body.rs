//! The end of a span: by the body of the response, by its trailers, or because it is dropped.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::sync::mpsc;
use traced_actor::testkit::{self, Spans};
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, EdgeLayer, ResponseBody};

use crate::support::{GuildMessage, attribute, get, names, traceparent};

fn layer() -> EdgeLayer {
    EdgeLayer::new(Edge::new("http"))
}

/// A body of these frames, which sends to the actor for each.
struct Frames {
    frames: std::vec::IntoIter<Result<Frame<Bytes>, &'static str>>,
    guild: mpsc::Sender<GuildMessage>,
}

impl Frames {
    fn tell(&self) {
        let (respond_to, _) = traced_actor::sync::oneshot::channel();
        self.guild.try_send(GuildMessage::Get { respond_to }).ok().unwrap();
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        let next = self.frames.next();
        if next.is_some() {
            self.tell();
        }
        Poll::Ready(next)
    }
}

/// A body that is dropped sends still.
impl Drop for Frames {
    fn drop(&mut self) {
        if self.frames.len() > 0 {
            self.tell();
        }
    }
}

/// Answers with these frames, and a receiver of what the body has sent.
fn answer(
    frames: Vec<Result<Frame<Bytes>, &'static str>>,
) -> (Response<Frames>, mpsc::Receiver<GuildMessage>) {
    let (guild, told) = mpsc::channel(8);
    (Response::new(Frames { frames: frames.into_iter(), guild }), told)
}

#[derive(Clone)]
struct Answer<B>(std::sync::Arc<std::sync::Mutex<Option<Response<B>>>>);

impl<B> Answer<B> {
    fn of(response: Response<B>) -> Self {
        Self(std::sync::Arc::new(std::sync::Mutex::new(Some(response))))
    }
}

impl<B> Service<Request<()>> for Answer<B> {
    type Response = Response<B>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(self.0.lock().unwrap().take().unwrap()))
    }
}

async fn serve<B: Body>(request: Request<()>, response: Response<B>) -> ResponseBody<B> {
    layer().layer(Answer::of(response)).call(request).await.unwrap().into_body()
}

async fn send<B: Body>(request: Request<()>, response: Response<B>) -> ResponseBody<B> {
    ClientLayer::new().layer(Answer::of(response)).call(request).await.unwrap().into_body()
}

#[expect(clippy::unnecessary_wraps, reason = "a frame of a body is a result")]
fn data(text: &'static str) -> Result<Frame<Bytes>, &'static str> {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

#[expect(clippy::unnecessary_wraps, reason = "a frame of a body is a result")]
fn trailers(status: &'static str) -> Result<Frame<Bytes>, &'static str> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    Ok(Frame::trailers(trailers))
}

fn grpc() -> Request<()> {
    get("/chat.Guild/Post", &[("content-type", "application/grpc")])
}

async fn frame<B: Body + Unpin>(body: &mut B) -> Option<Result<Frame<B::Data>, B::Error>> {
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

fn has_ended(spans: &Spans, name: &str) -> bool {
    !spans.named(name).is_empty()
}

#[tokio::test]
async fn a_body_that_is_streamed_is_in_the_span_of_its_request() {
    let spans = testkit::record();
    let (response, mut told) = answer(vec![data("a"), data("b")]);
    let mut body = serve(get("/", &[]), response).await;
    assert!(frame(&mut body).await.unwrap().is_ok() && frame(&mut body).await.unwrap().is_ok());
    assert!(!has_ended(&spans, "GET"), "there may be more");
    assert!(frame(&mut body).await.is_none());
    assert!(has_ended(&spans, "GET"));
    drop(body);
    for _ in 0..2 {
        told.recv().await.unwrap();
    }
    drop(told);
    assert_eq!(names(&spans), "GET\n  2 × Guild/Get");
    assert_eq!(spans.named("GET")[0].error, None);
}

/// Messages that a body sends for an unsampled request are not sampled again.
#[tokio::test]
async fn what_a_body_sends_for_an_unsampled_request_is_not_sampled() {
    let spans = testkit::record();
    let (response, mut told) = answer(vec![data("a")]);
    let body = serve(get("/", &[("traceparent", &traceparent("00"))]), response).await;
    assert_eq!(body.collect().await.unwrap().to_bytes(), "a");
    told.recv().await.unwrap();
    drop(told);
    assert!(spans.all().is_empty(), "{}", spans.tree());
}

#[tokio::test]
async fn an_error_of_the_body_is_on_the_span() {
    let spans = testkit::record();
    let (response, _told) = answer(vec![data("a"), Err("the file is gone")]);
    assert!(serve(get("/", &[]), response).await.collect().await.is_err());
    let server = &spans.named("GET")[0];
    assert_eq!(server.error.as_deref(), Some("the file is gone"));
    assert_eq!(attribute(server, "error.type").as_deref(), Some("&str"));
    assert_eq!(attribute(server, "http.response.status_code").as_deref(), Some("200"));
}

/// hyper drops the body if the client disconnects: it resets a stream, or closes the connection.
#[tokio::test]
async fn a_body_that_a_server_drops_is_cancelled_and_its_last_words_are_the_request_s() {
    let spans = testkit::record();
    let (response, mut told) = answer(vec![data("a"), data("b")]);
    let mut body = serve(get("/", &[]), response).await;
    assert!(frame(&mut body).await.unwrap().is_ok());
    drop(body);
    for _ in 0..2 {
        told.recv().await.unwrap();
    }
    drop(told);
    assert_eq!(names(&spans), "GET\n  2 × Guild/Get");
    assert_eq!(spans.named("GET")[0].error.as_deref(), Some("cancelled"));
}

/// A server takes no more than the head has promised.
#[tokio::test]
async fn a_body_whose_length_is_known_has_ended_with_its_last_byte() {
    let spans = testkit::record();
    let (mut response, _told) = answer(vec![data("four")]);
    response.headers_mut().insert("content-length", "4".parse().unwrap());
    let mut body = serve(get("/", &[]), response).await;
    assert!(frame(&mut body).await.unwrap().is_ok());
    drop(body);
    assert_eq!(spans.named("GET")[0].error, None);
}

#[tokio::test]
async fn a_response_without_a_body_ends_with_its_head() {
    let spans = testkit::record();
    let head = Request::head("/").body(()).unwrap();
    for (request, status) in [(head, 200), (get("/", &[]), 204), (get("/", &[]), 304), (get("/", &[]), 101)] {
        let (mut response, _told) = answer(vec![data("nobody reads it")]);
        *response.status_mut() = status.try_into().unwrap();
        let body = serve(request, response).await;
        let ended = spans.all().len();
        drop(body);
        assert_eq!(ended, spans.all().iter().filter(|span| span.name != "Guild/Get").count(), "{status}");
    }
    assert!(spans.all().iter().all(|span| span.error.is_none()), "{}", spans.tree());
}

#[tokio::test]
async fn the_status_of_a_call_is_in_its_trailers() {
    let spans = testkit::record();
    for (status, name, error) in
        [("0", "OK", None), ("5", "NOT_FOUND", None), ("13", "INTERNAL", Some("INTERNAL"))]
    {
        let (response, _told) = answer(vec![data("a"), trailers(status)]);
        let mut body = pin!(serve(grpc(), response).await);
        assert!(frame(&mut body).await.unwrap().unwrap().is_data());
        assert!(frame(&mut body).await.unwrap().unwrap().is_trailers());
        // A server may not ask again.
        let server = spans.named("chat.Guild/Post").pop().unwrap();
        assert_eq!(attribute(&server, "rpc.response.status_code").as_deref(), Some(name));
        assert_eq!(attribute(&server, "rpc.method").as_deref(), Some("chat.Guild/Post"));
        assert_eq!(server.error.as_deref(), error);
    }
    // A stranger could make names without end, and a handler can say so late.
    let (response, _told) = answer(vec![trailers("12")]);
    serve(grpc(), response).await.collect().await.unwrap();
    assert_eq!(attribute(&spans.named("grpc")[0], "rpc.method").as_deref(), Some("_OTHER"));
}

#[tokio::test]
async fn a_client_s_span_ends_with_the_trailers_that_it_reads() {
    let spans = testkit::record();
    let (response, _told) = answer(vec![data("a"), trailers("5")]);
    send(grpc(), response).await.collect().await.unwrap();
    let client = spans.named("chat.Guild/Post").pop().unwrap();
    assert_eq!(client.error.as_deref(), Some("NOT_FOUND"));

    // A stream that is given up has no status.
    let (response, _told) = answer(vec![data("a"), trailers("0")]);
    drop(send(grpc(), response).await);
    let client = spans.named("chat.Guild/Post").pop().unwrap();
    assert_eq!(client.error.as_deref(), Some("cancelled"));
}

/// Most who look at a status do not read the body.
#[tokio::test]
async fn a_client_may_drop_a_body() {
    let spans = testkit::record();
    let (response, _told) = answer(vec![data("a")]);
    drop(send(get("http://push/", &[]), response).await);
    let (mut failed, _told) = answer(vec![data("a")]);
    *failed.status_mut() = 503.try_into().unwrap();
    drop(send(get("http://push/", &[]), failed).await);
    let errors: Vec<_> = spans.named("GET").into_iter().map(|span| span.error).collect();
    assert_eq!(errors, [None, Some("503".to_owned())]);
}

/// A stream of frames works as a body.
#[tokio::test]
async fn a_body_of_another_crate_goes_through() {
    let spans = testkit::record();
    let frames = futures_util::stream::iter([data("a"), data("b")]);
    let body = serve(get("/", &[]), Response::new(StreamBody::new(frames))).await;
    assert_eq!(body.collect().await.unwrap().to_bytes(), "ab");
    assert_eq!(names(&spans), "GET");
}
