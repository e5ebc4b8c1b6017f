//! The spans of several processes as one text.

/// A span as a node prints it.
pub struct Span {
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    /// A value that says of what it is.
    pub of: String,
}

impl Span {
    /// Reads `span NAME TRACE ID PARENT OF`.
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("span ")?.split(' ').map(str::to_owned);
        let mut next = || words.next();
        Some(Self { name: next()?, trace: next()?, id: next()?, parent: next()?, of: next()? })
    }
}

/// Renders spans as a tree, as the testkit does with those of one process: equal branches are one, with their number before it.
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
