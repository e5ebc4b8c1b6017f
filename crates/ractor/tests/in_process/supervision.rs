//! A supervisor starts an actor anew: the trace ends with the message that ended the actor, and the next message has its own.

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent, call_t};
use ractor_cluster_derive::RactorMessage;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_ractor::failures;

use crate::caused;
use crate::guild::{Guild, GuildMessage};

struct Supervisor;

#[traced_actor(ractor)]
#[derive(RactorMessage)]
enum Order {
    Break,
    Current(ractor::RpcReplyPort<ActorRef<GuildMessage>>),
}

#[traced_actor(ractor)]
impl Actor for Supervisor {
    type Msg = Order;
    type State = ActorRef<GuildMessage>;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Order>, (): ()) -> Result<Self::State, ActorProcessingErr> {
        Ok(myself.spawn_linked(None, Guild { council: None }, ()).await?.0)
    }

    async fn handle(
        &self,
        _: ActorRef<Order>,
        order: Order,
        guild: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Break => guild.cast(GuildMessage::Panic)?,
            Order::Current(reply) => reply.send(guild.clone())?,
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Order>,
        event: SupervisionEvent,
        guild: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ActorFailed(..) = event {
            *guild = myself.spawn_linked(None, Guild { council: None }, ()).await?.0;
            // Nobody's message is handled here.
            guild.cast(GuildMessage::Join(1))?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_a_supervisor_does_belongs_to_no_message() {
    let spans = testkit::record();
    // No other test has a supervisor.
    assert_eq!(failures().failed_actors, 0);
    let supervisor = Actor::spawn(None, Supervisor, ()).await.unwrap().0;
    caused(async { supervisor.cast(Order::Break) }).await.unwrap();
    spans.ended("Guild/Join", 1).await;
    assert_eq!(failures().failed_actors, 1);
    let guild = call_t!(supervisor, Order::Current, 60_000).unwrap();
    caused(async { call_t!(guild, GuildMessage::Count, 60_000) }).await.unwrap();
    spans.ended("Guild/Count", 1).await;
    spans.ended("Supervisor/Current", 1).await;
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Guild/Count
        Cause/Cause
          Supervisor/Break
            Guild/Panic error="panic"
        Guild/Join user=1 (context lost)
        Supervisor/Current
        "#
    );
}
