//! kameo's own items: an actor by its derive and by an impl, and a message of it.

#[traced_actor(kameo, start = never)]
#[derive(Debug, Actor)]
#[actor(name = "guild")]
struct Guild<T: Send + 'static>(T);

#[cfg(feature = "doors")]
#[traced_actor(kameo)]
impl Actor for Door {
    type Args = u64;
    type Error = Closed;

    async fn on_start(width: u64, _: ActorRef<Self>) -> Result<Self, Closed> {
        Ok(Self { width })
    }

    async fn next(
        &mut self,
        _: WeakActorRef<Self>,
        mailbox: &mut MailboxReceiver<Self>,
    ) -> Result<Option<Signal<Self>>, Closed> {
        self.seen += 1;
        Ok(mailbox.recv().await)
    }

    async fn on_message(
        &mut self,
        message: BoxMessage<Self>,
        actor: ActorRef<Self>,
        reply: Option<BoxReplySender>,
        stop: &mut bool,
    ) -> Result<(), Box<dyn ReplyError>> {
        message.handle_dyn(self, actor, reply, stop).await
    }

    async fn on_stop(&mut self, _: WeakActorRef<Self>, _: ActorStopReason) -> Result<(), Closed> {
        Ok(())
    }
}

#[traced_actor(kameo)]
impl<T: Send + 'static> Message<Join> for Guild<T> {
    type Reply = Result<u64, Full>;

    async fn handle(&mut self, mut join: Join, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        work(&mut join)?;
        Ok(1)
    }
}
