use ractor::{Actor, ActorProcessingErr, ActorRef};

// This actor has no attribute. Another actor of the program has one.
enum Message {
    Join(u64),
}

struct Guild;

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
