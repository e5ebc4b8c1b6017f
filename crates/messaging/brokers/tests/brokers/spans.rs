//! Looks at spans.

use traced_actor::record::FinishedSpan;
use traced_actor::testkit::Spans;

/// Returns the tree of spans by their names alone, in the order of their starts.
pub(crate) fn names(spans: &Spans) -> String {
    fn write(parent: Option<&FinishedSpan>, depth: usize, all: &[FinishedSpan], lines: &mut Vec<String>) {
        let is_root =
            |span: &FinishedSpan| !all.iter().any(|other| Some(other.context.span_id) == span.parent);
        let is_below = |span: &&FinishedSpan| match parent {
            None => is_root(span),
            Some(parent) => span.parent == Some(parent.context.span_id),
        };
        for span in all.iter().filter(is_below) {
            lines.push(format!("{}{}", "  ".repeat(depth), span.name));
            write(Some(span), depth + 1, all, lines);
        }
    }
    let mut all = spans.all();
    all.sort_by_key(|span| span.start);
    let mut lines = Vec::new();
    write(None, 0, &all, &mut lines);
    lines.join("\n")
}

pub(crate) fn attribute(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(ToString::to_string)
}

/// Returns whether `child` is below `parent`.
pub(crate) fn is_child(child: &FinishedSpan, parent: &FinishedSpan) -> bool {
    child.parent == Some(parent.context.span_id) && child.context.trace_id == parent.context.trace_id
}

pub(crate) fn is_linked(span: &FinishedSpan, to: &FinishedSpan) -> bool {
    span.links.iter().any(|link| link.span_id == to.context.span_id && link.trace_id == to.context.trace_id)
}

/// Returns the only span of this name.
pub(crate) fn only(spans: &Spans, name: &str) -> FinishedSpan {
    let mut found = spans.named(name);
    assert_eq!(found.len(), 1, "{name} in\n{}", spans.tree());
    found.remove(0)
}

/// The context of a sender that is not traced by us.
pub(crate) const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Returns the span of [`PARENT`].
pub(crate) fn parent() -> String {
    "b7ad6b7169203331".to_owned()
}

/// Returns the parent of each span of this name.
pub(crate) fn parents(spans: &Spans, name: &str) -> Vec<Option<String>> {
    spans.named(name).iter().map(|span| span.parent.map(|id| id.to_string())).collect()
}

/// An error that a test causes on purpose.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) &'static str);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failed {}
