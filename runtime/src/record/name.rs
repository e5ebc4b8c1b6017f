//! Names that are put together once and live as long as the process.
//!
//! Both tables grow with the program's types, not with its data, so they are bounded. Each thread remembers the names
//! that it asked for lately by the addresses of their parts, which saves it the lock and the hash.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{LazyLock, PoisonError, RwLock};
use std::thread::LocalKey;

use crate::sampling::Kind;

type Table<K, V> = LazyLock<RwLock<HashMap<K, V>>>;

/// What a thread asked for lately, by `N` texts.
type Recent<const N: usize, V> = [Cell<Option<([&'static str; N], V)>>; SLOTS];

const SLOTS: usize = 32;

/// The span name `Actor/Kind`.
pub(crate) fn span_name(actor: &'static str, kind: &'static str) -> &'static str {
    static NAMES: Table<(&'static str, &'static str), &'static str> = LazyLock::new(RwLock::default);
    thread_local! {
        static RECENT: Recent<2, &'static str> = const { [const { Cell::new(None) }; SLOTS] };
    }
    recent(&RECENT, [actor, kind], || {
        interned(&NAMES, (actor, kind), || Box::leak(format!("{actor}/{kind}").into_boxed_str()))
    })
}

/// The kind of a message type without annotation: named after the type, without its path.
pub(crate) fn type_kind<M: ?Sized>() -> &'static Kind {
    static KINDS: Table<&'static str, &'static Kind> = LazyLock::new(RwLock::default);
    thread_local! {
        static RECENT: Recent<1, &'static Kind> = const { [const { Cell::new(None) }; SLOTS] };
    }
    let name = std::any::type_name::<M>();
    recent(&RECENT, [name], || interned(&KINDS, name, || Box::leak(Box::new(Kind::new(short(name))))))
}

/// The value that this thread had for texts at these addresses, or else what `look_up` says.
fn recent<const N: usize, V: Copy>(
    recent: &'static LocalKey<Recent<N, V>>,
    texts: [&'static str; N],
    look_up: impl FnOnce() -> V,
) -> V {
    let addresses = texts.iter().fold(0, |sum: usize, text| sum.rotate_left(7) ^ text.as_ptr().addr());
    recent.with(|recent| {
        let slot = &recent[(addresses ^ addresses >> 5) % SLOTS];
        match slot.get() {
            Some((known, value))
                if known.iter().zip(texts).all(|(known, text)| std::ptr::eq(*known, text)) =>
            {
                value
            }
            _ => {
                let value = look_up();
                slot.set(Some((texts, value)));
                value
            }
        }
    })
}

/// `Command` for `alloc::boxed::Command<other::Thing>`.
pub(crate) fn short(name: &'static str) -> &'static str {
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
    fn names_that_share_a_place_are_told_apart() {
        let actors: Vec<&'static str> = (0..SLOTS * 4).map(|i| &*format!("Actor{i}").leak()).collect();
        for _ in 0..2 {
            for actor in &actors {
                assert_eq!(span_name(actor, "Post"), format!("{actor}/Post"));
                assert_eq!(span_name(actor, "Leave"), format!("{actor}/Leave"));
            }
        }
    }

    /// A part of another text begins at its address.
    #[test]
    fn texts_at_one_address_are_told_apart_by_their_length() {
        static LONG: &str = "Guild";
        assert_eq!(span_name(LONG, "Post"), "Guild/Post");
        assert_eq!(span_name(&LONG[..3], "Post"), "Gui/Post");
    }

    #[test]
    fn a_span_name_is_made_once() {
        let name = span_name("Guild", "Post");
        assert_eq!(name, "Guild/Post");
        assert!(std::ptr::eq(name, span_name("Guild", "Post")));
    }
}
