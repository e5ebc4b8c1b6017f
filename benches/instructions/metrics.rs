//! Instructions of an unsampled message while metrics are off and on: `cargo bench -p traced-actor-instructions --bench metrics`.
//!
//! A message is sent through a mailbox in a trace that is not sampled, received and handled, on one thread and by polling. Each way is counted by callgrind in a process
//! of its own. Reading the clock is a few instructions that take long: see the times of `cargo bench -p traced-actor-bench-frameworks`.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::process::{Command, ExitCode};
use std::task::{Context, Poll, Waker};

use tokio::sync::mpsc as raw;
use traced_actor::context::MessageContext;
use traced_actor::record::{self, FinishedSpans};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, traced_actor};
use traced_actor_instructions::measure;
use traced_actor_metrics::Metrics;

const CHILD: &str = "TRACED_ACTOR_METRICS_CHILD";
/// The number of messages in a round. The first round is not counted, because it fills caches.
const MESSAGES: u32 = 512;

/// The names of the ways, and the way to which each one is compared.
const WAYS: [(&str, Option<&str>); 8] = [
    ("bare", None),
    ("metrics off", Some("bare")),
    ("metrics and open work on", Some("metrics off")),
    ("metrics on, no open work", Some("metrics off")),
    ("one message in 8 timed", Some("metrics off")),
    (ACTOR_OFF, Some("bare")),
    (ACTOR_ON, Some(ACTOR_OFF)),
    (INSTANCE_ON, Some(ACTOR_OFF)),
];

/// A loop that the macro has found, so its actor is known.
const ACTOR_OFF: &str = "an actor's loop, metrics off";
const ACTOR_ON: &str = "an actor's loop, metrics on";
/// Such a loop of a named instance, which has its own timings.
const INSTANCE_ON: &str = "a named instance, metrics on";

fn main() -> ExitCode {
    if let Ok(way) = std::env::var(CHILD) {
        run(&way);
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: no valgrind here");
        return ExitCode::SUCCESS;
    }
    let mut found: Vec<(&str, f64)> = Vec::new();
    for (way, added_to) in WAYS {
        match count(way) {
            Ok(instructions) => {
                let before = found.iter().find(|(name, _)| Some(*name) == added_to);
                let added = before.map_or_else(String::new, |(name, before)| {
                    format!("  {:+.0} to {name}", instructions - before)
                });
                println!("{way:>28} {instructions:7.0} instructions a message{added}");
                found.push((way, instructions));
            }
            Err(error) => {
                eprintln!("{way}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Returns the instructions of one message.
fn count(way: &str) -> Result<f64, String> {
    let this = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*::measure", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .env(CHILD, way)
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected =
        said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    let collected: f64 = collected.and_then(|count| count.parse().ok()).ok_or_else(|| said.to_string())?;
    Ok(collected / f64::from(MESSAGES))
}

struct BarePost(u64);

#[traced_actor]
struct Post(u64);

struct Guild(u64);

#[traced_actor]
impl Guild {
    async fn handle_message(&mut self, message: Post) {
        self.0 += std::future::ready(black_box(message.0)).await;
    }
}

struct Looping {
    receiver: mpsc::Receiver<Post>,
    posts: u64,
}

#[traced_actor]
impl Looping {
    async fn run(&mut self) {
        while let Ok(post) = self.receiver.try_recv() {
            self.handle_message(post).await;
        }
    }

    async fn handle_message(&mut self, message: Post) {
        self.posts += std::future::ready(black_box(message.0)).await;
    }
}

impl Guild {
    async fn handle_bare(&mut self, message: BarePost) {
        self.0 += std::future::ready(black_box(message.0)).await;
    }
}

fn run(way: &str) {
    let builder = Metrics::builder();
    let builder = match way {
        "bare" | "metrics off" | ACTOR_OFF => None,
        "metrics on, no open work" => Some(builder.most_handlings(0).most_asks(0)),
        "one message in 8 timed" => Some(builder.time_one_in(8)),
        _ => Some(builder),
    };
    if let Some(builder) = builder {
        builder.install().expect("nothing else observes");
    }
    record::install(FinishedSpans::new(drop)).expect("nothing else records");
    if way == "bare" {
        let (sender, mut receiver) = raw::channel(MESSAGES as usize);
        rounds(async || {
            let mut guild = Guild(0);
            for number in 0..MESSAGES {
                assert!(sender.try_send(BarePost(number.into())).is_ok());
            }
            while let Ok(post) = receiver.try_recv() {
                guild.handle_bare(post).await;
            }
        });
    } else if matches!(way, ACTOR_OFF | ACTOR_ON | INSTANCE_ON) {
        let (sender, receiver) = mpsc::channel(MESSAGES as usize);
        let mut guild = Looping { receiver, posts: 0 };
        rounds(async || {
            send(&sender);
            let run = guild.run().traced();
            if way == INSTANCE_ON { run.instance("guild#1").await } else { run.await }
        });
    } else {
        let (sender, mut receiver) = mpsc::channel(MESSAGES as usize);
        rounds(async || {
            let mut guild = Guild(0);
            send(&sender);
            let handle = async {
                while let Ok(post) = receiver.try_recv() {
                    guild.handle_message(post).await;
                }
            };
            handle.traced().await;
        });
    }
}

/// Sends all messages of a round, like the handler of an unsampled message.
fn send(sender: &mpsc::Sender<Post>) {
    let (_, mut handling) = Envelope::new(Post(0), MessageContext::UNSAMPLED).open();
    let entered = handling.enter();
    for number in 0..MESSAGES {
        assert!(sender.try_send(Post(number.into())).is_ok());
    }
    drop(entered);
    handling.end_ok();
}

/// Runs a round that is not counted, and one that is.
fn rounds(mut round: impl AsyncFnMut()) {
    let mut poll = || {
        let ready = pin!(round()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(ready == Poll::Ready(()), "nothing waits");
    };
    poll();
    measure(&mut poll);
}
