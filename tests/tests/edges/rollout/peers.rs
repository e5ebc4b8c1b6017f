//! Peers that say one thing and do another.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::{Bincode, Cbor, Json, Msgpack, Postcard};
use traced_actor_wire::rollout::{Hello, MAX_UNREAD, PhaseSetting, Rollout};
use traced_actor_wire::{Codec, Prefixed, Sidecar};

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

/// Messages without a context go bare to everybody, and who reads those may still not read envelopes.
#[test]
fn what_is_taken_bare_does_not_speak_for_envelopes() {
    /// Sends one bare message per envelope, in batches of this size, and answers as a peer that does not read envelopes.
    fn envelopes_until_bare(setting: PhaseSetting, bare_first: bool, at_a_time: u32) -> u32 {
        let rollout = Rollout::new();
        rollout.set(setting);
        let connection = rollout.connect("liar");
        connection.hello(&Hello::ours().to_bytes()).unwrap();
        let guild = connection.route("Guild");
        let mut enveloped = 0;
        for _ in 0..50 {
            let mut sent = Vec::new();
            for _ in 0..at_a_time {
                let both = [Envelope::bare(Message::Tick), tick()];
                let mut bytes = both.map(|envelope| guild.encode(&Json, &envelope).unwrap());
                if !bare_first {
                    bytes.reverse();
                }
                sent.extend(bytes);
            }
            for bytes in sent {
                if bytes == BARE {
                    guild.taken();
                } else {
                    enveloped += 1;
                    guild.unread();
                }
            }
            if !connection.is_capable() {
                assert_eq!(rollout.snapshot().unable, 1);
                return enveloped;
            }
        }
        panic!("{enveloped} envelopes were sent to a peer that reads none");
    }
    for bare_first in [false, true] {
        assert_eq!(envelopes_until_bare(PhaseSetting::PER_PEER, bare_first, 1), MAX_UNREAD);
        assert_eq!(envelopes_until_bare(PhaseSetting::REQUIRE, bare_first, 1), MAX_UNREAD);
        assert_eq!(envelopes_until_bare(PhaseSetting::PER_PEER, bare_first, 7), 7, "all were under way");
        let half = PhaseSetting::PER_PEER.share(50.0).by_message();
        assert!(envelopes_until_bare(half, bare_first, 1) <= MAX_UNREAD);
    }
}

/// A peer that reads envelopes, and now and then fails, among many bare messages: it goes on getting envelopes.
#[test]
fn an_envelope_that_is_taken_forgives_among_bare_messages() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let connection = rollout.connect("busy");
    let guild = connection.route("Guild");
    // Before its hello, too.
    for _ in 0..20 {
        assert_eq!(guild.encode(&Json, &tick()).unwrap(), BARE);
        guild.taken();
    }
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    for _ in 0..20 {
        for _ in 0..3 {
            assert_eq!(guild.encode(&Json, &Envelope::bare(Message::Tick)).unwrap(), BARE);
            guild.taken();
        }
        for unread in [true, true, false] {
            assert_ne!(guild.encode(&Json, &tick()).unwrap(), BARE);
            if unread {
                guild.unread();
            } else {
                guild.taken();
            }
        }
    }
    assert!(connection.is_capable());
    assert_eq!(rollout.snapshot().unable, 0);
}

#[test]
fn what_cannot_be_written_keeps_nothing_from_being_forgiven() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let connection = rollout.connect("busy");
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    let guild = connection.route("Guild");
    for _ in 0..20 {
        let large = Envelope::bare(Message::Text("x".repeat(100)));
        assert!(guild.encode(&Bincode::with_limit::<20>(), &large).is_err());
        guild.encode(&Json, &tick()).unwrap();
        guild.unread();
        guild.encode(&Json, &tick()).unwrap();
        guild.taken();
    }
    assert!(connection.is_capable());
    assert_eq!(rollout.snapshot().unable, 0);
}

