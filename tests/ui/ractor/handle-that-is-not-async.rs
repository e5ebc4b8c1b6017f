use ractor::{Actor, ActorProcessingErr, ActorRef};
use traced_actor::traced_actor;

#[traced_actor(ractor)]
enum Message {
    Join(u64),
}

struct Guild;

/// Another type of future than `impl Future`.
type Handled<'a> = std::pin::Pin<Box<dyn Future<Output = Result<(), ActorProcessingErr>> + Send + 'a>>;

#[traced_actor(ractor)]
impl Actor for Guild {
    type Msg = Message;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    fn handle<'a>(&'a self, _: ActorRef<Message>, _: Message, (): &'a mut ()) -> Handled<'a> {
        Box::pin(async { Ok(()) })
    }
}

fn main() {}
