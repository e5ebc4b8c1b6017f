//! Tests promotions in the header of a response: only the trace of the request is promoted.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::TraceId;
use traced_actor_flight::{Flight, Promotion, PromotionLayer, Trigger};

const HEADER: &str = "traced-actor-promotion";

/// A service that answers with what a function says.
#[derive(Clone)]
struct Answering<F>(F);

impl<F: Fn(Request<()>) -> Response<()>> Service<Request<()>> for Answering<F> {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready(Ok((self.0)(request)))
    }
}

fn call(
    service: &mut impl Service<Request<()>, Response = Response<()>, Error = Infallible>,
    request: Request<()>,
) -> Response<()> {
    match pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => panic!("it answers at once"),
    }
}

fn trace(number: u128) -> TraceId {
    TraceId::new(number).unwrap()
}

fn request(traceparent: Option<String>) -> Request<()> {
    let builder =
        traceparent.into_iter().fold(Request::builder(), |request, text| request.header("traceparent", text));
    builder.body(()).unwrap()
}

/// Not sampled, as a provisional context says to others.
fn in_trace(number: u128) -> Request<()> {
    request(Some(format!("00-{}-00000000000000a1-00", trace(number))))
}

#[test]
fn what_the_server_keeps_the_client_keeps() {
    // Two processes: each has a recorder.
    let (front, back) = (Flight::builder().start().unwrap(), Flight::builder().start().unwrap());
    let failing = back.triggers();
    let fail = move |request: Request<()>| {
        let text = request.headers()["traceparent"].to_str().unwrap().to_owned();
        let trace = text[3..35].parse().unwrap();
        if text.contains("bad") {
            assert!(failing.fire(Trigger::Error, trace));
        }
        Response::new(())
    };
    let server = PromotionLayer::server(back.triggers()).layer(Answering(fail));
    let peer = Arc::new(front.connect(|_| {}));
    let mut client = PromotionLayer::client(peer).layer(server);
    let (good, bad) = (0x600d, 0xbad);
    assert!(!call(&mut client, in_trace(good)).headers().contains_key(HEADER));
    let response = call(&mut client, in_trace(bad));
    assert_eq!(response.headers()[HEADER], format!("{}-error", trace(bad)).as_str());
    let is_wanted = |number| front.triggers().promotion(trace(number));
    assert_eq!(is_wanted(bad), Some(Promotion::new(trace(bad), Trigger::Promoted)));
    assert_eq!(is_wanted(good), None);
}

#[test]
fn a_server_cannot_ask_for_anything_else() {
    let front = Flight::builder().start().unwrap();
    let wanted = |number| front.triggers().promotion(trace(number)).is_some();
    let peer = Arc::new(front.connect(|_| {}));
    for (request, header) in [
        (in_trace(1), format!("{}-error", trace(2))),
        (request(None), format!("{}-error", trace(3))),
        (request(Some("00-no".into())), format!("{}-error", trace(4))),
        (in_trace(5), "no promotion".into()),
        (in_trace(6), format!("{}", trace(6))),
        (in_trace(7), String::new()),
    ] {
        let answer = move |_| Response::builder().header(HEADER, header.clone()).body(()).unwrap();
        call(&mut PromotionLayer::client(peer.clone()).layer(Answering(answer)), request);
    }
    assert!((1..=7).all(|number| !wanted(number)));
    // A server asks at most a hundred times a second, however many traces there are.
    let answer = |request: Request<()>| {
        let text = request.headers()["traceparent"].to_str().unwrap();
        Response::builder().header(HEADER, format!("{}-error", &text[3..35])).body(()).unwrap()
    };
    let mut client = PromotionLayer::client(peer).layer(Answering(answer));
    let since = Instant::now();
    for number in 1000..2000 {
        call(&mut client, in_trace(number));
    }
    let most = 100 * (since.elapsed().as_secs() + 2);
    let promoted = (1000..2000).filter(|number| wanted(*number)).count() as u64;
    assert!((100..=most).contains(&promoted), "{promoted}");
    let counters = front.counters();
    let limited = counters.promotions_limited + counters.limited.get("promoted").copied().unwrap_or(0);
    assert_eq!((promoted + limited, limited >= 600), (1000, true), "{counters:?}");
}
