//! The gateway: reads each event and asks the guild on another node. Every trace begins here.

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use traced_actor::{current_span, traced_actor};
use traced_actor_example_shared::event::Event;
use traced_actor_example_shared::program::TIMEOUT;
use traced_actor_ractor::RecordFailure;

use crate::guild;

/// A message of the gateway. It stays on its node, so it needs no derive of ractor's.
#[traced_actor(ractor)]
pub(crate) enum Message {
    /// A line came in. The reply says whether it is an event.
    #[traced(fields(line, bytes = json.len()))]
    Dispatch { line: u64, json: String, reply: RpcReplyPort<bool> },
}

pub(crate) struct Gateway;

#[traced_actor(ractor)]
impl Actor for Gateway {
    type Msg = Message;
    type State = ActorRef<guild::Message>;
    type Arguments = ActorRef<guild::Message>;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        guild: ActorRef<guild::Message>,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(guild)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        guild: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let Message::Dispatch { json, reply, .. } = message;
        // A ractor actor ends if its `handle` returns an error, and one bad line must not end the gateway.
        let event: Event = match serde_json::from_str(&json) {
            Ok(event) => event,
            Err(error) => {
                current_span().record_error(&error);
                reply.send(false)?;
                return Ok(());
            }
        };
        match guild.call(|reply| for_guild(event, reply), Some(TIMEOUT)).await?.record_failure() {
            CallResult::Success(problem) if problem.is_empty() => {}
            CallResult::Success(problem) => current_span().record_error(&problem),
            CallResult::Timeout | CallResult::SenderError => return Err("the guild does not answer".into()),
        }
        reply.send(true)?;
        Ok(())
    }
}

/// Returns the guild's message for an event.
fn for_guild(event: Event, reply: RpcReplyPort<String>) -> guild::Message {
    match event {
        Event::GuildCreate { channels, .. } => {
            let channels =
                channels.iter().map(|channel| (u64::from(channel.id), readers(channel.member_count)));
            let (ids, readers) = channels.unzip();
            guild::Message::Open { ids, readers, reply }
        }
        Event::ChannelCreate(channel) => {
            let (ids, readers) = (vec![channel.id.into()], vec![readers(channel.member_count)]);
            guild::Message::Open { ids, readers, reply }
        }
        Event::GuildMemberAdd { user } => {
            guild::Message::Presence { user: user.id.into(), status: "Online".into(), reply }
        }
        Event::MessageCreate { channel_id, author, content } => {
            let (channel, author) = (channel_id.into(), author.id.into());
            guild::Message::Post { channel, author, text: content, reply }
        }
        Event::MessageReactionAdd { channel_id, emoji } => {
            guild::Message::React { channel: channel_id.into(), emoji: emoji.name, reply }
        }
        Event::PresenceUpdate { user, status } => {
            guild::Message::Presence { user: user.id.into(), status: format!("{status:?}"), reply }
        }
    }
}

fn readers(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
