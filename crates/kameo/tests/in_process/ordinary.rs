//! Actors in the forms in which people write them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use kameo::prelude::*;
use tokio::sync::Mutex;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::guild::{Ask, Guild, Note};
use crate::{caused, spawn};

mod with_attributes_of_others {
    use kameo::error::Infallible;
    use tracing::instrument;

    use super::*;

    struct Fetcher {
        fetched: Vec<String>,
    }

    #[traced_actor(kameo)]
    impl Actor for Fetcher {
        type Args = usize;
        type Error = Infallible;

        #[instrument(skip(actor_ref))]
        async fn on_start(capacity: usize, actor_ref: ActorRef<Self>) -> Result<Self, Infallible> {
            actor_ref.tell(Fetch { url: "first".into() }).await.unwrap();
            Ok(Self { fetched: Vec::with_capacity(capacity) })
        }
    }

    struct Fetch {
        url: String,
    }

    /// `instrument` names the parameters, and looks whether the function is async.
    #[traced_actor(kameo)]
    impl Message<Fetch> for Fetcher {
        type Reply = Result<usize, String>;

        #[instrument(skip(self, msg, _ctx), fields(url = %msg.url), err, ret)]
        async fn handle(&mut self, msg: Fetch, _ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
            tokio::task::yield_now().await;
            if msg.url.is_empty() {
                return Err("no url".into());
            }
            self.fetched.push(msg.url);
            Ok(self.fetched.len())
        }
    }

    #[tokio::test]
    async fn they_read_the_function_as_it_was_written() {
        let spans = testkit::record();
        let fetcher = Fetcher::spawn(1);
        fetcher.wait_for_startup().await;
        caused(async {
            assert_eq!(fetcher.ask(Fetch { url: "second".into() }).await.unwrap(), 2);
            fetcher.ask(Fetch { url: String::new() }).await.unwrap_err();
        })
        .await;
        spans.ended("Fetcher/Fetch", 3).await;
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Fetcher/Fetch
              Fetcher/Fetch error="no url"
            Fetcher/Fetch (context lost)
            "#
        );
    }
}

mod that_returns_a_future {
    use super::*;

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Connection {
        peer: Arc<Mutex<ActorRef<Guild>>>,
        sent: u32,
    }

    struct Send(String);

    /// The signature is that of the trait's declaration.
    #[traced_actor(kameo)]
    impl Message<Send> for Connection {
        type Reply = Result<u32, String>;

        fn handle(
            &mut self,
            Send(text): Send,
            _: &mut Context<Self, Self::Reply>,
        ) -> impl Future<Output = Self::Reply> + std::marker::Send {
            async move {
                let peer = self.peer.lock().await;
                if text.is_empty() {
                    return Err("nothing to send".into());
                }
                peer.tell(Note(text)).await.map_err(|error| error.to_string())?;
                self.sent += 1;
                Ok(self.sent)
            }
        }
    }

    #[tokio::test]
    async fn its_future_is_the_handler() {
        let spans = testkit::record();
        let peer = Arc::new(Mutex::new(spawn(None).await));
        let connection = Connection::spawn(Connection { peer, sent: 0 });
        caused(async {
            assert_eq!(connection.ask(Send("hello".into())).await.unwrap(), 1);
            connection.ask(Send(String::new())).await.unwrap_err();
        })
        .await;
        spans.ended("Guild/Note", 1).await;
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Connection/Send
                Guild/Note
              Connection/Send error="nothing to send"
            "#
        );
    }
}

mod generic {
    use super::*;

