//! Promotions of flight recorders between the nodes of a swarm, by an actor on each node.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::OnceLock;

use futures_core::Stream;
use kameo::error::RegistryError;
use kameo::prelude::{Actor, ActorRef, Context, Message, RemoteActor, RemoteActorRef, Spawn, remote_message};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use tokio::sync::mpsc;
use traced_actor::context::ContextState;
use traced_actor_flight::{Flight, Peer, Promotion};

use crate::remote::EDGE;

/// The name under which the actor of each node is registered.
const NAME: &str = "traced-actor-flight";
/// The number of promotions that wait to be sent. Further ones are dropped.
const QUEUE: usize = 256;

/// All other nodes, for the flight recorder of this process.
static SWARM: OnceLock<Peer> = OnceLock::new();

/// Connects the flight recorder of this node with those of the other nodes of the swarm.
///
/// If one node keeps a trace, each node that shares the trace keeps its part. It spawns an actor that is registered in
/// the swarm as `traced-actor-flight`, and a task that looks up these actors to send promotions. The task ends if the
/// recorder that was connected first ends.
///
/// Promotions are sent and accepted only if [`set_edge`](crate::set_edge) trusts other nodes fully. Others are refused,
/// see [`Peer::refuse`]. A node accepts a hundred promotions per second from all others together.
///
/// Call it once, after the swarm was started, in a tokio runtime.
///
/// # Errors
///
/// Returns kameo's error if the actor cannot be registered: there is no swarm, or the name is in use.
pub async fn connect_flight(flight: &Flight) -> Result<(), RegistryError> {
    let receiver = Promotions::spawn(Promotions);
    receiver.register(NAME).await?;
    SWARM.get_or_init(|| {
        let (queue, promotions) = mpsc::channel(QUEUE);
        tokio::spawn(tell(promotions));
        flight.connect(move |promotion| {
            let _ = queue.try_send(promotion);
        })
    });
    Ok(())
}

/// Notes that other nodes have a part of the trace of a message that came from one of them, or is sent to one.
pub(crate) fn note(context: ContextState<'_>) {
    if let Some(swarm) = SWARM.get()
        && let ContextState::Sampled(sampled) = context
        && EDGE.get().is_trusting()
    {
        swarm.shares(sampled.context.trace_id);
    }
}

/// Sends promotions to all nodes. They come back to this node as well, where they change nothing.
async fn tell(mut promotions: mpsc::Receiver<Promotion>) {
    let mut waiting = Vec::new();
    while promotions.recv_many(&mut waiting, QUEUE).await > 0 {
        let mut nodes = pin!(RemoteActorRef::<Promotions>::lookup_all(NAME));
        while let Some(node) = poll_fn(|cx| nodes.as_mut().poll_next(cx)).await {
            let Ok(node) = node else { continue };
            for promotion in &waiting {
                // A node that has gone has nothing to keep.
                drop(node.tell(&Promote(Some(*promotion))).send());
            }
        }
        waiting.clear();
    }
}

/// The message of one node to another. `None` if its text is not a promotion.
struct Promote(Option<Promotion>);

impl Serialize for Promote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.map(|promotion| promotion.to_string());
        serializer.serialize_str(&text.unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Promote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(String::deserialize(deserializer)?.parse().ok()))
    }
}

/// Receives the promotions of other nodes.
struct Promotions;

impl Actor for Promotions {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(actor: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(actor)
    }
}

impl RemoteActor for Promotions {
    const REMOTE_ID: &'static str = NAME;
}

#[remote_message("promote")]
impl Message<Promote> for Promotions {
    type Reply = ();

    async fn handle(&mut self, Promote(promotion): Promote, _: &mut Context<Self, ()>) {
        if let (Some(swarm), Some(promotion)) = (SWARM.get(), promotion) {
            if EDGE.get().is_trusting() {
                swarm.promote_if_shared(promotion);
            } else {
                swarm.refuse(promotion);
            }
        }
    }
}
