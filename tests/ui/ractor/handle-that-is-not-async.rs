use ractor::{Actor, ActorProcessingErr, ActorRef};
use traced_actor::traced_actor;

#[traced_actor(ractor)]
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

    fn handle(
        &self,
        _: ActorRef<Message>,
        _: Message,
        (): &mut (),
    ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
        async { Ok(()) }
    }
}

fn main() {}
