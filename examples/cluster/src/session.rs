//! A session: one connected client. Sessions continue traces and never start one.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, pg};
use ractor_cluster::RactorClusterMessage;
use traced_actor::traced_actor;

/// The process group of all sessions.
pub(crate) const GROUP: &str = "sessions";

/// A message of a session.
#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
pub(crate) enum Message {
    Deliver {
        author: u64,
        text: String,
    },
    React {
        emoji: String,
    },
    /// Asks for the number of messages that it has seen.
    #[rpc]
    Seen(RpcReplyPort<u64>),
}

pub(crate) struct Session;

/// The bytes for the client's socket, and the number of messages.
#[derive(Default)]
pub(crate) struct Socket {
    bytes: Vec<u8>,
    seen: u64,
}

#[traced_actor(ractor, start = never)]
impl Actor for Session {
    type Msg = Message;
    type State = Socket;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Socket, ActorProcessingErr> {
        pg::join(GROUP.into(), vec![myself.get_cell()]);
        Ok(Socket::default())
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        socket: &mut Socket,
    ) -> Result<(), ActorProcessingErr> {
        socket.bytes.clear(); // the client is quick
        match message {
            Message::Deliver { author, text } => {
                socket.seen += 1;
                socket.bytes.extend_from_slice(format!("{author}: {text}").as_bytes());
            }
            Message::React { emoji } => {
                socket.seen += 1;
                socket.bytes.extend_from_slice(emoji.as_bytes());
            }
            Message::Seen(reply) => reply.send(socket.seen)?,
        }
        Ok(())
    }
}
