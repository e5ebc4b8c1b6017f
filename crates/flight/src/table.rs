//! Numbers names and operations. A number fits into a word of a record, and has the same meaning in a file.
//!
//! Both tables grow with the program's types and not with its data. They are limited anyway.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{OnceLock, PoisonError, RwLock};

use traced_actor::context::SpanKind;

use super::image::{Entry, Journal};

/// The maximum number of names, and of operations.
///
/// Further names read as `?`, and spans of further operations are not recorded.
const MOST: usize = 1 << 16;
/// The text of a name for which there was no room. Its number is 0.
const UNKNOWN: &str = "?";
/// The maximum number of different fields of an operation.
pub(crate) const MAX_KEYS: usize = 64;

/// Values by name and by number. A value is read by its number without a lock.
struct Numbered<T> {
    parts: Box<[OnceLock<Part<T>>]>,
    numbers: RwLock<HashMap<&'static str, u32>>,
}

/// Some values, made when they are needed.
type Part<T> = Box<[OnceLock<T>]>;

/// The number of values in a part.
const PART: usize = 256;

impl<T: Copy> Numbered<T> {
    fn new() -> Self {
        let parts = (0..MOST / PART).map(|_| OnceLock::new()).collect();
        Self { parts, numbers: RwLock::default() }
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.numbers.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Returns the number of a name, and calls `make` for a new one. Returns `None` if there are too many.
    fn number(&self, name: &'static str, make: impl FnOnce(u32) -> T) -> Option<u32> {
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = numbers.get(name) {
            return Some(*number);
        }
        let at = numbers.len();
        let part = self.parts.get(at / PART)?;
        let number = u32::try_from(at).ok()?;
        let part = part.get_or_init(|| (0..PART).map(|_| OnceLock::new()).collect());
        part[at % PART].get_or_init(|| make(number));
        numbers.insert(name, number);
        Some(number)
    }

    #[inline]
    fn get(&self, number: u32) -> Option<T> {
        let at = number as usize;
        self.parts.get(at / PART)?.get()?[at % PART].get().copied()
    }

    /// Returns all values, in the order of their numbers.
    fn all(&self) -> impl Iterator<Item = T> {
        (0..).map_while(|number| self.get(number))
    }
}

/// Static texts by number.
pub(crate) struct Names(Numbered<&'static str>, Option<&'static Journal>);

impl Names {
    pub(crate) fn new(journal: Option<&'static Journal>) -> Self {
        let names = Numbered::new();
        names.number(UNKNOWN, |_| UNKNOWN);
        Self(names, journal)
    }

    /// Returns the number of a text. Takes a lock, so threads remember recent results.
    pub(crate) fn number(&self, name: &'static str) -> u32 {
        let make = |number| {
            if let Some(journal) = self.1 {
                journal.append(&Entry::Name { number, name });
            }
            name
        };
        self.0.find(name).or_else(|| self.0.number(name, make)).unwrap_or(0)
    }

    /// Calls a function with each name, as an entry of a table.
    pub(crate) fn entries(&self, mut each: impl FnMut(Entry<'_>)) {
        for (number, name) in (0..).zip(self.0.all()).skip(1) {
            each(Entry::Name { number, name });
        }
    }

    /// Returns the text of a number.
    #[inline]
    pub(crate) fn name(&self, number: u32) -> &'static str {
        self.0.get(number).unwrap_or(UNKNOWN)
    }
}

/// The type of a value in a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Type {
    Bool,
    Int,
    Float,
    /// A length in bytes, and then the bytes.
    Text,
    /// The number of a name.
    Name,
}

impl Type {
    /// Returns the type with this number, as in the flags of a [`Header`](super::ring::Header).
    pub(crate) const fn of_number(number: u8) -> Self {
        match number {
            0 => Self::Bool,
            1 => Self::Int,
            2 => Self::Float,
            3 => Self::Text,
            _ => Self::Name,
        }
    }
}

/// A field of an operation. The same name with another type is another field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) of: Type,
}

