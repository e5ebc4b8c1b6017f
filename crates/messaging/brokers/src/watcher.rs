//! Ends a server and removes its folder once this process is gone, however it ended: by Ctrl-C, by a signal, or killed.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits until its standard input ends, as it does when this process does; then ends a group of processes, if there is one.
const SCRIPT: &str =
    r#"read -r _; [ -z "$1" ] || kill -s KILL -- "-$1"; until rm -rf -- "$2"; do sleep 1; done"#;

/// A small process that outlives this one. Dropping it leaves everything as it is.
#[derive(Debug)]
pub(crate) struct Watcher(Child);

impl Watcher {
    /// Watches over a folder, and over the processes of this group.
    pub(crate) fn start(group: Option<u32>, folder: &Path) -> Self {
        let group = group.map(|group| group.to_string()).unwrap_or_default();
        let mut command = Command::new("sh");
        // In its own process group, so that a terminal's Ctrl-C does not reach it.
        command.args(["-c", SCRIPT, "watcher", &group]).arg(folder).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("a shell is there"))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // Before its standard input ends.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
