//! Entries of a consumer group that are trimmed, claimed, or added several at a time.

use redis::AsyncCommands;
use redis::streams::{StreamAutoClaimReply, StreamReadReply};
use traced_actor_messaging::{Facts, Producer, System, redis as traced};

use crate::redis::{add, consumer, process, read, start};
use crate::spans::{Failed, PARENT, is_child, is_linked, names, only, parent, parents};

/// An entry that was deleted while a consumer had it is read again without its fields, and claimed no more.
#[tokio::test]
async fn an_entry_that_is_gone_costs_its_context_and_nothing_else() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    let id = add(&mut connection, vec![("table".to_owned(), b"7".to_vec())]).await.unwrap();
    let entry = read(&mut connection, "one").await;
    assert!(process(&mut connection, &entry, 1, async { Err(Failed("no salt")) }).await.is_err());
    connection.xdel::<_, _, u64>("orders", &[&id]).await.unwrap();

    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg("kitchen").arg("one").arg("STREAMS").arg("orders").arg("0");
    let mut pending: StreamReadReply = command.query_async(&mut connection).await.unwrap();
    let gone = pending.keys.remove(0).ids.remove(0);
    assert_eq!((&gone.id, gone.map.len()), (&id, 0));
    process(&mut connection, &gone, 2, async { Ok(()) }).await.unwrap();
    assert_eq!(names(&spans), "send orders\n  process orders\nprocess orders\n  ack orders");

    // Another is claimed beside one that is gone.
    let gone = add(&mut connection, Vec::new()).await.unwrap();
    add(&mut connection, Vec::new()).await.unwrap();
    for _ in 0..2 {
        read(&mut connection, "one").await;
    }
    connection.xdel::<_, _, u64>("orders", &[&gone]).await.unwrap();
    let mut claim = redis::cmd("XAUTOCLAIM");
    claim.arg("orders").arg("kitchen").arg("two").arg(0).arg("0");
    let claimed: StreamAutoClaimReply = claim.query_async(&mut connection).await.unwrap();
    assert_eq!(claimed.claimed.len(), 1);
    process(&mut connection, &claimed.claimed[0], 2, async { Ok(()) }).await.unwrap();
    let (sends, processed) = (spans.named("send orders"), spans.named("process orders"));
    assert!(is_child(&processed[2], &sends[2]), "{}", spans.tree());
}

/// Several at once, in a transaction of Redis: a batch, to which each entry is linked.
#[tokio::test]
async fn entries_that_are_added_in_one_transaction_are_a_batch() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    let (producer, facts) = (Producer::new(System::Redis), Facts::of("orders"));
    let mut pipe = redis::pipe();
    pipe.atomic();
    let mut created = Vec::new();
    for table in ["7", "8"] {
        let mut fields = vec![("table".to_owned(), table.as_bytes().to_vec())];
        created.push(producer.create(&facts, &mut traced::Writer(&mut fields)));
        pipe.cmd("XADD").arg("orders").arg("*").arg(&fields);
    }
    let sending = producer.send_batch(&facts, created);
    let ids: Vec<String> = sending.run(pipe.query_async(&mut connection)).await.unwrap();
    assert_eq!(ids.len(), 2);
    for _ in 0..2 {
        let entry = read(&mut connection, "one").await;
        process(&mut connection, &entry, 1, async { Ok(()) }).await.unwrap();
    }
    let (creations, sent) = (spans.named("create orders"), only(&spans, "send orders"));
    let processed = spans.named("process orders");
    assert_eq!((creations.len(), processed.len()), (2, 2));
    for (created, processed) in creations.iter().zip(&processed) {
        assert!(is_linked(&sent, created) && is_child(processed, created), "{}", spans.tree());
    }
}

/// Fields of others in any case and of any bytes, and a stream that is read without a group.
#[tokio::test]
async fn an_entry_of_others_is_read_by_any_of_its_fields() {
    let Some((_server, spans, mut connection)) = start().await else { return };
    for fields in [
        vec![("TraceParent", PARENT.as_bytes())],
        vec![("traceparent", b"\xff\xfe".as_slice())],
        vec![("traceparent", PARENT.as_bytes()), ("TRACEPARENT", PARENT.as_bytes())],
        vec![("bytes", b"\x00\xff".as_slice())],
    ] {
        connection.xadd::<_, _, _, _, String>("orders", "*", &fields).await.unwrap();
    }
    let mut command = redis::cmd("XREAD");
    command.arg("STREAMS").arg("orders").arg("0");
    let mut reply: StreamReadReply = command.query_async(&mut connection).await.unwrap();
    let consumer = consumer();
    for entry in reply.keys.remove(0).ids {
        let context = consumer.context(&traced::Reader(&entry.map));
        consumer.process(&Facts::of("orders"), context, async { Ok::<_, Failed>(()) }).await.unwrap();
    }
    assert_eq!(parents(&spans, "process orders"), [Some(parent()), None, None, None]);
}
