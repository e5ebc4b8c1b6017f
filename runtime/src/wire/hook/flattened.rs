//! The names that serde looks for in a field with `#[serde(flatten)]`.

use std::sync::{Mutex, PoisonError};

use crate::wire::RESERVED_NAME;

/// Returns the names that the deserializer `D` must look for: `names`, and the reserved one if it sees no other.
pub fn with_reserved<D>(names: &'static [&'static str]) -> &'static [&'static str] {
    if is_flattened::<D>() { added(names) } else { names }
}

/// Returns whether a deserializer is serde's for a flattened field. It offers only the keys that it is asked for.
fn is_flattened<D>() -> bool {
    let name = std::any::type_name::<D>();
    name.starts_with("serde::") && name.contains("::FlatMapDeserializer<")
}

/// Returns the names and the reserved name.
///
/// The lists are kept. There is one for each message type that is flattened.
#[cold]
fn added(names: &'static [&'static str]) -> &'static [&'static str] {
    static LISTS: Mutex<Vec<&[&str]>> = Mutex::new(Vec::new());
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(list) = lists.iter().find(|list| list[1..] == *names) {
        return list;
    }
    let list: &[&str] = [&[RESERVED_NAME], names].concat().leak();
    lists.push(list);
    list
}
