//! A server as a process of its own, on a free port of 127.0.0.1, until it is dropped.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Makes the command that starts a server, of its folder and its port.
type Start = Box<dyn Fn(&Path, u16) -> Command + Send>;

/// A running server, or one that is stopped for a while.
pub(crate) struct Server {
    start: Start,
    process: Option<Child>,
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
}

impl Server {
    /// Starts a server by this command, which is told a folder of its own and a port.
    pub(crate) fn start(start: impl Fn(&Path, u16) -> Command + Send + 'static) -> Self {
        let mut server = Self { start: Box::new(start), process: None, port: free_port(), folder: folder() };
        server.resume();
        server
    }

    /// Starts it again, on the same port and with the same folder.
    pub(crate) fn resume(&mut self) {
        let mut command = (self.start)(&self.folder, self.port);
        // A group of its own: some servers are started by a script, which does not pass on a signal.
        command.process_group(0);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.process = Some(process.unwrap_or_else(|error| panic!("{command:?}: {error}")));
        let deadline = Instant::now() + Duration::from_secs(150);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "{command:?} does not answer");
            let process = self.process.as_mut().expect("it is set above");
            assert!(process.try_wait().expect("it is ours").is_none(), "{command:?} ended");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let group = format!("-{}", process.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            process.wait().expect("it is ours");
            // The port is free once the last of the group has ended.
            let deadline = Instant::now() + Duration::from_secs(20);
            while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                assert!(Instant::now() < deadline, "the server is still there");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it is bound").port()
}

/// Makes an empty folder, which everybody can use.
fn folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("traced-actor-broker-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// Finds a program: where `install` puts it, on the path, or in one of these folders.
pub(crate) fn program(name: &str, others: &[&str]) -> Option<PathBuf> {
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
pub(crate) fn as_user(name: &str, mut command: Command) -> Command {
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

pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
