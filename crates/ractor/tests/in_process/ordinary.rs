//! Actors in the forms in which people write them.

use std::collections::HashMap;
use std::sync::Arc;

use ractor::concurrency::{Duration, JoinHandle};
use ractor::{
    Actor, ActorProcessingErr, ActorRef, Message, MessagingErr, RpcReplyPort, SupervisionEvent, call,
};
use ractor_cluster_derive::RactorMessage;
use tokio::sync::Semaphore;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

mod with_attributes_of_others {
    use tracing::instrument;

    use super::*;

    #[derive(Debug)]
    struct Gateway;

    #[traced_actor(ractor)]
    #[derive(Debug)]
    enum Request {
        Resolve(String, RpcReplyPort<Result<usize, String>>),
        Refresh,
    }

    /// `instrument` names the parameters, and looks whether the function is async.
    #[traced_actor(ractor)]
    impl Actor for Gateway {
        type Msg = Request;
        type State = HashMap<String, usize>;
        type Arguments = ();

        #[instrument(level = "info", skip(self, myself))]
        async fn pre_start(
            &self,
            myself: ActorRef<Request>,
            (): (),
        ) -> Result<Self::State, ActorProcessingErr> {
            myself.cast(Request::Refresh)?;
            Ok(HashMap::new())
        }

        #[instrument(level = "debug", skip(self, _myself, message, routes), fields(routes = routes.len()), err)]
        async fn handle(
            &self,
            _myself: ActorRef<Self::Msg>,
            message: Self::Msg,
            routes: &mut Self::State,
        ) -> Result<(), ActorProcessingErr> {
            match message {
                Self::Msg::Resolve(model, reply) if model.is_empty() => reply.send(Err("no model".into()))?,
                Self::Msg::Resolve(model, reply) => reply.send(Ok(*routes.entry(model).or_insert(7)))?,
                Self::Msg::Refresh => routes.clear(),
            }
            Ok(())
        }

        #[instrument(skip(self, myself, event, _state))]
        async fn handle_supervisor_evt(
            &self,
            myself: ActorRef<Self::Msg>,
            event: SupervisionEvent,
            _state: &mut Self::State,
        ) -> Result<(), ActorProcessingErr> {
            if let SupervisionEvent::ActorFailed(..) = event {
                myself.stop(None);
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn they_read_the_function_as_it_was_written() {
        let spans = testkit::record();
        let gateway = Actor::spawn(None, Gateway, ()).await.unwrap().0;
        caused(async {
            assert_eq!(call!(gateway, Request::Resolve, "m".into()).unwrap(), Ok(7));
            assert!(call!(gateway, Request::Resolve, String::new()).unwrap().is_err());
        })
        .await;
        spans.ended("Gateway/Resolve", 2).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              2 × Gateway/Resolve
            Gateway/Refresh
            "
        );
    }
}

mod that_returns_a_future {
    use super::*;

    struct Clerk(ActorRef<GuildMessage>);

    #[traced_actor(ractor)]
    struct File(&'static str);

    /// The signature is that of the trait's declaration.
    #[traced_actor(ractor)]
    impl Actor for Clerk {
        type Msg = File;
        type State = u32;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<File>, (): ()) -> Result<u32, ActorProcessingErr> {
            Ok(0)
        }

        fn handle(
            &self,
            _: ActorRef<File>,
            File(text): File,
            filed: &mut u32,
        ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
            let to = self.0.clone();
            async move {
                tokio::task::yield_now().await;
                *filed += 1;
                if text.is_empty() {
                    return Err("nothing to file".into());
                }
                Ok(to.cast(note(text))?)
            }
        }
    }

    #[tokio::test]
    async fn its_future_is_the_handler() {
        let spans = testkit::record();
        let clerk = Actor::spawn(None, Clerk(spawn(None).await), ()).await.unwrap().0;
        caused(async {
            clerk.cast(File("a note")).unwrap();
            clerk.cast(File("")).unwrap();
        })
        .await;
        spans.ended("Guild/Write", 1).await;
        spans.ended("Clerk/File", 2).await;
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Clerk/File
                Guild/Write
              Clerk/File error="nothing to file"
            "#
        );
    }
}

mod with_ractor_s_own_attribute {
    use super::*;

