//! An actor as its user would write it, with the two attributes.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, cast};
use ractor_cluster_derive::RactorClusterMessage;
use traced_actor::traced_actor;

#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
pub(crate) enum GuildMessage {
    #[traced(fields(user = _0))]
    Join(u64),
    #[traced(name = "Write")]
    Note {
        text: String,
    },
    #[rpc]
    Count(RpcReplyPort<u64>),
    #[rpc]
    Notes {
        from: u64,
        reply: RpcReplyPort<String>,
    },
    #[traced(skip)]
    Tick,
    Fail(String),
    Panic,
    #[traced(fields(by))]
    Sent {
        by: String,
    },
    /// Never handled to its end.
    Hang,
}

pub(crate) struct Guild {
    /// Told of each who joins.
    pub(crate) council: Option<ActorRef<GuildMessage>>,
}

#[derive(Default)]
pub(crate) struct Members {
    sum: u64,
    notes: Vec<String>,
}

#[traced_actor(ractor)]
impl Actor for Guild {
    type Msg = GuildMessage;
    type State = Members;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Members, ActorProcessingErr> {
        Ok(Members::default())
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        members: &mut Members,
    ) -> Result<(), ActorProcessingErr> {
        tokio::task::yield_now().await;
        match message {
            GuildMessage::Join(user) => {
                members.sum += user;
                if let Some(council) = &self.council {
                    cast!(council, GuildMessage::Note { text: format!("{user} is here") })?;
                }
            }
            GuildMessage::Note { text } => members.notes.push(text),
            GuildMessage::Sent { .. } => {}
            GuildMessage::Count(reply) => reply.send(members.sum)?,
            GuildMessage::Notes { from, reply } => {
                let from = usize::try_from(from)?;
                reply.send(members.notes[from..].join(";"))?;
            }
            GuildMessage::Tick => {
                if let Some(council) = &self.council {
                    council.cast(GuildMessage::Tick)?;
                    council.cast(GuildMessage::Note { text: "tick".into() })?;
                }
            }
            GuildMessage::Fail(why) => return Err(why.into()),
            GuildMessage::Panic => panic!("as it was told"),
            GuildMessage::Hang => std::future::pending().await,
        }
        Ok(())
    }
}