impl Key {
    fn is(&self, name: &str, of: Type) -> bool {
        // Equal texts may have different addresses.
        self.of == of && self.name == name
    }
}

/// The common data of all spans of an actor and a kind of message.
pub(crate) struct Operation {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) actor: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) span_kind: SpanKind,
    pub(crate) is_message: bool,
    /// The fields, in the order in which they were first recorded.
    keys: [OnceLock<Key>; MAX_KEYS],
    /// The duration from which a span is slow, in nanoseconds.
    pub(crate) slow: AtomicU64,
    journal: Option<&'static Journal>,
}

impl Operation {
    /// Creates an operation without fields.
    pub(crate) fn new(
        number: u32,
        [name, actor, kind]: [&'static str; 3],
        span_kind: SpanKind,
        is_message: bool,
        journal: Option<&'static Journal>,
    ) -> Self {
        let keys = [const { OnceLock::new() }; MAX_KEYS];
        let slow = AtomicU64::new(u64::MAX);
        let operation = Self { number, name, actor, kind, span_kind, is_message, keys, slow, journal };
        if let Some(journal) = journal {
            journal.append(&operation.entry());
        }
        operation
    }

    fn entry(&self) -> Entry<'_> {
        Entry::Operation {
            number: self.number,
            names: [self.name, self.actor, self.kind],
            kind: self.span_kind,
            is_message: self.is_message,
        }
    }

    /// Calls a function with the operation and its fields, as entries of a table.
    pub(crate) fn entries(&self, mut each: impl FnMut(Entry<'_>)) {
        each(self.entry());
        for (place, key) in (0..).zip(&self.keys) {
            if let Some(Key { name, of }) = key.get() {
                each(Entry::Field { operation: self.number, place, of: *of as u8, name });
            }
        }
    }

    /// Sets a field if there is none at this index.
    pub(crate) fn set_key(&self, place: usize, name: &'static str, of: Type) {
        if let Some(key) = self.keys.get(place) {
            let _ = key.set(Key { name, of });
        }
    }

    /// Returns the index of a field, searching from `from` on, and adds the field if it is new.
    ///
    /// Returns `None` if its index is before `from`, or if there are too many fields.
    #[inline]
    pub(crate) fn key(&self, from: usize, name: &'static str, of: Type) -> Option<usize> {
        // Almost always the fields come in the same order.
        match self.keys.get(from).and_then(OnceLock::get) {
            Some(known) if known.of == of && std::ptr::eq(known.name, name) => Some(from),
            _ => self.find_key(from, name, of),
        }
    }

    #[inline(never)]
    fn find_key(&self, from: usize, name: &'static str, of: Type) -> Option<usize> {
        for (place, key) in self.keys.iter().enumerate().skip(from) {
            if let Some(known) = key.get() {
                if known.is(name, of) {
                    return Some(place);
                }
            } else if self.take_key(place, name, of) {
                return Some(place);
            }
        }
        None
    }

    /// Adds a field at an index. Returns whether the field is there afterwards.
    #[cold]
    fn take_key(&self, place: usize, name: &'static str, of: Type) -> bool {
        let is_known = self.keys[place].get_or_init(|| {
            if let (Some(journal), Ok(place)) = (self.journal, u32::try_from(place)) {
                journal.append(&Entry::Field { operation: self.number, place, of: of as u8, name });
            }
            Key { name, of }
        });
        is_known.is(name, of)
    }

    /// Returns the fields whose bits are set, in order, with their indices.
    pub(crate) fn keys(&self, mut bits: u64) -> impl Iterator<Item = (usize, &Key)> {
        let places = std::iter::from_fn(move || {
            let place = (bits != 0).then_some(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(place)
        });
        places.filter_map(|place| Some((place, self.keys[place].get()?)))
    }

    /// Returns whether a span of this many nanoseconds is slow.
    #[inline]
    pub(crate) fn is_slow(&self, nanos: u64) -> bool {
        nanos >= self.slow.load(Relaxed)
    }
}

/// The operations by number, each with the data of a recorder.
pub(crate) struct Operations<T: 'static>(Numbered<&'static T>, Option<&'static Journal>);

impl<T> Operations<T> {
    pub(crate) fn new(journal: Option<&'static Journal>) -> Self {
        Self(Numbered::new(), journal)
    }

    /// Returns the data of the operation with this name, or `None` if there is none yet.
    pub(crate) fn find(&self, name: &str) -> Option<&'static T> {
        self.0.find(name).and_then(|number| self.0.get(number))
    }

    /// Adds an operation, which lives as long as the process. Returns `None` if there are too many.
    pub(crate) fn add(
        &self,
        [name, actor, kind]: [&'static str; 3],
        span_kind: SpanKind,
        is_message: bool,
        make: impl FnOnce(Operation) -> T,
    ) -> Option<&'static T> {
        let number = self.0.number(name, |number| {
            let operation = Operation::new(number, [name, actor, kind], span_kind, is_message, self.1);
            Box::leak(Box::new(make(operation)))
        })?;
        self.0.get(number)
    }

    /// Returns the data of each operation.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static T> {
        self.0.all()
    }