    struct Counter;

    #[traced_actor(ractor)]
    enum Count {
        #[traced(fields(amount = _0))]
        Add(i64),
        Read(RpcReplyPort<i64>),
        Stop,
    }

    #[traced_actor(ractor, name = "Tally")]
    #[ractor::actor(message = Count, state = i64, arguments = i64)]
    impl Counter {
        async fn pre_start(&self, _myself: ActorRef<Count>, initial: i64) -> Result<i64, ActorProcessingErr> {
            Ok(initial)
        }

        #[ractor::message(Count::Add(amount))]
        fn add(&self, amount: i64, state: &mut i64) {
            *state += self.doubled(amount) / 2;
        }

        #[ractor::rpc(Count::Read)]
        async fn read(&self, state: &i64) -> i64 {
            tokio::task::yield_now().await;
            *state
        }

        #[ractor::message(Count::Stop)]
        #[expect(clippy::unused_self, clippy::needless_pass_by_value, reason = "as ractor calls it")]
        fn stop(&self, myself: ActorRef<Count>) -> Result<(), ActorProcessingErr> {
            myself.stop(None);
            Err("stopped".into())
        }

        #[expect(clippy::unused_self, reason = "a method beside those of messages")]
        fn doubled(&self, amount: i64) -> i64 {
            2 * amount
        }
    }

    #[tokio::test]
    async fn each_method_handles_its_message_in_a_span() {
        let spans = testkit::record();
        let counter = Actor::spawn(None, Counter, 10).await.unwrap().0;
        caused(async {
            counter.cast(Count::Add(5)).unwrap();
            assert_eq!(call!(counter, Count::Read).unwrap(), 15);
            counter.cast(Count::Stop).unwrap();
        })
        .await;
        spans.ended("Tally/Stop", 1).await;
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Tally/Add amount=5
              Tally/Read
              Tally/Stop error="stopped"
            "#
        );
    }
}

mod generic {
    use super::*;

