//! The attribute together with ractor's `async_trait` does the same as without.

use std::rc::Rc;
use std::time::Duration;

use ractor::thread_local::{ThreadLocalActor, ThreadLocalActorSpawner};
use ractor::{
    Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent, async_trait, call_t, cast,
};
use ractor_cluster_derive::RactorClusterMessage;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_ractor::failures;

#[path = "../../tests/shared/caused.rs"]
mod caused;

use caused::caused;

#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
enum Message {
    #[traced(fields(user = _0))]
    Join(u64),
    #[traced(name = "Write")]
    Note {
        text: String,
    },
    #[rpc]
    Count(RpcReplyPort<u64>),
    #[traced(skip)]
    Tick,
    Fail(String),
    Panic,
}

/// It is generic: `async_trait` rewrites bounds and lifetimes.
struct Guild<T> {
    council: Option<ActorRef<Message>>,
    greeting: T,
}

#[traced_actor(ractor, name = "Guild")]
#[async_trait]
impl<T: AsRef<str> + Send + Sync + 'static> Actor for Guild<T> {
    type Msg = Message;
    type State = Vec<u64>;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<Vec<u64>, ActorProcessingErr> {
        Ok(Vec::new())
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        users: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        tokio::task::yield_now().await;
        match message {
            Message::Join(user) => {
                users.push(user);
                if let Some(council) = &self.council {
                    cast!(council, Message::Note { text: format!("{}, {user}", self.greeting.as_ref()) })?;
                }
            }
            Message::Note { .. } => {}
            Message::Count(reply) => reply.send(users.iter().sum())?,
            Message::Tick => {
                if let Some(council) = &self.council {
                    council.cast(Message::Note { text: "tick".into() })?;
                }
            }
            Message::Fail(why) => return Err(why.into()),
            Message::Panic => panic!("as it was told"),
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Message>,
        _: SupervisionEvent,
        users: &mut Vec<u64>,
    ) -> Result<(), ActorProcessingErr> {
        users.clear();
        Ok(())
    }
}

async fn guild(council: Option<ActorRef<Message>>) -> ActorRef<Message> {
    Actor::spawn(None, Guild { council, greeting: "hello" }, ()).await.unwrap().0
}

#[tokio::test]
async fn casts_calls_and_what_a_handler_sends_are_one_trace() {
    let spans = testkit::record();
    let guild = guild(Some(guild(None).await)).await;
    caused(async {
        guild.cast(Message::Join(7)).unwrap();
        assert_eq!(call_t!(guild, Message::Count, 60_000).unwrap(), 7);
        guild.cast(Message::Tick).unwrap();
    })
    .await;
    spans.ended("Guild/Write", 2).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
          Guild/Join user=7
            Guild/Write
          Guild/Write
        "
    );
}

#[tokio::test]
async fn how_a_handler_ended_is_on_the_span_and_a_supervisor_s_news_is_counted() {
    let spans = testkit::record();
    let supervisor = guild(None).await;
    for (message, name, error_type) in [
        (Message::Fail("no room".into()), "Guild/Fail", "ractor::ActorProcessingErr"),
        (Message::Panic, "Guild/Panic", "panic"),
    ] {
        let guild = Guild { council: None, greeting: "hello" };
        let guild = Actor::spawn_linked(None, guild, (), supervisor.get_cell()).await.unwrap().0;
        guild.cast(message).unwrap();
        let failed = &spans.ended(name, 1).await[0];
        assert_eq!(failed.attribute("error.type").map(ToString::to_string).as_deref(), Some(error_type));
        assert!(failed.error.is_some());
    }
    let told = async {
        while failures().failed_actors < 2 {
            call_t!(supervisor, Message::Count, 60_000).unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.unwrap();
    assert_eq!(failures().failed_actors, 2);
    assert_eq!(failures().panic, 1);
}

/// Neither it nor its future is `Send`. ractor's trait for it is the same with the feature.
#[derive(Default)]
struct Local;

#[traced_actor(ractor, start = never)]
impl ThreadLocalActor for Local {
    type Msg = Message;
    type State = Rc<ActorRef<Message>>;
    type Arguments = ActorRef<Message>;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        guild: ActorRef<Message>,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(guild.into())
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        guild: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let guild = guild.clone();
        tokio::task::yield_now().await;
        guild.cast(message)?;
        Ok(())
    }
}

#[tokio::test]
async fn an_actor_that_stays_on_its_thread_continues_traces_and_starts_none() {
    let spans = testkit::record();
    let guild = guild(None).await;
    let local = Local::spawn(None, guild, ThreadLocalActorSpawner::new()).await.unwrap().0;
    local.cast(Message::Join(1)).unwrap();
    caused(async { local.cast(Message::Join(2)) }).await.unwrap();
    spans.ended("Guild/Join", 1).await;
    spans.ended("Local/Join", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Local/Join user=2
            Guild/Join user=2
        "
    );
}
