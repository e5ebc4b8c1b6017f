//! A client for machines without a browser: it sends the same posts, and makes its own spans.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use traced_actor_example_shared::node::Node;
use traced_actor_propagation::CompositePropagator;
use tracing::{Instrument, info, info_span};

use crate::Failure;
use crate::post::{MANY, Post};
use crate::settings::Settings;

pub(crate) async fn run(node: &Node, settings: &Settings) -> Result<(), Failure> {
    let (mut socket, _) = connect_async(format!("ws://{}/ws", settings.gateway)).await?;
    for id in settings.first..settings.first + MANY {
        let post = Post { id, text: format!("post {id}") };
        let talk = async {
            let mut headers: Vec<(String, String)> = Vec::new();
            CompositePropagator::default().inject(&mut headers);
            let context = headers.iter().find(|(name, _)| name == "traceparent").ok_or("it is sampled")?;
            // The first line of a message is its context.
            let text = format!("traceparent={}\n{}", context.1, serde_json::to_string(&post)?);
            socket.send(Frame::text(text)).await?;
            socket.next().await.ok_or("the gateway is gone")??;
            info!(post = id, "posted");
            Ok::<_, Failure>(())
        };
        talk.instrument(info_span!(parent: None, "client/post", post = id)).await?;
        node.say(format!("reported {id}"));
    }
    socket.close(None).await?;
    Ok(())
}
