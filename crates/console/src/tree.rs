//! Builds trees of spans from their parents.
//!
//! Any set of spans results in a forest, even with missing parents, duplicate ids, and circular parents.

use std::collections::HashMap;

use traced_actor::SpanId;
use traced_actor::record::FinishedSpan;

/// The number of siblings with one name from which on [`SHOWN`] of them and a count are shown.
const FOLDED: usize = 12;
const SHOWN: usize = 10;

/// The spans of one trace, ordered by start below each parent.
pub(super) struct Forest<'a> {
    spans: &'a [&'a FinishedSpan],
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
    orphans: Vec<bool>,
}

/// One line of the forest.
pub(super) enum Item<'a> {
    /// A span.
    Span {
        span: &'a FinishedSpan,
        /// Set if the tree lacks its parent, which is in another process, still open, or not recorded.
        is_orphan: bool,
        has_children: bool,
    },
    /// Siblings that are not shown.
    Folded(Folded),
}

/// Siblings with one name that are not shown, with all their descendants.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) name: &'static str,
    pub(super) spans: usize,
    pub(super) below: usize,
    pub(super) failed: usize,
}

impl<'a> Forest<'a> {
    pub(super) fn new(spans: &'a [&'a FinishedSpan]) -> Self {
        let mut by_id: HashMap<SpanId, usize> = HashMap::with_capacity(spans.len());
        for (i, span) in spans.iter().enumerate() {
            // If two spans have the same id, the first one has the children.
            by_id.entry(span.context.span_id).or_insert(i);
        }
        let mut parents: Vec<Option<usize>> =
            spans.iter().map(|span| by_id.get(&span.parent?).copied()).collect();
        cut_circles(&mut parents);

        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|&i| spans[i].start);
        let mut roots = Vec::new();
        let mut children = vec![Vec::new(); spans.len()];
        for i in order {
            match parents[i] {
                Some(parent) => children[parent].push(i),
                None => roots.push(i),
            }
        }
        let orphans = spans
            .iter()
            .zip(&parents)
            .map(|(span, parent)| span.parent.is_some() && parent.is_none())
            .collect();
        Self { spans, roots, children, orphans }
    }

    /// Returns whether a parent is missing.
    pub(super) fn has_orphans(&self) -> bool {
        self.orphans.contains(&true)
    }

    /// Visits every line from the top.
    ///
    /// For each level from the root's children down to the line's own, the visitor gets whether the branch there is the
    /// last one. An orphan has its own branch.
    ///
    /// Uses no recursion, so that deep trees need no stack.
    pub(super) fn walk(&self, mut visit: impl FnMut(&[bool], Item<'a>)) {
        let mut open = vec![self.fold(&self.roots).into_iter()];
        let mut path = Vec::new();
        while let Some(level) = open.last_mut() {
            let Some(line) = level.next() else {
                open.pop();
                path.pop();
                continue;
            };
            let is_last = level.len() == 0;
            if open.len() == 1 {
                path.clear();
                path.extend(matches!(line, Line::Span(i) if self.orphans[i]).then_some(true));
            } else if let Some(here) = path.last_mut() {
                *here = is_last;
            }
            match line {
                Line::Span(i) => {
                    let has_children = !self.children[i].is_empty();
                    let item = Item::Span { span: self.spans[i], is_orphan: self.orphans[i], has_children };
                    visit(&path, item);
                    if has_children {
                        open.push(self.fold(&self.children[i]).into_iter());
                        path.push(false);
                    }
                }
                Line::Folded(folded) => visit(&path, Item::Folded(folded)),
            }
        }
    }

    /// Returns the lines for these siblings.
    fn fold(&self, siblings: &[usize]) -> Vec<Line> {
        /// Siblings of one name.
        #[derive(Default)]
        struct Named {
            all: usize,
            shown: usize,
            folded: Option<usize>,
        }
        let mut names: HashMap<&str, Named> = HashMap::new();
        for &i in siblings {
            names.entry(self.spans[i].name).or_default().all += 1;
        }
        let mut lines = Vec::new();
        let mut folded: Vec<Folded> = Vec::new();
        for &i in siblings {
            let name = self.spans[i].name;
            let named = names.entry(name).or_default();
            if named.all <= FOLDED || named.shown < SHOWN {
                named.shown += 1;
                lines.push(Line::Span(i));
                continue;
            }
            let at = *named.folded.get_or_insert(folded.len());
            if at == folded.len() {
                folded.push(Folded { name, ..Folded::default() });
            }
            folded[at].spans += 1;
            self.add_up(i, &mut folded[at]);
        }
        lines.extend(folded.into_iter().map(Line::Folded));
        lines
    }

    /// Counts the descendants of `top`, and the failures of `top` and its descendants.
    fn add_up(&self, top: usize, folded: &mut Folded) {
        let mut open = vec![top];
        while let Some(i) = open.pop() {
            folded.failed += usize::from(self.spans[i].error.is_some());
            folded.below += self.children[i].len();
            open.extend(&self.children[i]);
        }
    }
}

enum Line {
    Span(usize),
    Folded(Folded),
}

/// Removes one parent from every circle.
fn cut_circles(parents: &mut [Option<usize>]) {
    // The number of the walk that visited it, or 0.
    let mut seen = vec![0; parents.len()];
    for first in 0..parents.len() {
        let walk = first + 1;
        let mut at = first;
        while seen[at] == 0 {
            seen[at] = walk;
            match parents[at] {
                Some(parent) if seen[parent] == walk => parents[at] = None,
                Some(parent) => at = parent,
                None => break,
            }
        }
    }
}
