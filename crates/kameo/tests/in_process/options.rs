//! The options of the attributes: the same as on an actor of our own.

use kameo::prelude::*;
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sampling::{Decision, Key, Operation};
use traced_actor::testkit::{self, assert_tree};
use traced_actor::traced_actor;

use crate::caused;

/// Keeps only those of user 7 with at least 100 recipients, or of which nobody knows how many.
fn large_of_seven(operation: &Operation<'_>) -> Decision {
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

#[traced_actor(start = never)]
enum Order {
    #[traced(fanout = recipients.len(), key = user, fields(%user, recipients = recipients.len(), text = ?text, text_len = text.len()))]
    Post { recipients: Vec<u64>, user: i64, text: String },
    #[traced(sample = always)]
    Important,
    #[traced(sample = never)]
    Chatter,
    #[traced(sample = large_of_seven, key = _0)]
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

/// Sends each message without a context to an actor, and returns the spans when it has handled them.
async fn handled<A: Message<Order, Reply = ()> + Actor<Args = A>>(
    actor: A,
    orders: Vec<Order>,
) -> testkit::Recording {
    let spans = testkit::record();
    let actor = A::spawn(actor);
    for order in orders {
        actor.tell(order).await.unwrap();
    }
    actor.ask(Order::Done).await.unwrap();
    spans
}

fn post(recipients: usize, user: i64) -> Order {
    Order::Post { recipients: vec![0; recipients], user, text: "hi".into() }
}

fn one_of_each() -> Vec<Order> {
    vec![post(1, 7), Order::Important, Order::Chatter, Order::Asked(7), Order::Asked(8), Order::Flush]
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
async fn an_actor_has_a_name_and_a_sampler() {
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
    actor!(Large, sampler = large_of_seven);
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

/// It continues traces, and starts none.
#[tokio::test]
async fn an_actor_only_goes_on() {
    actor!(Session, start = never);
    let spans = testkit::record();
    let session = Session::spawn(Session);
    session.tell(Order::Flush).await.unwrap();
    session.tell(post(1, 1)).await.unwrap();
    caused(async {
        session.tell(Order::Chatter).await.unwrap();
        session.ask(post(1, 7)).await.unwrap();
    })
    .await;
    assert_tree!(
        spans,
        r#"
        Cause/Cause
          Session/Chatter
          Session/Post user="7" recipients=1 text="\"hi\"" text_len=2
        "#
    );
}

#[tokio::test]
async fn a_link_takes_the_place_of_a_parent() {
    actor!(Writer, start = always);
    let spans = testkit::record();
    let writer = Writer::spawn(Writer);
    caused(async { writer.ask(Order::Flush).await }).await.unwrap();
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

    /// Returns the number of messages that the spans stand for.
    fn weight(spans: &[FinishedSpan]) -> f64 {
        let weight = |span: &FinishedSpan| match span.attribute("sampling.probability") {
            Some(OwnedAttribute::Float(probability)) => 1.0 / probability,
            _ => 1.0,
        };
        spans.iter().map(weight).sum()
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
            let spans = told(tell).await;
            let kept = spans.named("Reader/Notice");
            assert_eq!(kept.len(), 4);
            assert!((weight(&kept) - 40.0).abs() < 1e-9, "{}", weight(&kept));
            let herald = spans.all().into_iter().find(|span| span.name.starts_with("Herald/")).unwrap();
            assert!(kept.iter().all(|span| span.parent == Some(herald.context.span_id)));
            assert_eq!(herald.attribute("sampling.fanout.size"), Some(&40.into()), "{}", herald.name);
        }
    }

    #[tokio::test]
    async fn a_loop_that_nobody_announces_is_traced_whole() {
        assert_eq!(told(Tell::Loop).await.named("Reader/Notice").len(), READERS);
    }
}
