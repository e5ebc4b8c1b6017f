//! Redis streams. Entries have no headers, so the context is in their fields.
//!
//! ```
//! use redis::streams::StreamId;
//! use traced_actor_messaging::{Consumer, Facts, Producer, System, redis as traced};
//! use traced_actor_propagation::Edge;
//!
//! # async fn run<C: redis::aio::ConnectionLike>(mut connection: C, entry: StreamId) -> redis::RedisResult<()> {
//! // XADD
//! let mut fields = vec![("table".to_owned(), b"7".to_vec())];
//! let mut sending = Producer::new(System::Redis).send(&Facts::of("orders"));
//! sending.write(&mut traced::Writer(&mut fields));
//! let mut add = redis::cmd("XADD");
//! add.arg("orders").arg("*").arg(&fields);
//! let _id: String = sending.run(add.query_async(&mut connection)).await?;
//!
//! // an entry of XREADGROUP
//! let consumer = Consumer::new(System::Redis, Edge::new("orders"));
//! let context = consumer.context(&traced::Reader(&entry.map));
//! let mut facts = Facts::of("orders");
//! facts.message_id = Some(&entry.id);
//! consumer.process(&facts, context, async { redis::RedisResult::Ok(()) }).await?;
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;

use redis::Value;
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier, has_prefix};

/// Reads the fields of an entry. Names are read in any case.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a HashMap<String, Value>);

impl ReadCarrier for Reader<'_> {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (_, value) in self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            match value {
                Value::BulkString(bytes) => visit(bytes),
                Value::SimpleString(text) => visit(text.as_bytes()),
                _ => {}
            }
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.0.keys().for_each(|name| visit(name));
    }
}

/// Writes the fields of an entry that is going to be added. Other fields are kept.
#[derive(Debug)]
pub struct Writer<'a>(pub &'a mut Vec<(String, Vec<u8>)>);

impl WriteCarrier for Writer<'_> {
    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.0.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    fn unset(&mut self, name: &str) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    fn unset_prefix(&mut self, prefix: &str) {
        self.0.retain(|(key, _)| !has_prefix(key, prefix));
    }
}
