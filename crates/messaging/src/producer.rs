//! Sends messages: creates the span, and writes its context into the message.

use std::fmt;
use std::future::Future;

use traced_actor::context::{ContextState, MessageContext};
use traced_actor::record::Failure;
use traced_actor::{Envelope, Kind, Message, MessageSpan, Options};
use traced_actor_propagation::CompositePropagator;
use traced_actor_propagation::carrier::WriteCarrier;

use crate::facts::{Facts, System};
use crate::operation::{Operation, Type};

/// The name of the actor for samplers.
static OPTIONS: Options = Options::new().name("producer");

/// Creates the spans of sending, and writes their contexts.
///
/// ```
/// use std::collections::HashMap;
///
/// use traced_actor_messaging::{Facts, Producer, System};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), std::io::Error> {
/// # async fn hand_over(_: HashMap<String, String>) -> Result<(), std::io::Error> { Ok(()) }
/// let producer = Producer::new(System::Nats);
/// let mut headers: HashMap<String, String> = HashMap::new();
/// let mut sending = producer.send(&Facts::of("orders"));
/// sending.write(&mut headers);
/// sending.run(hand_over(headers)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Producer {
    system: System,
    formats: CompositePropagator,
}

impl Producer {
    /// Creates a producer that writes W3C's `traceparent`, `tracestate` and `baggage`.
    pub fn new(system: System) -> Self {
        Self { system, formats: CompositePropagator::default() }
    }

    /// Sets the formats that are written.
    #[must_use]
    pub fn formats(mut self, formats: CompositePropagator) -> Self {
        self.formats = formats;
        self
    }

    /// Opens the span `send …` (kind PRODUCER) of one message, as a child of the current span.
    pub fn send(&self, facts: &Facts<'_>) -> Sending {
        let operation = Operation { system: self.system, of: Type::SEND, name: "send", facts };
        let span = Operation::open(Envelope::capture_unobserved(operation), &OPTIONS);
        Sending { span, formats: self.formats.clone() }
    }

    /// Records the span `create …` (kind PRODUCER) of one message of a batch, and writes its context into the message.
    ///
    /// Returns the context for [`send_batch`](Self::send_batch).
    pub fn create(&self, facts: &Facts<'_>, carrier: &mut dyn WriteCarrier) -> MessageContext {
        let operation = Operation { system: self.system, of: Type::CREATE, name: "create", facts };
        let mut span = Operation::open(Envelope::capture_unobserved(operation), &OPTIONS);
        let context = within(&mut span);
        self.formats.inject_context(context.state(), carrier);
        span.end_ok();
        context
    }

    /// Opens the span `send …` (kind CLIENT) of a batch of messages that were [created](Self::create).
    ///
    /// It is the root of a trace, with a link to each of them.
    pub fn send_batch(&self, facts: &Facts<'_>, created: Vec<MessageContext>) -> Sending {
        let facts = &Facts { batch: Some(created.len()), ..*facts };
        let operation = Operation { system: self.system, of: Type::SEND_BATCH, name: "send", facts };
        Sending { span: operation.open_batch(created, &OPTIONS), formats: self.formats.clone() }
    }

    /// Writes the current context without creating a span. Use it if another library creates the message's span.
    pub fn inject(&self, carrier: &mut dyn WriteCarrier) {
        self.formats.inject_context(Envelope::capture_unobserved(Sent).state(), carrier);
    }
}

/// Messages that are being sent. Created by [`Producer::send`] and [`Producer::send_batch`].
///
/// Dropping it ends the span.
#[must_use = "the messages are sent while this lives"]
pub struct Sending {
    span: MessageSpan,
    formats: CompositePropagator,
}

impl Sending {
    /// Writes the span's context into the message, and removes any earlier context. Other headers are kept.
    ///
    /// If the message is not sampled, this is written. If no decision was made, nothing is written.
    pub fn write(&mut self, carrier: &mut dyn WriteCarrier) {
        let context = within(&mut self.span);
        self.formats.inject_context(context.state(), carrier);
    }

    /// Removes every context from the message. Use it if the message would be too large with its context.
    pub fn remove(&self, carrier: &mut dyn WriteCarrier) {
        self.formats.inject_context(ContextState::Absent, carrier);
    }

    /// Hands the message to the broker in the span, and ends the span with the result.
    ///
    /// # Errors
    ///
    /// Returns the error of the future.
    ///
    /// # Cancel safety
    ///
    /// As cancel safe as the future. If it is dropped, the span ends as `cancelled`.
    pub async fn run<T, E: fmt::Display>(
        mut self,
        hand_over: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let result = self.span.run(hand_over).await;
        end(self.span, &result);
        result
    }
}

/// Returns the context of messages that are sent in this span.
fn within(span: &mut MessageSpan) -> MessageContext {
    let _entered = span.enter();
    Envelope::capture_unobserved(Sent).into_parts().1
}

pub(crate) fn end<T, E: fmt::Display>(span: MessageSpan, result: &Result<T, E>) {
    match result {
        Ok(_) => span.end_ok(),
        Err(error) => span.end(Some(Failure::new(std::any::type_name::<E>(), Some(error)))),
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("span", &self.span).finish_non_exhaustive()
    }
}

/// A message that is sent.
struct Sent;

impl Message for Sent {
    fn kind(&self) -> &'static Kind {
        static MESSAGE: Kind = Kind::new("message");
        &MESSAGE
    }
}
