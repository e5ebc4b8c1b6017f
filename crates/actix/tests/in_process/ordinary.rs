//! Actors in the forms in which people write them.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use actix::WeakRecipient;
use actix::fut::{self, wrap_future};
use actix::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::Context;

use crate::guild::{Guild, Join, note};
use crate::{caused, run};

mod that_starts_itself {
    use super::*;

    struct Service {
        values: HashMap<String, String>,
    }

    /// It has the functions of actix's trait itself.
    #[traced_actor(actix)]
    impl Actor for Service {
        type Context = Context<Self>;

        /// With its own context.
        fn start(self) -> actix::Addr<Self>
        where
            Self: Actor<Context = Context<Self>>,
        {
            let mut context = Context::new();
            context.set_mailbox_capacity(1);
            context.run(self)
        }

        fn started(&mut self, _: &mut Self::Context) {
            self.values.insert("is".into(), "started".into());
        }
    }

    message!(Get(String) -> Result<Option<String>, String>);

    impl Handler<Get> for Service {
        type Result = Result<Option<String>, String>;

        fn handle(&mut self, Get(key): Get, _ctx: &mut Self::Context) -> Self::Result {
            if key.is_empty() {
                return Err("no key".to_owned());
            }
            Ok(self.values.get(&key).cloned())
        }
    }

    #[test]
    fn by_a_function_of_the_trait() {
        let spans = testkit::record();
        run(async {
            let service = Service { values: HashMap::new() }.start();
            caused(async {
                assert_eq!(service.send(Get("is".into())).await.unwrap(), Ok(Some("started".into())));
                assert!(service.send(Get(String::new())).await.unwrap().is_err());
            })
            .await;
        });
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Service/Get
              Service/Get error="no key"
            "#
        );
    }
}

mod with_early_returns {
    use super::*;

    struct Keys {
        guild: Addr<Guild>,
        parts: Option<u64>,
    }

    #[traced_actor(actix)]
    impl Actor for Keys {
        type Context = Context<Self>;
    }

    message!(Generate(u64) -> Result<u64, String>);

    /// A helper over any actor.
    fn bail<A: Actor, T: 'static>(actor: &A, why: &str) -> ResponseActFuture<A, Result<T, String>> {
        let why = why.to_owned();
        Box::pin(async move { Err(why) }.into_actor(actor))
    }

    impl Handler<Generate> for Keys {
        type Result = ResponseActFuture<Self, Result<u64, String>>;

        fn handle(&mut self, Generate(of): Generate, ctx: &mut Self::Context) -> Self::Result {
            let Some(parts) = self.parts else { return bail(self, "not ready") };
            if of == 0 {
                return Box::pin(fut::ready(Ok(0)));
            }
            // The statements before the future are executed at once.
            self.guild.do_send(Join(of));
            let guild = self.guild.clone();
            let asked = async move { guild.send(note("generated")).await };
            let kept =
                wrap_future::<_, Self>(asked).map(move |notes, keys: &mut Self, ctx: &mut Context<Self>| {
                    keys.parts = Some(parts + 1);
                    ctx.address().do_send(Kept());
                    notes.map(|notes| of + parts + notes as u64).map_err(|error| error.to_string())
                });
            ctx.notify(Kept());
            Box::pin(kept)
        }
    }

    message!(Kept() -> ());

    impl Handler<Kept> for Keys {
        type Result = ();

        fn handle(&mut self, _: Kept, _: &mut Self::Context) {}
    }

    #[test]
    fn each_future_is_its_message_s() {
        let spans = testkit::record();
        run(async {
            let guild = Guild::new().start();
            let closed = Keys { guild: guild.clone(), parts: None }.start();
            let keys = Keys { guild, parts: Some(1) }.start();
            caused(async {
                assert!(closed.send(Generate(1)).await.unwrap().is_err());
                assert_eq!(keys.send(Generate(0)).await.unwrap(), Ok(0));
                assert_eq!(keys.send(Generate(7)).await.unwrap(), Ok(9));
            })
            .await;
            spans.ended("Keys/Kept", 2).await;
        });
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Keys/Generate
              Keys/Generate
                Guild/Join
                Guild/Write text="generated"
                2 × Keys/Kept
              Keys/Generate error="not ready"
            "#
        );
    }
}

mod with_an_interval {
    use super::*;

    struct Round {
        guild: Addr<Guild>,
    }

