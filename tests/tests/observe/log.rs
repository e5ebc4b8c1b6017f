//! An observer that logs its calls, separately for each type of message.

use std::any::type_name;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use traced_actor::TraceContext;
use traced_actor::observe::{
    ActorChange, AskEnd, HandlingId, Mailbox, MessageType, Observer, Received, Sent, Unsent, observe,
};
use traced_actor::record::Failure;

/// The time of every send. No real clock says it.
const SENT: u64 = 77;

#[derive(Default)]
struct Log {
    /// The lines, by the type of the message or the name of the actor.
    lines: HashMap<String, Vec<String>>,
    handlings: Vec<&'static str>,
    asks: Vec<&'static str>,
}

static LOG: OnceLock<Mutex<Log>> = OnceLock::new();

fn log<R>(change: impl FnOnce(&mut Log) -> R) -> R {
    let log = LOG.get_or_init(Mutex::default);
    change(&mut log.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Installs the observer, for all tests of the process.
pub(crate) fn start() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| observe(Writer).expect("nothing else is installed"));
}

/// Returns what was said of the messages of this type so far.
pub(crate) fn of<M>() -> Vec<String> {
    of_name(type_name::<M>())
}

pub(crate) fn of_name(name: &str) -> Vec<String> {
    log(|log| log.lines.get(name).cloned().unwrap_or_default())
}

fn say(of: &str, line: String) {
    log(|log| log.lines.entry(of.to_owned()).or_default().push(line));
}

fn say_of(handling: HandlingId, line: &str) {
    let of = log(|log| log.handlings[handling.get() as usize - 1]);
    say(of, format!("{handling_of} {line}", handling_of = number_within(handling)));
}

/// Returns the number of the handling among those of its type.
fn number_within(handling: HandlingId) -> usize {
    log(|log| {
        let until = &log.handlings[..handling.get() as usize];
        until.iter().filter(|of| Some(*of) == until.last()).count()
    })
}

fn within(mailbox: Option<&Mailbox>) -> String {
    mailbox.map_or_else(String::new, |mailbox| {
        let oldest = mailbox.oldest_sent().map_or_else(String::new, |sent| format!(" since {sent}"));
        format!(" ({} of {:?}{oldest})", mailbox.depth(), mailbox.capacity().unwrap_or(0))
    })
}

/// Returns `true` if polls and tasks of messages of this type are logged. Most tests are not about them.
fn is_about_tasks(type_name: &str) -> bool {
    type_name.ends_with("::Spawning")
}

fn say_of_tasks(handling: HandlingId, line: &str) {
    if is_about_tasks(log(|log| log.handlings[handling.get() as usize - 1])) {
        say_of(handling, line);
    }
}

struct Writer;

impl Observer for Writer {
    fn sent(&self, message: MessageType, to: Option<&Mailbox>, from: Option<HandlingId>) -> u64 {
        let from = from.map_or_else(String::new, |from| format!(" from {}", number_within(from)));
        say(message.type_name, format!("send {}{}{from}", message.kind.name(), within(to)));
        SENT
    }

    fn now(&self) -> u64 {
        SENT
    }

    fn send_waited(&self, message: MessageType, _: Option<&Mailbox>, since: u64) {
        assert_eq!(since, SENT);
        say(message.type_name, format!("waited {}", message.kind.name()));
    }

    fn send_failed(&self, message: MessageType, _: Option<&Mailbox>, failure: Unsent) {
        say(message.type_name, format!("failed {}: {failure:?}", message.kind.name()));
    }

    fn received(&self, received: &Received<'_>) -> Option<HandlingId> {
        let of = received.message.type_name;
        let id = log(|log| {
            log.handlings.push(of);
            HandlingId::new(u32::try_from(log.handlings.len()).expect("few"))
        });
        let wait = match received.sent {
            Some(Sent::Observed(sent)) => {
                assert_eq!(sent, SENT);
                ""
            }
            Some(Sent::Ago(_)) => " sampled",
            None => " unsent",
        };
        let actor = received.actor.unwrap_or("?");
        let instance = received.instance.map_or_else(String::new, |name| format!(" in {name}"));
        let line =
            format!("{actor}/{}{instance}{wait}{}", received.message.kind.name(), within(received.mailbox));
        say_of(id.expect("not zero"), &line);
        id.filter(|_| !of.ends_with("::Unfollowed"))
    }

    fn batched(&self, received: &Received<'_>) {
        say(received.message.type_name, format!("batched {}", received.message.kind.name()));
    }

    fn sampled(&self, handling: HandlingId, _: TraceContext) {
        say_of(handling, "is sampled");
    }

    fn claimed(&self, handling: HandlingId, actor: &'static str) {
        say_of(handling, &format!("claimed by {actor}"));
    }

    fn polled(&self, handling: HandlingId) {
        say_of_tasks(handling, "polled");
    }

    fn left(&self, handling: HandlingId, before: Option<HandlingId>) {
        say_of_tasks(handling, if before.is_some() { "left within another" } else { "left" });
    }

    fn spawned(&self, of: HandlingId) -> Option<HandlingId> {
        let name = log(|log| log.handlings[of.get() as usize - 1]);
        if !is_about_tasks(name) {
            return None;
        }
        log(|log| log.handlings.push(name));
        let task = HandlingId::new(u32::try_from(log(|log| log.handlings.len())).expect("few"))?;
        say_of(task, &format!("is spawned by {}", number_within(of)));
        Some(task)
    }

    fn ended(&self, handling: HandlingId, failure: Option<&Failure<'_>>) {
        say_of(handling, failure.map_or("ended", |failure| failure.error_type));
    }

    fn held(&self, handling: HandlingId) {
        say_of(handling, "put aside");
    }

    fn opened(&self, mailbox: &Arc<Mailbox>) {
        mailbox.set_note(1);
    }

    fn closed(&self, mailbox: &Mailbox) {
        assert_eq!(mailbox.note(), 1);
        say(mailbox.type_name(), format!("closed{}", within(Some(mailbox))));
    }

    fn asked(&self, to: Option<&Mailbox>, _: Option<HandlingId>) -> Option<HandlingId> {
        let to = to.expect("an actor of `spawn`").type_name();
        let id = log(|log| {
            log.asks.push(to);
            HandlingId::new(u32::try_from(log.asks.len()).expect("few"))
        });
        say(to, "asked".to_owned());
        id
    }

    fn answered(&self, ask: HandlingId, end: AskEnd) {
        let to = log(|log| log.asks[ask.get() as usize - 1]);
        say(to, format!("answered: {end:?}"));
    }

    fn changed(&self, actor: &'static str, change: ActorChange) {
        say(actor, format!("{change:?}"));
    }
}
