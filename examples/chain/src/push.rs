//! The push service: notifies the members' devices. It counts the posts.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{DefaultBodyLimit, MatchedPath, State};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use tokio::net::TcpListener;
use traced_actor::current_span;
use traced_actor_example_shared::node::Node;
use traced_actor_propagation::Edge;
use traced_actor_tower::EdgeLayer;
use tracing::info;

use crate::Failure;
use crate::post::Post;
use crate::settings::{Settings, Slow};

#[derive(Clone)]
struct App {
    node: Node,
    seen: Arc<Mutex<HashSet<u64>>>,
    is_slow: bool,
}

pub(crate) async fn run(node: &Node, settings: &Settings) -> Result<(), Failure> {
    let is_slow = settings.slow == Some(Slow::Push);
    let app = App { node: node.clone(), seen: Arc::default(), is_slow };
    let layer = EdgeLayer::new(Edge::new("push"))
        .route(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str));
    let router = Router::new()
        .route("/push", post(push).layer(DefaultBodyLimit::max(64 * 1024)))
        .layer(layer)
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    node.say(format!("listens {}", listener.local_addr()?));
    Ok(axum::serve(listener, router).await?)
}

async fn push(State(app): State<App>, Json(post): Json<Post>) -> StatusCode {
    current_span().set_attribute("post", post.id);
    if app.is_slow {
        tokio::time::sleep(Slow::BY).await;
    }
    info!(post = post.id, "pushed");
    let pushed = {
        let mut seen = app.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(post.id);
        seen.len()
    };
    app.node.say(format!("pushed {pushed}"));
    StatusCode::NO_CONTENT
}
