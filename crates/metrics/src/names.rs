//! Numbers names, up to a limit. All names beyond it share one number.

use std::collections::HashMap;

use std::sync::{Arc, PoisonError, RwLock};

/// The common name of everything beyond a limit.
pub const OVERFLOW: &str = "_other";

/// The number of everything beyond the limit.
pub(crate) const OVERFLOWED: u32 = 0;

/// Pairs of names: an actor and a kind, or a type and a kind. Their numbers begin at one.
pub(crate) struct Names {
    most: usize,
    table: RwLock<Table>,
}

#[derive(Default)]
struct Table {
    numbers: HashMap<(Arc<str>, Arc<str>), u32>,
    names: Vec<(Arc<str>, Arc<str>)>,
}

impl Names {
    /// Creates a table for at most `most` pairs, including the overflow.
    pub(crate) fn new(most: usize) -> Self {
        let other: Arc<str> = OVERFLOW.into();
        let table = Table { numbers: HashMap::new(), names: vec![(other.clone(), other)] };
        Self { most: most.max(1), table: RwLock::new(table) }
    }

    /// Returns the number of a pair.
    pub(crate) fn number(&self, first: &str, second: &str) -> u32 {
        let key = (Arc::from(first), Arc::from(second));
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table.numbers.get(&key) {
            return *known;
        }
        if table.names.len() >= self.most {
            return OVERFLOWED;
        }
        let number = u32::try_from(table.names.len()).unwrap_or(OVERFLOWED);
        table.names.push(key.clone());
        table.numbers.insert(key, number);
        number
    }

    /// Returns the pair with this number.
    pub(crate) fn name(&self, number: u32) -> (Arc<str>, Arc<str>) {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.names.get(number as usize).unwrap_or(&table.names[0]).clone()
    }

    /// Returns all pairs, in the order of their numbers.
    pub(crate) fn all(&self) -> Vec<(Arc<str>, Arc<str>)> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).names.clone()
    }
}

/// Returns the last part of a type's name, without its parameters.
pub(crate) fn short(type_name: &str) -> &str {
    let plain = type_name.split('<').next().unwrap_or(type_name);
    plain.rsplit("::").next().unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_bound_has_one_name() {
        let names = Names::new(3);
        assert_eq!((names.number("Guild", "Join"), names.number("Guild", "Post")), (1, 2));
        assert_eq!((names.number("Guild", "Leave"), names.number("Guild", "Join")), (OVERFLOWED, 1));
        assert_eq!(&*names.name(2).1, "Post");
        assert_eq!(&*names.name(9).0, OVERFLOW);
        assert_eq!(names.all().len(), 3);
    }

    #[test]
    fn many_distinct_names_are_bounded() {
        let names = Names::new(512);
        for number in 0..200_000 {
            let number = names.number("Guild", &format!("{number}"));
            assert!(number < 512);
        }
        assert_eq!((names.all().len(), names.number("Guild", "199999")), (512, OVERFLOWED));
    }

    #[test]
    fn a_short_name_is_the_last_part_of_the_path() {
        assert_eq!(short("guild::messages::Message"), "Message");
        assert_eq!(short("guild::Ask<alloc::string::String>"), "Ask");
        assert_eq!(short("u64"), "u64");
    }
}
