//! The shared parts of the guild examples.
//!
//! [`event`] reads the log, for all examples. The rest is for the guild on three nodes, with any framework:
//!
//! ```text
//!                 events.jsonl
//!   story ──────────────┬────────────────────────┐
//!     │ starts, reads,  ▼                        │
//!     │ kills      gateway node ─► guild node ─► session node
//!     │                 │               │             │
//!     ▼                 ▼               ▼             ▼
//!   report ◄───────── lines of standard output: spans and words
//! ```
//!
//! A framework's example is one program: [`program::run`]. Without arguments it plays the story, which starts it again as each
//! node, with a role and a port. A node prints the lines in the table of [`node`], and ends when its standard input ends.

pub mod event;
pub mod figures;
pub mod node;
pub mod process;
pub mod program;
mod report;
mod span_line;
mod story;
