//! Two mailboxes in one loop: each handler is found by what the loop hands to it, or is marked.

#[traced_actor]
impl Node {
    async fn run(mut self, up: Up) {
        loop {
            tokio::select! {
                Some(command) = self.commands.recv() => self.on_cmd(command, &up),
                Some(request) = self.requests.recv() => self.on_rpc(request).await,
                else => break,
            }
        }
    }

    fn on_cmd(&mut self, command: Command, up: &Up) {
        up.apply(command);
    }

    async fn on_rpc(&mut self, request: Request) {
        request.reply(self.state());
    }

    #[traced(skip)]
    async fn drain(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            drop(command);
        }
    }
}

#[traced_actor]
impl Marked {
    #[traced(handler)]
    async fn first(&mut self, message: First) {}

    #[traced(handler)]
    async fn second(&mut self, message: Second) {}
}
