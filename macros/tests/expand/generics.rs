//! Generic parameters, lifetimes and where clauses are carried through.

#[traced_actor]
pub enum Action<'a, B, const N: usize = 4>
where
    B: Block,
{
    Get { block: &'a B, reply: Reply<B> },
    Flush([u8; N]),
}

#[traced_actor]
impl<B, R> Inbox<B, R>
where
    B: Block,
    R: Route,
{
    async fn handle_inbox(&mut self, action: Action<'static, B>) -> ControlFlow<()> {
        self.apply(action)
    }

    pub async fn run<S: Stream, const N: usize>(mut self, mut signals: S) {
        while let Some(action) = self.rx.recv().await {
            if self.handle_inbox(action).await.is_break() {
                signals.stop::<N>();
            }
        }
    }
}
