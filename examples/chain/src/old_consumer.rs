//! The consumer of an older release, which does not trace.

use std::fs::File;
use std::io::Write;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::message::Message as _;
use sqlx::PgPool;
use tokio::task::block_in_place;
use traced_actor_example_shared::node::Node;

use crate::Failure;
use crate::consumer::{Http, http, records, request};
use crate::database;
use crate::post::Post;
use crate::settings::Settings;

pub(crate) async fn run(node: &Node, settings: &Settings) -> Result<(), Failure> {
    let log = File::create(settings.logs.join("old-consumer.log"))?;
    let pool = database::connect(&settings.database).await?;
    archive(log, node, settings, &pool, &http()).await
}

async fn archive(
    mut log: File,
    node: &Node,
    settings: &Settings,
    pool: &PgPool,
    http: &Http,
) -> Result<(), Failure> {
    let records = records(node, &settings.kafka)?;
    loop {
        let record = records.recv().await?;
        let post: Post = serde_json::from_slice(record.payload().unwrap_or_default())?;
        database::store(pool, &post).await?;
        http.request(request(&settings.push, &post)?).await?;
        block_in_place(|| records.commit_message(&record, CommitMode::Sync))?;
        writeln!(log, "archived post={}", post.id)?;
        node.say(format!("archived {}", post.id));
    }
}
