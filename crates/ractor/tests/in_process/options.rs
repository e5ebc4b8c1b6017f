//! The options of the attribute: the same as on an actor of our own.

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, call_t, pg};
use ractor_cluster_derive::{RactorClusterMessage, RactorMessage};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_ractor::broadcast;

use crate::{caused, spawn};

#[traced_actor(ractor, start = never)]
#[derive(RactorClusterMessage)]
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
    #[rpc]
    #[traced(skip)]
    Done(RpcReplyPort<u64>),
}

/// An actor that does nothing, with the options of each test.
macro_rules! actor {
    ($name:ident, $($options:tt)*) => {
        struct $name;

        #[traced_actor(ractor, $($options)*)]
        impl Actor for $name {
            type Msg = Order;
            type State = ();
            type Arguments = ();

            async fn pre_start(&self, _: ActorRef<Order>, (): ()) -> Result<(), ActorProcessingErr> {
                Ok(())
            }

            async fn handle(&self, _: ActorRef<Order>, order: Order, (): &mut ()) -> Result<(), ActorProcessingErr> {
                if let Order::Done(reply) = order {
                    reply.send(0)?;
                }
                Ok(())
            }
        }
    };
}

macro_rules! start {
    ($actor:ident) => {
        Actor::spawn(None, $actor, ()).await.unwrap().0
    };
}

/// Sends orders to an actor, and waits until it has handled them.
async fn tell(actor: &ActorRef<Order>, orders: Vec<Order>) {
    for order in orders {
        actor.cast(order).unwrap();
    }
    call_t!(actor, Order::Done, 60_000).unwrap();
}

#[path = "../shared/options.rs"]
mod shared;

mod hops {
    use super::*;

    #[traced_actor(ractor)]
    #[derive(RactorMessage)]
    struct Again(u32);

    struct Loop;

    #[traced_actor(ractor, hop_limit = 3)]
    impl Actor for Loop {
        type Msg = Again;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Again>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(
            &self,
            myself: ActorRef<Again>,
            again: Again,
            (): &mut (),
        ) -> Result<(), ActorProcessingErr> {
            if let Some(left) = again.0.checked_sub(1) {
                myself.cast(Again(left))?;
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_trace_that_loops_is_cut_and_goes_on_as_a_linked_one() {
        let spans = testkit::record();
        let actor = Actor::spawn(None, Loop, ()).await.unwrap().0;
        actor.cast(Again(8)).unwrap();
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

    #[traced_actor(ractor)]
    #[traced(kind = command, fields(from))]
    struct Request {
        command: Command,
        from: u64,
    }

    struct Desk;

    #[traced_actor(ractor)]
    impl Actor for Desk {
        type Msg = Request;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Request>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(
            &self,
            _: ActorRef<Request>,
            _: Request,
            (): &mut (),
        ) -> Result<(), ActorProcessingErr> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_struct_s_kind_is_that_of_its_field() {
        let spans = testkit::record();
        let desk = Actor::spawn(None, Desk, ()).await.unwrap().0;
        for command in [Command::Join, Command::Tick, Command::Post("hello".into())] {
            desk.cast(Request { command, from: 1 }).unwrap();
        }
        spans.ended("Desk/Write", 1).await;
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
    use super::*;

    #[traced_actor(ractor, fanout_budget = 4)]
    #[derive(RactorMessage)]
    enum Tell {
        #[traced(fanout = pg::get_members(group).len())]
        Announced {
            group: String,
        },
        Loop {
            group: String,
        },
    }

    struct Herald;

    #[traced_actor(ractor)]
    impl Actor for Herald {
        type Msg = Tell;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Tell>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(&self, _: ActorRef<Tell>, tell: Tell, (): &mut ()) -> Result<(), ActorProcessingErr> {
            match tell {
                Tell::Announced { group } => {
                    for member in pg::get_members(&group) {
                        member.send_message(Notice)?;
                    }
                }
                Tell::Loop { group } => {
                    let outcome = broadcast(&pg::get_members(&group), Notice);
                    assert_eq!((outcome.sent, outcome.closed), (30, 0));
                }
            }
            Ok(())
        }
    }

    #[traced_actor(ractor)]
    #[derive(Clone, RactorMessage)]
    struct Notice;

    struct Reader;

    #[traced_actor(ractor)]
    impl Actor for Reader {
        type Msg = Notice;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Notice>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(
            &self,
            _: ActorRef<Notice>,
            _: Notice,
            (): &mut (),
        ) -> Result<(), ActorProcessingErr> {
            Ok(())
        }
    }

    async fn readers(group: &str, count: usize) -> Vec<ActorCell> {
        let mut readers = Vec::new();
        for _ in 0..count {
            readers.push(Actor::spawn(None, Reader, ()).await.unwrap().0.get_cell());
        }
        pg::join(group.to_owned(), readers.clone());
        readers
    }

    async fn told(tell: Tell, readers: Vec<ActorCell>) -> testkit::Recording {
        let spans = testkit::record();
        let herald = Actor::spawn(None, Herald, ()).await.unwrap().0;
        herald.cast(tell).unwrap();
        herald.drain_and_wait(None).await.unwrap();
        for reader in readers {
            reader.drain_and_wait(None).await.unwrap();
        }
        spans
    }

    #[tokio::test]
    async fn a_broadcast_keeps_its_budget_and_stands_for_all() {
        let readers = readers("options: broadcast", 30).await;
        let spans = told(Tell::Loop { group: "options: broadcast".into() }, readers).await;
        shared::assert_thinned_out(&spans, 30);
    }

    /// One that has ended is in `failures`, whose counters are the process's.
    #[tokio::test]
    async fn a_broadcast_leaves_out_an_actor_of_other_messages() {
        let spans = testkit::record();
        let mut actors = readers("options: others", 2).await;
        actors.insert(1, spawn(None).await.get_cell());
        let outcome = caused(async { broadcast(&actors, Notice) }).await;
        assert_eq!((outcome.sent, outcome.closed), (2, 1));
        spans.ended("Reader/Notice", 2).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
              2 × Reader/Notice
            "
        );
    }

    #[tokio::test]
    async fn an_announced_fan_out_needs_no_change_in_the_handler() {
        let readers = readers("options: announced", 30).await;
        let spans = told(Tell::Announced { group: "options: announced".into() }, readers).await;
        shared::assert_thinned_out(&spans, 30);
    }

    #[tokio::test]
    async fn a_small_broadcast_keeps_all() {
        let readers = readers("options: small", 3).await;
        let spans = told(Tell::Announced { group: "options: small".into() }, readers).await;
        assert_eq!(spans.named("Reader/Notice").len(), 3);
    }
}
