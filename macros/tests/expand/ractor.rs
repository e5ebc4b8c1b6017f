//! ractor's own items: the message, which also goes between nodes, and its actor.

#[traced_actor(ractor)]
#[derive(Debug, RactorClusterMessage)]
enum Message {
    #[traced(fields(user))]
    Join { user: u64 },
    #[cfg(feature = "notes")]
    Note(String),
    #[rpc]
    Count(RpcReplyPort<u64>),
}

#[traced_actor(ractor, name = "Job")]
#[derive(RactorMessage)]
struct Job<T>(T);

#[traced_actor(ractor, start = never)]
impl<T: Send + Sync + 'static> Actor for Guild<T> {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        mut message: Message,
        sum: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        work(&mut message, sum)?;
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Message>,
        event: SupervisionEvent,
        _: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        restart(myself, event).await
    }
}
