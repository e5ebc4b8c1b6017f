//! A server as a separate process, on a free port of 127.0.0.1, until it is dropped or this process ends.

use std::fmt;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::folder::Folder;
use crate::watcher::Watcher;

/// Makes the command that starts a server, of its folder and its port.
type Start = Box<dyn Fn(&Path, u16) -> Command + Send>;

/// A running server, or one that is stopped for a while.
pub struct Server {
    start: Start,
    process: Option<(Child, Watcher)>,
    port: u16,
    folder: Folder,
}

impl Server {
    /// Starts a server with this command, which gets an empty folder and a port.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be started, or does not listen on its port in time.
    pub fn start(start: impl Fn(&Path, u16) -> Command + Send + 'static) -> Self {
        let mut server =
            Self { start: Box::new(start), process: None, port: free_port(), folder: Folder::create() };
        server.resume();
        server
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it again, on the same port and with the same folder.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn resume(&mut self) {
        let mut command = (self.start)(self.folder.path(), self.port);
        // In its own process group: some servers are started by a script, which does not forward a signal.
        command.process_group(0);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let watcher = Watcher::start(Some(process.id()), self.folder.path());
        let (process, _) = self.process.insert((process, watcher));
        let deadline = Instant::now() + Duration::from_secs(150);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "{command:?} does not answer");
            assert!(process.try_wait().expect("it is ours").is_none(), "{command:?} ended");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once, as a crash would.
    ///
    /// # Panics
    ///
    /// Panics if it is there still after that.
    pub fn kill(&mut self) {
        if let Some((mut process, watcher)) = self.process.take() {
            drop(watcher);
            end_group(&mut process);
            // The port is free once the last of the group has ended.
            let deadline = Instant::now() + Duration::from_secs(20);
            while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                assert!(Instant::now() < deadline, "the server is still there");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// Ends a process at once, and the group that it leads.
pub(crate) fn end_group(process: &mut Child) {
    let group = format!("-{}", process.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    process.wait().expect("it is ours");
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("port", &self.port).finish_non_exhaustive()
    }
}

/// Returns a free port of the loopback interface.
///
/// # Panics
///
/// Panics if there is none.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it is bound").port()
}

/// Finds a program: where `install` puts it, on the path, or in one of these folders.
///
/// # Panics
///
/// Panics if it is missing and `REQUIRE_BROKERS` is set.
pub fn program(name: &str, others: &[&str]) -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/brokers/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(installed)
        .chain(std::env::split_paths(&path))
        .chain(others.iter().map(PathBuf::from));
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("REQUIRE_BROKERS").is_none(),
            "there is no {name}: run crates/messaging/brokers/install"
        );
        eprintln!("skipped: needs {name} (crates/messaging/brokers/install)");
    }
    found
}

/// Runs a command as the user of this name where this is root, for a server that refuses to be root's.
pub fn as_user(name: &str, mut command: Command) -> Command {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (user, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (user == name).then_some((uid.parse().ok()?, gid.parse().ok()?))
    });
    if let (true, Some((uid, gid))) = (is_root(), user) {
        command.uid(uid).gid(gid);
    }
    command
}

/// Returns whether this process is root's.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
