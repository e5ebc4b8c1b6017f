//! Messages that an actor sends when it starts and ends, and actors that stay on one thread.

use ractor::thread_local::{ThreadLocalActor, ThreadLocalActorSpawner};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use ractor_cluster_derive::RactorMessage;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

#[traced_actor(ractor)]
#[derive(RactorMessage)]
enum Order {
    Tell,
}

struct Herald(ActorRef<GuildMessage>);

#[traced_actor(ractor)]
impl Actor for Herald {
    type Msg = Order;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Order>, (): ()) -> Result<(), ActorProcessingErr> {
        self.0.cast(GuildMessage::Join(1))?;
        Ok(())
    }

    async fn post_start(&self, _: ActorRef<Order>, (): &mut ()) -> Result<(), ActorProcessingErr> {
        self.0.cast(GuildMessage::Join(2))?;
        Ok(())
    }

    async fn post_stop(&self, _: ActorRef<Order>, (): &mut ()) -> Result<(), ActorProcessingErr> {
        self.0.cast(GuildMessage::Join(3))?;
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Order>, _: Order, (): &mut ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

/// `pre_start` runs in the future of who spawns; the others in the actor's own task.
#[tokio::test]
async fn what_starts_an_actor_is_its_spawner_s_work() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let herald = caused(async { Actor::spawn(None, Herald(guild), ()).await.unwrap().0 }).await;
    herald.cast(Order::Tell).unwrap();
    herald.drain_and_wait(None).await.unwrap();
    spans.ended("Guild/Join", 3).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Join user=1
        Guild/Join user=2 (context lost)
        Guild/Join user=3 (context lost)
        Herald/Tell
        "
    );
}

/// Neither it nor its future is `Send`.
#[derive(Default)]
struct Local;

#[traced_actor(ractor)]
impl ThreadLocalActor for Local {
    type Msg = Order;
    type State = std::rc::Rc<ActorRef<GuildMessage>>;
    type Arguments = ActorRef<GuildMessage>;

    async fn pre_start(
        &self,
        _: ActorRef<Order>,
        guild: ActorRef<GuildMessage>,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(guild.into())
    }

    async fn handle(
        &self,
        _: ActorRef<Order>,
        _: Order,
        guild: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let guild = guild.clone();
        tokio::task::yield_now().await;
        guild.cast(note("told"))?;
        Ok(())
    }
}

#[tokio::test]
async fn an_actor_that_stays_on_its_thread_is_traced_as_any() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let local = Local::spawn(None, guild, ThreadLocalActorSpawner::new()).await.unwrap().0;
    caused(async { local.cast(Order::Tell) }).await.unwrap();
    spans.ended("Guild/Write", 1).await;
    spans.ended("Local/Tell", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Local/Tell
            Guild/Write
        "
    );
}
