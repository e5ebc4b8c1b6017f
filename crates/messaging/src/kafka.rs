//! Kafka with `rdkafka`.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
//! use rdkafka::message::Message;
//! use rdkafka::producer::{FutureProducer, FutureRecord};
//! use traced_actor_messaging::{Consumer, System, kafka};
//! use traced_actor_propagation::Edge;
//!
//! # async fn run(producer: FutureProducer, records: StreamConsumer) -> Result<(), Box<dyn std::error::Error>> {
//! # async fn store(_: Option<&[u8]>) -> Result<(), std::io::Error> { Ok(()) }
//! let record = FutureRecord::to("orders").key("7").payload("a table");
//! kafka::send(&producer, record, Duration::from_secs(5)).await?;
//!
//! let consumer = Consumer::new(System::Kafka, Edge::new("orders"));
//! let message = records.recv().await?;
//! let facts = kafka::facts(&message);
//! let context = kafka::context(&consumer, &message);
//! consumer.process(&facts, context, store(message.payload())).await?;
//! records.commit_message(&message, CommitMode::Async)?;
//! # Ok(())
//! # }
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, ToBytes};
use rdkafka::producer::future_producer::Delivery;
use rdkafka::producer::{FutureProducer, FutureRecord};
use traced_actor::context::MessageContext;
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier, has_prefix};

use crate::{Consumer, Facts, Producer, System};

/// The headers of a record, if it has some, as a carrier. Names are read in any case.
///
/// A header whose name is not UTF-8 is passed over: `rdkafka` panics where it is read, which is caught here.
#[derive(Debug)]
pub struct Reader<'a, H>(pub Option<&'a H>);

/// Returns the headers that can be read.
fn all<H: Headers>(headers: &H) -> impl Iterator<Item = Header<'_, &[u8]>> {
    // The count is a call into C, as each header is.
    let read = |at| catch_unwind(AssertUnwindSafe(|| headers.try_get(at))).ok().flatten();
    (0..headers.count()).filter_map(read)
}

impl<H: Headers> ReadCarrier for Reader<'_, H> {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for header in self.0.into_iter().flat_map(all) {
            if let Some(value) = header.value.filter(|_| header.key.eq_ignore_ascii_case(name)) {
                visit(value);
            }
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.0.into_iter().flat_map(all).for_each(|header| visit(header.key));
    }
}

/// Writes the headers of a record. Other headers are kept, in their order.
#[derive(Debug)]
pub struct Writer<'a>(pub &'a mut OwnedHeaders);

impl WriteCarrier for Writer<'_> {
    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        *self.0 = std::mem::take(self.0).insert(Header { key: name, value: Some(value) });
    }

    fn unset(&mut self, name: &str) {
        self.remove(|key| key.eq_ignore_ascii_case(name));
    }

    fn unset_prefix(&mut self, prefix: &str) {
        self.remove(|key| has_prefix(key, prefix));
    }
}

impl Writer<'_> {
    fn remove(&mut self, is_removed: impl Fn(&str) -> bool) {
        // The headers have no `remove`.
        if all(self.0).any(|header| is_removed(header.key)) {
            let kept = all(self.0).filter(|header| !is_removed(header.key));
            *self.0 = kept.fold(OwnedHeaders::new(), OwnedHeaders::insert);
        }
    }
}

/// Sends a record with the context of the span `send …` in its headers, and waits for the broker's acknowledgement.
///
/// If the record is too large with the context, it is sent without it.
///
/// # Errors
///
/// Returns `rdkafka`'s error, without the message that `rdkafka` returns with it.
pub async fn send<K, P>(
    producer: &FutureProducer,
    record: FutureRecord<'_, K, P>,
    queue_timeout: Duration,
) -> Result<Delivery, KafkaError>
where
    K: ToBytes + ?Sized,
    P: ToBytes + ?Sized,
{
    let mut facts = Facts::of(record.topic);
    facts.partition = record.partition;
    facts.body_size = record.payload.map(|payload| payload.to_bytes().len());
    let mut sending = Producer::new(System::Kafka).send(&facts);
    let own = record.headers;
    let mut traced = own.clone().unwrap_or_default();
    sending.write(&mut Writer(&mut traced));
    let FutureRecord { topic, partition, payload, key, timestamp, .. } = record;
    let with = |headers| FutureRecord { topic, partition, payload, key, timestamp, headers };
    sending
        .run(async {
            match producer.send(with(Some(traced)), queue_timeout).await {
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge), _)) => {
                    producer.send(with(own), queue_timeout).await.map_err(|(error, _)| error)
                }
                sent => sent.map_err(|(error, _)| error),
            }
        })
        .await
}

/// Returns the facts about a record. Its consumer group is not known here: set it yourself.
pub fn facts<M: Message>(record: &M) -> Facts<'_> {
    let mut facts = Facts::of(record.topic());
    facts.partition = Some(record.partition());
    facts.offset = Some(record.offset());
    facts.body_size = record.payload().map(<[u8]>::len);
    facts
}

/// Reads the context of a record.
pub fn context<M: Message>(consumer: &Consumer, record: &M) -> MessageContext {
    consumer.context(&Reader(record.headers()))
}
