//! The real thing: eight nodes with the shipped rules, some of them old (plain serde), that come back as something
//! else again and again while messages flow.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use traced_actor::context::{MessageContext, SampledContext, new_span_id, new_trace_id, random_below};
use traced_actor::{Envelope, TraceContext, TraceFlags};
use traced_actor_wire::codec::{Bincode, Bincode1, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::rollout::{Hello, PeerConnection, PhaseSetting, Rollout, RolloutSnapshot};
use traced_actor_wire::{Codec, Encoding};

const NODES: usize = 8;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Message {
    Join { user: u64 },
    Post { channel: u64, text: String },
    Tick,
}

/// Old: none.
type Node = Option<Rollout>;

/// Both ends of a connection between two incarnations; an old end knows nothing.
type Link = [Option<PeerConnection>; 2];

fn connect(nodes: &[Node], ends: [usize; 2]) -> Link {
    let [from, to] = ends;
    let end = |here: usize, there: usize| {
        let connection = nodes[here].as_ref()?.connect(&format!("node-{there}"));
        if nodes[there].is_some() {
            connection.hello(&Hello::ours().to_bytes()).unwrap();
        }
        Some(connection)
    };
    [end(from, to), end(to, from)]
}

fn any() -> Envelope<Message> {
    let message = match random_below(3) {
        0 => Message::Join { user: random_below(300) },
        1 => Message::Post { channel: 127, text: "__traced".into() },
        _ => Message::Tick,
    };
    let context = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
    let carried = [MessageContext::ABSENT, MessageContext::UNSAMPLED, SampledContext::new(context).into()];
    Envelope::new(message, carried[usize::try_from(random_below(3)).unwrap()].clone())
}

/// Every message arrives as it was sent; whether envelopes were among them.
fn run<C: Codec>(codec: &C) -> u64 {
    let below = |n: usize| usize::try_from(random_below(n as u64)).unwrap();
    let mut nodes: [Node; NODES] = [const { None }; NODES];
    let mut links: HashMap<[usize; 2], Link> = HashMap::new();
    let mut enveloped = 0;
    for step in 0..4000 {
        if step % 50 == 0 {
            let node = below(NODES);
            let new = random_below(3) > 0;
            nodes[node] = new.then(Rollout::new);
            if let Some(rollout) = &nodes[node] {
                rollout.set(
                    [PhaseSetting::ACCEPT, PhaseSetting::PER_PEER, PhaseSetting::PER_PEER.share(50.0)]
                        [below(3)],
                );
            }
            links.retain(|ends, _| !ends.contains(&node));
        }
        let ends = [below(NODES), below(NODES)];
        let link = links.entry(ends).or_insert_with(|| connect(&nodes, ends));
        let sent = any();
        let bytes = match &link[0] {
            Some(connection) => connection.route("Guild").encode(codec, &sent).unwrap(),
            None => codec.write(sent.message()).unwrap(),
        };
        let arrived: Message = if let Some(connection) = &link[1] {
            connection.route("Guild").decode(codec, &bytes).unwrap().into_message()
        } else {
            assert_eq!(bytes, codec.write(sent.message()).unwrap(), "an old node was sent something else");
            codec.read(&bytes).unwrap()
        };
        assert_eq!(arrived, *sent.message());
        enveloped += u64::from(bytes != codec.write(sent.message()).unwrap());
    }
    enveloped
}

#[test]
fn nodes_that_come_and_go_understand_all_that_they_are_sent() {
    for enveloped in [run(&Json), run(&Postcard), run(&Msgpack)] {
        assert!(enveloped > 100, "{enveloped}");
    }
}

#[test]
fn a_hello_is_a_message_in_no_format() {
    fn refused<C: Codec>(codec: &C) {
        for hello in [Hello::ours(), Hello::ours().with_schema(u32::MAX)] {
            assert!(codec.read::<Message>(&hello.to_bytes()).is_err(), "{}", C::NAME);
        }
    }
    refused(&Json);
    refused(&Postcard);
    refused(&Bincode::default());
    refused(&Bincode1);
    refused(&Msgpack);
    refused(&MsgpackNamed);
    refused(&Cbor);
}

#[test]
fn a_connection_forgets_and_doubts() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::PER_PEER);
    let hello = Hello::ours().to_bytes();
    let connection = rollout.connect("node-1");
    let route = connection.route("Guild");
    let encoding = || route.encoding(MessageContext::UNSAMPLED.state());
    assert_eq!(encoding(), Encoding::Bare);
    connection.hello(&hello).unwrap();
    connection.hello(&hello).unwrap();
    assert_eq!(encoding(), Encoding::Envelope);

    let next = connection.reconnect();
    assert_eq!(encoding(), Encoding::Bare, "a route of the connection before");
    assert!(!next.is_capable());
    next.hello_text(&Hello::ours().to_text()).unwrap();
    assert!(next.is_capable());
    next.hello_text("not a hello").unwrap_err();
    assert!(!next.is_capable());
    let next = next.reconnect();
    next.hello(&hello).unwrap();
    next.hello(&Hello::ours().with_schema(2).to_bytes()).unwrap_err();
    next.hello(&hello).unwrap_err();
    assert!(!next.is_capable());
    assert_eq!(rollout.snapshot().invalid_hellos, 3);
}

