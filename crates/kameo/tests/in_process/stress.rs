//! Many messages on several threads: none is under another's trace.

use kameo::actor::ActorRef;
use traced_actor::testkit;

use crate::guild::{Guild, Note, Sent};
use crate::{spawn, stop};

#[path = "../../../ractor/tests/shared/stress.rs"]
mod shared;

use shared::{ACTORS, check, send_all};

/// Every second message is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_under_another_s_trace() {
    let spans = testkit::record();
    let mut actors = Vec::new();
    for _ in 0..ACTORS {
        actors.push(spawn(None).await);
    }
    let dead = spawn(None).await;
    stop(&dead).await;
    let send = move |to: ActorRef<Guild>, number: usize, by: String| {
        let dead = dead.clone();
        async move {
            let note = Note(by.clone());
            match number % 2 {
                0 => to.tell(Sent { by }).await.unwrap(),
                _ => to.ask(Sent { by }).await.unwrap(),
            }
            assert!(dead.tell(note).await.is_err());
        }
    };
    for actor in send_all(&spans, actors, send).await.iter() {
        stop(actor).await;
    }
    check(&spans).await;
}
