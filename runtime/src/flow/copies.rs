//! One send to several receivers, and the selection of the copies that are traced.

use std::sync::Arc;

use super::capture::{budget, capture, current_span, fanout_span, thinned};
use crate::context::{MessageContext, SampledContext};
use crate::sampling::{Kind, Selection};

/// A sampled message that several receivers get a copy of. Each copy is a recipient of one fan-out.
pub(crate) struct Copied {
    context: SampledContext,
    selection: Selection,
}

impl Copied {
    /// Captures the context for a message of this kind that `n` receivers get a copy of.
    ///
    /// Without a sampled context there is nothing to select, and every copy carries the returned context.
    pub(crate) fn capture(
        kind: impl FnOnce() -> &'static Kind,
        n: usize,
    ) -> Result<Arc<Self>, MessageContext> {
        let context = capture(kind).into_sampled()?;
        let n = n.max(1) as u64;
        let budget = budget(n);
        // Within a fan-out, the send is one of its recipients and is counted there.
        if n > 1
            && fanout_span().is_none()
            && let Some(span) = current_span()
        {
            span.fanouts().add(n, n.min(budget));
        }
        Ok(Arc::new(Self { context, selection: Selection::new(n, budget) }))
    }

    /// Returns the context of the next copy.
    pub(crate) fn next(&self) -> MessageContext {
        if !self.selection.next(false) {
            return MessageContext::NOT_SELECTED;
        }
        let chance = self.selection.probability();
        let (probability, fanout_probability) = thinned(&self.context, chance);
        MessageContext::made(|| SampledContext {
            probability,
            fanout_probability,
            selected: self.context.selected || chance < 1.0,
            ..self.context.clone()
        })
    }
}
