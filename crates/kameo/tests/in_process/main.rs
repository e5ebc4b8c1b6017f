//! Traces through kameo in one process, looked at through the spans that are left.

mod brokers;
#[path = "../../../ractor/tests/shared/caused.rs"]
mod caused;
mod failures;
mod generic;
mod guild;
mod handed;
mod idioms;
mod lifecycle;
mod lints;
mod local;
mod messages;
mod options;
mod ordinary;
mod own_hooks;
mod reached;
mod startup;
mod stress;

use std::future::Future;

use kameo::actor::{ActorRef, Spawn};

use crate::caused::caused;
use crate::guild::Guild;

/// Starts a guild, and waits until it has started.
async fn spawn(council: Option<ActorRef<Guild>>) -> ActorRef<Guild> {
    let guild = Guild::spawn(Guild::new(council));
    guild.wait_for_startup().await;
    guild
}

/// Ends an actor, and waits until it has ended.
async fn stop(guild: &ActorRef<Guild>) {
    guild.stop_gracefully().await.unwrap();
    guild.wait_for_shutdown().await;
}

/// Runs a test on its own runtime.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}