    trait Work: Send + 'static {
        type Output: Send + 'static;
        fn work(self) -> Self::Output;
    }

    struct Double(u32);

    impl Work for Double {
        type Output = u32;
        fn work(self) -> u32 {
            2 * self.0
        }
    }

    #[traced_actor(kameo)]
    #[derive(Actor, Default)]
    struct Worker {
        done: HashMap<&'static str, usize>,
    }

    /// Every kind of work is a message.
    #[traced_actor(kameo)]
    impl<W> Message<W> for Worker
    where
        W: Work,
        W::Output: Reply<Ok = W::Output, Error = kameo::error::Infallible, Value = W::Output>,
    {
        type Reply = W::Output;

        async fn handle(&mut self, work: W, _ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
            *self.done.entry(std::any::type_name::<W>()).or_default() += 1;
            work.work()
        }
    }

    struct Done<R> {
        job: u64,
        result: R,
    }

    trait Receipt {
        fn receipt(&self) -> String;
    }

    impl Receipt for Vec<u8> {
        fn receipt(&self) -> String {
            format!("{self:?}")
        }
    }

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Manager<S, D = ()>
    where
        S: Debug + Send + 'static,
        D: Send + 'static,
    {
        jobs: HashMap<u64, String>,
        source: S,
        _downloads: D,
    }

    /// A message that is generic over what it brings, to an actor that is generic as well.
    #[traced_actor(kameo)]
    impl<S, D, R> kameo::message::Message<Done<R>> for Manager<S, D>
    where
        S: Debug + Send + 'static,
        D: Send + 'static,
        R: Receipt + Send + 'static,
    {
        type Reply = ();

        async fn handle(&mut self, msg: Done<R>, _ctx: &mut Context<Self, Self::Reply>) {
            let Self { jobs, source, .. } = self;
            jobs.insert(msg.job, format!("{source:?} {}", msg.result.receipt()));
        }
    }

    #[tokio::test]
    async fn over_what_is_done() {
        let spans = testkit::record();
        let worker = Worker::spawn(Worker::default());
        let manager = Manager::spawn(Manager { jobs: HashMap::new(), source: "disk", _downloads: () });
        caused(async {
            assert_eq!(worker.ask(Double(4)).await.unwrap(), 8);
            manager.ask(Done { job: 1, result: vec![7_u8] }).await.unwrap();
        })
        .await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              Manager/Done
              Worker/Double
            "
        );
    }
}

mod with_replies {
    use super::*;

    /// A reply of the program's own.
    #[derive(Debug, PartialEq, Reply)]
    enum Quality {
        Ack,
        Of(u8),
    }

    #[traced_actor]
    enum Request {
        Track(u8),
        Get,
    }

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Tracker {
        last: Option<u8>,
    }

    #[traced_actor(kameo)]
    impl Message<Request> for Tracker {
        type Reply = Quality;

        async fn handle(&mut self, request: Request, _ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
            match request {
                Request::Track(quality) => {
                    self.last = Some(quality);
                    Quality::Ack
                }
                Request::Get => self.last.map_or(Quality::Ack, Quality::Of),
            }
        }
    }

    struct Lookup(u64);

    /// The reply comes from a cache, or later from a task.
    #[traced_actor(kameo)]
    impl Message<Lookup> for Tracker {
        type Reply = DelegatedReply<Result<Option<u8>, String>>;

        async fn handle(&mut self, msg: Lookup, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
            if let Some(last) = self.last.filter(|last| u64::from(*last) == msg.0) {
                return ctx.reply(Ok(Some(last)));
            }
            if msg.0 == 0 {
                return ctx.spawn(async { Err("there is no 0".into()) });
            }
            ctx.spawn(async move {
                tokio::task::yield_now().await;
                Ok(u8::try_from(msg.0).ok())
            })
        }
    }

    #[tokio::test]
    async fn of_every_kind() {
        let spans = testkit::record();
        let tracker = Tracker::spawn(Tracker { last: None });
        caused(async {
            assert_eq!(tracker.ask(Request::Track(3)).await.unwrap(), Quality::Ack);
            assert_eq!(tracker.ask(Request::Get).await.unwrap(), Quality::Of(3));
            assert_eq!(tracker.ask(Lookup(3)).await.unwrap(), Some(3));
            assert_eq!(tracker.ask(Lookup(900)).await.unwrap(), None);
            tracker.ask(Lookup(0)).await.unwrap_err();
        })
        .await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              Tracker/Get
              3 × Tracker/Lookup
              Tracker/Track
            "
        );
    }
}

mod with_children {
    use kameo::error::Infallible;

    use super::*;

    /// Starts what it hands its work on to.
    struct Broker {
        public: ActorRef<Guild>,
        private: ActorRef<Guild>,
    }

    #[traced_actor(kameo)]
    impl Actor for Broker {
        type Args = ();
        type Error = Infallible;

        async fn on_start((): (), actor_ref: ActorRef<Self>) -> Result<Self, Infallible> {
            let public = Guild::spawn_link(&actor_ref, Guild::new(None)).await;
            let private = Guild::spawn(Guild::new(Some(public.clone())));
            private.link(&actor_ref).await;
            Ok(Self { public, private })
        }
    }

    #[derive(Clone)]
    struct Subscribe(String);

    #[traced_actor(kameo)]
    impl Message<Subscribe> for Broker {
        type Reply = ();