#[test]
fn settings_hold_from_the_next_message_on_and_the_careful_one_wins() {
    let rollout = Rollout::new();
    let connection = rollout.connect("node-1");
    connection.hello(&Hello::ours().to_bytes()).unwrap();
    let route = connection.route("Guild");
    let encoding = || route.encoding(MessageContext::UNSAMPLED.state());
    assert_eq!(encoding(), Encoding::Bare);
    rollout.set_actor("Guild", Some(PhaseSetting::PER_PEER)).unwrap();
    assert_eq!(encoding(), Encoding::Envelope);
    rollout.set_peer("node-1", Some(PhaseSetting::ACCEPT)).unwrap();
    assert_eq!(encoding(), Encoding::Bare);
    rollout.set_peer("node-1", None).unwrap();
    assert_eq!(encoding(), Encoding::Envelope);
    rollout.reset(PhaseSetting::ACCEPT);
    assert_eq!(encoding(), Encoding::Bare);
}

#[test]
fn require_refuses_who_said_nothing_and_all_is_counted() {
    let rollout = Rollout::new();
    rollout.set(PhaseSetting::REQUIRE);
    let (old, new) = (rollout.connect("old"), rollout.connect("new"));
    new.hello(&Hello::ours().to_bytes()).unwrap();
    let (old, new) = (old.route("Guild"), new.route("Guild"));
    let bare = Json.write(&Message::Tick).unwrap();
    let enveloped = new.encode(&Json, &Envelope::new(Message::Tick, MessageContext::UNSAMPLED)).unwrap();
    let error = old.decode::<_, Message>(&Json, &bare).unwrap_err();
    assert!(error.is_refused());
    assert_eq!(
        error.to_string(),
        "refused a bare JSON message for `Guild` from `old`: the rollout is in `Require`, and this peer did not say \
         on this connection that it knows envelopes"
    );
    assert!(old.decode::<_, Message>(&Json, &enveloped).is_ok());
    assert!(new.decode::<_, Message>(&Json, &bare).is_ok());
    let error = new.decode::<_, Message>(&Json, b"{}").unwrap_err();
    assert!(
        !error.is_refused()
            && error.to_string().starts_with("cannot accept a message for `Guild` from `new`: "),
        "{error}"
    );

    let snapshot = rollout.snapshot();
    let counts = |row: usize| snapshot.rows[row].counts;
    assert_eq!([&*snapshot.rows[0].peer, &*snapshot.rows[1].peer], ["new", "old"]);
    assert_eq!((counts(0).undecided, counts(0).invalid, counts(0).sent_enveloped), (1, 1, 1));
    assert_eq!((counts(1).bare, counts(1).refused, counts(1).enveloped), (1, 1, 1));
    assert_eq!(snapshot.bare_since(&RolloutSnapshot::default()), 1);
}
