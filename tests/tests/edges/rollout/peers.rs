//! Peers that say one thing and do another.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::{Bincode, Json};
use traced_actor_wire::rollout::{Hello, MAX_UNREAD, PhaseSetting, Rollout};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Message {
    Tick,
    Text(String),
}

fn tick() -> Envelope<Message> {
    Envelope::new(Message::Tick, MessageContext::UNSAMPLED)
}

const BARE: &[u8] = br#""Tick""#;

#[test]
fn a_peer_that_cannot_read_is_waited_for_and_then_gets_bare_messages() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let connection = rollout.connect("liar");
    let (guild, other) = (connection.route("Guild"), connection.route("Other"));
    connection.hello(&Hello::ours().to_bytes()).unwrap();

    let mut waits = Vec::new();
    for _ in 0..MAX_UNREAD {
        assert_ne!(guild.encode(&Json, &tick()).unwrap(), BARE);
        waits.push(guild.unread());
    }
    assert_eq!(waits, [10, 20, 40].map(Duration::from_millis));
    assert_eq!(guild.encode(&Json, &tick()).unwrap(), BARE);
    assert_eq!(
        other.encode(&Json, &tick()).unwrap(),
        BARE,
        "it is the peer that cannot read, for whichever actor"
    );
    // It says hello again, and is no longer believed; the waits have an end.
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    assert!(!connection.is_capable());
    let waits: Vec<_> = (0..100).map(|_| guild.unread()).collect();
    assert!(waits.is_sorted() && waits[99] == Duration::from_secs(10), "{waits:?}");
    assert_eq!(rollout.snapshot().unable, 1, "once, however often");
    assert!(
        rollout
            .snapshot()
            .to_string()
            .starts_with("PerPeer at 100 %, 0 invalid hellos, 1 peers unable to read")
    );

    // Who answers on the next connection may be another.
    let connection = connection.reconnect();
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    assert!(connection.is_capable());
}

#[test]
fn one_message_that_is_read_forgives_those_before() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let connection = rollout.connect("busy");
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    let guild = connection.route("Guild");
    for _ in 0..10 {
        for _ in 1..MAX_UNREAD {
            guild.unread();
        }
        guild.taken();
    }
    assert!(connection.is_capable());
    assert_eq!(guild.unread(), Duration::from_millis(10));
    assert_eq!(rollout.snapshot().unable, 0);
}

/// An old peer that cannot read a message said nothing that was not true.
#[test]
fn an_old_peer_is_not_unable() {
    let rollout = Rollout::new();
    let guild = rollout.connect("old").route("Guild");
    for _ in 0..10 {
        guild.unread();
    }
    assert_eq!(rollout.snapshot().unable, 0);
}

#[test]
fn names_from_outside_are_kept_short() {
    let rollout = Rollout::new();
    let long = |n: usize| "n".repeat(100_000 + n);
    let routes: Vec<_> = (0..100).map(|n| rollout.connect(&long(n)).route(&long(n))).collect();
    rollout.set_peer(&long(7), Some(PhaseSetting::PER_PEER)).unwrap();
    assert_eq!(routes[7].setting(), PhaseSetting::PER_PEER);
    assert_eq!(routes[8].setting(), PhaseSetting::ACCEPT);
    assert!(routes.iter().all(|route| route.peer().len() <= 128 && route.actor().len() <= 128));
    for route in &routes {
        route.decode::<_, Message>(&Json, BARE).unwrap();
    }
    let snapshot = rollout.snapshot();
    assert_eq!(snapshot.rows.len(), 100, "they are told apart");
    assert!(snapshot.rows.iter().all(|row| row.peer.len() + row.actor.len() <= 256 && row.counts.bare == 1));
}

/// A context that is left out makes a bare message, and is counted as one.
#[test]
fn what_is_left_out_counts_as_sent_bare() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let connection = rollout.connect("node");
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    let guild = connection.route("Guild");
    let codec = Bincode::with_limit::<20>();
    let text = |length| Envelope::new(Message::Text("x".repeat(length)), MessageContext::UNSAMPLED);
    for (length, bare, enveloped) in [(16, 0, 1), (18, 1, 1)] {
        let bytes = guild.encode(&codec, &text(length)).unwrap();
        let total = rollout.snapshot().total();
        assert_eq!((total.sent_bare, total.sent_enveloped), (bare, enveloped));
        let read: Envelope<Message> = guild.decode(&codec, &bytes).unwrap();
        assert_eq!(read.state() == ContextState::Absent, bare == 1);
    }
}
