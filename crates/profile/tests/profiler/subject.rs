//! The process that is read: this test program again, with threads that stay in handlers until its input ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use traced_actor::context::{ContextState, MessageContext};
use traced_actor::record::{self, FinishedSpans};
use traced_actor::sync::oneshot;
use traced_actor::{Spawn, task, traced_actor};

const SUBJECT: &str = "TRACED_ACTOR_PROFILE_SUBJECT";

/// The report of a thread of the process about its work: its number, the trace id, the span id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) what: String,
    pub(crate) thread: u32,
    pub(crate) trace: String,
    pub(crate) span: String,
}

/// A process that stays as it is until this is dropped.
pub(crate) struct Subject {
    child: Child,
    pub(crate) said: Vec<Said>,
}

impl Subject {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "subject::is_a_process", "--nocapture", "--test-threads=1"])
            .env(SUBJECT, "1")
            .env("OTEL_SERVICE_NAME", "subject")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut said = Vec::new();
        for line in lines.map_while(Result::ok) {
            // The harness may have begun the line.
            let Some((_, line)) = line.split_once("at ") else { continue };
            if line == "all" {
                break;
            }
            let parts: Vec<&str> = line.split(' ').collect();
            let [what, thread, trace, span] = parts[..] else { panic!("{line}") };
            let thread = thread.parse().expect("a number");
            said.push(Said { what: what.into(), thread, trace: trace.into(), span: span.into() });
        }
        Self { child, said }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[traced_actor]
#[derive(Debug)]
enum Message {
    #[traced(sample = always)]
    Sampled { respond_to: oneshot::Sender<()> },
    #[traced(sample = never)]
    Unsampled { respond_to: oneshot::Sender<()> },
    #[traced(sample = always)]
    Spawns { respond_to: oneshot::Sender<()> },
}

/// A barrier for all threads that stay, and the one that reports it.
static STAY: Barrier = Barrier::new(6);

/// Prints the work of this thread, and stays.
fn stay(what: &str) {
    let (mut trace, mut span) = ("0".repeat(32), "0".repeat(16));
    if let ContextState::Sampled(sampled) = MessageContext::current().state() {
        (trace, span) = (sampled.context.trace_id.to_string(), sampled.context.span_id.to_string());
    }
    let link = std::fs::read_link("/proc/thread-self").expect("Linux");
    let thread = link.file_name().and_then(|name| name.to_str()).expect("a number").to_owned();
    println!("\nat {what} {thread} {trace} {span}");
    STAY.wait();
    loop {
        std::thread::park();
    }
}

struct Guild;

#[traced_actor]
#[allow(clippy::unused_async, reason = "a handler is async whether or not it awaits")]
impl Guild {
    async fn handle(&mut self, message: Message) {
        match message {
            Message::Sampled { respond_to } => {
                stay("sampled");
                let _ = respond_to.send(());
            }
            Message::Unsampled { respond_to } => {
                stay("unsampled");
                let _ = respond_to.send(());
            }
            Message::Spawns { respond_to } => {
                // The handler is done, and they go on.
                task::spawn(async { stay("task") });
                task::spawn_blocking(|| stay("blocking"));
                let _ = respond_to.send(());
            }
        }
    }
}

/// Is the process if [`Subject`] starts it, and otherwise does nothing.
#[test]
fn is_a_process() {
    if std::env::var_os(SUBJECT).is_none() {
        return;
    }
    traced_actor_profile::install().expect("there is none");
    record::install(FinishedSpans::new(drop)).expect("there is none");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let guilds: Vec<_> = runtime.block_on(async {
        (0..3).map(|i| Spawn::new(Guild).instance(format!("guild {i}")).start()).collect()
    });
    let long = Duration::from_secs(3600);
    for (guild, which) in guilds.iter().cloned().zip(0..) {
        runtime.spawn(async move {
            let message = |respond_to| match which {
                0 => Message::Sampled { respond_to },
                1 => Message::Unsampled { respond_to },
                _ => Message::Spawns { respond_to },
            };
            let _: Result<(), _> = guild.call(long, message).await;
        });
    }
    std::thread::spawn(|| stay("outside"));
    STAY.wait();
    println!("\nat all");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    std::process::exit(0);
}
