//! The shared parts of the guild examples.
//!
//! [`event`] reads the log, for all of them. The rest is for the guild on three nodes, whatever framework they are of:
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
//! node, with a role and a port. A node says what [`node`] lists, and ends when its standard input does.

pub mod event;
pub mod figures;
pub mod node;
pub mod process;
pub mod program;
mod report;
mod span_line;
mod story;
