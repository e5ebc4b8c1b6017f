//! An actor whose messages write something of their own into ractor's metadata.

use ractor::message::{BoxedDowncastErr, BoxedMessage, SerializedMessage};
use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, Message, pg};
use traced_actor::traced_actor;
use traced_actor_ractor::TracedMessage;

#[traced_actor]
pub(crate) struct Ping {
    pub(crate) tenant: Option<u8>,
}

impl TracedMessage for Ping {}

impl Message for Ping {
    fn box_message(self, to: &ActorId) -> Result<BoxedMessage, BoxedDowncastErr> {
        traced_actor_ractor::box_message(self, to)
    }

    fn from_boxed(boxed: BoxedMessage) -> Result<Self, BoxedDowncastErr> {
        traced_actor_ractor::from_boxed(boxed)
    }

    fn serializable() -> bool {
        true
    }

    fn serialize(self) -> Result<SerializedMessage, BoxedDowncastErr> {
        let metadata = self.tenant.map(|tenant| vec![tenant]);
        Ok(SerializedMessage::Cast { variant: "Ping".into(), args: Vec::new(), metadata })
    }

    fn deserialize(bytes: SerializedMessage) -> Result<Self, BoxedDowncastErr> {
        match bytes {
            SerializedMessage::Cast { metadata, .. } => Ok(Self { tenant: metadata.map(|bytes| bytes[0]) }),
            _ => Err(BoxedDowncastErr),
        }
    }
}

/// Prints the messages that it receives.
pub(crate) struct Tenants;

#[traced_actor(ractor)]
impl Actor for Tenants {
    type Msg = Ping;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Ping>, (): ()) -> Result<(), ActorProcessingErr> {
        pg::join("tenants".into(), vec![myself.get_cell()]);
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Ping>, ping: Ping, (): &mut ()) -> Result<(), ActorProcessingErr> {
        println!("tenant {:?}", ping.tenant);
        Ok(())
    }
}
