//! ractor: casts on one node, and the bytes of one between nodes.

use ractor::message::SerializedMessage;
use ractor::{ActorId, Message as _};
use ractor_cluster_derive::RactorClusterMessage;
use traced_actor::actor::call_within;
use traced_actor::context::MessageContext;
use traced_actor::traced_actor;
use traced_actor_benches::{Contestant, Measure, Row, Set, counted};

use crate::subscriber;
use crate::work::{Parent, arrived};
use crate::world::{recorded, untraced};

const PLAIN: &str = "ractor";
const TRACED: &str = "ractor, traced-actor";
const OWN: &str = "ractor's own tracing";
const OWN_SPAN: &str = "ractor's own tracing, a span by hand";

/// The unsampled programs, by the decision of the first sender.
pub(crate) const UNSAMPLED: Set = Set {
    name: "ractor, unsampled",
    world: subscriber::install_off,
    contestants: &[
        (PLAIN, || untraced(plain::contestant())),
        (TRACED, || untraced(traced::contestant(Parent::Unsampled))),
        (OWN, || own::contestant()),
        (OWN_SPAN, || own_span::contestant()),
    ],
    rows: &[
        Row::new("ractor: unsampled message", TRACED, PLAIN, Measure::AddedNs, Some(10.0)),
        Row::new(
            "ractor: unsampled message: allocations",
            TRACED,
            PLAIN,
            Measure::AddedAllocations,
            Some(0.0),
        ),
        Row::new(
            "ractor: unsampled message: what its own tracing adds",
            TRACED,
            OWN,
            Measure::TimesCheaperInAdded(PLAIN),
            Some(5.0),
        ),
        Row::new("ractor: unsampled message: its own tracing in total", OWN, OWN, Measure::Ns, None),
        Row::new(
            "ractor: unsampled message: with a span by hand",
            TRACED,
            OWN_SPAN,
            Measure::TimesCheaperInAdded(PLAIN),
            None,
        ),
    ],
};

/// Every message has a span with our adapter. ractor's own tracing makes none: the handler's spans are below the
/// sender's span.
pub(crate) const SAMPLED: Set = Set {
    name: "ractor, sampled",
    world: subscriber::install_on,
    contestants: &[
        (PLAIN, || untraced(plain::contestant())),
        (TRACED, || recorded(untraced(traced::contestant(Parent::Sampled)))),
        (OWN, || recorded(own::contestant())),
        (OWN_SPAN, || recorded(own_span::contestant())),
    ],
    rows: &[
        Row::new("ractor: sampled message", TRACED, OWN, Measure::Ratio, Some(1.0)),
        Row::new("ractor: sampled message: with a span by hand", TRACED, OWN_SPAN, Measure::Ratio, None),
        Row::new("ractor: sampled message: what it adds", TRACED, PLAIN, Measure::AddedNs, None),
        Row::new("ractor: sampled message: its own tracing in total", OWN, OWN, Measure::Ns, None),
    ],
};

/// Measures a cast to another node.
pub(crate) const REMOTE: Set = Set {
    name: "ractor, remote",
    world: subscriber::install_on,
    contestants: &[
        ("ractor between nodes", || {
            bytes(OldPost::Post(7, "hello".into()).serialize().expect("it has bytes"))
        }),
        ("ractor between nodes, undecided", || bytes(sent(MessageContext::ABSENT))),
        ("ractor between nodes, unsampled", || bytes(sent(arrived(Parent::Unsampled)))),
        ("ractor between nodes, sampled", || bytes(sent(arrived(Parent::Sampled)))),
    ],
    rows: &[
        Row::new(
            "ractor: bytes of a remote message that nobody has decided about",
            "ractor between nodes, undecided",
            "ractor between nodes",
            Measure::AddedBytes,
            Some(0.0),
        ),
        Row::new(
            "ractor: bytes of an unsampled remote message",
            "ractor between nodes, unsampled",
            "ractor between nodes",
            Measure::AddedBytes,
            None,
        ),
        Row::new(
            "ractor: bytes of a sampled remote message",
            "ractor between nodes, sampled",
            "ractor between nodes",
            Measure::AddedBytes,
            None,
        ),
    ],
};

