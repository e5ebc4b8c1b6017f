//! Settings by name. The lock is for changing a setting or opening a connection. Sends use the flag directly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{PhaseSetting, TooManyNames};
use traced_actor::context::shortened;

/// An optional [`PhaseSetting`], which can be changed while it is read.
///
/// It guards no other memory, so relaxed ordering is enough.
#[derive(Debug)]
pub(super) struct Flag(pub(super) AtomicU32);

impl Flag {
    pub(super) fn new(setting: Option<PhaseSetting>) -> Self {
        Self(AtomicU32::new(setting.map_or(0, PhaseSetting::to_bits)))
    }

    pub(super) fn get(&self) -> Option<PhaseSetting> {
        PhaseSetting::from_bits(self.0.load(Relaxed))
    }
}

#[derive(Debug)]
pub(super) struct Flags {
    map: Mutex<HashMap<Box<str>, Arc<Flag>>>,
    limit: usize,
    /// The flag for names without room. They are sent bare messages, like old nodes, because no setting could reach
    /// them.
    outside: Arc<Flag>,
}

impl Flags {
    pub(super) fn new(limit: usize) -> Self {
        let outside = Arc::new(Flag::new(Some(PhaseSetting::ACCEPT)));
        Self { map: Mutex::default(), limit, outside }
    }

    /// Returns the flag with this name.
    pub(super) fn get(&self, name: &str) -> Arc<Flag> {
        self.find(name).unwrap_or_else(|| self.outside.clone())
    }

    pub(super) fn set(&self, name: &str, setting: Option<PhaseSetting>) -> Result<(), TooManyNames> {
        let flag = self.find(name).ok_or(TooManyNames { limit: self.limit })?;
        flag.0.store(setting.map_or(0, PhaseSetting::to_bits), Relaxed);
        Ok(())
    }

    pub(super) fn clear(&self) {
        self.lock().values().for_each(|flag| flag.0.store(0, Relaxed));
    }

    fn find(&self, name: &str) -> Option<Arc<Flag>> {
        let name = &*shortened(name);
        let mut map = self.lock();
        if let Some(flag) = map.get(name) {
            return Some(flag.clone());
        }
        if map.len() >= self.limit {
            map.retain(|_, flag| flag.get().is_some() || Arc::strong_count(flag) > 1);
        }
        if map.len() >= self.limit {
            return None;
        }
        let flag = Arc::new(Flag::new(None));
        map.insert(name.into(), flag.clone());
        Some(flag)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Flag>>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_take_a_bounded_place() {
        let flags = Flags::new(3);
        let long = |n: usize| "n".repeat(100_000 + n);
        flags.set(&long(1), Some(PhaseSetting::PER_PEER)).unwrap();
        assert_eq!(flags.get(&long(1)).get(), Some(PhaseSetting::PER_PEER));
        assert_eq!(flags.get(&long(2)).get(), None);
        assert!(flags.lock().keys().all(|name| name.len() <= 128));
    }

    #[test]
    fn names_that_nobody_uses_make_room_and_those_beyond_are_careful() {
        let flags = Flags::new(2);
        let used = flags.get("used");
        flags.set("set", Some(PhaseSetting::PER_PEER)).unwrap();
        assert_eq!(flags.get("no room").get(), Some(PhaseSetting::ACCEPT));
        assert_eq!(flags.set("no room", None), Err(TooManyNames { limit: 2 }));
        drop(used);
        assert_eq!(flags.get("room now").get(), None);
        assert_eq!(flags.get("set").get(), Some(PhaseSetting::PER_PEER));
    }
}
