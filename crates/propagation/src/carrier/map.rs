//! Pairs and maps as carriers.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use super::{ReadCarrier, WriteCarrier, has_prefix};

impl<K: AsRef<str>, V: AsRef<[u8]>> ReadCarrier for [(K, V)] {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (_, value) in self.iter().filter(|(key, _)| key.as_ref().eq_ignore_ascii_case(name)) {
            visit(value.as_ref());
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        for (key, _) in self {
            visit(key.as_ref());
        }
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>, const N: usize> ReadCarrier for [(K, V); N] {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        self.as_slice().visit_values(name, visit);
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.as_slice().visit_names(visit);
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> ReadCarrier for Vec<(K, V)> {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        self.as_slice().visit_values(name, visit);
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.as_slice().visit_names(visit);
    }
}

impl<K, V> WriteCarrier for Vec<(K, V)>
where
    K: AsRef<str> + for<'a> From<&'a str>,
    V: for<'a> From<&'a str>,
{
    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.push((name.into(), value.into()));
    }

    fn unset(&mut self, name: &str) {
        self.retain(|(key, _)| !key.as_ref().eq_ignore_ascii_case(name));
    }

    fn unset_prefix(&mut self, prefix: &str) {
        self.retain(|(key, _)| !has_prefix(key.as_ref(), prefix));
    }
}

macro_rules! map {
    ([$($parameters:tt)*] $map:ty) => {
        /// Compares every entry, because the keys may be in any case.
        impl<V: AsRef<[u8]>, $($parameters)*> ReadCarrier for $map {
            fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
                for (_, value) in self.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
                    visit(value.as_ref());
                }
            }

            fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
                for key in self.keys() {
                    visit(key);
                }
            }
        }

        impl<V: for<'a> From<&'a str>, $($parameters)*> WriteCarrier for $map {
            fn set(&mut self, name: &str, value: &str) {
                self.unset(name);
                self.insert(name.to_owned(), value.into());
            }

            fn unset(&mut self, name: &str) {
                self.retain(|key, _| !key.eq_ignore_ascii_case(name));
            }

            fn unset_prefix(&mut self, prefix: &str) {
                self.retain(|key, _| !has_prefix(key, prefix));
            }
        }
    };
}

map!([S: BuildHasher] HashMap<String, V, S>);
map!([] BTreeMap<String, V>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::{Single, TooLong};

    fn all(carrier: &dyn ReadCarrier, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        carrier.visit_values(name, &mut |value| found.push(String::from_utf8_lossy(value).into_owned()));
        found
    }

    #[test]
    fn names_are_compared_without_regard_to_case_and_values_keep_their_order() {
        let pairs = [("TRACEstate", "a=1"), ("other", "x"), ("tracestate", "b=2")];
        assert_eq!(all(&pairs, "tracestate"), ["a=1", "b=2"]);
        let map: HashMap<String, String> = [("TraceState".to_owned(), "a=1".to_owned())].into();
        assert_eq!(all(&map, "tracestate"), ["a=1"]);
    }

    #[test]
    fn a_value_that_is_set_takes_the_place_of_all_others() {
        let mut pairs = vec![("B3".to_owned(), "0".to_owned()), ("b3".to_owned(), "1".to_owned())];
        pairs.set("b3", "d");
        assert_eq!(pairs, [("b3".to_owned(), "d".to_owned())]);
        let mut map: BTreeMap<String, String> = [("B3".to_owned(), "0".to_owned())].into();
        map.set("b3", "d");
        assert_eq!(all(&map, "b3"), ["d"]);
        map.unset("b3");
        assert!(map.is_empty());
    }

    #[test]
    fn a_single_value_is_trimmed_of_spaces_and_tabs_only() {
        assert_eq!([("b3", "\t d \t")].single("b3"), Single::One(b"d"));
        assert_eq!([("b3", "\nd")].single("b3"), Single::One(b"\nd"));
        assert_eq!([("b3", "")].single("b3"), Single::One(b""));
    }

    /// The bound counts the commas that combining adds.
    #[test]
    fn values_are_combined_up_to_the_bound() {
        let pairs = [("list", "ab"), ("list", "cd")];
        assert_eq!(pairs.combined("list", 5).unwrap().unwrap().as_ref(), b"ab,cd");
        assert_eq!(pairs.combined("list", 4), Err(TooLong));
        assert_eq!(pairs.combined("none", 0), Ok(None));
    }
}