#[derive(RactorClusterMessage)]
enum OldPost {
    Post(u64, String),
}

#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
enum NewPost {
    Post(u64, String),
}

fn sent(context: MessageContext) -> SerializedMessage {
    let elsewhere = ActorId::Remote { node_id: 1, pid: 1 };
    let boxed = call_within(context, || NewPost::Post(7, "hello".into()).box_message(&elsewhere));
    boxed.ok().and_then(|boxed| boxed.serialized_msg).expect("it goes to another node")
}

/// Counts the bytes of the fields of ractor's frame that depend on the message. Metadata has a key and a length of one byte each.
#[expect(clippy::cast_precision_loss, reason = "small sizes")]
fn bytes(message: SerializedMessage) -> Contestant {
    let SerializedMessage::Cast { variant, args, metadata } = message else { panic!("it is a cast") };
    counted((variant.len() + args.len() + metadata.map_or(0, |bytes| 2 + bytes.len())) as f64)
}

/// The guild with what its orders run in, and with these attributes on its message, on what it counts, on its actor and on `handle`.
macro_rules! guild {
    ($name:ident($($parent:ident)?), |$order:ident| $around:expr, [$($message:tt)*], [$($post:tt)*], [$($count:tt)*], [$($actor:tt)*], [$($handle:tt)*]) => {
        pub(crate) mod $name {
            #![allow(unused_imports, reason = "not every guild has every attribute")]

            use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
            use ractor_cluster_derive::RactorMessage;
            use traced_actor::actor::within;
            use traced_actor::traced_actor;
            use traced_actor_benches::{Contestant, timed};
            use tracing::{Instrument as _, info_span, instrument};

            use crate::work::{Parent, Text, arrived, runtime, stored, text};

            /// Mailboxes are unbounded, so a sender yields where tokio makes senders of channels yield.
            const BURST: u64 = 128;

            $($message)*
            enum Message {
                $($post)*
                Post { channel: u64, text: Text },
                $($count)*
                Count(RpcReplyPort<u64>),
            }

            struct Guild;

            $($actor)*
            impl Actor for Guild {
                type Msg = Message;
                type State = u64;
                type Arguments = ();

                async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
                    Ok(0)
                }

                $($handle)*
                async fn handle(
                    &self,
                    _: ActorRef<Message>,
                    message: Message,
                    posts: &mut u64,
                ) -> Result<(), ActorProcessingErr> {
                    match message {
                        Message::Post { channel, text } => *posts += stored(channel, &text).await & 1,
                        Message::Count(respond_to) => drop(respond_to.send(*posts)),
                    }
                    Ok(())
                }
            }

            async fn order(guild: &ActorRef<Message>, posts: u64) -> u64 {
                for number in 0..posts {
                    guild.cast(Message::Post { channel: number, text: text(number) }).expect("the guild runs");
                    if number % BURST == BURST - 1 {
                        tokio::task::yield_now().await;
                    }
                }
                call!(guild, Message::Count).expect("the guild answers")
            }

            pub(crate) fn contestant($($parent: Parent)?) -> Contestant {
                let runtime = runtime();
                let (guild, _task) = runtime.block_on(Actor::spawn(None, Guild, ())).expect("the guild starts");
                timed(move |posts| {
                    let $order = order(&guild, posts);
                    runtime.block_on($around);
                })
            }
        }
    };
}

guild!(plain(), |order| order, [#[derive(RactorMessage)]], [], [], [], []);
guild!(
    own(),
    |order| order.instrument(info_span!("Gateway/Order")),
    [#[derive(RactorMessage)]],
    [],
    [],
    [],
    []
);
guild!(
    own_span(),
    |order| order.instrument(info_span!("Gateway/Order")),
    [#[derive(RactorMessage)]],
    [],
    [],
    [],
    [#[instrument(name = "Guild/Post", skip_all)]]
);
guild!(
    traced(parent),
    |order| within(arrived(parent), order),
    [#[traced_actor(ractor)]],
    [#[traced(fields(channel, first = text[0], last = text[5]))]],
    [#[traced(skip)]],
    [#[traced_actor(ractor)]],
    []
);
