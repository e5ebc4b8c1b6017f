//! The options of the attribute: the same as on an actor of our own.

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, call_t, pg};
use ractor_cluster_derive::{RactorClusterMessage, RactorMessage};
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sampling::{Decision, Key, Operation};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;
use traced_actor_ractor::broadcast;

use crate::{caused, spawn};

/// Keeps only large posts of user 7, and whatever is not a post.
fn large_posts(operation: &Operation<'_>) -> Decision {
    let is_large = operation.fanout.is_none_or(|recipients| recipients >= 100);
    if is_large && operation.key == Some(Key::Int(7)) {
        Decision::Keep { probability: Some(0.5), reason: "large" }
    } else {
        Decision::Drop { reason: "small" }
    }
}

fn only_posts(operation: &Operation<'_>) -> Decision {
    if operation.kind.name() == "Post" && operation.actor == "Channel" {
        Decision::Keep { probability: None, reason: "a post" }
    } else {
        Decision::Drop { reason: "no post" }
    }
}

#[traced_actor(ractor, start = never)]
#[derive(RactorClusterMessage)]
enum Message {
    #[traced(fanout = recipients.len(), key = user, fields(%user, recipients = recipients.len(), text = ?text, text_len = text.len()))]
    Post { recipients: Vec<u64>, user: i64, text: String },
    #[traced(sample = always)]
    Important,
    #[traced(sample = never)]
    Chatter,
    #[traced(sample = large_posts, key = _0)]
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
            type Msg = Message;
            type State = ();
            type Arguments = ();

            async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
                Ok(())
            }

            async fn handle(&self, _: ActorRef<Message>, message: Message, (): &mut ()) -> Result<(), ActorProcessingErr> {
                if let Message::Done(reply) = message {
                    reply.send(0)?;
                }
                Ok(())
            }
        }
    };
}

/// Sends each message without a context to an actor, and returns the spans when it has handled them.
async fn handled<A: Actor<Msg = Message, Arguments = ()>>(
    actor: A,
    messages: Vec<Message>,
) -> testkit::Recording {
    let spans = testkit::record();
    let actor = Actor::spawn(None, actor, ()).await.unwrap().0;
    for message in messages {
        actor.cast(message).unwrap();
    }
    call_t!(actor, Message::Done, 60_000).unwrap();
    spans
}

fn post(recipients: usize, user: i64) -> Message {
    Message::Post { recipients: vec![0; recipients], user, text: "hi".into() }
}

fn one_of_each() -> Vec<Message> {
    vec![
        post(1, 7),
        Message::Important,
        Message::Chatter,
        Message::Asked(7),
        Message::Asked(8),
        Message::Flush,
    ]
}

#[tokio::test]
async fn a_kind_s_own_rule_is_before_its_actor_s() {
    actor!(Channel, start = sampler);
    let spans = handled(Channel, one_of_each()).await;
    assert_tree!(
        spans,
        r#"
        Channel/Asked
        Channel/Flush
        Channel/Important
        Channel/Post user="7" recipients=1 text="\"hi\"" text_len=2
        "#
    );
    let asked = &spans.named("Channel/Asked")[0];
    assert_eq!(asked.attribute("sampling.probability"), Some(&OwnedAttribute::Float(0.5)));
    assert_eq!(asked.attribute("sampling.reason"), Some(&"large".into()));
}

/// The message says `start = never`, which holds for an actor that says nothing.
#[tokio::test]
async fn what_an_actor_does_not_say_its_message_says() {
    actor!(Silent, fanout_budget = 3);
    assert_tree!(
        handled(Silent, one_of_each()).await,
        "
        Silent/Asked
        Silent/Important
        "
    );
}

#[tokio::test]
async fn an_actor_has_a_sampler() {
    actor!(Chan, name = "Channel", sampler = only_posts);
    assert_tree!(
        handled(Chan, one_of_each()).await,
        r#"
        Channel/Asked
        Channel/Important
        Channel/Post user="7" recipients=1 text="\"hi\"" text_len=2
        "#
    );
}

