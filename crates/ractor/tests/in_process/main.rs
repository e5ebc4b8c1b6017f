//! Traces through ractor in one process, looked at through the spans that are left.

mod bytes;
mod factory;
mod failures;
mod guild;
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
use traced_actor::{Envelope, traced_actor};

use crate::guild::{Guild, GuildMessage};

/// A message whose handling causes others.
#[traced_actor]
struct Cause;

/// Does `work` in the handling of a message.
async fn caused<T>(work: impl Future<Output = T>) -> T {
    let (Cause, mut handling) = Envelope::capture(Cause).open();
    let done = handling.run(work).await;
    handling.end_ok();
    done
}

async fn spawn(council: Option<ActorRef<GuildMessage>>) -> ActorRef<GuildMessage> {
    Actor::spawn(None, Guild { council }, ()).await.unwrap().0
}

fn note(text: &str) -> GuildMessage {
    GuildMessage::Note { text: text.to_owned() }
}

/// Runs a test on a runtime of its own.
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}
