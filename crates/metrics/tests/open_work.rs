//! The sixteen minutes: sessions that connect to a guild which does not answer. No finished span can show it; the list of
//! open work names the guild, the oldest wait, and the chain.

use std::time::Duration;

use tokio::sync::oneshot;
use traced_actor::{ActorRef, Spawn, traced_actor};
use traced_actor_metrics::{Metrics, MetricsClock, OpenWork, Watch};

const LONG: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

// ----- the database: answers, or does not -----

#[traced_actor]
enum Query {
    Load { answers: bool, respond_to: oneshot::Sender<u64> },
}

struct Database;

#[traced_actor]
impl Database {
    async fn handle(&mut self, query: Query) {
        let Query::Load { answers, respond_to } = query;
        if !answers {
            std::future::pending::<()>().await;
        }
        respond_to.send(7).ok();
    }
}

// ----- guilds, which ask the database -----

#[traced_actor]
enum ToGuild {
    Connect { respond_to: oneshot::Sender<u64> },
}

struct Guild {
    database: ActorRef<Query>,
    answers: bool,
}

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: ToGuild) {
        let ToGuild::Connect { respond_to } = message;
        let answers = self.answers;
        let load = |respond_to| Query::Load { answers, respond_to };
        let loaded = self.database.call(LONG, load).await.unwrap_or(0);
        respond_to.send(loaded).ok();
    }
}

// ----- sessions, which connect to a guild -----

#[traced_actor]
enum ToSession {
    Start { respond_to: oneshot::Sender<u64> },
}

struct Session {
    guild: ActorRef<ToGuild>,
}

#[traced_actor]
impl Session {
    async fn handle(&mut self, message: ToSession) {
        let ToSession::Start { respond_to } = message;
        let connected = self.guild.call(LONG, |respond_to| ToGuild::Connect { respond_to }).await;
        respond_to.send(connected.unwrap_or(0)).ok();
    }
}

// ----- two that wait for one another -----

#[traced_actor]
struct Ask {
    chain: Vec<ActorRef<Ask>>,
    respond_to: oneshot::Sender<()>,
}

struct Peer;

#[traced_actor]
impl Peer {
    /// Asks the first one of the chain, which asks the next one.
    async fn handle(&mut self, ask: Ask) {
        let Ask { mut chain, respond_to } = ask;
        if let Some(next) = chain.pop() {
            next.call(LONG, |respond_to| Ask { chain, respond_to }).await.ok();
        }
        respond_to.send(()).ok();
    }
}

/// Waits until the list is as it is to be. The tasks get there by themselves.
async fn until(metrics: Metrics, what: &str, is_so: impl Fn(&OpenWork) -> bool) -> OpenWork {
    for _ in 0..100_000 {
        let work = metrics.open_work(Duration::ZERO, 1000);
        if is_so(&work) {
            return work;
        }
        tokio::task::yield_now().await;
    }
    panic!("{what}: {:#?}", metrics.open_work(Duration::ZERO, 1000));
}

