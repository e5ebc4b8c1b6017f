//! The cost of the viewer at 100,000 messages a second: without an open page, and with one. `cargo bench --bench viewer`.
//!
//! Each way runs in separate processes, in turns. All have the metrics. Without the viewer, the same share of traces is recorded and dropped.
//! The page is open in this process: it reads the stream of events, and the list of traces once a second, as a browser does. Prints the CPU time
//! of the process, and of the viewer's thread, as shares of one core. `-- --quick` takes 3 seconds for each instead of 20.
//!
//! Budgets: without an open page, the viewer costs nothing (its thread's share is below 0.1 %). An open page costs at most 1 % of a core.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use traced_actor::record::{self, FinishedSpans};
use traced_actor::sampling::{Ratio, set_sampler};
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;
use traced_actor_benches::process_time;
use traced_actor_metrics::Metrics;

const CHILD: &str = "TRACED_ACTOR_VIEWER_BENCH";
const PER_SECOND: u32 = 100_000;
const ACTORS: usize = 10;
/// The share of traces that the viewer keeps: a hundred a second.
const KEPT: f64 = 0.001;
/// The name of the viewer's thread, as truncated by the kernel.
const THREAD: &str = "traced-actor-vi";

const WAYS: [&str; 3] = ["without", "nobody", "page"];

#[traced_actor]
#[derive(Clone, Copy)]
enum Message {
    #[traced(fields(channel))]
    Post { channel: u64 },
}

struct Guild {
    mailbox: mpsc::Receiver<Message>,
    sum: u64,
}

#[traced_actor]
impl Guild {
    async fn run(mut self) -> u64 {
        while let Some(message) = self.mailbox.recv().await {
            self.handle(message);
        }
        self.sum
    }

    fn handle(&mut self, message: Message) {
        let Message::Post { channel } = message;
        self.sum = self.sum.wrapping_add(channel);
    }
}

fn main() -> ExitCode {
    let is_quick = std::env::args().any(|arg| arg == "--quick");
    let result = match std::env::var(CHILD) {
        Ok(child) => run_child(&child),
        Err(_) => run_parent(is_quick),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn run_parent(is_quick: bool) -> Result<()> {
    let (seconds, rounds) = if is_quick { (3, 1) } else { (20, 5) };
    let mut shares = WAYS.map(|_| Vec::new());
    for _ in 0..rounds {
        for (way, shares) in WAYS.into_iter().zip(&mut shares) {
            shares.push(measure(way, seconds)?);
        }
    }
    println!("| {PER_SECOND} messages a second | process, share of a core | viewer's thread |");
    println!("|---|---|---|");
    for (way, shares) in WAYS.into_iter().zip(&mut shares) {
        let median = |of: fn(&Shares) -> f64, shares: &[Shares]| {
            let mut all: Vec<f64> = shares.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2] * 100.0
        };
        println!(
            "| {way} | {:.2} % | {:.3} % |",
            median(|all| all.process, shares),
            median(|all| all.thread, shares)
        );
    }
    Ok(())
}

/// CPU time, as shares of one core.
struct Shares {
    process: f64,
    thread: f64,
}

fn measure(way: &str, seconds: u64) -> Result<Shares> {
    let mut child = Command::new(std::env::current_exe()?)
        .env(CHILD, format!("{way} {seconds}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let shares = watch(&mut child, way);
    if shares.is_err() {
        child.kill()?;
    }
    child.wait()?;
    shares
}

fn watch(child: &mut Child, way: &str) -> Result<Shares> {
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let mut line = || lines.next().ok_or("the process ended")?.map_err(Box::<dyn std::error::Error>::from);
    let address = line()?;
    if way == "page" {
        let mut stream = TcpStream::connect(&address)?;
        write!(stream, "GET /api/events?view=actors HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
        std::thread::spawn(move || {
            let events = BufReader::new(stream).lines().map_while(std::io::Result::ok);
            for _ in events.filter(|line| line == "event: view") {
                // Read the list whenever a trace has ended.
                drop(get(&address, "/api/traces?most=200"));
            }
        });
    }
    // The measurement begins here.
    child.stdin.take().ok_or("no input")?.write_all(b"\n")?;
    let measured = line()?;
    let mut parts = measured.split(' ').map(str::parse::<f64>);
    let mut part = || parts.next().ok_or("two figures")?.map_err(Box::<dyn std::error::Error>::from);
    Ok(Shares { process: part()?, thread: part()? })
}

fn get(address: &str, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

#[tokio::main(flavor = "current_thread")]
async fn run_child(child: &str) -> Result<()> {
    let (way, seconds) = child.split_once(' ').ok_or("a way and seconds")?;
    let seconds: u64 = seconds.parse()?;
    let viewer = if way == "without" {
        Metrics::builder().install()?;
        record::install(FinishedSpans::new(drop)).map_err(|_| "there is a recorder")?;
        set_sampler(Ratio::new(KEPT)).map_err(|_| "there is a sampler")?;
        None
    } else {
        Some(traced_actor_viewer::Builder::new().quiet(true).serve("127.0.0.1:0")?)
    };
    println!("{}", viewer.as_ref().map(|viewer| viewer.address().to_string()).unwrap_or_default());

    let mut guilds = Vec::new();
    for _ in 0..ACTORS {
        let (sender, mailbox) = mpsc::channel(1024);
        tokio::spawn(Guild { mailbox, sum: 0 }.run());
        guilds.push(sender);
    }
    // The sampler settles, and a page is opened.
    send(&guilds, Duration::from_secs(3)).await;
    std::io::stdin().read_line(&mut String::new())?;
    let before = (process_time(), thread());
    let took = send(&guilds, Duration::from_secs(seconds)).await;
    let cpu = [process_time().saturating_sub(before.0).as_secs_f64(), thread() - before.1];
    let shares = cpu.map(|cpu| cpu / took.as_secs_f64());
    println!("{} {}", shares[0], shares[1]);
    Ok(())
}

/// Sends at a steady rate for this duration. Returns the elapsed time.
async fn send(guilds: &[mpsc::Sender<Message>], length: Duration) -> Duration {
    let start = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let (mut sent, mut to) = (0, guilds.iter().cycle());
    while start.elapsed() < length {
        ticks.tick().await;
        let due = start.elapsed().as_micros() * u128::from(PER_SECOND) / 1_000_000;
        while sent < due {
            if let Some(guild) = to.next() {
                let _ = guild.send(Message::Post { channel: 7 }).await;
            }
            sent += 1;
        }
    }
    start.elapsed()
}

/// Returns the CPU time of the viewer's thread, in seconds. 0 if there is none.
fn thread() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_task = |task: std::fs::DirEntry| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let is_it = name.trim() == THREAD;
        let nanos = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        is_it.then(|| nanos.split(' ').next()?.parse::<f64>().ok()).flatten()
    };
    tasks.filter_map(of_task).sum::<f64>() / 1e9
}
