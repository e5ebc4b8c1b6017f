//! The attribute on single methods of an impl block.

impl Guild {
    #[traced_actor(name = "Guild")]
    pub async fn run(mut self) {
        while let Some(message) = self.rx.recv().await {
            self.step(message);
        }
    }

    #[traced_actor(name = "Guild")]
    fn step(&mut self, message: Message) {}
}
