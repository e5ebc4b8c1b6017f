//! Renders spans as a text that is the same in each run, and compares such texts.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use crate::context::SpanId;
use crate::record::{FinishedSpan, OwnedAttribute};

/// Attributes that are the same for every span, or that differ between runs.
const LEFT_OUT: [&str; 4] = ["messaging.", "actor.", "sampling.", "error.type"];

/// The lines of a span and its descendants.
type Branch = Vec<String>;

/// Renders spans as a tree, without line breaks at the ends.
pub(super) fn render(spans: &[FinishedSpan]) -> String {
    let by_id: HashMap<SpanId, &FinishedSpan> =
        spans.iter().map(|span| (span.context.span_id, span)).collect();
    let mut children: HashMap<SpanId, Vec<&FinishedSpan>> = HashMap::new();
    let mut roots = Vec::new();
    for span in spans {
        match span.parent.filter(|parent| by_id.contains_key(parent)) {
            Some(parent) => children.entry(parent).or_default().push(span),
            None => roots.push(span),
        }
    }
    let tree = Tree { by_id, children };
    tree.branches(&roots, &mut HashSet::new()).join("\n")
}

struct Tree<'a> {
    by_id: HashMap<SpanId, &'a FinishedSpan>,
    children: HashMap<SpanId, Vec<&'a FinishedSpan>>,
}

impl Tree<'_> {
    /// Returns the branches of siblings. Equal branches are combined.
    ///
    /// `above` contains the ancestors, so that a span that is its own ancestor ends the recursion.
    fn branches(&self, spans: &[&FinishedSpan], above: &mut HashSet<SpanId>) -> Branch {
        let mut branches: Vec<Branch> = spans.iter().map(|span| self.branch(span, above)).collect();
        branches.sort();
        let mut lines = Vec::new();
        for alike in branches.chunk_by(|one, other| one == other) {
            let mut branch = alike[0].clone();
            if alike.len() > 1 {
                branch[0] = format!("{} × {}", alike.len(), branch[0]);
            }
            lines.append(&mut branch);
        }
        lines
    }

    fn branch(&self, span: &FinishedSpan, above: &mut HashSet<SpanId>) -> Branch {
        let mut lines = vec![self.line(span)];
        if above.insert(span.context.span_id) {
            let below = self.children.get(&span.context.span_id).map_or(&[][..], Vec::as_slice);
            lines.extend(self.branches(below, above).into_iter().map(|line| format!("  {line}")));
            above.remove(&span.context.span_id);
        }
        lines
    }

    fn line(&self, span: &FinishedSpan) -> String {
        let mut line = span.name.to_owned();
        for (name, value) in &span.attributes {
            if LEFT_OUT.iter().any(|left_out| name.starts_with(left_out)) {
                continue;
            }
            // Writing to a `String` does not fail.
            let _ = match value {
                OwnedAttribute::Str(text) => write!(line, " {name}={text:?}"),
                other => write!(line, " {name}={other}"),
            };
        }
        for event in &span.events {
            let _ = write!(line, " @{}", event.name);
        }
        if let Some(error) = &span.error {
            let _ = write!(line, " error={error:?}");
        }
        let mut links: Vec<&str> = span
            .links
            .iter()
            .map(|link| self.by_id.get(&link.span_id).map_or("another trace", |linked| linked.name))
            .collect();
        links.sort_unstable();
        for link in links {
            let _ = write!(line, " ~ {link}");
        }
        if span.parent.is_some_and(|parent| !self.by_id.contains_key(&parent)) {
            line.push_str(" (parent missing)");
        }
        if span.lost_context {
            line.push_str(" (context lost)");
        }
        line
    }
}

/// Returns the difference of `found` and `expected`, line by line, or `None` if they are equal.
pub(super) fn difference(expected: &str, found: &str) -> Option<String> {
    let expected = lines(expected);
    let found = lines(found);
    if expected == found {
        return None;
    }
    // The longest common subsequence of each pair of suffixes.
    let mut common = vec![vec![0_usize; found.len() + 1]; expected.len() + 1];
    for (i, one) in expected.iter().enumerate().rev() {
        for (j, other) in found.iter().enumerate().rev() {
            common[i][j] =
                if one == other { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut said = Vec::new();
    while i < expected.len() || j < found.len() {
        if i < expected.len() && j < found.len() && expected[i] == found[j] {
            said.push(format!("  {}", expected[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == found.len() || i < expected.len() && common[i + 1][j] >= common[i][j + 1] {
            said.push(format!("- {}", expected[i]));
            i += 1;
        } else {
            said.push(format!("+ {}", found[j]));
            j += 1;
        }
    }
    Some(said.join("\n"))
}

/// Returns the lines of a text without empty lines and without the common indent.
fn lines(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let indent = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    lines.into_iter().map(|line| &line[indent..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_says_what_is_missing_and_what_is_too_much() {
        let said = difference("\n    Guild/Post\n      Session/Deliver\n", "Guild/Post\n  Session/Drop\n");
        assert_eq!(said.unwrap(), "  Guild/Post\n-   Session/Deliver\n+   Session/Drop");
        assert_eq!(difference("Guild/Post", "").unwrap(), "- Guild/Post");
        assert_eq!(difference("", "Guild/Post").unwrap(), "+ Guild/Post");
    }

    #[test]
    fn indents_and_empty_lines_do_not_count() {
        assert_eq!(difference("\n\n    A/B  \n      C/D\n", "A/B\n  C/D"), None);
        assert!(difference("A/B\n  C/D", "A/B\nC/D").is_some(), "an indent that not all have does");
        assert_eq!(difference("", ""), None);
        assert_eq!(difference("  é/È\n  x", "é/È\nx"), None);
    }
}
