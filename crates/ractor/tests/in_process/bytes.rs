//! The bytes that are sent to another node, checked without one: they are ractor's own, and the context is in the
//! metadata.

use ractor::message::{BoxedDowncastErr, SerializedMessage};
use ractor::{ActorId, Message};
use ractor_cluster_derive::RactorClusterMessage;
use traced_actor::testkit::{self, assert_tree};

use crate::guild::GuildMessage;
use crate::{caused, note, spawn};

/// The guild's messages as a node has them that does not know of traces.
#[derive(RactorClusterMessage)]
enum OldMessage {
    Join(u64),
    Note {
        text: String,
    },
    #[rpc]
    Count(ractor::RpcReplyPort<u64>),
}

const ELSEWHERE: ActorId = ActorId::Remote { node_id: 1, pid: 2 };

fn sent(message: GuildMessage) -> SerializedMessage {
    message.box_message(&ELSEWHERE).unwrap().serialized_msg.expect("it goes to another node")
}

fn parts(message: SerializedMessage) -> (String, Vec<u8>, Option<Vec<u8>>) {
    match message {
        SerializedMessage::Cast { variant, args, metadata } => (variant, args, metadata),
        other => panic!("not a cast: {other:?}"),
    }
}

#[test]
fn variant_and_arguments_are_as_an_old_node_writes_them() {
    for (new, old) in [
        (sent(GuildMessage::Join(7)), OldMessage::Join(7)),
        (sent(note("hello")), OldMessage::Note { text: "hello".into() }),
    ] {
        assert_eq!(parts(new), parts(old.serialize().unwrap()));
    }
}

#[tokio::test]
async fn the_context_is_in_the_metadata_and_an_old_node_ignores_it() {
    let _spans = testkit::record();
    let message = caused(async { sent(note("hello")) }).await;
    let (_, _, metadata) = parts(message);
    // Four bytes of a mark, 26 of the context, and what it says of the sampling.
    assert!(metadata.as_ref().is_some_and(|bytes| (30..=64).contains(&bytes.len())), "{metadata:?}");
    let message = caused(async { sent(note("hello")) }).await;
    let Ok(OldMessage::Note { text }) = OldMessage::deserialize(message) else {
        panic!("an old node reads it")
    };
    assert_eq!(text, "hello");
}

#[tokio::test]
async fn the_trace_goes_on_where_it_arrives() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let message = caused(async { sent(note("hello")) }).await;
    guild.get_cell().send_serialized(message).unwrap();
    let old = OldMessage::Join(7).serialize().unwrap();
    guild.get_cell().send_serialized(old).unwrap();
    spans.ended("Guild/Join", 1).await;
    assert_tree!(
        spans,
        "
        Cause/Cause
          Guild/Write
        Guild/Join user=7
        "
    );
}

/// Bytes that anybody may send cost the context, and never the message.
#[tokio::test]
async fn metadata_that_is_not_ours_or_malformed_is_no_context() {
    let spans = testkit::record();
    let guild = spawn(None).await;
    let mark = [0xf1, b't', b'a', 1];
    let no_ids = [mark.as_slice(), &[0; 26]].concat();
    let cut_off = [mark.as_slice(), &[0, 1, 5, 5]].concat();
    for metadata in [b"of somebody else".to_vec(), Vec::new(), mark[..3].to_vec(), no_ids, cut_off] {
        let (variant, args, _) = parts(sent(GuildMessage::Join(1)));
        guild
            .get_cell()
            .send_serialized(SerializedMessage::Cast { variant, args, metadata: Some(metadata) })
            .unwrap();
    }
    spans.ended("Guild/Join", 5).await;
    assert_tree!(spans, "5 × Guild/Join user=1");
}

mod by_hand {
    //! A message that writes its own bytes, and something of its own into the metadata.

    use ractor::message::BoxedMessage;
    use ractor::{Actor, ActorProcessingErr, ActorRef};
    use traced_actor::traced_actor;
    use traced_actor_ractor::TracedMessage;

    use super::*;

    #[traced_actor]
    struct Ping {
        tenant: Option<u8>,
    }

    impl TracedMessage for Ping {}

    impl Message for Ping {
        fn box_message(self, to: &ActorId) -> Result<BoxedMessage, BoxedDowncastErr> {
            traced_actor_ractor::box_message(self, to)
        }

        fn from_boxed(boxed: BoxedMessage) -> Result<Self, BoxedDowncastErr> {
            traced_actor_ractor::from_boxed(boxed)
        }

        fn serializable() -> bool {
            true
        }

        fn serialize(self) -> Result<SerializedMessage, BoxedDowncastErr> {
            let metadata = self.tenant.map(|tenant| vec![tenant]);
            Ok(SerializedMessage::Cast { variant: "Ping".into(), args: Vec::new(), metadata })
        }

        fn deserialize(bytes: SerializedMessage) -> Result<Self, BoxedDowncastErr> {
            let (_, _, metadata) = parts(bytes);
            Ok(Self { tenant: metadata.map(|bytes| bytes[0]) })
        }
    }

    struct Pinger(tokio::sync::mpsc::UnboundedSender<Option<u8>>);

    #[traced_actor(ractor)]
    impl Actor for Pinger {
        type Msg = Ping;
        type State = ();
        type Arguments = ();

        async fn pre_start(&self, _: ActorRef<Ping>, (): ()) -> Result<(), ActorProcessingErr> {
            Ok(())
        }

        async fn handle(&self, _: ActorRef<Ping>, ping: Ping, (): &mut ()) -> Result<(), ActorProcessingErr> {
            self.0.send(ping.tenant)?;
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_slot_that_somebody_else_uses_is_kept() {
        let spans = testkit::record();
        let (tenants, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let pinger = Actor::spawn(None, Pinger(tenants), ()).await.unwrap().0;
        for tenant in [Some(9), None] {
            let boxed = caused(async { Ping { tenant }.box_message(&ELSEWHERE).unwrap() }).await;
            pinger.get_cell().send_serialized(boxed.serialized_msg.unwrap()).unwrap();
            assert_eq!(seen.recv().await, Some(tenant), "our own metadata is not shown to the message");
        }
        spans.ended("Pinger/Ping", 2).await;
        assert_tree!(
            spans,
            "
            Cause/Cause
            Cause/Cause
              Pinger/Ping
            Pinger/Ping
            "
        );
    }
}
