//! The gateway: reads each event and asks the guild on another node. Every trace begins here.

use kameo::error::RemoteSendError;
use kameo::prelude::*;
use traced_actor::{current_span, traced_actor};
use traced_actor_example_shared::event::Event;
use traced_actor_example_shared::program::TIMEOUT;
use traced_actor_kameo::{IntoEnveloped, RecordFailure};

use crate::guild::{Guild, Open, Post, Presence, Reaction};

#[traced_actor(kameo)]
#[derive(Actor)]
pub(crate) struct Gateway(pub(crate) RemoteActorRef<Guild>);

/// A line came in. The reply says whether it is an event.
#[traced_actor]
#[traced(fields(line, bytes = json.len()))]
pub(crate) struct Dispatch {
    pub(crate) line: u64,
    pub(crate) json: String,
}

#[traced_actor(kameo)]
impl Message<Dispatch> for Gateway {
    type Reply = bool;

    async fn handle(&mut self, Dispatch { json, .. }: Dispatch, _: &mut Context<Self, bool>) -> bool {
        let event: Event = match serde_json::from_str(&json) {
            Ok(event) => event,
            Err(error) => {
                current_span().record_error(&error);
                return false;
            }
        };
        if let Err(error) = tell(&self.0, event).await.record_failure() {
            current_span().record_error(&error);
        }
        true
    }
}

/// Asks the guild about an event.
async fn tell(guild: &RemoteActorRef<Guild>, event: Event) -> Result<(), RemoteSendError<String>> {
    /// Asks with a message and its context, which `.enveloped()` adds.
    macro_rules! ask {
        ($message:expr) => {
            guild.ask(&$message.enveloped()).reply_timeout(TIMEOUT).await
        };
    }
    match event {
        Event::GuildCreate { channels, .. } => {
            let channels = channels.iter().map(|channel| (channel.id.into(), readers(channel.member_count)));
            ask!(Open { channels: channels.collect() })
        }
        Event::ChannelCreate(channel) => {
            ask!(Open { channels: vec![(channel.id.into(), readers(channel.member_count))] })
        }
        Event::GuildMemberAdd { user } => {
            ask!(Presence { user: user.id.into(), status: "Online".into() })
        }
        Event::MessageCreate { channel_id, author, content } => {
            ask!(Post { channel: channel_id.into(), author: author.id.into(), text: content })
        }
        Event::MessageReactionAdd { channel_id, emoji } => {
            ask!(Reaction { channel: channel_id.into(), emoji: emoji.name })
        }
        Event::PresenceUpdate { user, status } => {
            ask!(Presence { user: user.id.into(), status: format!("{status:?}") })
        }
    }
}

fn readers(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
