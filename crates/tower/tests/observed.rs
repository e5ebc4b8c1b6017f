//! An observer sees each request with its result, sampled or not, and never as a message that is sent.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use traced_actor::observe::{self, HandlingId, Mailbox, MessageType, Observer, Received, Unsent};
use traced_actor::record::Failure;
use traced_actor::testkit;
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, EdgeLayer};

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn tell(what: String) {
    TOLD.lock().unwrap().push(what);
}

struct Log;

impl Observer for Log {
    fn sent(&self, message: MessageType, _: Option<&Mailbox>, _: Option<HandlingId>) -> u64 {
        tell(format!("send {}", message.kind.name()));
        0
    }

    fn now(&self) -> u64 {
        0
    }

    fn send_waited(&self, _: MessageType, _: Option<&Mailbox>, _: u64) {}

    fn send_failed(&self, _: MessageType, _: Option<&Mailbox>, _: Unsent) {}

    fn received(&self, received: &Received<'_>) -> Option<HandlingId> {
        tell(received.message.kind.name().to_owned());
        NonZeroU32::new(1)
    }

    fn ended(&self, _: HandlingId, failure: Option<&Failure<'_>>) {
        tell(failure.map_or("ok".to_owned(), |failure| failure.error_type.to_owned()));
    }

    fn held(&self, _: HandlingId) {}
}

/// Answers with this status.
#[derive(Clone)]
struct Status(u16);

impl Service<Request<()>> for Status {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(Response::builder().status(self.0).body(String::new()).unwrap()))
    }
}

#[tokio::test]
async fn a_request_fails_by_its_status_sampled_or_not_and_is_no_message() {
    observe::observe(Log).unwrap();
    let _spans = testkit::record();
    let edge = EdgeLayer::new(Edge::new("http"));
    for flags in ["01", "00"] {
        let context = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        let request = || Request::get("/").header("traceparent", &context).body(()).unwrap();
        for (status, end) in [(200, "ok"), (404, "ok"), (503, "503")] {
            edge.layer(Status(status)).call(request()).await.unwrap();
            assert_eq!(std::mem::take(&mut *TOLD.lock().unwrap()), ["GET", end], "{flags}");
        }
        // A client below the server: its span and the context in its headers are not sends either.
        let client = ClientLayer::new().layer(Status(404));
        edge.layer(client).call(request()).await.unwrap();
        assert_eq!(std::mem::take(&mut *TOLD.lock().unwrap()), ["GET", "GET", "404", "ok"], "{flags}");
    }
}
