//! Traces through ractor in one process, looked at through the spans that are left.

mod bytes;
#[path = "../shared/caused.rs"]
mod caused;
mod factory;
mod failures;
mod guild;
mod idioms;
mod lifecycle;
mod lints;
mod local;
mod options;
mod ordinary;
mod ports;
mod reached;
mod supervision;
mod wrapped;

mod stress;

use std::future::Future;

use ractor::{Actor, ActorRef};

use crate::caused::caused;
use crate::guild::{Guild, GuildMessage};

async fn spawn(council: Option<ActorRef<GuildMessage>>) -> ActorRef<GuildMessage> {
    Actor::spawn(None, Guild { council }, ()).await.unwrap().0
}

fn note(text: &str) -> GuildMessage {
    GuildMessage::Note { text: text.to_owned() }
}

/// Runs a test on its own runtime.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}