        /// Hands a message on, and asks two at once, one of them with a limit of time.
        async fn handle(&mut self, msg: Subscribe, _ctx: &mut Context<Self, Self::Reply>) {
            if self.public.tell(Note(msg.0)).send().await.is_err() {
                return;
            }
            let asked = self.private.ask(Ask::Count).into_future();
            let (one, two) = tokio::join!(tokio::time::timeout(Duration::from_secs(60), asked), async {
                self.public.ask(Ask::Notes { from: 0 }).await
            },);
            assert_eq!((one.unwrap().unwrap().as_str(), two.unwrap().as_str()), ("0", "news"));
        }
    }

    #[tokio::test]
    async fn they_work_below_the_message_that_was_handed_on() {
        let spans = testkit::record();
        let broker = Broker::spawn(());
        caused(async { broker.ask(Subscribe("news".into())).await }).await.unwrap();
        assert_tree!(
            spans,
            "
            Cause/Cause
              Broker/Subscribe
                Guild/Count
                Guild/Note
                Guild/Written
            "
        );
    }
}

/// kameo's own timer for one message: who made the request is its sender.
#[tokio::test]
async fn a_message_that_is_sent_later() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let send = async { Some(guild.tell(Note("later".into())).send_after(Duration::from_millis(1))) };
    let later = caused(send).await.unwrap();
    later.await.unwrap().unwrap();
    spans.ended("Guild/Note", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Note
        "
    );
}

mod that_tells_itself {
    use super::*;

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Poller {
        left: u32,
        found: tokio::sync::mpsc::Sender<u32>,
    }

    struct Poll;
    struct Found(u32);

    #[traced_actor(kameo)]
    impl Message<Poll> for Poller {
        type Reply = ();

        async fn handle(&mut self, _: Poll, ctx: &mut Context<Self, Self::Reply>) {
            let actor_ref = ctx.actor_ref().clone();
            let left = self.left;
            // A task of `traced_actor::task::spawn` continues the trace.
            traced_actor::task::spawn(async move {
                tokio::task::yield_now().await;
                actor_ref.tell(Found(left)).await.ok();
            });
        }
    }

    #[traced_actor(kameo)]
    impl Message<Found> for Poller {
        type Reply = Result<(), kameo::error::SendError<Poll>>;

        async fn handle(&mut self, Found(left): Found, ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
            self.found.send(left).await.ok();
            self.left = left - 1;
            if self.left == 0 {
                ctx.stop();
                return Ok(());
            }
            ctx.actor_ref().tell(Poll).try_send()
        }
    }

    #[tokio::test]
    async fn by_a_task_and_by_its_own_reference() {
        let spans = testkit::record();
        let (found, mut finds) = tokio::sync::mpsc::channel(8);
        let poller = Poller::spawn(Poller { left: 2, found });
        caused(async { poller.tell(Poll).await }).await.unwrap();
        poller.wait_for_shutdown().await;
        assert_eq!((finds.recv().await, finds.recv().await), (Some(2), Some(1)));
        assert_tree!(
            spans,
            "
            Cause/Cause
              Poller/Poll
                Poller/Found
                  Poller/Poll
                    Poller/Found
            "
        );
    }
}

mod in_a_macro_of_the_program {
    use super::*;

    #[traced_actor(kameo)]
    #[derive(Actor, Default)]
    struct Settings {
        values: HashMap<String, String>,
    }

    /// Writes the message and its handler.
    macro_rules! message {
        ($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty),* } -> $reply:ty, |$actor:ident| $body:expr) => {
            $(#[$attribute])*
            struct $name { $($field: $type),* }

            #[traced_actor(kameo)]
            impl Message<$name> for Settings {
                type Reply = $reply;

                async fn handle(&mut self, $name { $($field),* }: $name, _ctx: &mut Context<Self, Self::Reply>) -> Self::Reply {
                    let $actor = self;
                    $body
                }
            }
        };
    }

    message!(#[traced_actor] #[traced(fields(key))] Set { key: String, value: String } -> Option<String>, |settings| {
        settings.values.insert(key, value)
    });
    message!(Get { key: String } -> Option<String>, |settings| settings.values.get(&key).cloned());

    #[tokio::test]
    async fn it_is_as_any_other() {
        let spans = testkit::record();
        let settings = Settings::spawn_default();
        caused(async {
            settings.ask(Set { key: "a".into(), value: "b".into() }).await.unwrap();
            assert_eq!(settings.ask(Get { key: "a".into() }).await.unwrap().as_deref(), Some("b"));
        })
        .await;
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Settings/Get
              Settings/Set key="a"
            "#
        );
    }
}
