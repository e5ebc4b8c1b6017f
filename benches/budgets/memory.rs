//! The memory of a queued message and of a waiting actor.

use tokio::sync::mpsc as raw;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt as _};
use traced_actor_benches::allocations::count;
use traced_actor_benches::{Contestant, Measure, Row, Set, counted};

use crate::programs::{Post, runtime};

const QUEUED: usize = 100_000;
const ACTORS: usize = 1_000;

pub(crate) const MEMORY: Set = Set {
    name: "memory",
    world: || {},
    contestants: &[
        ("a message", || size(size_of::<Post>())),
        ("a message in its envelope", || size(size_of::<Envelope<Post>>())),
        ("queued in tokio's channel", || {
            let (sender, _receiver) = raw::unbounded_channel();
            allocated(QUEUED, || sender.send(Post::new()).expect("the receiver is there"))
        }),
        ("queued in ours", || {
            let (sender, _receiver) = mpsc::unbounded_channel();
            allocated(QUEUED, || sender.send(Post::new()).expect("the receiver is there"))
        }),
        ("a bare actor", || {
            let runtime = runtime();
            let mut senders = Vec::with_capacity(ACTORS);
            allocated(ACTORS, || {
                let (sender, mut receiver) = raw::channel::<Post>(64);
                let task = async move { while receiver.recv().await.is_some() {} };
                senders.push((sender, runtime.spawn(task)));
            })
        }),
        ("a traced actor", || {
            let runtime = runtime();
            let mut senders = Vec::with_capacity(ACTORS);
            allocated(ACTORS, || {
                let (sender, mut receiver) = mpsc::channel::<Post>(64);
                let task = async move { while receiver.recv().await.is_some() {} };
                senders.push((sender, runtime.spawn(task.traced())));
            })
        }),
    ],
    rows: &[
        Row::new(
            "queued message: bytes by its type",
            "a message in its envelope",
            "a message",
            Measure::AddedBytes,
            Some(8.0),
        ),
        Row::new(
            "queued message: bytes allocated",
            "queued in ours",
            "queued in tokio's channel",
            Measure::AddedBytes,
            // The channel allocates for 32 messages at a time, the last block is not full.
            Some(8.01),
        ),
        Row::new("actor: bytes allocated", "a traced actor", "a bare actor", Measure::AddedBytes, None),
    ],
};

#[expect(clippy::cast_precision_loss, reason = "small sizes")]
fn size(bytes: usize) -> Contestant {
    counted(bytes as f64)
}

/// Returns the bytes that each of `times` items keeps.
#[expect(clippy::cast_precision_loss, reason = "small sizes")]
fn allocated(times: usize, mut make: impl FnMut()) -> Contestant {
    let ((), allocated) = count(|| (0..times).for_each(|_| make()));
    counted(allocated.live as f64 / times as f64)
}