    /// Returns the data of the operation with this number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&'static T> {
        self.0.get(number)
    }
}

/// The recent results of a thread, by the addresses of texts.
pub(crate) struct Recent<V>([Option<(&'static str, V)>; SLOTS]);

const SLOTS: usize = 64;

impl<V: Copy> Recent<V> {
    pub(crate) const fn new() -> Self {
        Self([const { None }; SLOTS])
    }

    #[inline]
    pub(crate) fn get(&mut self, text: &'static str, look_up: impl FnOnce() -> Option<V>) -> Option<V> {
        let address = text.as_ptr().addr();
        let slot = &mut self.0[(address >> 3 ^ address >> 9) % SLOTS];
        match slot {
            Some((known, value)) if std::ptr::eq(*known, text) => Some(*value),
            _ => {
                let value = look_up()?;
                *slot = Some((text, value));
                Some(value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_number_each_and_a_bound() {
        let names = Names::new(None);
        let (first, second) = (names.number("error"), names.number("other"));
        assert_ne!(first, second);
        assert_eq!((names.number("error"), names.name(first), names.name(second)), (first, "error", "other"));
        assert_eq!((names.name(0), names.name(u32::MAX)), ("?", "?"));
        let many: Vec<&'static str> = (0..MOST).map(|number| &*number.to_string().leak()).collect();
        assert_eq!(names.name(names.number(many[0])), "0");
        for name in &many {
            names.number(name);
        }
        assert_eq!(names.number(many[MOST - 1]), 0);
    }

    #[test]
    fn an_operation_s_fields_are_known_by_name_and_type() {
        let operations = Operations::new(None);
        let add = || operations.add(["Guild/Post", "Guild", "Post"], SpanKind::Consumer, true, |made| made);
        let post = add().unwrap();
        assert!(
            std::ptr::eq(post, add().unwrap()) && std::ptr::eq(post, operations.find("Guild/Post").unwrap())
        );
        assert!(operations.find("Guild/Leave").is_none());
        assert!(std::ptr::eq(post, operations.get(post.number).unwrap()));

        assert_eq!(post.key(0, "channel", Type::Int), Some(0));
        assert_eq!(post.key(1, "text", Type::Text), Some(1));
        assert_eq!(post.key(0, "text", Type::Text), Some(1), "a field that is left out");
        assert_eq!(post.key(0, "channel", Type::Text), Some(2), "another type");
        assert_eq!(post.key(3, "channel", Type::Int), Some(3), "a second time");
        let keys: Vec<_> = post.keys(0b1010).map(|(at, key)| (at, key.name, key.of)).collect();
        assert_eq!(keys, [(1, "text", Type::Text), (3, "channel", Type::Int)]);
        for number in 4..MAX_KEYS {
            assert_eq!(post.key(number, number.to_string().leak(), Type::Bool), Some(number));
        }
        assert_eq!(post.key(0, "one more", Type::Bool), None);
    }
}
