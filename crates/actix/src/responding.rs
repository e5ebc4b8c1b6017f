//! A message whose answer is being sent. The answer may be a future that the actor's context runs.

use std::fmt;

use traced_actor::actor::HandlerSpan;

use crate::in_span::InSpan;

type Finish = Box<dyn FnOnce(HandlerSpan)>;

/// The span of a handled message, and the function to call when the answer is available.
pub(crate) struct Responding {
    span: HandlerSpan,
    finish: Finish,
}

impl Responding {
    pub(crate) fn new(span: HandlerSpan, finish: impl FnOnce(HandlerSpan) + 'static) -> Self {
        Self { span, finish: Box::new(finish) }
    }

    /// Ends with an answer that is available.
    pub(crate) fn finish(self) {
        (self.finish)(self.span);
    }

    /// Runs the future of an answer.
    pub(crate) fn run<F>(self, future: F) -> InSpan<F, impl FnOnce(HandlerSpan, ())> {
        let Self { span, finish } = self;
        InSpan::owning(span, future, move |span, ()| finish(span))
    }
}

impl fmt::Debug for Responding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responding").finish_non_exhaustive()
    }
}
