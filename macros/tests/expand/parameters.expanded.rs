//! Further parameters are passed on, patterns and `mut` stay with the body, and the message may
//! stand anywhere. No `Actor` impl: nobody else could supply what the handler wants.
impl Guild {
    #[doc(hidden)]
    async fn __traced_handle(
        &mut self,
        now: Instant,
        mut message: Message,
        (up, down): (&Up, &Down),
        _unused: u8,
        output: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        message.touch(now, up, down, output)
    }
    async fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        now: Instant,
        message: __M,
        argument_3: (&Up, &Down),
        argument_4: u8,
        output: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        use ::traced_actor::__private::traits::*;
        let (message, carried) = ::traced_actor::__private::parts::<Message>(message);
        let ::core::option::Option::Some(carried) = carried else {
            return self
                .__traced_handle(now, message, argument_3, argument_4, output)
                .await;
        };
        let (message, mut handling) = ::traced_actor::__private::handle(
            const { &::traced_actor::Options::new().name("Guild") },
            message,
            carried,
            (&::traced_actor::__private::Describe::<Message>::new()).describe(),
        );
        let output = handling
            .run(self.__traced_handle(now, message, argument_3, argument_4, output))
            .await;
        handling.end((&&&::traced_actor::__private::Outcome(&output)).failure());
        output
    }
}
