//! A node's process, and what it says.

use std::io::{BufRead, BufReader, Result, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Sender;

/// The variable that names the file in which a node remembers what it has handled.
pub(crate) const HANDLED_FILE: &str = "ROLLING_UPGRADE_HANDLED";

/// Which program a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Old,
    New,
}

/// A line that a node printed; none when it ended.
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
    /// Starts this program once more, as a node. With a file it remembers there what it has handled.
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

    /// Ends it as a crash does: `kill -9`. It has no time for a last word.
    pub(crate) fn crash(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Whether it ended well.
    pub(crate) fn wait(mut self) -> Result<bool> {
        Ok(self.child.wait()?.success())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