    trait Provider: Send + Sync + 'static {
        type Item: Send + Sync + std::fmt::Debug;
        fn next(&self) -> Self::Item;
    }

    struct Cities;

    impl Provider for Cities {
        type Item = String;
        fn next(&self) -> String {
            "Oslo".to_owned()
        }
    }

    /// Generic over what the messages are about.
    #[traced_actor(ractor)]
    enum Update<P: Provider = Cities> {
        #[traced(fields(?_0))]
        Store(P::Item),
        Fetch(RpcReplyPort<usize>),
    }

    struct Updater<P>(P);

    #[traced_actor(ractor)]
    impl<P> Actor for Updater<P>
    where
        P: Provider,
    {
        type Msg = Update<P>;
        type State = Vec<P::Item>;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Self::State, ActorProcessingErr> {
            Ok(Vec::new())
        }

        async fn handle(
            &self,
            myself: ActorRef<Self::Msg>,
            message: Self::Msg,
            items: &mut Self::State,
        ) -> Result<(), ActorProcessingErr> {
            match message {
                Update::Store(item) => items.push(item),
                Update::Fetch(reply) => {
                    myself.cast(Update::Store(self.0.next()))?;
                    reply.send(items.len())?;
                }
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn over_a_trait_of_the_program() {
        let spans = testkit::record();
        let updater = Actor::spawn(None, Updater(Cities), ()).await.unwrap().0;
        assert_eq!(call!(updater, Update::Fetch).unwrap(), 0);
        spans.ended("Updater/Store", 1).await;
        assert_tree!(
            spans,
            r#"
            Updater/Fetch
              Updater/Store _0="\"Oslo\""
            "#
        );
    }
}

mod with_children {
    use super::*;

    #[traced_actor(ractor)]
    enum Batch {
        TrySend,
        Send,
        Sent(RpcReplyPort<u32>),
    }

    struct Batcher;
    struct Webhook;

    #[traced_actor(ractor)]
    struct Post;

    #[traced_actor(ractor)]
    impl Actor for Webhook {
        type Msg = Post;
        type State = u32;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Post>, (): ()) -> Result<u32, ActorProcessingErr> {
            Ok(0)
        }

        async fn handle(
            &self,
            myself: ActorRef<Post>,
            _: Post,
            attempts: &mut u32,
        ) -> Result<(), ActorProcessingErr> {
            *attempts += 1;
            myself.stop(Some("Success".into()));
            Ok(())
        }
    }

    #[traced_actor(ractor)]
    impl Actor for Batcher {
        type Msg = Batch;
        type State = u32;
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<u32, ActorProcessingErr> {
            Ok(0)
        }

        async fn handle(
            &self,
            myself: ActorRef<Self::Msg>,
            message: Self::Msg,
            sent: &mut u32,
        ) -> Result<(), ActorProcessingErr> {
            match message {
                Self::Msg::TrySend if *sent > 0 => {}
                Self::Msg::TrySend | Self::Msg::Send => self.send(myself).await?,
                Self::Msg::Sent(reply) => reply.send(*sent)?,
            }
            Ok(())
        }

        async fn handle_supervisor_evt(
            &self,
            myself: ActorRef<Self::Msg>,
            event: SupervisionEvent,
            sent: &mut u32,
        ) -> Result<(), ActorProcessingErr> {
            if let SupervisionEvent::ActorTerminated(_, Some(mut child), _) = event {
                *sent += child.take::<u32>()?;
                myself.cast(Batch::TrySend)?;
            }
            Ok(())
        }
    }

    impl Batcher {
        async fn send(&self, myself: ActorRef<Batch>) -> Result<(), ActorProcessingErr> {
            let (webhook, _) = Actor::spawn_linked(None, Webhook, (), myself.get_cell()).await?;
            Ok(webhook.cast(Post)?)
        }
    }

    #[tokio::test]
    async fn a_child_works_below_the_message_that_started_it() {
        let spans = testkit::record();
        let batcher = Actor::spawn(None, Batcher, ()).await.unwrap().0;
        caused(async { batcher.cast(Batch::Send) }).await.unwrap();
        spans.ended("Batcher/TrySend", 1).await;
        assert_eq!(call!(batcher, Batch::Sent).unwrap(), 1);
        spans.ended("Batcher/Sent", 1).await;
        assert_tree!(
            spans,
            "
            Batcher/Sent
            Batcher/TrySend (context lost)
            Cause/Cause
              Batcher/Send
                Webhook/Post
            "
        );
    }
}

/// A helper that makes the reply port itself, and waits for the reply in a task.
fn cast_and_handle<M: Message, R: Send + 'static>(
    target: &ActorRef<M>,
    message: impl FnOnce(RpcReplyPort<R>) -> M,
    on_reply: impl FnOnce(R) + Send + 'static,
) -> Result<JoinHandle<()>, MessagingErr<M>> {
    let (sender, receiver) = ractor::concurrency::oneshot();
    target.cast(message(sender.into()))?;
    Ok(ractor::concurrency::spawn(async move { on_reply(receiver.await.unwrap()) }))
}

#[tokio::test]
async fn a_reply_port_of_one_s_own() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let ask = async { cast_and_handle(&guild, GuildMessage::Count, |count| assert_eq!(count, 0)).ok() };
    let replied = caused(ask).await.unwrap();
    replied.await.unwrap();
    spans.ended("Guild/Count", 1).await;
    assert_eq!(spans.named("Guild/Count")[0].attribute("actor.message.mode"), Some(&"call".into()));
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
        "
    );
}

mod who_answers_by_a_message {
    use super::*;

    #[traced_actor(ractor)]
    #[derive(RactorMessage)]
    enum Ask {
        Question { from: ActorRef<GuildMessage>, of: Vec<ActorRef<GuildMessage>> },
    }

    struct Oracle(Arc<Semaphore>);

    #[traced_actor(ractor)]
    impl Actor for Oracle {
        type Msg = Ask;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Ask>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        /// Asks several at once, one of them with a limit of time, and tells who asked.
        async fn handle(&self, _: ActorRef<Ask>, ask: Ask, (): &mut ()) -> Result<(), ActorProcessingErr> {
            let Ask::Question { from, of } = ask;
            let [first, second] = of.as_slice() else { return Err("two are asked".into()) };
            let soon = Duration::from_secs(60);
            let (one, two) = tokio::join!(
                first.call(GuildMessage::Count, Some(soon)),
                tokio::time::timeout(soon, second.call(GuildMessage::Count, None)),
            );
            let permit = tokio::select! {
                permit = self.0.acquire() => permit?,
                () = std::future::pending() => return Ok(()),
            };
            from.cast(note(&(one?.unwrap() + two??.unwrap()).to_string()))?;
            drop(permit);
            Ok(())
        }
    }

