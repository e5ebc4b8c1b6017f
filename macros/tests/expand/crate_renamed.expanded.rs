//! The runtime under another name.
mod guild {
    pub(super) enum Message {
        Join(u64),
    }
    pub(super) struct Guild {
        receiver: mpsc::Receiver<Message>,
    }
    impl Guild {
        #[doc(hidden)]
        async fn __traced_run(mut self) {
            while let Some(Message::Join(session)) = self.receiver.recv().await {
                self.join(session);
            }
        }
        async fn run(self) {
            if false {
                use crate::vendored::tracing_of_actors::__private::traits::*;
                (&self.receiver).loses_trace();
            }
            crate::vendored::tracing_of_actors::__private::run(
                    const {
                        &crate::vendored::tracing_of_actors::Options::new().name("Guild")
                    },
                    crate::vendored::tracing_of_actors::__private::Loop {
                        shares: false,
                        continues: false,
                    },
                    self.__traced_run(),
                    |_| ::core::option::Option::None,
                )
                .await;
        }
        fn join(&mut self, session: u64) {}
    }
    /// A [`Message`] on the wire: bare as older senders wrote it, or with the sender's trace context.
    pub(super) type Envelope = crate::vendored::tracing_of_actors::Envelope<Message>;
    #[automatically_derived]
    impl crate::vendored::tracing_of_actors::Message for Message {
        fn kind(&self) -> &'static crate::vendored::tracing_of_actors::Kind {
            match self {
                Self::Join { .. } => {
                    const { &crate::vendored::tracing_of_actors::Kind::new("Join") }
                }
            }
        }
        fn record(&self, fields: &mut crate::vendored::tracing_of_actors::Fields<'_>) {
            match self {
                Self::Join(_0) => {
                    fields
                        .record(
                            "_0",
                            &crate::vendored::tracing_of_actors::field::display(_0),
                        );
                }
            }
        }
    }
}
