//! Warnings and errors that `tracing` records in a handler, on the span of its message.

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::tail::WARNING_ATTRIBUTE;

/// Marks the span of a message whose handler records a `tracing` event at WARN or ERROR.
///
/// The span gets the attribute `sampling.warning`, and an event with the name of the `tracing` event, which tells its
/// location in the source.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
/// use traced_actor_sampling::Warnings;
///
/// let subscriber = tracing_subscriber::registry().with(Warnings);
/// ```
///
/// An event at another level costs one comparison.
#[derive(Debug, Clone, Copy, Default)]
pub struct Warnings;

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::WARN {
            let span = traced_actor::current_span();
            span.set_attribute(WARNING_ATTRIBUTE, true);
            span.add_event(event.metadata().name());
        }
    }
}
