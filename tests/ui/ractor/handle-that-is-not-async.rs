use ractor::{Actor, ActorProcessingErr, ActorRef};
use traced_actor::traced_actor;

#[traced_actor(ractor)]
enum Message {
    Join(u64),
}

struct Guild;

type Handled = std::pin::Pin<Box<dyn Future<Output = Result<(), ActorProcessingErr>> + Send>>;

#[traced_actor(ractor)]
impl Actor for Guild {
    type Msg = Message;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    #[allow(refining_impl_trait)]
    fn handle(&self, _: ActorRef<Message>, _: Message, (): &mut ()) -> Handled {
        Box::pin(async { Ok(()) })
    }
}

fn main() {}
