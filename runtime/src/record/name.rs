//! Names that are put together once and live as long as the process.
//!
//! Both tables grow with the program's types, not with its data, so they are bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{LazyLock, PoisonError, RwLock};

use crate::sampling::Kind;

type Table<K, V> = LazyLock<RwLock<HashMap<K, V>>>;

/// The span name `Actor/Kind`.
pub(super) fn span_name(actor: &'static str, kind: &'static str) -> &'static str {
    static NAMES: Table<(&'static str, &'static str), &'static str> = LazyLock::new(RwLock::default);
    interned(&NAMES, (actor, kind), || Box::leak(format!("{actor}/{kind}").into_boxed_str()))
}

/// The kind of a message type without annotation: named after the type, without its path.
pub(crate) fn type_kind<M: ?Sized>() -> &'static Kind {
    static KINDS: Table<&'static str, &'static Kind> = LazyLock::new(RwLock::default);
    let name = std::any::type_name::<M>();
    interned(&KINDS, name, || Box::leak(Box::new(Kind::new(short(name)))))
}

/// `Command` for `alloc::boxed::Command<other::Thing>`.
pub(super) fn short(name: &'static str) -> &'static str {
    let path = name.split('<').next().unwrap_or(name);
    path.rsplit("::").next().unwrap_or(path)
}

fn interned<K: Eq + Hash + Copy, V: Copy>(table: &Table<K, V>, key: K, make: impl FnOnce() -> V) -> V {
    if let Some(value) = table.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return *value;
    }
    *table.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert_with(make)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_s_kind_is_its_name_without_path_and_arguments() {
        assert_eq!(type_kind::<Vec<std::string::String>>().name(), "Vec");
        assert_eq!(type_kind::<u64>().name(), "u64");
    }

    #[test]
    fn a_span_name_is_made_once() {
        let name = span_name("Guild", "Post");
        assert_eq!(name, "Guild/Post");
        assert!(std::ptr::eq(name, span_name("Guild", "Post")));
    }
}
