//! Spans without a duration.

use crate::context::{MessageContext, SampledContext};
use crate::flow;
use crate::record::{Description, Fields, RecordFields, SentAs};
use crate::sampling::{Kind, Options};

/// Records a span that ends immediately, and returns its context if the span is sampled.
///
/// Use it for an event without a duration, or to start a trace that continues elsewhere: a connection opens, a job is
/// put into a queue. The span is named `actor/kind`. The context decides as for a message:
///
/// * Absent: the sampler decides.
/// * Unsampled: no span is created.
/// * Sampled: the span is a child of the context's span. If the kind has [`link`](Kind::link), it is a root with a
///   link.
///
/// ```
/// use traced_actor::Kind;
/// use traced_actor::actor::short_span;
/// use traced_actor::context::MessageContext;
///
/// static OPEN: Kind = Kind::new("open");
///
/// let opened = short_span("gateway", &OPEN, MessageContext::ABSENT, |fields| fields.record("port", &4000));
/// let context = opened.map_or(MessageContext::UNSAMPLED, MessageContext::sampled); // for what comes after
/// ```
pub fn short_span(
    actor: &'static str,
    kind: &'static Kind,
    context: MessageContext,
    fields: impl Fn(&mut Fields<'_>),
) -> Option<SampledContext> {
    let fields = &By(fields);
    let options = &Options::new().name(actor);
    flow::short_span(
        context,
        Description {
            kind,
            options,
            type_name: actor,
            fanout: None,
            key: None,
            fields,
            sent: SentAs::OfKind,
        },
    )
}

/// Fields that are recorded by a function.
struct By<F>(F);

impl<F: Fn(&mut Fields<'_>)> RecordFields for By<F> {
    fn record(&self, fields: &mut Fields<'_>) {
        (self.0)(fields);
    }
}
