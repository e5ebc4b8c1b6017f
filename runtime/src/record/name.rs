//! Names that are composed once and live as long as the process.
//!
//! The tables of types grow with the program and not with its data. The table of names that are composed at run time
//! has a limit. Each thread remembers recently used names by the addresses of their parts, which avoids the lock and
//! the hash.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{LazyLock, PoisonError, RwLock};
use std::thread::LocalKey;

use super::type_name;
use crate::sampling::Kind;

type Table<K, V> = LazyLock<RwLock<HashMap<K, V>>>;

/// The values that a thread looked up recently, by `N` texts.
type Recent<const N: usize, V> = [Cell<Option<([&'static str; N], V)>>; SLOTS];

const SLOTS: usize = 32;

/// Returns the span name `Actor/Kind`.
pub(crate) fn span_name(actor: &'static str, kind: &'static str) -> &'static str {
    static NAMES: Table<(&'static str, &'static str), &'static str> = LazyLock::new(RwLock::default);
    thread_local! {
        static RECENT: Recent<2, &'static str> = const { [const { Cell::new(None) }; SLOTS] };
    }
    recent(&RECENT, [actor, kind], || {
        interned(&NAMES, (actor, kind), || Box::leak(format!("{actor}/{kind}").into_boxed_str()))
    })
}

/// Returns a name that is composed at run time. Returns `None` if it is too long, or if there are too many already.
pub(super) fn dynamic_name(name: &str) -> Option<&'static str> {
    const MOST: usize = 1_000;
    const LONGEST: usize = 256;
    static NAMES: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);
    if let Some(known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Some(known);
    }
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if names.len() >= MOST || name.len() > LONGEST {
        return None;
    }
    let kept: &'static str = Box::leak(name.into());
    names.insert(kept);
    Some(kept)
}

/// Returns the kind of a message type without annotation, named after the type.
pub(crate) fn type_kind<M: ?Sized>() -> &'static Kind {
    kind_named(std::any::type_name::<M>())
}

/// Returns a readable name for the result of `std::any::type_name`.
pub(crate) fn short(name: &'static str) -> &'static str {
    kind_named(name).name()
}

fn kind_named(name: &'static str) -> &'static Kind {
    static KINDS: Table<&'static str, &'static Kind> = LazyLock::new(RwLock::default);
    thread_local! {
        static RECENT: Recent<1, &'static Kind> = const { [const { Cell::new(None) }; SLOTS] };
    }
    let make = || {
        let readable: &'static str = Box::leak(type_name::readable(name).into_boxed_str());
        &*Box::leak(Box::new(Kind::new(readable)))
    };
    recent(&RECENT, [name], || interned(&KINDS, name, make))
}

/// Returns the value that this thread remembers for texts at these addresses, or else that of `look_up`.
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
    fn a_type_s_kind_is_made_once() {
        assert_eq!(type_kind::<u64>().name(), "u64");
        assert!(std::ptr::eq(type_kind::<Option<u64>>(), type_kind::<Option<u64>>()));
        assert!(std::ptr::eq(short(std::any::type_name::<u64>()), type_kind::<u64>().name()));
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
    fn names_of_the_moment_are_bounded_in_number_and_length() {
        let name = dynamic_name(&String::from("GET /a")).unwrap();
        assert!(std::ptr::eq(name, dynamic_name("GET /a").unwrap()));
        assert_eq!(dynamic_name(&"x".repeat(257)), None);
        let kept = (0..2_000).filter(|i| dynamic_name(&format!("GET /{i}")).is_some()).count();
        assert!(kept < 1_000);
        assert!(std::ptr::eq(name, dynamic_name("GET /a").unwrap()), "a known one stays");
    }

    #[test]
    fn a_span_name_is_made_once() {
        let name = span_name("Guild", "Post");
        assert_eq!(name, "Guild/Post");
        assert!(std::ptr::eq(name, span_name("Guild", "Post")));
    }
}
