//! The spans of several processes, and their tree.

use traced_actor::record::FinishedSpan;

/// A span as a node prints it.
#[derive(Debug)]
pub struct Span {
    /// The name of the span.
    pub name: String,
    /// The trace id.
    pub trace: String,
    /// The span id.
    pub id: String,
    /// The span id of the parent, or `none`.
    pub parent: String,
    /// The value of one of its attributes, or `none`.
    pub of: String,
}

impl Span {
    /// Returns the line that a node prints, with the first of these attributes that the span has.
    #[must_use]
    pub fn line(span: &FinishedSpan, attributes: [&str; 2]) -> String {
        let parent = span.parent.map_or("none".to_owned(), |parent| parent.to_string());
        let of = attributes.iter().find_map(|name| span.attribute(name));
        let of = of.map_or("none".to_owned(), ToString::to_string);
        let FinishedSpan { name, context, .. } = span;
        format!("span {name} {} {} {parent} {of}", context.trace_id, context.span_id)
    }

    /// Reads a line of [`line`](Self::line).
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("span ")?.split(' ').map(str::to_owned);
        let mut next = || words.next();
        Some(Self { name: next()?, trace: next()?, id: next()?, parent: next()?, of: next()? })
    }
}

/// Renders spans as a tree, as the testkit does with those of one process. Equal branches are merged, with their number.
#[must_use]
pub fn tree(spans: &[&Span]) -> String {
    let is_known = |id: &str| spans.iter().any(|span| span.id == id);
    let roots = spans.iter().copied().filter(|span| !is_known(&span.parent));
    branches(roots.collect(), spans).join("\n")
}

fn branches(siblings: Vec<&Span>, spans: &[&Span]) -> Vec<String> {
    let mut branches: Vec<Vec<String>> = siblings.into_iter().map(|span| branch(span, spans)).collect();
    branches.sort();
    let branches = branches.chunk_by(|one, other| one == other).flat_map(|alike| {
        let mut lines = alike[0].clone();
        if alike.len() > 1 {
            lines[0] = format!("{} × {}", alike.len(), lines[0]);
        }
        lines
    });
    branches.collect()
}

fn branch(span: &Span, spans: &[&Span]) -> Vec<String> {
    let below: Vec<&Span> = spans.iter().copied().filter(|child| child.parent == span.id).collect();
    assert!(
        below.iter().all(|child| child.trace == span.trace),
        "a child of {} is in another trace",
        span.name
    );
    let missing = if span.parent == "none" || spans.iter().any(|parent| parent.id == span.parent) {
        ""
    } else {
        " (parent missing)"
    };
    let below = branches(below, spans).into_iter().map(|line| format!("  {line}"));
    std::iter::once(format!("{}{missing}", span.name)).chain(below).collect()
}
