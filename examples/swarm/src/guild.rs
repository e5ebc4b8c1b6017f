//! The guild: knows the channels, and tells the sessions on another node what happens.

use std::collections::HashMap;
use std::ops::ControlFlow;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use kameo::error::Infallible;
use kameo::prelude::*;
use kameo::remote::RemoteMessage;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use traced_actor::{fanout, traced_actor};
use traced_actor_example_shared::node::Node;
use traced_actor_example_shared::program::Failure;
use traced_actor_kameo::{Enveloped, IntoEnveloped, RecordFailure};

use crate::session::{Deliver, React, Seen, Session};

/// The guild's name in the swarm.
pub(crate) const NAME: &str = "guild";

/// The maximum number of deliveries that wait for their session.
const AT_ONCE: usize = 50;

#[derive(RemoteActor)]
#[remote_actor(id = "guild")]
pub(crate) struct Guild {
    node: Node,
    channels: HashMap<u64, u64>,
    statuses: HashMap<u64, String>,
    sessions: Vec<RemoteActorRef<Session>>,
    sent: u64,
}

#[traced_actor(kameo)]
impl Actor for Guild {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(guild: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(guild)
    }

    /// Removes the sessions, because their node has left.
    async fn on_link_died(
        &mut self,
        _: WeakActorRef<Self>,
        _: ActorId,
        _: ActorStopReason,
    ) -> Result<ControlFlow<ActorStopReason>, Infallible> {
        self.meet(Vec::new());
        Ok(ControlFlow::Continue(()))
    }
}

impl Guild {
    pub(crate) fn new(node: Node) -> Self {
        let (channels, statuses) = (HashMap::new(), HashMap::new());
        Self { node, channels, statuses, sessions: Vec::new(), sent: 0 }
    }

    /// Sends to these sessions from now on.
    fn meet(&mut self, sessions: Vec<RemoteActorRef<Session>>) {
        self.sessions = sessions;
        self.node.say(format!("sessions {}", self.sessions.len()));
        self.sent = 0;
    }

    /// Sends a message to all readers of the channel. Ten of the sends are traced, however many there are.
    async fn tell<M>(&mut self, channel: u64, message: impl Fn() -> M) -> Result<(), String>
    where
        M: Serialize + DeserializeOwned + Send + Sync + 'static,
        Session: Message<Enveloped<M>> + RemoteMessage<Enveloped<M>>,
    {
        let readers = *self.channels.get(&channel).ok_or_else(|| format!("there is no channel {channel}"))?;
        let readers = usize::try_from(readers).unwrap_or(usize::MAX).min(self.sessions.len());
        let messages: Vec<Enveloped<M>> = {
            let mut fanout = fanout(readers);
            let _entered = fanout.enter();
            (0..readers).map(|_| message().enveloped()).collect()
        };
        let told = self.sessions.iter().cloned().zip(messages).map(|(session, message)| {
            async move { session.tell(&message).send_ack().await.record_failure().is_ok() }.boxed()
        });
        let told: Vec<BoxFuture<'static, bool>> = told.collect();
        let told: Vec<bool> = stream::iter(told).buffer_unordered(AT_ONCE).collect().await;
        // Sessions whose node is gone are not counted, but keep their place in the fan-out.
        self.sent += told.iter().map(|is_told| u64::from(*is_told)).sum::<u64>();
        Ok(())
    }
}

/// The sessions of a node that has joined.
#[traced_actor]
#[traced(skip)]
#[derive(Serialize, Deserialize)]
pub(crate) struct Here {
    pub(crate) sessions: Vec<RemoteActorRef<Session>>,
}

#[traced_actor(kameo)]
#[remote_message("here")]
impl Message<Here> for Guild {
    type Reply = ();

    async fn handle(&mut self, Here { sessions }: Here, ctx: &mut Context<Self, ()>) {
        if let Some(first) = sessions.first() {
            // If its node goes away, so do the other sessions of that node.
            drop(ctx.actor_ref().link_remote(first).await);
        }
        self.meet(sessions);
    }
}

/// Opens channels, each with this number of sessions that read it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) channels: Vec<(u64, u64)>,
}

#[traced_actor(kameo)]
#[remote_message("open")]
impl Message<Open> for Guild {
    type Reply = Result<(), String>;

    async fn handle(&mut self, Open { channels }: Open, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.channels.extend(channels);
        Ok(())
    }
}

#[traced_actor]
#[traced(fields(channel, text_len = text.len()))]
#[derive(Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) channel: u64,
    pub(crate) author: u64,
    pub(crate) text: String,
}

#[traced_actor(kameo)]
#[remote_message("post")]
impl Message<Post> for Guild {
    type Reply = Result<(), String>;

    async fn handle(&mut self, post: Post, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        let Post { channel, author, text } = post;
        self.tell(channel, || Deliver { author, text: text.clone() }).await
    }
}

#[traced_actor]
#[traced(fields(channel, emoji))]
#[derive(Serialize, Deserialize)]
pub(crate) struct Reaction {
    pub(crate) channel: u64,
    pub(crate) emoji: String,
}

#[traced_actor(kameo)]
#[remote_message("reaction")]
impl Message<Reaction> for Guild {
    type Reply = Result<(), String>;

    async fn handle(&mut self, reaction: Reaction, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        let Reaction { channel, emoji } = reaction;
        self.tell(channel, || React { emoji: emoji.clone() }).await
    }
}

#[traced_actor]
#[traced(fields(user, status))]
#[derive(Serialize, Deserialize)]
pub(crate) struct Presence {
    pub(crate) user: u64,
    pub(crate) status: String,
}

#[traced_actor(kameo)]
#[remote_message("presence")]
impl Message<Presence> for Guild {
    type Reply = Result<(), String>;

    async fn handle(&mut self, presence: Presence, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.statuses.insert(presence.user, presence.status);
        Ok(())
    }
}

/// Asks for the connected sessions, and the number of deliveries that they have acknowledged.
#[traced_actor]
#[traced(skip)]
struct Sent;

#[traced_actor(kameo)]
impl Message<Sent> for Guild {
    type Reply = Result<(u64, Vec<RemoteActorRef<Session>>), Infallible>;

    async fn handle(&mut self, _: Sent, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        Ok((self.sent, self.sessions.clone()))
    }
}

/// Returns the number of deliveries that were sent to the current sessions, and the number that they have seen.
pub(crate) async fn deliveries(guild: &ActorRef<Guild>) -> Result<(u64, u64), Failure> {
    let (sent, sessions) = guild.ask(Sent).await?;
    let mut seen = 0;
    for session in sessions {
        // The call arrives after all acknowledged deliveries.
        seen += session.ask(&Seen {}).await?;
    }
    Ok((sent, seen))
}
