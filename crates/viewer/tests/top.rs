//! `traced-actor-top` in a real terminal: tmux, which draws what a person would see.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;
use traced_actor::{ActorRef, spawn, traced_actor};
use traced_actor_viewer::{Builder, Exporter, Viewer};

const TOP: &str = env!("CARGO_BIN_EXE_traced-actor-top");
/// The maximum time until a condition is true. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(180);

#[traced_actor]
#[derive(Debug)]
enum Order {
    Bake,
}

struct Baker;

#[traced_actor]
impl Baker {
    async fn handle(&mut self, order: Order) {
        let Order::Bake = order;
        tokio::task::yield_now().await;
    }
}

/// Starts a viewer, and an actor that works.
fn viewer() -> (Viewer, Exporter) {
    let started = Builder::new().quiet(true).service("bakery").start("127.0.0.1:0").expect("it starts");
    thread::spawn(work);
    started
}

#[tokio::main(flavor = "current_thread")]
async fn work() {
    let baker: ActorRef<Order> = spawn(Baker, 8);
    loop {
        baker.cast(Order::Bake).await.expect("it runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A terminal with a shell in it, until it is dropped.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Opens a terminal of this size. Returns `None` if tmux is missing and not required.
    fn open(name: &str, width: u16, height: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            assert!(std::env::var_os("REQUIRE_TMUX").is_none(), "tmux is not installed");
            eprintln!("skipped: needs tmux");
            return None;
        }
        let terminal = Self { socket: format!("traced-actor-top-{name}-{}", std::process::id()) };
        let size = [width.to_string(), height.to_string()];
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &size[0],
            "-y",
            &size[1],
            "env PS1='ready> ' sh",
        ]);
        terminal.until("a shell", |screen| screen.contains("ready>"));
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output =
            Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().expect("tmux runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a text")
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen is as it should be.
    fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        loop {
            let screen = self.screen();
            if is(&screen) {
                return screen;
            }
            assert!(since.elapsed() < PATIENCE, "never {what}:\n{screen}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.key("Enter");
    }

    fn resize(&self, width: u16, height: u16) {
        self.tmux(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// Waits until the second screen and the cursor are shown, or not: one follows the other.
    fn until_modes(&self, second_screen: bool, cursor: bool) {
        let expected = format!("{} {}", u8::from(second_screen), u8::from(cursor));
        let since = Instant::now();
        loop {
            let modes = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
            if modes.trim() == expected {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{} instead of {expected}:\n{}", modes.trim(), self.screen());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fails unless the terminal is as it was before the program.
    fn assert_is_restored(&self) {
        self.until("the shell's screen", |screen| screen.contains("before all") && !screen.contains("MSG/S"));
        self.until_modes(false, true);
        self.line(
            "stty -a | tr ' ;' '\\n\\n' | grep -xE -- '-?(icanon|echo|isig)' | tr '\\n' ' '; echo are set",
        );
        self.until("a terminal that edits lines", |screen| screen.contains("isig icanon echo are set"));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}

fn title(screen: &str) -> &str {
    screen.lines().nth(1).unwrap_or_default()
}

#[test]
fn it_is_driven_by_keys_follows_the_size_and_leaves_the_terminal_as_it_was() {
    let Some(terminal) = Terminal::open("keys", 120, 24) else { return };
    let (viewer, exporter) = viewer();
    terminal.line("echo before all");
    // By the name that people write, which has two addresses.
    terminal.line(&format!("{TOP} http://localhost:{}/", viewer.address().port()));
    let screen = terminal.until("the actors", |screen| screen.contains("Baker "));
    assert!(screen.starts_with("by msg/s · s order"), "{screen}");
    assert!(
        title(&screen).starts_with("ACTOR") && title(&screen).trim_end().ends_with("MESSAGES"),
        "{screen}"
    );
    terminal.until_modes(true, false);
    terminal.until("the rate, which needs two looks", |screen| {
        let row = screen.lines().nth(2).unwrap_or_default();
        row.split_whitespace().nth(1).and_then(|rate| rate.parse().ok()).is_some_and(|rate: f64| rate > 1.0)
    });
    terminal.key("s");
    terminal.until("the next order", |screen| screen.starts_with("by busy "));
    terminal.key("S");
    terminal.until("the order before", |screen| screen.starts_with("by msg/s "));
    terminal.key("Left");
    terminal.until("the last order", |screen| screen.starts_with("by failed/s "));

    terminal.resize(60, 10);
    let small = terminal.until("a small screen", |screen| title(screen).trim_end().ends_with("WAIT P99"));
    assert!(small.lines().all(|line| line.chars().count() <= 60), "{small}");
    terminal.resize(8, 2);
    terminal.resize(130, 30);
    terminal.until("a large screen", |screen| title(screen).trim_end().ends_with("MESSAGES"));

    // The process ends: the last figures stay, and the keys are heard.
    drop((viewer, exporter));
    let lost = terminal.until("that there is no answer", |screen| screen.starts_with("no answer: "));
    assert!(lost.contains("Baker "), "{lost}");
    terminal.key("q");
    terminal.assert_is_restored();
}

#[test]
fn an_interrupt_ends_it() {
    let Some(terminal) = Terminal::open("interrupt", 100, 20) else { return };
    let (viewer, _exporter) = viewer();
    terminal.line("echo before all");
    for keys in ["C-c", "Escape"] {
        terminal.line(&format!("{TOP} {}", viewer.address()));
        terminal.until("the actors", |screen| screen.contains("MSG/S"));
        terminal.key(keys);
        terminal.assert_is_restored();
    }
}

/// Answers the first request with an empty object, and begins answers to all others that never end.
///
/// A byte comes now and then, so that no reader gives up.
fn serve_without_end(listener: &TcpListener) {
    let mut is_first = true;
    for stream in listener.incoming() {
        // To the end of the request: bytes that nobody read would reset the connection.
        let mut request = BufReader::new(stream.expect("a connection"));
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert!(request.read_line(&mut line).expect("a line") > 0, "the request ends with an empty line");
        }
        let mut stream = request.into_inner();
        if std::mem::take(&mut is_first) {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
            stream.write_all(answer).expect("it is read");
            continue;
        }
        thread::spawn(move || {
            while stream.write_all(b" ").is_ok() {
                thread::sleep(Duration::from_millis(200));
            }
        });
    }
}

/// The keys are heard while the process does not answer.
#[test]
fn a_process_that_hangs_does_not_hold_the_keys() {
    let Some(terminal) = Terminal::open("hangs", 100, 20) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one");
    thread::spawn(move || serve_without_end(&listener));
    terminal.line("echo before all");
    terminal.line(&format!("{TOP} {address}"));
    terminal.until("a screen", |screen| screen.starts_with("asking"));
    terminal.key("q");
    terminal.assert_is_restored();
}

fn run(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(TOP);
    let output = command.args(arguments).stdin(Stdio::null()).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("a text"))
}

#[test]
fn what_is_wrong_is_said_before_the_screen_is_taken() {
    let (viewer, _exporter) = viewer();
    // Held, so that nobody else gets the port, and without a listener.
    let held = TcpSocket::new_v4().expect("a socket");
    held.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let closed = held.local_addr().expect("it has one");
    let (is_right, said) = run(&[&closed.to_string()]);
    assert!(!is_right && said.starts_with(&format!("{closed}: ")) && said.contains("refused"), "{said}");
    let (is_right, said) = run(&[&viewer.address().to_string()]);
    assert!(!is_right && said.starts_with("the output is no terminal"), "{said}");
    for wrong in [&[][..], &["--interval"], &["-x"]] {
        let (is_right, said) = run(wrong);
        assert!(!is_right && said.starts_with("usage: traced-actor-top ADDRESS"), "{said}");
    }
    let (is_right, said) = run(&["--help"]);
    assert!(is_right && said.starts_with("usage: "), "{said}");
    assert!(!run(&["not an address"]).0);

    let token = "0123456789abcdef";
    let (other, _other) = Builder::new().quiet(true).token(token).start("127.0.0.1:0").expect("it starts");
    let (is_right, said) = run(&[&other.address().to_string()]);
    assert!(!is_right && said.contains("401"), "{said}");
}
