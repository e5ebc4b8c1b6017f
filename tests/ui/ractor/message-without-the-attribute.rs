use ractor::{Actor, ActorProcessingErr, ActorRef};
use ractor_cluster_derive::RactorMessage;
use traced_actor::traced_actor;

#[derive(RactorMessage)]
enum Message {
    Join(u64),
}

struct Guild;

#[traced_actor(ractor)]
impl Actor for Guild {
    type Msg = Message;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Message>, _: Message, (): &mut ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

fn main() {}
