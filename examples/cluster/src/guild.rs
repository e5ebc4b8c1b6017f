//! The guild: knows the channels, and tells the sessions on another node what happens.

use std::collections::HashMap;

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent, call, pg};
use ractor_cluster::RactorClusterMessage;
use traced_actor::{current_span, fanout, traced_actor};
use traced_actor_example_shared::node::Node;
use traced_actor_ractor::RecordFailure;

use crate::session;

/// The process group of the guild itself.
pub(crate) const GROUP: &str = "guild";

/// A message of the guild. The reply is empty, or an error.
#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
pub(crate) enum Message {
    /// Opens channels, each with this number of sessions that read it.
    #[rpc]
    Open { ids: Vec<u64>, readers: Vec<u64>, reply: RpcReplyPort<String> },
    #[rpc]
    #[traced(fields(channel, text_len = text.len()))]
    Post { channel: u64, author: u64, text: String, reply: RpcReplyPort<String> },
    #[rpc]
    #[traced(fields(channel, emoji))]
    React { channel: u64, emoji: String, reply: RpcReplyPort<String> },
    #[rpc]
    #[traced(fields(user, status))]
    Presence { user: u64, status: String, reply: RpcReplyPort<String> },
    /// Asks for the number of deliveries to the connected sessions.
    #[rpc]
    #[traced(skip)]
    Sent(RpcReplyPort<u64>),
}

pub(crate) struct Guild;

pub(crate) struct State {
    node: Node,
    channels: HashMap<u64, u64>,
    statuses: HashMap<u64, String>,
    sessions: Vec<ActorCell>,
    sent: u64,
}

#[traced_actor(ractor)]
impl Actor for Guild {
    type Msg = Message;
    type State = State;
    type Arguments = Node;

    async fn pre_start(&self, myself: ActorRef<Message>, node: Node) -> Result<State, ActorProcessingErr> {
        pg::join(GROUP.into(), vec![myself.get_cell()]);
        pg::monitor(session::GROUP.into(), myself.get_cell());
        let (channels, statuses) = (HashMap::new(), HashMap::new());
        Ok(State { node, channels, statuses, sessions: Vec::new(), sent: 0 })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Open { ids, readers, reply } => {
                state.channels.extend(ids.into_iter().zip(readers));
                answer(reply, Ok(()))
            }
            Message::Post { channel, author, text, reply } => {
                let told = state.tell(channel, || session::Message::Deliver { author, text: text.clone() });
                answer(reply, told)
            }
            Message::React { channel, emoji, reply } => {
                let told = state.tell(channel, || session::Message::React { emoji: emoji.clone() });
                answer(reply, told)
            }
            Message::Presence { user, status, reply } => {
                state.statuses.insert(user, status);
                answer(reply, Ok(()))
            }
            Message::Sent(reply) => Ok(reply.send(state.sent)?),
        }
    }

    /// Looks up the sessions again, because the sessions' node has joined or left.
    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Message>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        if let SupervisionEvent::ProcessGroupChanged(_) = event {
            state.sessions = pg::get_members(&session::GROUP.to_owned());
            state.sessions.sort_by_key(|session| session.get_id().pid());
            state.node.say(format!("sessions {}", state.sessions.len()));
            state.sent = 0;
        }
        Ok(())
    }
}

impl State {
    /// Sends a message to all readers of the channel. Ten of the sends are traced, however many there are.
    fn tell(&mut self, channel: u64, message: impl Fn() -> session::Message) -> Result<(), String> {
        let readers = *self.channels.get(&channel).ok_or_else(|| format!("there is no channel {channel}"))?;
        let readers = usize::try_from(readers).unwrap_or(usize::MAX).min(self.sessions.len());
        let mut fanout = fanout(readers);
        let _entered = fanout.enter();
        for session in &self.sessions[..readers] {
            // Sessions whose node is gone are skipped, but keep their place in the fan-out.
            self.sent += u64::from(session.send_message(message()).record_failure().is_ok());
        }
        Ok(())
    }
}

fn answer(reply: RpcReplyPort<String>, outcome: Result<(), String>) -> Result<(), ActorProcessingErr> {
    let problem = outcome.err().unwrap_or_default();
    if !problem.is_empty() {
        current_span().record_error(&problem);
    }
    Ok(reply.send(problem)?)
}

/// Returns the number of deliveries that were sent to the current sessions, and the number that they have seen.
pub(crate) async fn deliveries(guild: &ActorRef<Message>) -> Result<(u64, u64), ActorProcessingErr> {
    let sent = call!(guild, Message::Sent)?;
    let mut seen = 0;
    for session in pg::get_members(&session::GROUP.to_owned()) {
        let session: ActorRef<session::Message> = session.into();
        // The call arrives after all deliveries.
        seen += call!(session, session::Message::Seen)?;
    }
    Ok((sent, seen))
}