#[tokio::test]
async fn the_guild_that_does_not_answer_is_named_with_the_oldest_wait_and_the_chain() {
    let clock = MetricsClock::manual();
    let metrics = Metrics::builder().clock(clock.clone()).install().unwrap();
    let mut watch = Watch::new(metrics, 15 * MINUTE);

    let databases =
        [Spawn::new(Database).instance("db#1").start(), Spawn::new(Database).instance("db#2").start()];
    // Forty guilds that answer, and one that does not.
    let guilds: Vec<ActorRef<ToGuild>> = (0..41)
        .map(|number| {
            let (database, answers) =
                if number == 40 { (&databases[1], false) } else { (&databases[0], true) };
            let guild = Guild { database: database.clone(), answers };
            Spawn::new(guild).instance(format!("guild#{number}")).start()
        })
        .collect();
    let mut sessions = Vec::new();
    for number in 0..82 {
        clock.advance(Duration::from_secs(1));
        let session = Session { guild: guilds[number % 41].clone() };
        let session = Spawn::new(session).instance(format!("session#{number}")).start();
        let (respond_to, connected) = oneshot::channel();
        session.cast(ToSession::Start { respond_to }).await.unwrap();
        if number % 41 == 40 {
            sessions.push(connected);
            // The session and the guild, and later the other session.
            let asks = 1 + sessions.len();
            until(metrics, "the session waits", |work| work.asks.len() == asks).await;
        } else {
            assert_eq!(connected.await, Ok(7));
        }
    }
    let work = until(metrics, "the second one is queued", |work| work.mailboxes.len() == 1).await;
    assert!(work.cycles.is_empty());
    assert_eq!(watch.look(), None, "nothing takes long yet");

    clock.advance(Duration::from_secs(919));
    let work = metrics.open_work(15 * MINUTE, 100);
    let running: Vec<String> =
        work.handlings.iter().map(|one| format!("{}: {}", one.place, one.kind)).collect();
    // The guild, the database that it waits for, and the sessions, the oldest first.
    assert_eq!(running.len(), 4, "{running:#?}");
    for expected in ["Guild guild#40: Connect", "Database db#2: Load", "Session session#40: Start"] {
        assert!(running[..3].contains(&expected.to_owned()), "{running:#?}");
    }
    assert_eq!(running[3], "Session session#81: Start");
    assert_eq!(work.handlings[0].running, 16 * MINUTE);
    assert_eq!(work.handlings[3].running, Duration::from_secs(919));
    assert!(work.handlings.iter().all(|one| one.is_timed && one.polls >= 1));

    // Who waits for whom, through which actors.
    let chains: Vec<String> = work
        .asks
        .iter()
        .map(|ask| {
            let through: Vec<String> = ask.through.iter().map(ToString::to_string).collect();
            let from = ask.from.as_ref().map_or_else(String::new, ToString::to_string);
            format!("{from} -> {}", through.join(" -> "))
        })
        .collect();
    for expected in [
        "Session session#40 -> Guild guild#40 -> Database db#2",
        "Session session#81 -> Guild guild#40 -> Database db#2",
        "Guild guild#40 -> Database db#2",
    ] {
        assert!(chains.contains(&expected.to_owned()), "{chains:#?}");
    }

    // The second session's message is in the guild's mailbox.
    let [mailbox] = work.mailboxes.as_slice() else { panic!("{:#?}", work.mailboxes) };
    assert_eq!((mailbox.place.to_string().as_str(), mailbox.depth), ("Guild guild#40", 1));
    assert_eq!(mailbox.oldest_wait, Duration::from_secs(919), "it came into an empty mailbox");

    // The watch says it once.
    let overdue = watch.look().expect("it is overdue");
    let warning = overdue.to_string();
    let line = "Guild guild#40 has been handling Connect for 960 s, and waits for Database db#2; 1 messages wait for it, the \
                oldest for 919 s";
    assert!(warning.contains(line), "{warning}");
    assert_eq!(watch.look(), None);

    // Nobody has been polled since.
    let later = metrics.open_work(15 * MINUTE, 100);
    assert_eq!(later.not_polled_since(&work).len(), 4);

    // The list has a bound, and says what it leaves out.
    let few = metrics.open_work(15 * MINUTE, 1);
    assert_eq!((few.handlings.len(), few.asks.len(), few.mailboxes.len(), few.omitted), (1, 1, 1, 5));
    assert_eq!(few.handlings[0].running, 16 * MINUTE);

    // Instances: the guild is the one with the oldest message, and was busy in each second of the last minute.
    let [oldest] = &metrics.top_instances(traced_actor_metrics::Rank::Wait, 1)[..] else { panic!("one") };
    assert_eq!((oldest.name.as_str(), oldest.depth), ("guild#40", 1));
    let [guild] = &metrics.instance("guild#40")[..] else { panic!("one") };
    assert_eq!(guild.seconds.len(), 60);
    assert!(
        guild.seconds[..59].iter().all(|second| (second.kinds[0].share - 1.0).abs() < 1e-6),
        "{guild:#?}"
    );
    assert_eq!(guild.seconds[0].kinds[0].kind, "Connect");

    let text = serde_json::to_string(&work).unwrap();
    let read: OpenWork = serde_json::from_str(&text).unwrap();
    assert_eq!(read.asks, work.asks);

    // A cycle is found in whichever order its actors asked.
    let peers = ["left", "middle", "right"].map(|name| Spawn::new(Peer).instance(name).start());
    let [left, middle, right] = &peers;
    let (respond_to, _never) = oneshot::channel();
    let chain = vec![left.clone(), right.clone(), middle.clone()];
    left.cast(Ask { chain, respond_to }).await.unwrap();
    let work = until(metrics, "all three wait", |work| work.asks.len() == 6).await;
    let cycles: Vec<Vec<String>> =
        work.cycles.iter().map(|cycle| cycle.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(cycles, [["Peer left", "Peer middle", "Peer right"]]);
    let warning = watch.look().expect("a cycle is overdue at once").to_string();
    assert_eq!(
        warning,
        "a cycle: Peer left waits for Peer middle waits for Peer right waits for the first\n"
    );
    drop(sessions);
}
