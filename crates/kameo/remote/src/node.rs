//! The arguments of a node, and the lines that it prints for the test.

use std::env;
use std::io::Write;

use tokio::io::{AsyncReadExt, stdin};
use traced_actor::testkit::{self, Spans};
use traced_actor_propagation::{Edge, Trust};
use traced_actor_wire::Encoding;

use crate::tree::Span;

/// The arguments of a node.
#[derive(Debug)]
pub struct Args {
    /// `server`, `client`, `unsampled` (a client in an unsampled trace), `load`, `matrix-server` or `matrix`.
    pub role: String,
    /// The server's port.
    pub port: u16,
    /// The name of a server, or the first user of a client.
    pub label: String,
    trust: String,
    enums: String,
}

impl Args {
    /// Reads the arguments: role, port, label, trust, and how enums are sent.
    ///
    /// # Panics
    ///
    /// Panics if one is missing.
    #[must_use]
    pub fn read() -> Self {
        let mut args = env::args().skip(1);
        let mut next = || args.next().expect("five arguments");
        let (role, port) = (next(), next().parse().expect("a port"));
        Self { role, port, label: next(), trust: next(), enums: next() }
    }

    /// Installs a recorder, and applies the arguments.
    ///
    /// # Panics
    ///
    /// Panics if it was called before.
    #[must_use]
    pub fn prepare(&self) -> Spans {
        let trust = match self.trust.as_str() {
            "ignore" => Trust::Ignore,
            "ids" => Trust::Ids,
            _ => Trust::Full,
        };
        traced_actor_kameo::set_edge(Edge::new("swarm").trust(trust)).expect("it is set once");
        if self.enums == "envelopes" {
            traced_actor_kameo::set_enum_encoding(Encoding::Envelope);
        }
        testkit::install()
    }
}

/// Prints a line at once.
///
/// # Panics
///
/// Panics if the output is closed.
pub fn print(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test reads");
}

/// Prints one line for each span, with the number of its case or its `error.type`.
pub fn print_spans(spans: &Spans) {
    spans.all().iter().for_each(|span| print(&Span::line(span, ["case", "error.type"])));
}

/// Waits until the standard input is closed.
pub async fn told_to_end() {
    drop(stdin().read_to_end(&mut Vec::new()).await);
}