/// A message that is sent bare because the envelope is too large does not count as an envelope.
#[test]
fn what_is_left_out_does_not_speak_for_envelopes() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let connection = rollout.connect("liar");
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    let guild = connection.route("Guild");
    let codec = Bincode::with_limit::<20>();
    for _ in 0..MAX_UNREAD {
        let large = Envelope::new(Message::Text("x".repeat(18)), MessageContext::UNSAMPLED);
        assert_eq!(guild.encode(&codec, &large).unwrap(), codec.write(large.message()).unwrap());
        guild.taken();
        assert_ne!(guild.encode(&codec, &tick()).unwrap(), codec.write(tick().message()).unwrap());
        guild.unread();
    }
    assert!(!connection.is_capable());
}

/// A malformed context costs the context, in the last phase as well: who sent it knows envelopes.
#[test]
fn require_refuses_no_envelope() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Reading {
        device: u8,
    }
    fn read<C: Codec, M: DeserializeOwned>(codec: &C, bytes: &[u8]) {
        let rollout = Rollout::new();
        rollout.set(PhaseSetting::REQUIRE);
        let guild = rollout.connect("said nothing").route("Guild");
        let envelope: Envelope<M> = guild
            .decode(codec, bytes)
            .unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(bytes)));
        assert_eq!(envelope.state(), ContextState::Absent);
        let total = rollout.snapshot().total();
        assert_eq!((total.enveloped, total.bare, total.refused), (1, 0, 0), "{}", C::NAME);
    }
    for context in [r#""00-x""#, "null", "[1]", r#"{"tracestate":"a=1"}"#] {
        read::<_, Message>(&Json, format!(r#"{{"__traced":[{context},"Tick"]}}"#).as_bytes());
        read::<_, Message>(&Json, format!(r#" {{ "__traced" : [ {context} , "Tick" ] }} "#).as_bytes());
        read::<_, Reading>(&Sidecar::new(Json), format!(r#"{{"device":1,"__traced":{context}}}"#).as_bytes());
    }
    read::<_, Message>(&Postcard, &[0x7f, 2, 9, 9, 0]);
    read::<_, Message>(&Msgpack, b"\x81\xa8__traced\x92\xc0\xa4Tick");
    read::<_, Message>(&Cbor, b"\xa1\x68__traced\x82\xf6\x64Tick");
    read::<_, Reading>(&Prefixed::new(Json), b"\x01\x02\x09\x09{\"device\":1}");

    // A bare message is still refused on the thread that has just read those.
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::REQUIRE);
    let guild = rollout.connect("said nothing").route("Guild");
    assert!(guild.decode::<_, Message>(&Json, BARE).unwrap_err().is_refused());
    assert!(guild.decode::<_, Message>(&Postcard, &[0]).unwrap_err().is_refused());
    let total = rollout.snapshot().total();
    assert_eq!((total.enveloped, total.bare, total.refused), (0, 2, 2));
}

/// A message that is refused when it is written was not sent, and says so: nobody counts it as one that arrived.
#[test]
fn what_cannot_be_written_is_counted_as_nothing() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Event {
        Paid {
            cents: u32,
        },
        #[serde(untagged)]
        Unknown(String),
    }
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let connection = rollout.connect("node");
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    let shop = connection.route("Shop");
    for _ in 0..100 {
        let event = Envelope::new(Event::Paid { cents: 5 }, MessageContext::UNSAMPLED);
        let error = shop.encode(&Json, &event).unwrap_err().to_string();
        assert!(error.contains("Event` as JSON") && error.contains("`Prefixed` or `headers`"), "{error}");
        let bytes = shop.encode(&Prefixed::new(Json), &event).unwrap();
        let read: Envelope<Event> = shop.decode(&Prefixed::new(Json), &bytes).unwrap();
        assert_eq!((read.message(), read.state()), (event.message(), ContextState::Unsampled));
    }
    let total = rollout.snapshot().total();
    assert_eq!((total.sent_enveloped, total.sent_bare, total.enveloped, total.invalid), (100, 0, 100, 0));
}
