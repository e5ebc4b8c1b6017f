//! Options of the actor, and of a message type.

#[traced_actor(name = "Sessions", start = sampler, sampler = crate::sampling::by_user, fanout_budget = 20, hop_limit = 8)]
impl Session {
    async fn handle(&mut self, message: Message) {}
}

#[traced_actor(name = "Sessions", start = never)]
enum Message {
    Push,
}

#[traced_actor(local, handler = apply, run = pump)]
impl Widget {
    async fn apply(&mut self, event: Event) -> Rc<str> {
        self.name.clone()
    }

    async fn pump(&mut self) {
        self.events.for_each(|event| self.queue(event)).await;
    }
}
