//! The same guild with the two attributes.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, pg};
use ractor_cluster::RactorClusterMessage;
use traced_actor::traced_actor;

#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
pub(crate) enum GuildMessage {
    #[traced(fields(user = _0))]
    Join(u64),
    Note {
        text: String,
    },
    #[rpc]
    Count(RpcReplyPort<u64>),
    #[rpc]
    Notes(RpcReplyPort<String>),
}

pub(crate) struct Guild;

#[traced_actor(ractor)]
impl Actor for Guild {
    type Msg = GuildMessage;
    type State = (u64, Vec<String>);
    /// The text of the first note.
    type Arguments = String;

    async fn pre_start(
        &self,
        myself: ActorRef<GuildMessage>,
        label: String,
    ) -> Result<Self::State, ActorProcessingErr> {
        pg::join("guild".into(), vec![myself.get_cell()]);
        Ok((0, vec![label]))
    }

    async fn handle(
        &self,
        _: ActorRef<GuildMessage>,
        message: GuildMessage,
        (sum, notes): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            GuildMessage::Join(user) => *sum += user,
            GuildMessage::Note { text } => notes.push(text),
            GuildMessage::Count(reply) => reply.send(*sum)?,
            GuildMessage::Notes(reply) => reply.send(notes.join(";"))?,
        }
        Ok(())
    }
}
