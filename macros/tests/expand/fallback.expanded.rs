//! After an error the user's items are all there, with stubs in the place of what others expect.
pub mod guild {
    pub enum Message {
        Post(String),
    }
    pub struct Guild;
    impl Guild {
        pub async fn handle(&mut self, message: Message) -> Result<(), Error> {
            Ok(())
        }
    }
    /// A [`Message`] on the wire: bare as older senders wrote it, or with the sender's trace context.
    pub type Envelope = ::traced_actor::Envelope<Message>;
    #[automatically_derived]
    impl ::traced_actor::Message for Message {
        fn kind(&self) -> &'static ::traced_actor::Kind {
            ::traced_actor::__private::stub()
        }
    }
    #[automatically_derived]
    impl ::traced_actor::Actor<Message> for Guild {
        const OPTIONS: ::traced_actor::Options = ::traced_actor::Options::new();
        async fn receive(&mut self, _: ::traced_actor::Envelope<Message>) {
            ::traced_actor::__private::stub()
        }
    }
}
::core::compile_error! {
    "unknown option `hop_limt`; did you mean `hop_limit`? (known here: `name`, `msg`, `handler`, `run`, `start`, `sampler`, `fanout_budget`, `hop_limit`, `crate`, `local`, `spawn`, `allow` and `by_type`)"
}
::core::compile_error! {
    "a sampling ratio lies between 0.0 and 1.0: `sample = 0.01` keeps one in a hundred"
}