    /// The tick is a message, so that it does not run beside others.
    #[traced_actor(actix)]
    impl Actor for Round {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            ctx.run_interval(Duration::from_millis(1), |_round, ctx| ctx.notify(Tick()));
            ctx.run_later(Duration::from_millis(1), |round, _| round.guild.do_send(Join(1)));
        }
    }

    message!(Tick() -> ());

    impl Handler<Tick> for Round {
        type Result = ResponseActFuture<Self, ()>;

        fn handle(&mut self, _msg: Tick, _: &mut Self::Context) -> Self::Result {
            let guild = self.guild.clone();
            let swept = async move { guild.send(note("swept")).await }.into_actor(self);
            Box::pin(swept.map(|notes, _, ctx| {
                if notes.unwrap() == 2 {
                    ctx.stop();
                }
            }))
        }
    }

    #[test]
    fn each_tick_is_a_trace() {
        let spans = testkit::record();
        run(async {
            let round = Round { guild: Guild::new().start() }.start();
            spans.ended("Round/Tick", 2).await;
            spans.ended("Guild/Join", 1).await;
            drop(round);
        });
        let (ticks, sweeps) = (spans.named("Round/Tick"), spans.named("Guild/Write"));
        assert!(ticks.iter().all(|tick| tick.parent.is_none()));
        for tick in &ticks {
            let below = sweeps.iter().filter(|sweep| sweep.parent == Some(tick.context.span_id));
            assert_eq!(below.count(), 1);
        }
        assert_eq!(spans.named("Guild/Join")[0].parent, None);
    }
}

mod with_observers {
    use super::*;

    #[derive(Clone)]
    enum Output {
        Data,
        Closed,
    }

    message!(Observable(Output) -> ());
    message!(Subscribe(WeakRecipient<Observable>) -> usize);
    message!(Received() -> ());
    message!(Close() -> ());

    impl Clone for Observable {
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }

    #[derive(Default)]
    struct Connection {
        observers: Vec<WeakRecipient<Observable>>,
        reader: Option<SpawnHandle>,
    }

    /// It reads in a future that it spawns when it starts, and tells itself what it has read.
    #[traced_actor(actix)]
    impl Actor for Connection {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            let this = ctx.address().downgrade();
            let read = async move {
                if let Some(this) = this.upgrade() {
                    let _ = this.send(Received()).await;
                }
            };
            self.reader = Some(ctx.spawn(wrap_future(read).map(|(), _: &mut Self, _| {})));
        }

        fn stopped(&mut self, _: &mut Self::Context) {
            for observer in self.observers.iter().filter_map(WeakRecipient::upgrade) {
                observer.do_send(Observable(Output::Closed));
            }
        }
    }

    impl Handler<Subscribe> for Connection {
        type Result = usize;

        fn handle(&mut self, Subscribe(observer): Subscribe, _ctx: &mut Self::Context) -> usize {
            self.observers.push(observer);
            self.observers.len()
        }
    }

    impl Handler<Received> for Connection {
        type Result = ();

        /// Sends to all at once, in its own future.
        fn handle(&mut self, _: Received, ctx: &mut Self::Context) {
            type Sent = Pin<Box<dyn Future<Output = ()>>>;
            let sends = self.observers.iter().cloned().map(|observer| -> Sent {
                let data = Observable(Output::Data);
                Box::pin(async move {
                    if let Some(observer) = observer.upgrade() {
                        let _ = observer.send(data).await;
                    }
                })
            });
            let sends: Vec<Sent> = sends.collect();
            let _ = ctx.spawn(wrap_future(async {
                for send in sends {
                    send.await;
                }
            }));
        }
    }

    impl Handler<Close> for Connection {
        type Result = ();

        fn handle(&mut self, _: Close, ctx: &mut Self::Context) {
            ctx.stop();
        }
    }

    struct Observer;

    #[traced_actor(actix)]
    impl Actor for Observer {
        type Context = Context<Self>;
    }

    impl Handler<Observable> for Observer {
        type Result = ();

        fn handle(&mut self, Observable(_): Observable, _: &mut Self::Context) {}
    }

    #[test]
    fn each_hears_below_the_message_that_it_hears_of() {
        let spans = testkit::record();
        run(async {
            let observers = [Observer.start(), Observer.start()];
            let connection = Connection::default().start();
            spans.ended("Connection/Received", 1).await;
            for observer in &observers {
                connection.send(Subscribe(observer.downgrade().recipient())).await.unwrap();
            }
            caused(async {
                connection.send(Received()).await.unwrap();
                spans.ended("Observer/Observable", 2).await;
                connection.send(Close()).await.unwrap();
            })
            .await;
            spans.ended("Observer/Observable", 4).await;
        });
        // Reads and the end of the connection belong to no trace.
        assert_tree!(
            spans,
            "
            Cause/Cause
              Connection/Close
              Connection/Received
                2 × Observer/Observable
            Connection/Received (context lost)
            2 × Connection/Subscribe
            2 × Observer/Observable (context lost)
            "
        );
    }
}

