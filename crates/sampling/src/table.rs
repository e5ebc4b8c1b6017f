//! A bounded table with a value for each operation (an actor and a message kind), which is read without a lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

/// Values by operation.
///
/// Reading takes no lock and does not allocate. A new operation copies the table, which happens once for each
/// operation.
#[derive(Debug)]
pub(super) struct Table<T> {
    map: ArcSwap<Map<T>>,
    /// Allows one writer at a time.
    writer: Mutex<()>,
    limit: usize,
}

/// The values by the hash of the name. If two names have the same hash, the second one has no value.
pub(super) type Map<T> = HashMap<u64, Arc<Entry<T>>>;

#[derive(Debug)]
pub(super) struct Entry<T> {
    /// `Guild/Post`
    pub(super) name: Box<str>,
    pub(super) value: T,
}

impl<T> Table<T> {
    /// Creates an empty table for at most this many operations.
    pub(super) fn new(limit: usize) -> Self {
        Self { map: ArcSwap::default(), writer: Mutex::new(()), limit }
    }

    /// Returns the result of `read` for the operation's value.
    ///
    /// An unknown operation gets a value from `make` while there is room. Returns `None` if there is no room.
    pub(super) fn with<R>(
        &self,
        actor: &str,
        kind: &str,
        make: impl FnOnce(&str) -> T,
        read: impl FnOnce(&T) -> R,
    ) -> Option<R> {
        let hash = hash(&[actor, "/", kind]);
        let found = self.map.load();
        if let Some(entry) = found.get(&hash) {
            return is_named(&entry.name, actor, kind).then(|| read(&entry.value));
        }
        if found.len() >= self.limit {
            return None;
        }
        drop(found);
        self.insert(hash, &format!("{actor}/{kind}"), make).map(|entry| read(&entry.value))
    }

    #[cold]
    fn insert(&self, hash: u64, name: &str, make: impl FnOnce(&str) -> T) -> Option<Arc<Entry<T>>> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let map = self.map.load_full();
        if let Some(entry) = map.get(&hash) {
            return (*entry.name == *name).then(|| entry.clone());
        }
        if map.len() >= self.limit {
            return None;
        }
        let entry = Arc::new(Entry { name: name.into(), value: make(name) });
        let mut map = Map::clone(&map);
        map.insert(hash, entry.clone());
        self.map.store(Arc::new(map));
        Some(entry)
    }

    /// Adds an operation of this name, if there is room and it has no value yet.
    pub(super) fn add(&self, name: &str, make: impl FnOnce(&str) -> T) {
        self.insert(hash(&[name]), name, make);
    }

    /// Returns all operations.
    pub(super) fn all(&self) -> Arc<Map<T>> {
        self.map.load_full()
    }
}

/// Returns whether a name is that of the operation.
fn is_named(name: &str, actor: &str, kind: &str) -> bool {
    let rest = name.strip_prefix(actor).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| rest == kind)
}

/// Returns the FNV-1a hash of the parts as if they were one text.
///
/// The names come from the program itself, and the map hashes again.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_keeps_its_value_and_the_table_its_limit() {
        let table = Table::new(2);
        let value = |actor, kind, new: u32| table.with(actor, kind, |_| new, |value| *value);
        assert_eq!(value("Guild", "Post", 1), Some(1));
        assert_eq!(value("Guild", "Post", 2), Some(1));
        table.add("a/b/Join", |name| name.len().try_into().unwrap());
        assert_eq!(value("a/b", "Join", 0), Some(8), "an actor's name may have a slash");
        assert_eq!(value("Guild", "Join", 3), None);
        assert_eq!(table.all().len(), 2);
    }

    #[test]
    fn threads_that_meet_a_new_operation_at_once_share_one_value() {
        use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
        let table = Table::new(100);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for i in 0..50 {
                        let kind = i.to_string();
                        table.with(
                            "Actor",
                            &kind,
                            |_| AtomicU64::new(0),
                            |count| count.fetch_add(1, Relaxed),
                        );
                    }
                });
            }
        });
        assert_eq!(table.all().len(), 50);
        assert!(table.all().values().all(|entry| entry.value.load(Relaxed) == 4));
    }
}
