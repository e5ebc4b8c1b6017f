//! A service that is a function, an actor behind it, and requests.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;
use traced_actor::record::FinishedSpan;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::testkit::Spans;
use traced_actor::traced_actor;

pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(crate) const PARENT: &str = "b7ad6b7169203331";

pub(crate) fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{PARENT}-{flags}")
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A service of this function.
#[derive(Clone)]
pub(crate) struct Function<F>(pub(crate) F);

impl<F, O, B, E> Service<Request<()>> for Function<F>
where
    F: FnMut(Request<()>) -> O,
    O: Future<Output = Result<Response<B>, E>> + Send + 'static,
{
    type Response = Response<B>;
    type Error = E;
    type Future = BoxFuture<Result<Response<B>, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        Box::pin((self.0)(request))
    }
}

pub(crate) async fn ok(_: Request<()>) -> Result<Response<String>, Infallible> {
    Ok(Response::new(String::new()))
}

pub(crate) fn get(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request =
        headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap()
}

// ----- an actor -----

#[traced_actor(name = "Guild")]
pub(crate) enum GuildMessage {
    Get { respond_to: oneshot::Sender<()> },
}

pub(crate) struct Guild {
    receiver: mpsc::Receiver<GuildMessage>,
}

#[traced_actor]
impl Guild {
    pub(crate) fn start() -> mpsc::Sender<GuildMessage> {
        let (sender, receiver) = mpsc::channel(8);
        tokio::spawn(Self { receiver }.run());
        sender
    }

    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: GuildMessage) {
        let GuildMessage::Get { respond_to } = message;
        tokio::task::yield_now().await;
        respond_to.send(()).ok();
    }
}

/// Asks the actor, as a handler does.
pub(crate) async fn ask(guild: mpsc::Sender<GuildMessage>) -> Result<Response<String>, Infallible> {
    let (respond_to, reply) = oneshot::channel();
    guild.send(GuildMessage::Get { respond_to }).await.ok().unwrap();
    reply.await.unwrap();
    Ok(Response::new(String::new()))
}

// ----- looks at spans -----

pub(crate) fn attribute(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(ToString::to_string)
}

/// Returns the tree of spans by their names alone.
pub(crate) fn names(spans: &Spans) -> String {
    let name = |line: &str| {
        let indent: String = line.chars().take_while(|char| *char == ' ').collect();
        let words = line.split_whitespace().take_while(|word| !word.contains('=') && !word.starts_with('('));
        indent + &words.collect::<Vec<_>>().join(" ")
    };
    spans.tree().lines().map(name).collect::<Vec<_>>().join("\n")
}

/// Returns the attributes of the conventions, without those of the sampling decision.
pub(crate) fn attributes(span: &FinishedSpan) -> Vec<(&'static str, String)> {
    let all = span.attributes.iter().filter(|(name, _)| !name.starts_with("sampling."));
    all.map(|(name, value)| (*name, value.to_string())).collect()
}
