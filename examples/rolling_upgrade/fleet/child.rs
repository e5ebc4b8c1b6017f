//! A node's process, and its output.

use std::io::{BufRead, BufReader, Result, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Sender;

/// The environment variable with the file in which a node stores the ids of handled messages.
pub(crate) const HANDLED_FILE: &str = "ROLLING_UPGRADE_HANDLED";

/// The program that a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Old,
    New,
}

/// A line that a node printed, or `None` when it ended.
pub(crate) struct Said {
    pub(crate) node: u8,
    pub(crate) version: Version,
    pub(crate) incarnation: u32,
    pub(crate) line: Option<String>,
}

/// One incarnation of a node. It is killed when dropped.
pub(crate) struct Process {
    pub(crate) version: Version,
    child: Child,
    stdin: ChildStdin,
}

impl Process {
    /// Starts this program again, as a node. With a file, the node stores the ids of handled messages in it.
    pub(crate) fn start(
        node: u8,
        version: Version,
        codec: &str,
        incarnation: u32,
        naive: bool,
        ids: Option<&Path>,
        said: Sender<Said>,
    ) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("node")
            .arg(if version == Version::Old { "--old" } else { "--new" })
            .args([codec, &node.to_string(), &incarnation.to_string()])
            .args(naive.then_some("--naive"))
            .envs(ids.map(|file| (HANDLED_FILE, file)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are pipes");
        };
        std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok).map(Some);
            for line in lines.chain([None]) {
                said.send(Said { node, version, incarnation, line }).ok();
            }
        });
        Ok(Self { version, child, stdin })
    }

    /// Gives the node a command.
    pub(crate) fn tell(&mut self, command: &str) -> Result<()> {
        writeln!(self.stdin, "{command}")
    }

    /// Kills it, as by `kill -9`. It prints no last line.
    pub(crate) fn crash(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Waits, and returns whether it ended without an error.
    pub(crate) fn wait(mut self) -> Result<bool> {
        Ok(self.child.wait()?.success())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
