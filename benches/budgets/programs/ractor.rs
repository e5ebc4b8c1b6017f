//! The guild as an actor of ractor, with ractor's own tracing: a message carries the span of its sender.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
use traced_actor_benches::{Contestant, timed};
use tracing::{Instrument as _, info_span};

use super::{Text, runtime, stored, text};

/// The number of messages between two yields. ractor's mailboxes are unbounded, so the sender yields where tokio makes
/// the others yield.
const BURST: u64 = 128;

enum Message {
    Post { channel: u64, text: Text },
    Count(RpcReplyPort<u64>),
}

impl ractor::Message for Message {}

struct Guild;

impl Actor for Guild {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

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

pub(crate) fn contestant() -> Contestant {
    let runtime = runtime();
    let spawned = runtime.block_on(Actor::spawn(None, Guild, ()));
    let (guild, _task) = spawned.expect("the guild starts");
    timed(move |posts| {
        runtime.block_on(order(&guild, posts).instrument(info_span!("Gateway/Order")));
    })
}
