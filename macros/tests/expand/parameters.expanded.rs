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
    #[allow(clippy::manual_async_fn)]
    fn handle<__M: ::core::convert::Into<::traced_actor::Envelope<Message>>>(
        &mut self,
        now: Instant,
        message: __M,
        argument_3: (&Up, &Down),
        argument_4: u8,
        output: &mut Vec<u8>,
    ) -> impl ::core::future::Future<Output = Result<bool, Error>> {
        let (message, claimed) = ::traced_actor::__private::claim(
            const { &::traced_actor::Options::new().name("Guild") },
            message,
            {
                use ::traced_actor::__private::traits::*;
                (&::traced_actor::__private::Describe::<Message>::new()).describe()
            },
        );
        use ::traced_actor::__private::traits::*;
        return ::traced_actor::__private::handler(
            claimed,
            self.__traced_handle(now, message, argument_3, argument_4, output),
            |output| (&&&::traced_actor::__private::Outcome(output)).failure(),
        );
    }
}
