//! The two actors: one splits a request into steps, the other posts them.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::traced_actor;
use traced_actor_propagation::{CompositePropagator, Outgoing, UnsampledContext};

/// One thing to post.
#[derive(Deserialize)]
pub(crate) struct Step {
    url: String,
    arguments: Value,
}

/// A request to post all of these.
#[traced_actor(name = "Request")]
pub(crate) struct Message {
    pub(crate) steps: Vec<Step>,
    /// The context of the request, if it is not sampled.
    pub(crate) kept: Option<UnsampledContext>,
    /// Receives the number of failed posts.
    pub(crate) respond_to: oneshot::Sender<usize>,
}

/// Splits requests into steps.
pub(crate) struct Relay {
    receiver: mpsc::Receiver<Message>,
    poster: mpsc::Sender<Post>,
}

#[traced_actor]
impl Relay {
    pub(crate) fn new(receiver: mpsc::Receiver<Message>, poster: mpsc::Sender<Post>) -> Self {
        Self { receiver, poster }
    }

    pub(crate) async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: Message) {
        let mut pending = Vec::new();
        for step in message.steps {
            let (respond_to, done) = oneshot::channel();
            // Each step is a message, so that it has its own span and parent id.
            if self.poster.send(Post { step, kept: message.kept.clone(), respond_to }).await.is_ok() {
                pending.push(done);
            }
        }
        let mut failed = 0;
        for done in pending {
            failed += usize::from(!matches!(done.await, Ok(true)));
        }
        message.respond_to.send(failed).ok();
    }
}

/// One step.
#[traced_actor]
pub(crate) struct Post {
    step: Step,
    kept: Option<UnsampledContext>,
    /// Receives whether the post succeeded.
    respond_to: oneshot::Sender<bool>,
}

/// Posts.
pub(crate) struct Poster {
    receiver: mpsc::Receiver<Post>,
    formats: CompositePropagator,
    client: Client<HttpConnector, Full<Bytes>>,
}

#[traced_actor]
impl Poster {
    pub(crate) fn new(receiver: mpsc::Receiver<Post>, formats: CompositePropagator) -> Self {
        Self { receiver, formats, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn run(mut self) {
        while let Some(post) = self.receiver.recv().await {
            self.handle(post).await;
        }
    }

    async fn handle(&mut self, post: Post) {
        let mut headers = HeaderMap::new();
        match &post.kept {
            Some(kept) => self.formats.inject_outgoing(&Outgoing::unsampled_of(kept), &mut headers),
            None => self.formats.inject(&mut headers),
        }
        let done = self.post(post.step, headers).await;
        if let Err(error) = &done {
            eprintln!("{error}");
        }
        post.respond_to.send(done.is_ok()).ok();
    }

    async fn post(&self, step: Step, headers: HeaderMap) -> Result<(), Box<dyn std::error::Error>> {
        let body = Full::new(Bytes::from(serde_json::to_vec(&step.arguments)?));
        let mut request = Request::post(step.url).header("content-type", "application/json").body(body)?;
        request.headers_mut().extend(headers);
        self.client.request(request).await?;
        Ok(())
    }
}