mod generic {
    use super::*;

    trait Role: Unpin + 'static {
        const NAME: &'static str;
    }

    struct Relay;

    impl Role for Relay {
        const NAME: &'static str = "relay";
    }

    /// An actor that accepts by telling itself to accept the next.
    struct Server<R: Role = Relay> {
        left: u32,
        guild: Addr<Guild>,
        _role: std::marker::PhantomData<R>,
    }

    #[traced_actor(actix)]
    impl<R> Actor for Server<R>
    where
        R: Role,
    {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Context<Self>) {
            ctx.address().do_send(AcceptNext());
        }
    }

    message!(AcceptNext() -> ());

    #[traced_actor(actix)]
    struct Command<T = u8>(T);

    impl<T: 'static> Message for Command<T> {
        type Result = Option<T>;
    }

    impl<R> Handler<AcceptNext> for Server<R>
    where
        R: Role,
    {
        type Result = ResponseActFuture<Self, ()>;

        fn handle(&mut self, _msg: AcceptNext, _ctx: &mut Context<Self>) -> Self::Result {
            let guild = self.guild.clone();
            let accepted = async move { guild.send(note(R::NAME)).await.is_ok() };
            Box::pin(accepted.into_actor(self).map(|is_accepted, server, ctx| {
                server.left -= u32::from(is_accepted);
                if server.left > 0 {
                    ctx.address().do_send(AcceptNext());
                }
            }))
        }
    }

    impl<R: Role, T: 'static> Handler<Command<T>> for Server<R> {
        type Result = MessageResult<Command<T>>;

        fn handle(&mut self, Command(input): Command<T>, _: &mut Context<Self>) -> Self::Result {
            MessageResult((self.left == 0).then_some(input))
        }
    }

    #[test]
    fn over_a_role_and_an_input() {
        let spans = testkit::record();
        run(async {
            let server =
                Server { left: 2, guild: Guild::new().start(), _role: std::marker::PhantomData::<Relay> };
            let server = server.start();
            spans.ended("Server/AcceptNext", 2).await;
            caused(async { assert_eq!(server.send(Command("stop")).await.unwrap(), Some("stop")) }).await;
        });
        assert_tree!(
            spans,
            r#"
            Cause/Cause
              Server/Command
            Server/AcceptNext (context lost)
              Guild/Write text="relay"
              Server/AcceptNext
                Guild/Write text="relay"
            "#
        );
    }
}

mod of_another_crate {
    use super::*;

    /// A message that is not the program's own, as one of a library.
    struct Signal(u8);

    impl Message for Signal {
        type Result = ();
    }

    struct Database {
        loaded: u32,
        observers: Vec<Recipient<Signal>>,
    }

    #[traced_actor(actix, by_type)]
    impl Actor for Database {
        type Context = Context<Self>;

        fn stopping(&mut self, _: &mut Context<Self>) -> Running {
            Running::Stop
        }
    }

    impl Handler<Signal> for Database {
        type Result = ();

        fn handle(&mut self, msg: Signal, _: &mut Context<Self>) {
            if let Some(left) = msg.0.checked_sub(1) {
                self.loaded += 1;
                self.observers.iter().for_each(|observer| observer.do_send(Signal(left)));
            }
        }
    }

    #[test]
    fn it_is_named_by_its_type() {
        let spans = testkit::record();
        run(async {
            let second = Database { loaded: 0, observers: Vec::new() }.start();
            let first = Database { loaded: 0, observers: vec![second.recipient()] }.start();
            caused(async { first.send(Signal(2)).await.unwrap() }).await;
            spans.ended("Database/Signal", 2).await;
        });
        assert_tree!(
            spans,
            "
            Cause/Cause
              Database/Signal
                Database/Signal
            "
        );
    }
}
