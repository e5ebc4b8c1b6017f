//! The actor between the sockets and Kafka.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::traced_actor;
use traced_actor_messaging::kafka;
use tracing::info;

use crate::Failure;
use crate::post::{POSTS, Post};

/// The messages of the room.
#[traced_actor(name = "Room")]
pub(crate) enum Message {
    /// A member has posted. The reply comes when Kafka has stored the post.
    #[traced(fields(post = post.id))]
    Post { post: Post, respond_to: oneshot::Sender<()> },
}

pub(crate) struct Room {
    receiver: mpsc::Receiver<Message>,
    producer: FutureProducer,
}

#[traced_actor]
impl Room {
    pub(crate) fn start(servers: &str) -> Result<mpsc::Sender<Message>, Failure> {
        let producer =
            ClientConfig::new().set("bootstrap.servers", servers).set("linger.ms", "0").create()?;
        let (sender, receiver) = mpsc::channel(64);
        tokio::spawn(Self { receiver, producer }.run());
        Ok(sender)
    }

    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            // The span records the error. The member gets no reply.
            let _ = self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: Message) -> Result<(), Failure> {
        let Message::Post { post, respond_to } = message;
        let (payload, key) = (serde_json::to_vec(&post)?, post.id.to_string());
        let record = FutureRecord::to(POSTS).key(&key).payload(&payload);
        kafka::send(&self.producer, record, Duration::from_secs(20)).await?;
        info!(post = post.id, "sent to Kafka");
        // The socket may be closed.
        let _ = respond_to.send(());
        Ok(())
    }
}