#[tokio::test]
async fn a_sampler_is_told_of_the_fan_out_and_the_key() {
    actor!(Large, sampler = large_posts);
    let spans = handled(Large, vec![post(99, 7), post(100, 8), post(100, 7)]).await;
    assert_eq!(spans.all().len(), 1);
    assert_eq!(spans.all()[0].attribute("recipients"), Some(&100.into()));
}

#[tokio::test]
async fn an_actor_always_starts_traces() {
    actor!(Eager, start = always);
    let spans = handled(Eager, one_of_each()).await;
    // `Chatter` and user 8 have rules of their own.
    assert_eq!(spans.all().len(), 4);
}

#[tokio::test]
async fn a_link_takes_the_place_of_a_parent() {
    actor!(Writer, start = always);
    let spans = testkit::record();
    let writer = Actor::spawn(None, Writer, ()).await.unwrap().0;
    caused(async { writer.cast(Message::Flush) }).await.unwrap();
    spans.ended("Writer/Flush", 1).await;
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
    enum Order {
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
        type Msg = Order;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Order>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(
            &self,
            _: ActorRef<Order>,
            order: Order,
            (): &mut (),
        ) -> Result<(), ActorProcessingErr> {
            match order {
                Order::Announced { group } => {
                    for member in pg::get_members(&group) {
                        member.send_message(Notice)?;
                    }
                }
                Order::Loop { group } => {
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

    /// Returns the number of messages that the spans stand for.
    fn weight(spans: &[FinishedSpan]) -> f64 {
        let weight = |span: &FinishedSpan| match span.attribute("sampling.probability") {
            Some(OwnedAttribute::Float(probability)) => 1.0 / probability,
            _ => 1.0,
        };
        spans.iter().map(weight).sum()
    }

    async fn readers(group: &str, count: usize) -> Vec<ActorCell> {
        let mut readers = Vec::new();
        for _ in 0..count {
            readers.push(Actor::spawn(None, Reader, ()).await.unwrap().0.get_cell());
        }
        pg::join(group.to_owned(), readers.clone());
        readers
    }

    async fn ordered(order: Order, readers: Vec<ActorCell>) -> testkit::Recording {
        let spans = testkit::record();
        let herald = Actor::spawn(None, Herald, ()).await.unwrap().0;
        herald.cast(order).unwrap();
        herald.drain_and_wait(None).await.unwrap();
        for reader in readers {
            reader.drain_and_wait(None).await.unwrap();
        }
        spans
    }

    #[tokio::test]
    async fn a_broadcast_keeps_its_budget_and_stands_for_all() {
        let readers = readers("options: broadcast", 30).await;
        let spans = ordered(Order::Loop { group: "options: broadcast".into() }, readers).await;
        let kept = spans.named("Reader/Notice");
        assert_eq!(kept.len(), 4);
        assert!((weight(&kept) - 30.0).abs() < 1e-9, "{}", weight(&kept));
        let herald = &spans.named("Herald/Loop")[0];
        assert!(kept.iter().all(|span| span.parent == Some(herald.context.span_id)));
        assert_eq!(herald.attribute("sampling.fanout.size"), Some(&30.into()));
        assert_eq!(herald.attribute("sampling.fanout.selected"), Some(&4.into()));
        assert_eq!(herald.attribute("error.type"), None);
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
        let spans = ordered(Order::Announced { group: "options: announced".into() }, readers).await;
        let kept = spans.named("Reader/Notice");
        assert_eq!(kept.len(), 4);
        assert!((weight(&kept) - 30.0).abs() < 1e-9, "{}", weight(&kept));
    }

    #[tokio::test]
    async fn a_small_broadcast_keeps_all() {
        let readers = readers("options: small", 3).await;
        let spans = ordered(Order::Announced { group: "options: small".into() }, readers).await;
        assert_eq!(spans.named("Reader/Notice").len(), 3);
    }
}
