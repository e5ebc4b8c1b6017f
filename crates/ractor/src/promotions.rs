//! Promotions of flight recorders between the nodes of a cluster, by an actor on each node.

use std::sync::OnceLock;

use ractor::message::{BoxedDowncastErr, SerializedMessage};
use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, Message, SpawnErr, pg};
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_flight::{Flight, Peer, Promotion};

use crate::cluster::EDGE;

/// The name of the actor, and of the group that the actors of all nodes form.
const NAME: &str = "traced-actor-flight";

/// All other nodes, for the flight recorder of this process.
static CLUSTER: OnceLock<Peer> = OnceLock::new();

/// Connects the flight recorder of this node with those of the other nodes of the cluster.
///
/// If one node keeps a trace, each node that shares the trace keeps its part. It spawns an actor with the name
/// `traced-actor-flight`, which joins the process group of that name, and returns it. Nodes that are connected with each
/// other know that group, as ractor's default connection mode ensures for all nodes of a cluster. Stopping the actor
/// ends the connection.
///
/// Promotions are sent and accepted only if [`set_edge`](crate::set_edge) trusts other nodes fully. Others are refused,
/// see [`Peer::refuse`]. A node accepts a hundred promotions per second from all others together.
///
/// Not available with ractor's feature `async-trait`, which changes the trait of the actor.
///
/// ```
/// use traced_actor_flight::Flight;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let flight = Flight::builder().start()?;
/// flight.install()?;
/// traced_actor_ractor::connect_flight(&flight).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns ractor's error if the actor cannot be spawned: it was called before, or the name is in use.
pub async fn connect_flight(flight: &Flight) -> Result<ActorCell, SpawnErr> {
    let (actor, _) = Actor::spawn(Some(NAME.to_owned()), Promotions, ()).await?;
    let actor = actor.get_cell();
    CLUSTER.get_or_init(|| flight.connect(tell));
    pg::join(NAME.to_owned(), vec![actor.clone()]);
    Ok(actor)
}

/// Notes that other nodes have a part of the trace of a message that came from one of them, or is sent to one.
pub(crate) fn note(context: &MessageContext) {
    if let Some(cluster) = CLUSTER.get()
        && let ContextState::Sampled(sampled) = context.state()
        && EDGE.get().is_trusting()
    {
        cluster.shares(sampled.context.trace_id);
    }
}

/// Sends a promotion to all other nodes.
fn tell(promotion: Promotion) {
    for actor in pg::get_members(&NAME.to_owned()) {
        if !actor.get_id().is_local() {
            // A node that has gone has nothing to keep.
            drop(actor.send_message(Promote(Some(promotion))));
        }
    }
}

/// The message of one node to another. `None` if its bytes are not a promotion that this version knows.
struct Promote(Option<Promotion>);

impl Message for Promote {
    fn serializable() -> bool {
        true
    }

    fn serialize(self) -> Result<SerializedMessage, BoxedDowncastErr> {
        let args = self.0.map(|promotion| promotion.to_bytes().to_vec()).unwrap_or_default();
        Ok(SerializedMessage::Cast { variant: "Promote".to_owned(), args, metadata: None })
    }

    /// Returns nothing for what is no promotion, and no error, which would end the actor.
    fn deserialize(bytes: SerializedMessage) -> Result<Self, BoxedDowncastErr> {
        Ok(Self(match bytes {
            SerializedMessage::Cast { args, .. } => Promotion::from_bytes(&args),
            _ => None,
        }))
    }
}

/// Receives the promotions of other nodes.
struct Promotions;

impl Actor for Promotions {
    type Msg = Promote;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Promote>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Promote>,
        Promote(promotion): Promote,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        if let (Some(cluster), Some(promotion)) = (CLUSTER.get(), promotion) {
            if EDGE.get().is_trusting() {
                cluster.promote_if_shared(promotion);
            } else {
                cluster.refuse(promotion);
            }
        }
        Ok(())
    }
}