    #[tokio::test]
    async fn asks_several_at_once() {
        let spans = testkit::record();
        let oracle = Actor::spawn(None, Oracle(Arc::new(Semaphore::new(1))), ()).await.unwrap().0;
        let (from, of) = (spawn(None).await, vec![spawn(None).await, spawn(None).await]);
        caused(async { oracle.cast(Ask::Question { from, of }) }).await.unwrap();
        spans.ended("Oracle/Question", 1).await;
        spans.ended("Guild/Write", 1).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              Oracle/Question
                2 × Guild/Count
                Guild/Write
            "
        );
    }
}

mod with_a_timer_of_its_own {
    use super::*;

    #[traced_actor(ractor)]
    enum Tick {
        Tick,
    }

    struct Clock(ActorRef<GuildMessage>);

    /// It starts by a message to itself, and keeps the timer to stop it.
    #[traced_actor(ractor)]
    impl Actor for Clock {
        type Msg = Tick;
        type State = JoinHandle<()>;
        type Arguments = ();

        async fn pre_start(
            &self,
            this: ActorRef<Self::Msg>,
            (): (),
        ) -> Result<JoinHandle<()>, ActorProcessingErr> {
            this.send_message(Tick::Tick)?;
            Ok(ractor::time::send_interval(Duration::from_millis(1), this.get_cell(), || Tick::Tick))
        }

        async fn post_stop(
            &self,
            _: ActorRef<Self::Msg>,
            timer: &mut JoinHandle<()>,
        ) -> Result<(), ActorProcessingErr> {
            timer.abort();
            Ok(())
        }

        async fn handle(
            &self,
            _: ActorRef<Self::Msg>,
            Tick::Tick: Self::Msg,
            _: &mut JoinHandle<()>,
        ) -> Result<(), ActorProcessingErr> {
            self.0.cast(note("tick")).map_err(|error| ActorProcessingErr::from(error.to_string()))
        }
    }

    #[tokio::test]
    async fn the_first_tick_is_of_who_starts_it_and_the_others_of_nobody() {
        let spans = testkit::record();
        let guild = spawn(None).await;
        let clock = caused(async { Actor::spawn(None, Clock(guild), ()).await.unwrap().0 }).await;
        spans.ended("Clock/Tick", 3).await;
        clock.stop_and_wait(None, None).await.unwrap();
        let cause = spans.named("Cause/Cause")[0].context;
        let ticks = spans.named("Clock/Tick");
        assert_eq!(ticks[0].parent, Some(cause.span_id));
        assert!(
            ticks[1..].iter().all(|tick| tick.parent.is_none() && tick.context.trace_id != cause.trace_id)
        );
    }
}

/// A handle around the reference, and an actor that starts when it is asked for.
#[derive(Clone)]
struct Handle(ActorRef<GuildMessage>);

impl Handle {
    async fn count(&self) -> Result<u64, String> {
        ractor::call!(self.0, GuildMessage::Count).map_err(|error| format!("no count: {error}"))
    }

    fn write(&self, text: &str) -> Result<(), String> {
        ractor::cast!(self.0, note(text)).map_err(|error| format!("not written: {error}"))
    }
}

#[tokio::test]
async fn a_handle_of_an_actor_that_starts_at_once() {
    let spans = testkit::record();
    let guild = crate::guild::Guild { council: None };
    let (guild, started) = ractor::ActorRuntime::spawn_instant(None, guild, ()).unwrap();
    let handle = Handle(guild);
    caused(async {
        handle.write("before it has started").unwrap();
        assert_eq!(handle.count().await, Ok(0));
    })
    .await;
    drop(started.await.unwrap().unwrap());
    spans.ended("Guild/Count", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Count
          Guild/Write
        "
    );
}
