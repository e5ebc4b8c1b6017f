//! The options of the attribute: the same as on an actor of our own.

use actix::prelude::*;
use traced_actor::record::OwnedAttribute;
use traced_actor::sampling::{Decision, Key, Operation};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_actix::{Context, broadcast};

use crate::{caused, run};

/// Keeps only those of user 7.
fn of_seven(operation: &Operation<'_>) -> Decision {
    if operation.key == Some(Key::Int(7)) {
        Decision::Keep { probability: Some(0.5), reason: "seven" }
    } else {
        Decision::Drop { reason: "another" }
    }
}

#[traced_actor(actix, start = never)]
enum Order {
    #[traced(key = user, fields(%user, text_len = text.len()))]
    Post { user: i64, text: String },
    #[traced(sample = always)]
    Important,
    #[traced(sample = never)]
    Chatter,
    #[traced(sample = of_seven, key = _0)]
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

/// Sends one of each message without a context to an actor, and returns the spans when it has handled them.
fn handled(actor: impl FnOnce() -> Recipient<Order>) -> testkit::Recording {
    let spans = testkit::record();
    run(async {
        let actor = actor();
        for order in [
            Order::Post { user: 7, text: "hi".to_owned() },
            Order::Post { user: 8, text: "hi".to_owned() },
            Order::Important,
            Order::Chatter,
            Order::Asked(7),
            Order::Asked(8),
            Order::Flush,
        ] {
            actor.do_send(order);
        }
        actor.send(Order::Done).await.unwrap();
    });
    spans
}

#[test]
fn a_kind_s_own_rule_is_before_its_actor_s() {
    actor!(Channel, start = sampler);
    let spans = handled(|| Channel.start().recipient());
    assert_tree!(
        spans,
        r#"
        Channel/Asked
        Channel/Flush
        Channel/Important
        Channel/Post user="7" text_len=2
        Channel/Post user="8" text_len=2
        "#
    );
    let asked = &spans.named("Channel/Asked")[0];
    assert_eq!(asked.attribute("sampling.probability"), Some(&OwnedAttribute::Float(0.5)));
    assert_eq!(asked.attribute("sampling.reason"), Some(&"seven".into()));
}

/// The message says `start = never`, which holds for an actor that says nothing.
#[test]
fn what_an_actor_does_not_say_its_message_says() {
    actor!(Silent, fanout_budget = 3);
    assert_tree!(
        handled(|| Silent.start().recipient()),
        "
        Silent/Asked
        Silent/Important
        "
    );
}

#[test]
fn an_actor_has_a_name_and_a_sampler() {
    actor!(Chan, name = "Channel", sampler = of_seven);
    assert_tree!(
        handled(|| Chan.start().recipient()),
        r#"
        Channel/Asked
        Channel/Important
        Channel/Post user="7" text_len=2
        "#
    );
}

/// It continues traces, and starts none.
#[test]
fn an_actor_only_goes_on() {
    actor!(Session, start = never);
    let spans = testkit::record();
    run(async {
        let session = Session.start();
        session.do_send(Order::Flush);
        session.do_send(Order::Post { user: 1, text: "hi".to_owned() });
        caused(async {
            session.do_send(Order::Chatter);
            session.send(Order::Post { user: 7, text: "hi".to_owned() }).await.unwrap();
        })
        .await;
    });
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Session/Chatter
          Session/Post user="7" text_len=2
        "#
    );
}

#[test]
fn a_link_takes_the_place_of_a_parent() {
    actor!(Writer, start = always);
    let spans = testkit::record();
    run(async {
        let writer = Writer.start();
        caused(async { writer.send(Order::Flush).await.unwrap() }).await;
    });
    assert_tree!(
        spans,
        "
        Cause/Cause
        Writer/Flush ~ Cause/Cause
        "
    );
}

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
        assert_tree!(
            spans,
            "
            Loop/Again
              Loop/Again
                Loop/Again
            2 × Loop/Again ~ Loop/Again
              Loop/Again
                Loop/Again
            "
        );
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
        assert_eq!(told(Tell::Announced).named("Reader/Notice").len(), 4);
    }

    #[test]
    fn a_broadcast_is_thinned_out_and_says_so() {
        let spans = told(Tell::Broadcast);
        assert_eq!(spans.named("Reader/Notice").len(), 4);
        let herald = &spans.named("Herald/Broadcast")[0];
        assert_eq!(herald.attribute("sampling.fanout.size"), Some(&40.into()));
        assert_eq!(herald.attribute("sampling.fanout.selected"), Some(&4.into()));
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
            while reader.connected() {
                actix::clock::sleep(std::time::Duration::from_millis(1)).await;
            }
            let outcome = broadcast(&[reader.recipient(), living.recipient()], Notice);
            assert_eq!((outcome.sent, outcome.closed), (1, 1));
        });
    }
}
