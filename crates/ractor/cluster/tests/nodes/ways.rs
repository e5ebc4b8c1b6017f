//! The ways that a message can take, and the trees that they leave between old and new nodes.

use std::time::Duration;

use traced_actor::context::MessageContext;
use traced_actor::{Envelope, traced_actor};

use crate::tree::{Span, tree};

/// A way from a sender to an actor, and the spans that it leaves.
#[derive(Debug)]
pub struct Way {
    /// The name of the way.
    pub name: &'static str,
    /// The spans below a sampled sender.
    pub below: &'static str,
    /// The spans without a decision of the sender.
    pub alone: &'static str,
    /// The spans that start a trace, with any decision of the sender.
    pub apart: &'static str,
    /// The spans that start a trace on the sender's own node.
    pub back: &'static str,
}

impl Way {
    /// Creates a way that leaves the same spans below a sender, and without one.
    #[must_use]
    pub const fn new(name: &'static str, spans: &'static str) -> Self {
        Self { name, below: spans, alone: spans, apart: "", back: "" }
    }

    /// Creates a way on which the sender's trace does not continue.
    #[must_use]
    pub const fn apart(name: &'static str, spans: &'static str) -> Self {
        Self { name, below: "", alone: "", apart: spans, back: "" }
    }
}

/// The decisions of a sender: its trace is sampled or not, or it has none.
pub const DECISIONS: [&str; 3] = ["sampled", "unsampled", "none"];

/// A way, the place of the actor, and the sender's decision.
pub type Case = (&'static Way, &'static str, &'static str);

/// Returns the cases of ways to a place, each with every decision.
pub fn cases(ways: &'static [Way], place: &'static str) -> impl Iterator<Item = Case> {
    ways.iter().flat_map(move |way| DECISIONS.map(|decision| (way, place, decision)))
}

#[traced_actor]
#[traced(fields(case))]
struct Cause {
    case: u64,
}

/// Runs work for a sender of this version with this decision.
pub async fn caused<T>(version: &str, decision: &str, case: u64, work: impl Future<Output = T>) -> T {
    let decided = if decision == "sampled" { MessageContext::ABSENT } else { MessageContext::UNSAMPLED };
    if version == "old" || decision == "none" {
        return work.await;
    }
    let (_, mut span) = Envelope::new(Cause { case }, decided).open();
    let done = span.run(work).await;
    span.end_ok();
    done
}

/// Waits until a condition holds.
pub async fn until(is: impl AsyncFn() -> bool) {
    while !is().await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Compares the trees of all cases with the expected ones. The spans of a case have its number.
///
/// # Panics
///
/// Panics if a tree differs.
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

/// Returns the expected tree of a case between two nodes, each of which is `old` or `new`.
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
