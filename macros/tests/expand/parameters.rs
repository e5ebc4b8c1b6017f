//! Further parameters are passed on, patterns and `mut` stay with the body, and the message may
//! stand anywhere. No `Actor` impl: nobody else could supply what the handler wants.

#[traced_actor(msg = Message)]
impl Guild {
    async fn handle(
        &mut self,
        now: Instant,
        mut message: Message,
        (up, down): (&Up, &Down),
        _unused: u8,
        output: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        message.touch(now, up, down, output)
    }
}
