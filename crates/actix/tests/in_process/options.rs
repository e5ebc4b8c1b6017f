//! The options of the attribute: the same as on an actor of our own.

use actix::prelude::*;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::{Context, broadcast};

use crate::{ended, run};

#[traced_actor(actix, start = never)]
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

impl Message for Order {
    type Result = ();
}

/// An actor that does nothing, with the options of each test.
macro_rules! actor {
    ($name:ident, $($options:tt)*) => {
        struct $name;

        #[traced_actor(actix, $($options)*)]
        impl Actor for $name {
            type Context = Context<Self>;
        }

        impl Handler<Order> for $name {
            type Result = ();

            fn handle(&mut self, _: Order, _: &mut Context<Self>) {}
        }
    };
}

macro_rules! start {
    ($actor:ident) => {
        $actor.start().recipient()
    };
}

/// Sends orders to an actor, and waits until it has handled them.
async fn tell(actor: &Recipient<Order>, orders: Vec<Order>) {
    for order in orders {
        actor.do_send(order);
    }
    actor.send(Order::Done).await.unwrap();
}

#[path = "../../../ractor/tests/shared/options.rs"]
mod shared;

mod hops {
    use super::*;

    #[traced_actor(actix)]
    struct Again(u32);

    impl Message for Again {
        type Result = ();
    }

    struct Loop;

    #[traced_actor(actix, hop_limit = 3)]
    impl Actor for Loop {
        type Context = Context<Self>;
    }

    impl Handler<Again> for Loop {
        type Result = ();

        fn handle(&mut self, again: Again, context: &mut Context<Self>) {
            if let Some(left) = again.0.checked_sub(1) {
                // By both ways in turns.
                if left % 2 == 0 {
                    context.notify(Again(left));
                } else {
                    context.address().do_send(Again(left));
                }
            }
        }
    }

    #[test]
    fn a_trace_that_loops_is_cut_and_goes_on_as_a_linked_one() {
        let spans = testkit::record();
        run(async {
            let actor = Loop.start();
            actor.do_send(Again(8));
            spans.ended("Loop/Again", 9).await;
        });
        assert_tree!(spans, shared::CUT);
    }
}

mod fan_out {
    use super::*;

    #[traced_actor(actix)]
    #[derive(Clone)]
    struct Notice;

    impl Message for Notice {
        type Result = ();
    }

    actor!(Reader, start = sampler);

    impl Handler<Notice> for Reader {
        type Result = ();

        fn handle(&mut self, _: Notice, _: &mut Context<Self>) {}
    }

    #[traced_actor(actix, fanout_budget = 4)]
    enum Tell {
        #[traced(fanout = _0.len())]
        Announced(Vec<Recipient<Notice>>),
        Broadcast(Vec<Recipient<Notice>>),
        Loop(Vec<Recipient<Notice>>),
    }

    impl Message for Tell {
        type Result = usize;
    }

    struct Herald;

    #[traced_actor(actix)]
    impl Actor for Herald {
        type Context = Context<Self>;
    }

    impl Handler<Tell> for Herald {
        type Result = usize;

        fn handle(&mut self, tell: Tell, _: &mut Context<Self>) -> usize {
            match tell {
                Tell::Announced(readers) | Tell::Loop(readers) => {
                    for reader in &readers {
                        reader.do_send(Notice);
                    }
                    readers.len()
                }
                Tell::Broadcast(readers) => broadcast(&readers, Notice).sent,
            }
        }
    }

    const READERS: usize = 40;

    fn told(tell: fn(Vec<Recipient<Notice>>) -> Tell) -> testkit::Recording {
        let spans = testkit::record();
        run(async {
            let readers: Vec<_> = (0..READERS).map(|_| Reader.start()).collect();
            let recipients = readers.iter().map(|reader| reader.clone().recipient()).collect();
            assert_eq!(Herald.start().send(tell(recipients)).await, Ok(READERS));
            for reader in readers {
                reader.send(Order::Done).await.unwrap();
            }
        });
        spans
    }

    #[test]
    fn what_a_message_announces_is_thinned_out() {
        shared::assert_thinned_out(&told(Tell::Announced), 40);
    }

    #[test]
    fn a_broadcast_is_thinned_out_and_says_so() {
        shared::assert_thinned_out(&told(Tell::Broadcast), 40);
    }

    #[test]
    fn a_loop_that_nobody_announces_is_traced_whole() {
        assert_eq!(told(Tell::Loop).named("Reader/Notice").len(), READERS);
    }

    #[test]
    fn a_broadcast_counts_who_has_ended() {
        run(async {
            let reader = Reader::create(|context| {
                context.terminate();
                Reader
            });
            let living = Reader.start();
            ended(&reader).await;
            let outcome = broadcast(&[reader.recipient(), living.recipient()], Notice);
            assert_eq!((outcome.sent, outcome.closed), (1, 1));
        });
    }
}
