//! A broker that speaks Kafka's protocol, as a separate process.

use std::process::Command;

use crate::server::{Server, program};

/// Starts it, with its topics in memory. Returns `None` where it is not installed.
pub fn kafka() -> Option<Server> {
    let program = program("tansu", &[])?;
    Some(Server::start(move |folder, port| {
        let url = format!("tcp://127.0.0.1:{port}");
        let mut command = Command::new(&program);
        command.args(["broker", "--listener-url", &url, "--advertised-listener-url", &url]);
        command.args(["--storage-engine", "memory://tansu/"]).current_dir(folder);
        command
    }))
}
