//! Records as others write them, and producers with transactions.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::Consumer as _;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use traced_actor::testkit;
use traced_actor_messaging::kafka;
use traced_actor_propagation::carrier::ReadCarrier;

use crate::kafka::{LONG, consumer, mock, next, process, producer, records};
use crate::spans::{Failed, PARENT, names, only, parent, parents};

/// Headers with names in any case, with values that are not UTF-8, twice, and not at all; and a record without a payload.
#[tokio::test]
async fn a_record_of_others_is_taken_whatever_its_headers_are() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let client = producer(&servers);
    let header = |key, value: &'static [u8]| Header { key, value: Some(value) };
    let all: [(&str, OwnedHeaders); 5] = [
        ("shouted", OwnedHeaders::new().insert(header("TRACEPARENT", PARENT.as_bytes()))),
        ("no text", OwnedHeaders::new().insert(header("traceparent", b"\xff\xfe"))),
        ("null", OwnedHeaders::new().insert(Header { key: "traceparent", value: None::<&str> })),
        (
            "twice",
            OwnedHeaders::new()
                .insert(header("traceparent", PARENT.as_bytes()))
                .insert(header("TraceParent", PARENT.as_bytes())),
        ),
        ("other", OwnedHeaders::new().insert(header("shop", b"\x00\x01"))),
    ];
    for (key, headers) in all {
        // A tombstone: a key without a payload.
        let record = FutureRecord::<str, [u8]>::to("orders").key(key).headers(headers);
        client.send(record, LONG).await.unwrap();
    }
    let records = records(&servers, "orders");
    for key in ["shouted", "no text", "null", "twice", "other"] {
        let record = next(&records).await;
        assert_eq!((record.key(), record.payload()), (Some(key.as_bytes()), None));
        process(&records, &record, async { Ok(()) }).await.unwrap();
    }
    assert_eq!(parents(&spans, "process orders"), [Some(parent()), None, None, None, None]);
}

/// The headers of a record as rdkafka reads them, of which the first has a name that is not UTF-8.
///
/// No producer of Rust can make one.
struct Foreign;

impl Headers for Foreign {
    fn count(&self) -> usize {
        2
    }

    fn try_get(&self, at: usize) -> Option<Header<'_, &[u8]>> {
        assert!(at > 0, "called `Result::unwrap()` on an `Err` value: Utf8Error");
        Some(Header { key: "TraceParent", value: Some(b"00") })
    }
}

#[test]
fn a_header_whose_name_cannot_be_read_is_passed_over() {
    let (mut values, mut names) = (Vec::new(), Vec::new());
    let reader = kafka::Reader(Some(&Foreign));
    reader.visit_values("traceparent", &mut |value| values.push(value));
    reader.visit_names(&mut |name| names.push(name));
    assert_eq!((values, names), (vec![b"00".as_slice()], vec!["TraceParent"]));
}

/// Their order, their bytes, two of a name and one without a value.
#[tokio::test]
async fn headers_of_others_are_kept_as_they_are() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let own = OwnedHeaders::new()
        .insert(Header { key: "tag", value: Some(b"a".as_slice()) })
        .insert(Header { key: "bytes", value: Some([0, 159, 255].as_slice()) })
        .insert(Header { key: "tag", value: Some(b"b".as_slice()) })
        .insert(Header { key: "none", value: None::<&[u8]> });
    let record = FutureRecord::<str, str>::to("orders").key("7").payload("a table").headers(own);
    kafka::send(&producer(&servers), record, LONG).await.unwrap();
    let records = records(&servers, "orders");
    let record = next(&records).await;
    assert_eq!(record.key(), Some(b"7".as_slice()));
    let headers: Vec<_> = record
        .headers()
        .unwrap()
        .iter()
        .filter(|header| header.key != "traceparent")
        .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
        .collect();
    let expected = [
        ("tag", Some(b"a".to_vec())),
        ("bytes", Some(vec![0, 159, 255])),
        ("tag", Some(b"b".to_vec())),
        ("none", None),
    ];
    assert_eq!(headers, expected.map(|(key, value)| (key.to_owned(), value)));
    only(&spans, "send orders");
}

fn transactional(servers: &str, id: &str) -> FutureProducer {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", servers).set("transactional.id", id);
    let producer: FutureProducer = settings.create().unwrap();
    producer.init_transactions(LONG).unwrap();
    producer
}

/// The record that is read, the record that is sent for it and the offset are one transaction, and one trace.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_read_and_sent_in_a_transaction_is_one_trace() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let record = FutureRecord::<(), str>::to("orders").payload("a table");
    kafka::send(&producer(&servers), record, LONG).await.unwrap();

    let within = transactional(&servers, "kitchen");
    let records = records(&servers, "orders");
    let record = next(&records).await;
    let consumer = consumer();
    let facts = kafka::facts(&record);
    let handled = async {
        within.begin_transaction()?;
        let bill = FutureRecord::<(), str>::to("dead").payload("a bill");
        kafka::send(&within, bill, LONG).await?;
        let commit = async {
            let mut offsets = rdkafka::TopicPartitionList::new();
            let next = rdkafka::Offset::Offset(record.offset() + 1);
            offsets.add_partition_offset("orders", record.partition(), next)?;
            let group = records.group_metadata().expect("it is in a group");
            within.send_offsets_to_transaction(&offsets, &group, LONG)?;
            within.commit_transaction(Duration::from_secs(20))
        };
        consumer.settle("commit", &facts, commit).await
    };
    consumer.process(&facts, kafka::context(&consumer, &record), handled).await.unwrap();

    let bills = self::records(&servers, "dead");
    process(&bills, &next(&bills).await, async { Ok(()) }).await.unwrap();
    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    send dead\n      process dead\n        commit dead\n    commit orders"
    );
}

/// The spans of an aborted transaction still exist, and say that the records were sent. The next try is beside them.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_aborted_is_tried_again_below_the_same_send() {
    let (_cluster, servers) = mock();
    let spans = testkit::record();
    let record = FutureRecord::<(), str>::to("orders").payload("a table");
    kafka::send(&producer(&servers), record, LONG).await.unwrap();
    let within = transactional(&servers, "kitchen again");
    let records = records(&servers, "orders");
    let record = next(&records).await;
    for fails in [true, false] {
        let handled = async {
            within.begin_transaction().unwrap();
            let bill = FutureRecord::<(), str>::to("dead").payload("a bill");
            kafka::send(&within, bill, LONG).await.unwrap();
            if fails {
                within.abort_transaction(LONG).unwrap();
                return Err(Failed("no salt"));
            }
            within.commit_transaction(LONG).unwrap();
            Ok(())
        };
        assert_eq!(process(&records, &record, handled).await.is_err(), fails);
    }
    assert_eq!(
        names(&spans),
        "send orders\n  process orders\n    send dead\n  process orders\n    send dead\n    commit orders"
    );
    assert_eq!(spans.named("process orders")[0].error.as_deref(), Some("no salt"));
}
