//! Receives messages: decides how far their contexts are trusted, and creates the spans of handling them.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use traced_actor::context::{ContextState, MessageContext, Timestamp};
use traced_actor::{Envelope, MessageSpan, Options};
use traced_actor_propagation::Edge;
use traced_actor_propagation::carrier::ReadCarrier;

use crate::facts::{Facts, System};
use crate::operation::{Operation, Type};
use crate::producer::end;

/// Reads the contexts of messages, trusts them as an [`Edge`] says, and creates the spans of handling the messages.
///
/// ```
/// use std::collections::HashMap;
///
/// use traced_actor_messaging::{Consumer, Facts, System};
/// use traced_actor_propagation::Edge;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), std::io::Error> {
/// # let headers: HashMap<String, String> = HashMap::new();
/// # async fn store() -> Result<(), std::io::Error> { Ok(()) }
/// # async fn acknowledge() -> Result<(), std::io::Error> { Ok(()) }
/// let consumer = Consumer::new(System::Nats, Edge::new("orders"));
/// let facts = Facts::of("orders");
/// let context = consumer.context(&headers);
/// consumer.process(&facts, context, async {
///     store().await?; // or a send to an actor, whose span is below that of the message
///     consumer.settle("ack", &facts, acknowledge()).await
/// }).await?;
/// # Ok(())
/// # }
/// ```
///
/// A message without a context, from a producer that does not trace, is handled like any other: the sampler decides.
///
/// Clones share the limits of the edge.
#[derive(Debug, Clone)]
pub struct Consumer {
    system: System,
    edge: Arc<Edge>,
    options: &'static Options,
    links: bool,
}

impl Consumer {
    /// Creates a consumer. The span of a message is a child of the span that sent it.
    pub fn new(system: System, edge: Edge) -> Self {
        // Leaked once for each consumer that a program creates, which are few.
        let options = Box::leak(Box::new(edge.to_options()));
        Self { system, edge: Arc::new(edge), options, links: false }
    }

    /// Makes the span of a message the root of its own trace, with a link to the span that sent it.
    ///
    /// OpenTelemetry's conventions prefer links, and allow parents for single messages. With parents, one user action
    /// is one trace. Use links if messages wait for hours.
    #[must_use]
    pub fn links(mut self) -> Self {
        self.links = true;
        self
    }

    /// Reads the context of a message. Names of headers are read in any case.
    pub fn context(&self, carrier: &dyn ReadCarrier) -> MessageContext {
        let extraction = self.edge.accept_at(carrier, &Timestamp::now);
        extraction.map_or(MessageContext::UNSAMPLED_REMOTE, |extraction| extraction.context)
    }

    /// Returns a message with its context, for an actor that handles it without a `process` span.
    pub fn envelope<M>(&self, carrier: &dyn ReadCarrier, message: M) -> Envelope<M> {
        Envelope::new(message, self.context(carrier))
    }

    /// Records the span `receive …` (kind CLIENT) of messages that were fetched together, with a link to each sampled
    /// one.
    ///
    /// `name` is the broker's word for the operation: `receive`, `fetch`, `poll`. No span is created if none is
    /// sampled.
    pub fn receive(&self, name: &'static str, facts: &Facts<'_>, contexts: &[MessageContext]) {
        let is_sampled = |context: &&MessageContext| matches!(context.state(), ContextState::Sampled(_));
        let sampled: Vec<_> = contexts.iter().filter(is_sampled).cloned().collect();
        if !sampled.is_empty() {
            let facts = &Facts { batch: (contexts.len() > 1).then_some(contexts.len()), ..*facts };
            self.open_several(Type::RECEIVE, name, facts, sampled).end_ok();
        }
    }

    /// Opens the span `process …` (kind CONSUMER) of a message. Dropping it ends the span.
    pub fn open(&self, facts: &Facts<'_>, context: MessageContext) -> MessageSpan {
        let of = if self.links { Type::PROCESS_LINKED } else { Type::PROCESS };
        let operation = Operation { system: self.system, of, name: "process", facts };
        Operation::open(Envelope::new(operation, context), self.options)
    }

    /// Opens the span `process …` of several messages that are handled together.
    ///
    /// It is the root of a trace, with a link to each message that is sampled.
    pub fn open_batch(&self, facts: &Facts<'_>, contexts: Vec<MessageContext>) -> MessageSpan {
        let facts = &Facts { batch: Some(contexts.len()), ..*facts };
        self.open_several(Type::PROCESS, "process", facts, contexts)
    }

    fn open_several(
        &self,
        of: Type,
        name: &'static str,
        facts: &Facts<'_>,
        contexts: Vec<MessageContext>,
    ) -> MessageSpan {
        let operation = Operation { system: self.system, of, name, facts };
        operation.open_batch(contexts, self.options)
    }

    /// Handles a message in its span, and ends the span with the result.
    ///
    /// # Errors
    ///
    /// Returns the error of the handler.
    ///
    /// # Cancel safety
    ///
    /// As cancel safe as the handler. If the future is dropped, the span ends as `cancelled`, and the broker delivers
    /// unacknowledged messages again.
    pub async fn process<T, E: fmt::Display>(
        &self,
        facts: &Facts<'_>,
        context: MessageContext,
        handler: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut span = self.open(facts, context);
        let result = span.run(handler).await;
        end(span, &result);
        result
    }

    /// Tells the broker the result of a message, in a span (kind CLIENT) with this name below the current one.
    ///
    /// `name` is the broker's word for it: `ack`, `nack`, `commit`. Outside of a sampled span, no span is created.
    ///
    /// # Errors
    ///
    /// Returns the error of the future.
    pub async fn settle<T, E: fmt::Display>(
        &self,
        name: &'static str,
        facts: &Facts<'_>,
        settling: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let operation = Operation { system: self.system, of: Type::SETTLE, name, facts };
        let operation = Envelope::capture_unobserved(operation);
        if !matches!(operation.state(), ContextState::Sampled(_)) {
            return settling.await;
        }
        let mut span = Operation::open(operation, self.options);
        let result = span.run(settling).await;
        end(span, &result);
        result
    }
}
