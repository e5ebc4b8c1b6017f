//! The consumer: writes each post into the database, and calls the push service.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance, StreamConsumer,
};
use rdkafka::message::{BorrowedMessage, Message as _};
use tokio::task::block_in_place;
use tower::{Layer, Service, ServiceExt};
use traced_actor::current_span;
use traced_actor_example_shared::node::Node;
use traced_actor_messaging::{Consumer, System, kafka};
use traced_actor_propagation::Edge;
use traced_actor_tower::{ClientLayer, ClientService};
use tracing::{info, warn};

use crate::Failure;
use crate::database;
use crate::post::{POSTS, Post};
use crate::settings::Settings;

/// The consumer group, which the old consumer shares: messages that one has committed are not delivered to the other.
pub(crate) const GROUP: &str = "archive";

pub(crate) type Http = Client<HttpConnector, Full<axum::body::Bytes>>;

pub(crate) type Records = StreamConsumer<Says>;

/// Reports when the consumer has its partition of the topic.
pub(crate) struct Says(Node);

impl ClientContext for Says {}

impl ConsumerContext for Says {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(_) = rebalance {
            self.0.say("assigned");
        }
    }
}

pub(crate) fn records(node: &Node, servers: &str) -> Result<Records, Failure> {
    let records: Records = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", GROUP)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "500")
        .create_with_context(Says(node.clone()))?;
    records.subscribe(&[POSTS])?;
    Ok(records)
}

pub(crate) fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

pub(crate) fn request(address: &str, post: &Post) -> Result<Request<Full<axum::body::Bytes>>, Failure> {
    let body = Full::new(serde_json::to_vec(post)?.into());
    Ok(Request::post(format!("http://{address}/push"))
        .header("content-type", "application/json")
        .body(body)?)
}

struct Archive {
    records: Records,
    consumer: Consumer,
    pool: sqlx_tracing::Pool<sqlx::Postgres>,
    http: ClientService<Http>,
    push: String,
}

pub(crate) async fn run(node: &Node, settings: &Settings) -> Result<(), Failure> {
    let archive = Archive {
        records: records(node, &settings.kafka)?,
        consumer: Consumer::new(System::Kafka, Edge::new(POSTS)),
        pool: database::connect(&settings.database).await?.into(),
        http: ClientLayer::new().layer(http()),
        push: settings.push.clone(),
    };
    archive.run().await
}

impl Archive {
    async fn run(&self) -> Result<(), Failure> {
        loop {
            let record = match self.records.recv().await {
                Ok(record) => record,
                // For example, the broker is down: the client connects again by itself.
                Err(error) => {
                    warn!(%error, "nothing received");
                    continue;
                }
            };
            // A post that could not be handled is tried again. Each try is a span below the same `send`.
            while let Err(error) = self.process(&record).await {
                warn!(%error, "not archived");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }

    async fn process(&self, record: &BorrowedMessage<'_>) -> Result<(), Failure> {
        let mut facts = kafka::facts(record);
        facts.group = Some(GROUP);
        let handled = async {
            match serde_json::from_slice(record.payload().unwrap_or_default()) {
                Ok(post) => self.archive(&post).await?,
                // It would fail again each time.
                Err(error) => current_span().record_error(&error),
            }
            let commit = async { block_in_place(|| self.records.commit_message(record, CommitMode::Sync)) };
            Ok(self.consumer.settle("commit", &facts, commit).await?)
        };
        self.consumer.process(&facts, kafka::context(&self.consumer, record), handled).await
    }

    async fn archive(&self, post: &Post) -> Result<(), Failure> {
        database::store(&self.pool, post).await?;
        info!(post = post.id, "archived");
        let response = self.http.clone().ready().await?.call(request(&self.push, post)?).await?;
        if !response.status().is_success() {
            return Err(format!("the push service says {}", response.status()).into());
        }
        Ok(())
    }
}
