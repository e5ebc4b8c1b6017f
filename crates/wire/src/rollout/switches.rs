//! Settings by name. The lock is for whoever changes one or opens a connection; sends hold the switch itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Full, PhaseSetting};
use traced_actor::context::shortened;

/// A [`PhaseSetting`] or none, to be changed while it is read. It guards no other memory, so the order is relaxed.
#[derive(Debug)]
pub(super) struct Switch(pub(super) AtomicU32);

impl Switch {
    pub(super) fn new(setting: Option<PhaseSetting>) -> Self {
        Self(AtomicU32::new(setting.map_or(0, PhaseSetting::to_bits)))
    }

    pub(super) fn get(&self) -> Option<PhaseSetting> {
        PhaseSetting::from_bits(self.0.load(Relaxed))
    }
}

#[derive(Debug)]
pub(super) struct Switches {
    map: Mutex<HashMap<Box<str>, Arc<Switch>>>,
    limit: usize,
    /// For names that there is no room for: bare, as to an old node. Otherwise a setting could not reach them.
    outside: Arc<Switch>,
}

impl Switches {
    pub(super) fn new(limit: usize) -> Self {
        let outside = Arc::new(Switch::new(Some(PhaseSetting::ACCEPT)));
        Self { map: Mutex::default(), limit, outside }
    }

    /// The switch of this name.
    pub(super) fn get(&self, name: &str) -> Arc<Switch> {
        self.find(name).unwrap_or_else(|| self.outside.clone())
    }

    pub(super) fn set(&self, name: &str, setting: Option<PhaseSetting>) -> Result<(), Full> {
        let switch = self.find(name).ok_or(Full { limit: self.limit })?;
        switch.0.store(setting.map_or(0, PhaseSetting::to_bits), Relaxed);
        Ok(())
    }

    pub(super) fn clear(&self) {
        self.lock().values().for_each(|switch| switch.0.store(0, Relaxed));
    }

    fn find(&self, name: &str) -> Option<Arc<Switch>> {
        let name = &*shortened(name);
        let mut map = self.lock();
        if let Some(switch) = map.get(name) {
            return Some(switch.clone());
        }
        if map.len() >= self.limit {
            map.retain(|_, switch| switch.get().is_some() || Arc::strong_count(switch) > 1);
        }
        if map.len() >= self.limit {
            return None;
        }
        let switch = Arc::new(Switch::new(None));
        map.insert(name.into(), switch.clone());
        Some(switch)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Switch>>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_take_a_bounded_place() {
        let switches = Switches::new(3);
        let long = |n: usize| "n".repeat(100_000 + n);
        switches.set(&long(1), Some(PhaseSetting::PER_PEER)).unwrap();
        assert_eq!(switches.get(&long(1)).get(), Some(PhaseSetting::PER_PEER));
        assert_eq!(switches.get(&long(2)).get(), None);
        assert!(switches.lock().keys().all(|name| name.len() <= 128));
    }

    #[test]
    fn names_that_nobody_uses_make_room_and_those_beyond_are_careful() {
        let switches = Switches::new(2);
        let used = switches.get("used");
        switches.set("set", Some(PhaseSetting::PER_PEER)).unwrap();
        assert_eq!(switches.get("no room").get(), Some(PhaseSetting::ACCEPT));
        assert_eq!(switches.set("no room", None), Err(Full { limit: 2 }));
        drop(used);
        assert_eq!(switches.get("room now").get(), None);
        assert_eq!(switches.get("set").get(), Some(PhaseSetting::PER_PEER));
    }
}
