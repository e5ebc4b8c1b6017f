//! Actors of `kameo_actors`, which stand between a sender and an actor.

use kameo::prelude::*;
use kameo_actors::DeliveryStrategy;
use kameo_actors::message_bus::{self, MessageBus};
use kameo_actors::pool::{self, ActorPool, Dispatch};
use kameo_actors::pubsub::{PubSub, Publish, Subscribe};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_kameo::{Enveloped, IntoEnveloped};

use crate::guild::{Ask, Guild, Note};
use crate::{caused, spawn};

fn note() -> Note {
    Note("hello".into())
}

/// A publisher that is not an actor sends to each of the subscribers.
#[tokio::test]
async fn a_publisher_of_one_s_own() {
    let spans = testkit::record();
    let mut published = PubSub::new(DeliveryStrategy::Guaranteed);
    for _ in 0..3 {
        published.subscribe(spawn(None).await);
    }
    caused(published.publish(note())).await;
    spans.ended("Guild/Note", 3).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          3 × Guild/Note
        "
    );
}

/// The actor in between does not know the trace.
#[tokio::test]
async fn a_publisher_that_is_an_actor() {
    let spans = testkit::record();
    let published = PubSub::spawn(PubSub::new(DeliveryStrategy::Guaranteed));
    published.ask(Subscribe(spawn(None).await)).await.unwrap();
    caused(async { published.ask(Publish(note())).await }).await.unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        Guild/Note (context lost)
        "
    );
}

/// The context goes through the actor between in the message.
#[tokio::test]
async fn what_is_published_with_its_context() {
    for strategy in [DeliveryStrategy::Guaranteed, DeliveryStrategy::BestEffort, DeliveryStrategy::Spawned] {
        let spans = testkit::record();
        let published = PubSub::<Enveloped<Note>>::spawn(PubSub::new(strategy));
        for _ in 0..3 {
            published.ask(Subscribe(spawn(None).await)).await.unwrap();
        }
        caused(async { published.ask(Publish(note().enveloped())).await }).await.unwrap();
        spans.ended("Guild/Note", 3).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              3 × Guild/Note
            "
        );
    }
}

/// A broadcast is a fan-out: as many as its budget are traced, and each says for how many it stands.
#[tokio::test]
async fn what_is_published_to_many() {
    let spans = testkit::record();
    let published = PubSub::<Enveloped<Note>>::spawn(PubSub::new(DeliveryStrategy::Guaranteed));
    let mut guilds = Vec::new();
    for _ in 0..40 {
        guilds.push(spawn(None).await);
        published.ask(Subscribe(guilds.last().unwrap().clone())).await.unwrap();
    }
    caused(async { published.ask(Publish(Enveloped::to_many(note(), 40))).await }).await.unwrap();
    for guild in &guilds {
        assert_eq!(guild.ask(Ask::Notes { from: 0 }).await.unwrap(), "hello", "each has got it");
    }
    let notes = spans.named("Guild/Note");
    assert_eq!(notes.len(), 10, "the budget of a fan-out");
    let cause = &spans.named("Cause/Cause")[0];
    assert!(notes.iter().all(|note| note.parent == Some(cause.context.span_id)));
}

#[tokio::test]
async fn a_bus() {
    let spans = testkit::record();
    let bus = MessageBus::spawn(MessageBus::new(DeliveryStrategy::Guaranteed));
    let guild = spawn(None).await;
    bus.ask(message_bus::Register(guild.clone().recipient::<Enveloped<Note>>())).await.unwrap();
    caused(async { bus.ask(message_bus::Publish(note().enveloped())).await }).await.unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Note
        "
    );
}

#[tokio::test]
async fn a_pool() {
    let spans = testkit::record();
    let pool = ActorPool::spawn(ActorPool::new(2, || Guild::spawn(Guild::new(None))));
    caused(async {
        pool.ask(Dispatch(Ask::Count.enveloped())).await.unwrap();
        pool.tell(Dispatch(note().enveloped())).await.unwrap();
        pool.ask(pool::Broadcast(Enveloped::to_many(note(), 2))).await.unwrap();
    })
    .await;
    spans.ended("Guild/Note", 3).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
          3 × Guild/Note
        "
    );
}

/// A pool with a trace in none of its messages.
#[tokio::test]
async fn a_pool_of_bare_messages() {
    let spans = testkit::record();
    let pool = ActorPool::spawn(ActorPool::new(2, || Guild::spawn(Guild::new(None))));
    caused(async { pool.ask(Dispatch(Ask::Count)).await }).await.unwrap();
    spans.ended("Guild/Count", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
        Guild/Count (context lost)
        "
    );
}

/// An actor between that is the user's own carries traces as any actor.
#[traced_actor(kameo)]
#[derive(Actor)]
struct Crier(Vec<Recipient<Note>>);

struct Cry;

#[traced_actor(kameo)]
impl Message<Cry> for Crier {
    type Reply = ();

    async fn handle(&mut self, _: Cry, _: &mut Context<Self, ()>) {
        let fanout = traced_actor::fanout(self.0.len());
        let cry = async {
            for hears in &self.0 {
                hears.tell(note()).await.unwrap();
            }
        };
        fanout.run(cry).await;
    }
}

#[tokio::test]
async fn an_actor_that_tells_many() {
    let spans = testkit::record();
    let mut hear = Vec::new();
    for _ in 0..3 {
        hear.push(spawn(None).await.recipient());
    }
    Crier::spawn(Crier(hear)).ask(Cry).await.unwrap();
    spans.ended("Guild/Note", 3).await;
    assert_tree!(
        spans,
        "
        Crier/Cry
          3 × Guild/Note
        "
    );
}
