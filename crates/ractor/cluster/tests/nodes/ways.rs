//! A way that a message can take, and the trees that it leaves between old and new nodes.

use crate::tree::{Span, tree};

/// A way from a sender to an actor, and what is left of it.
#[derive(Debug)]
pub struct Way {
    /// Says which it is.
    pub name: &'static str,
    /// What is left below a sender that is sampled.
    pub below: &'static str,
    /// What is left where nobody has decided.
    pub alone: &'static str,
    /// What starts a trace, whatever the sender has decided.
    pub apart: &'static str,
    /// What the sender's own node starts a trace with.
    pub back: &'static str,
}

impl Way {
    /// Creates a way that leaves the same spans below a sender, and without one.
    #[must_use]
    pub const fn new(name: &'static str, spans: &'static str) -> Self {
        Self { name, below: spans, alone: spans, apart: "", back: "" }
    }

    /// Creates a way that the sender's trace does not go.
    #[must_use]
    pub const fn apart(name: &'static str, spans: &'static str) -> Self {
        Self { name, below: "", alone: "", apart: spans, back: "" }
    }
}

/// What a sender has decided: its trace is sampled, or it is not, or there is none.
pub const DECISIONS: [&str; 3] = ["sampled", "unsampled", "none"];

/// A way, the place of the actor, and what the sender has decided.
pub type Case = (&'static Way, &'static str, &'static str);

/// Returns the cases of ways to a place, each with every decision.
pub fn cases(ways: &'static [Way], place: &'static str) -> impl Iterator<Item = Case> {
    ways.iter().flat_map(move |way| DECISIONS.map(|decision| (way, place, decision)))
}

/// Compares the trees of all cases, which have their numbers on their spans, with what must be left of them.
///
/// # Panics
///
/// Panics if one is another.
pub fn compare(cases: impl Iterator<Item = (u64, Case)>, client: &str, server: &str, said: &[String]) {
    let spans: Vec<Span> = said.iter().filter_map(|line| Span::read(line)).collect();
    let mut trees = 0;
    let wrong = cases.filter_map(|(number, case)| {
        trees += 1;
        let of_case: Vec<&Span> = spans.iter().filter(|span| span.of == number.to_string()).collect();
        let (expected, found) = (expected(case, client, server), tree(&of_case));
        let (way, place, decision) = case;
        let what = || format!("{} {place}, {decision}:\n{found}\ninstead of\n{expected}\n", way.name);
        (found != expected).then(what)
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "client {client}, server {server}:\n{}", wrong.join("\n"));
    println!("client {client} to server {server}: {trees} trees");
}

/// Returns the tree that must be left of a case between two nodes, each of which is `old` or `new`.
fn expected((way, place, decision): Case, client: &str, server: &str) -> String {
    let receiver = if place == "there" { server } else { client };
    let is_decided = client == "new" && decision != "none";
    let mut roots = Vec::new();
    if client == "new" && decision == "sampled" {
        let below = if receiver == "new" { way.below } else { "" };
        let below = below.lines().map(|line| format!("\n  {line}"));
        roots.push(format!("Cause/Cause{}", below.collect::<String>()));
    }
    if receiver == "new" {
        roots.extend((!is_decided).then(|| way.alone.to_owned()));
        roots.push(way.apart.to_owned());
    }
    if client == "new" {
        roots.push(way.back.to_owned());
    }
    roots.retain(|root| !root.is_empty());
    roots.sort();
    roots.join("\n")
}
