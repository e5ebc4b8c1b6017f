//! Many messages on several threads: none is under another's trace.

use ractor::{ActorRef, call_t};
use traced_actor::testkit;

use crate::guild::GuildMessage;
use crate::{note, spawn};

#[path = "../shared/stress.rs"]
mod shared;

use shared::{ACTORS, check, send_all};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_under_another_s_trace() {
    let spans = testkit::record();
    let mut actors = Vec::new();
    for _ in 0..ACTORS {
        actors.push(spawn(None).await);
    }
    let dead = spawn(None).await;
    dead.stop_and_wait(None, None).await.unwrap();
    let send = move |to: ActorRef<GuildMessage>, _number, by: String| {
        let dead = dead.clone();
        async move {
            to.cast(GuildMessage::Sent { by: by.clone() }).unwrap();
            assert!(dead.cast(note(&by)).is_err());
        }
    };
    for actor in send_all(&spans, actors, send).await.iter() {
        call_t!(actor, GuildMessage::Count, 60_000).unwrap();
    }
    check(&spans).await;
}
