//! The sixteen minutes with actors of ractor, kameo and actix: a database does not answer, a guild waits for it, and a session
//! for the guild. The list of open work names all three, whom each waits for, and which actor each has sent to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use traced_actor_metrics::{Metrics, MetricsClock, OpenWork, Place, Watch};

const MINUTE: Duration = Duration::from_secs(60);

mod with_ractor {
    use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
    use traced_actor::traced_actor;

    #[traced_actor(ractor)]
    pub(crate) enum ToDatabase {
        Load(RpcReplyPort<u64>),
    }

    #[traced_actor(ractor)]
    pub(crate) enum ToGuild {
        Connect(RpcReplyPort<u64>),
    }

    #[traced_actor(ractor)]
    pub(crate) enum ToSession {
        Start,
    }

    /// An actor without a state.
    macro_rules! actor {
        ($actor:ident $fields:tt, $message:ty, |$this:ident, $got:ident| $body:expr) => {
            struct $actor $fields;

            #[traced_actor(ractor)]
            impl Actor for $actor {
                type Msg = $message;
                type State = ();
                type Arguments = ();

                async fn pre_start(&self, _: ActorRef<$message>, (): ()) -> Result<(), ActorProcessingErr> {
                    Ok(())
                }

                async fn handle(
                    &self,
                    _: ActorRef<$message>,
                    $got: $message,
                    (): &mut (),
                ) -> Result<(), ActorProcessingErr> {
                    let $this = self;
                    $body
                }
            }
        };
    }

    actor!(Database(), ToDatabase, |_this, message| {
        let ToDatabase::Load(reply) = message;
        std::future::pending::<()>().await;
        Ok(reply.send(7)?)
    });
    actor!(Guild(ActorRef<ToDatabase>), ToGuild, |this, message| {
        let ToGuild::Connect(reply) = message;
        Ok(reply.send(call!(this.0, ToDatabase::Load)?)?)
    });
    actor!(Session(ActorRef<ToGuild>), ToSession, |this, message| {
        let ToSession::Start = message;
        call!(this.0, ToGuild::Connect)?;
        Ok(())
    });

    /// Starts the three, and has the session connect. Dropping what it returns changes nothing.
    pub(crate) async fn start() -> [ractor::ActorCell; 3] {
        let database = Actor::spawn(None, Database(), ()).await.unwrap().0;
        let guild = Actor::spawn(None, Guild(database.clone()), ()).await.unwrap().0;
        let session = Actor::spawn(None, Session(guild.clone()), ()).await.unwrap().0;
        session.cast(ToSession::Start).unwrap();
        [session.get_cell(), guild.get_cell(), database.get_cell()]
    }
}

mod with_kameo {
    use kameo::prelude::*;
    use traced_actor::traced_actor;

    #[traced_actor(kameo)]
    #[derive(Actor)]
    pub(crate) struct Database;

    #[traced_actor(kameo)]
    #[derive(Actor)]
    pub(crate) struct Guild(ActorRef<Database>);

    #[traced_actor(kameo)]
    #[derive(Actor)]
    pub(crate) struct Session(ActorRef<Guild>);

    struct Load;
    struct Connect;
    struct Start;

    #[traced_actor(kameo)]
    impl Message<Load> for Database {
        type Reply = u64;

        async fn handle(&mut self, _: Load, _: &mut Context<Self, u64>) -> u64 {
            std::future::pending().await
        }
    }

    #[traced_actor(kameo)]
    impl Message<Connect> for Guild {
        type Reply = Result<u64, SendError<Load>>;

        async fn handle(&mut self, _: Connect, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
            self.0.ask(Load).await
        }
    }

    #[traced_actor(kameo)]
    impl Message<Start> for Session {
        type Reply = ();

        async fn handle(&mut self, _: Start, _: &mut Context<Self, ()>) {
            drop(self.0.ask(Connect).await);
        }
    }

    pub(crate) async fn start() -> (ActorRef<Session>, ActorRef<Guild>, ActorRef<Database>) {
        let database = Database::spawn(Database);
        let guild = Guild::spawn(Guild(database.clone()));
        let session = Session::spawn(Session(guild.clone()));
        session.tell(Start).await.unwrap();
        (session, guild, database)
    }
}

mod with_actix {
    use actix::prelude::*;
    use traced_actor::traced_actor;
    use traced_actor_actix::Context;

