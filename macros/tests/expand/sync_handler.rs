//! Handlers that are not async, with and without a result.

#[traced_actor]
impl Counter {
    fn handle_message(&mut self, message: Message) {
        self.count += message.amount;
    }
}

#[traced_actor]
impl Door {
    fn on_cmd(&mut self, cmd: Command) -> ControlFlow<()> {
        self.apply(cmd)
    }

    async fn run(&mut self) {
        while let Some(cmd) = self.rx.recv().await {
            if self.on_cmd(cmd).is_break() {
                break;
            }
        }
    }
}
