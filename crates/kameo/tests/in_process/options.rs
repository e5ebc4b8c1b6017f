//! The options of the attributes: the same as on an actor of our own.

use kameo::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

#[traced_actor(start = never)]
enum Order {
    #[traced(fanout = recipients.len(), key = user, fields(%user, recipients = recipients.len(), text = ?text, text_len = text.len()))]
    Post { recipients: Vec<u64>, user: i64, text: String },
    #[traced(sample = always)]
    Important,
    #[traced(sample = never)]
    Chatter,
    #[traced(sample = shared::large_of_seven, key = _0)]
    Asked(i64),
    #[traced(link)]
    Flush,
    #[traced(skip)]
    Done,
}

/// An actor that does nothing, with the options of each test.
macro_rules! actor {
    ($name:ident, $($options:tt)*) => {
        #[traced_actor(kameo, $($options)*)]
        #[derive(Actor)]
        struct $name;

        #[traced_actor(kameo)]
        impl Message<Order> for $name {
            type Reply = ();

            async fn handle(&mut self, _: Order, _: &mut Context<Self, ()>) {}
        }
    };
}

macro_rules! start {
    ($actor:ident) => {
        $actor::spawn($actor)
    };
}

/// Sends orders to an actor, and waits until it has handled them.
async fn tell<A: Message<Order, Reply = ()>>(actor: &ActorRef<A>, orders: Vec<Order>) {
    for order in orders {
        actor.tell(order).await.unwrap();
    }
    actor.ask(Order::Done).await.unwrap();
}

#[path = "../../../ractor/tests/shared/options.rs"]
mod shared;

mod hops {
    use super::*;

    #[traced_actor(kameo, hop_limit = 3)]
    #[derive(Actor)]
    struct Loop;

    struct Again(u32);

    #[traced_actor(kameo)]
    impl Message<Again> for Loop {
        type Reply = ();

        async fn handle(&mut self, again: Again, ctx: &mut Context<Self, ()>) {
            if let Some(left) = again.0.checked_sub(1) {
                ctx.actor_ref().tell(Again(left)).try_send().unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_trace_that_loops_is_cut_and_goes_on_as_a_linked_one() {
        let spans = testkit::record();
        let actor = Loop::spawn(Loop);
        actor.tell(Again(8)).await.unwrap();
        spans.ended("Loop/Again", 9).await;
        assert_tree!(spans, shared::CUT);
    }
}

mod kind_of_a_field {
    use super::*;

    #[traced_actor]
    enum Command {
        Join,
        #[traced(name = "Write", fields(len = _0.len()))]
        Post(String),
        #[traced(skip)]
        Tick,
    }

    #[traced_actor]
    #[traced(kind = command, fields(from))]
    struct Request {
        command: Command,
        from: u64,
    }

    #[traced_actor(kameo)]
    #[derive(Actor)]
    struct Desk;

    #[traced_actor(kameo)]
    impl Message<Request> for Desk {
        type Reply = ();

        async fn handle(&mut self, _: Request, _: &mut Context<Self, ()>) {}
    }

    #[tokio::test]
    async fn a_struct_s_kind_is_that_of_its_field() {
        let spans = testkit::record();
        let desk = Desk::spawn(Desk);
        for command in [Command::Join, Command::Tick, Command::Post("hello".into())] {
            desk.ask(Request { command, from: 1 }).await.unwrap();
        }
        assert_tree!(
            spans,
            "
            Desk/Join from=1
            Desk/Write from=1 len=5
            "
        );
    }
}

mod fan_out {
    use kameo_actors::DeliveryStrategy;
    use kameo_actors::pubsub::PubSub;

    use super::*;

    #[traced_actor(kameo, start = sampler)]
    #[derive(Actor)]
    struct Reader;

    #[derive(Clone)]
    struct Notice;

    #[traced_actor(kameo)]
    impl Message<Notice> for Reader {
        type Reply = ();

        async fn handle(&mut self, _: Notice, _: &mut Context<Self, ()>) {}
    }

    #[traced_actor]
    enum Tell {
        #[traced(fanout = _0.len())]
        Announced(Vec<ActorRef<Reader>>),
        Scoped(Vec<ActorRef<Reader>>),
        Published(Vec<ActorRef<Reader>>),
        Loop(Vec<ActorRef<Reader>>),
    }

    #[traced_actor(kameo, fanout_budget = 4)]
    #[derive(Actor)]
    struct Herald;

    #[traced_actor(kameo)]
    impl Message<Tell> for Herald {
        type Reply = ();

        async fn handle(&mut self, tell: Tell, _: &mut Context<Self, ()>) {
            match tell {
                Tell::Announced(readers) | Tell::Loop(readers) => to_each(&readers).await,
                Tell::Scoped(readers) => traced_actor::fanout(readers.len()).run(to_each(&readers)).await,
                Tell::Published(readers) => {
                    let mut published = PubSub::new(DeliveryStrategy::Guaranteed);
                    let count = readers.len();
                    for reader in readers {
                        published.subscribe(reader);
                    }
                    traced_actor::fanout(count).run(published.publish(Notice)).await;
                }
            }
        }
    }

    async fn to_each(readers: &[ActorRef<Reader>]) {
        for reader in readers {
            reader.tell(Notice).await.unwrap();
        }
    }

    const READERS: usize = 40;

    async fn told(tell: fn(Vec<ActorRef<Reader>>) -> Tell) -> testkit::Recording {
        let spans = testkit::record();
        let readers: Vec<_> = (0..READERS).map(|_| Reader::spawn(Reader)).collect();
        Herald::spawn(Herald).ask(tell(readers.clone())).await.unwrap();
        for reader in readers {
            reader.stop_gracefully().await.unwrap();
            reader.wait_for_shutdown().await;
        }
        spans
    }

    #[tokio::test]
    async fn it_keeps_its_budget_and_stands_for_all() {
        for tell in [Tell::Announced, Tell::Scoped, Tell::Published] {
            shared::assert_thinned_out(&told(tell).await, 40);
        }
    }

    #[tokio::test]
    async fn a_loop_that_nobody_announces_is_traced_whole() {
        assert_eq!(told(Tell::Loop).await.named("Reader/Notice").len(), READERS);
    }
}