    /// A message, and its actor, whose handler gives this future.
    macro_rules! actor {
        ($actor:ident $fields:tt, $message:ident, |$this:ident| $future:expr) => {
            struct $actor $fields;

            #[traced_actor(actix)]
            impl Actor for $actor {
                type Context = Context<Self>;
            }

            #[traced_actor(actix)]
            struct $message;

            impl Message for $message {
                type Result = ();
            }

            impl Handler<$message> for $actor {
                type Result = ResponseActFuture<Self, ()>;

                fn handle(&mut self, _: $message, _: &mut Context<Self>) -> Self::Result {
                    let $this = self;
                    Box::pin($future.into_actor($this))
                }
            }
        };
    }

    actor!(Database(), Load, |this| std::future::pending());
    actor!(Guild(Addr<Database>), Connect, |this| {
        let database = this.0.clone();
        async move { database.send(Load).await.unwrap_or_default() }
    });
    actor!(Session(Addr<Guild>), Start, |this| {
        let guild = this.0.clone();
        async move { guild.send(Connect).await.unwrap_or_default() }
    });

    pub(crate) fn start() -> impl Sized {
        let session = Session(Guild(Database().start()).start()).start();
        session.do_send(Start);
        session
    }
}

/// Waits until three handlings are open, and checks the story.
async fn see(metrics: Metrics, clock: &MetricsClock) {
    let mut watch = Watch::new(metrics, 15 * MINUTE);
    while metrics.open_work(Duration::ZERO, 100).handlings.len() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(watch.look(), None, "nothing takes long yet");
    clock.advance(16 * MINUTE);

    let work: OpenWork = metrics.open_work(15 * MINUTE, 100);
    let waits: BTreeMap<String, Option<String>> = work
        .handlings
        .iter()
        .map(|one| {
            assert_eq!(one.running, 16 * MINUTE);
            (
                format!("{} handles {}", one.place, one.kind),
                one.last_sent_to.as_ref().map(ToString::to_string),
            )
        })
        .collect();
    let expected = [
        ("Database handles Load", None),
        ("Guild handles Connect", Some("Database")),
        ("Session handles Start", Some("Guild")),
    ];
    let expected = expected.map(|(one, to)| (one.to_owned(), to.map(str::to_owned)));
    assert_eq!(waits, expected.into());

    // The asks, by who asks, with the actors that it waits for.
    let asks: BTreeSet<String> = work
        .asks
        .iter()
        .map(|ask| {
            assert_eq!(ask.waiting, 16 * MINUTE);
            let from = ask.from.iter().map(ToString::to_string);
            from.chain(ask.through.iter().map(ToString::to_string)).collect::<Vec<_>>().join(" -> ")
        })
        .collect();
    let expected = ["Session -> Guild -> Database", "Guild -> Database"];
    assert_eq!(asks, expected.map(str::to_owned).into());
    assert_eq!(work.cycles, <Vec<Vec<Place>>>::new());

    let warning = watch.look().expect("it is overdue").to_string();
    for line in [
        "Session has been handling Start for 960 s, and waits for Guild, which waits for Database; it was not polled for 960 s\n",
        "Guild has been handling Connect for 960 s, and waits for Database; it was not polled for 960 s\n",
        "Database has been handling Load for 960 s; it was not polled for 960 s\n",
    ] {
        assert!(warning.contains(line), "{warning}");
    }
}

/// Waits until no handling is open.
async fn end(metrics: Metrics) {
    while !metrics.open_work(Duration::ZERO, 100).handlings.is_empty() {
        tokio::task::yield_now().await;
    }
}

/// Runs the story with ractor and kameo.
pub(crate) async fn on_tokio(metrics: Metrics, clock: &MetricsClock) {
    let actors = with_ractor::start().await;
    see(metrics, clock).await;
    actors.iter().for_each(ractor::ActorCell::kill);
    end(metrics).await;

    let (session, guild, database) = with_kameo::start().await;
    see(metrics, clock).await;
    session.kill();
    guild.kill();
    database.kill();
    end(metrics).await;
}

/// Runs the story with actix.
pub(crate) async fn on_actix(metrics: Metrics, clock: &MetricsClock) {
    let _session = with_actix::start();
    see(metrics, clock).await;
}
