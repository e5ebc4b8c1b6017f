//! Numbers the names of messages, for texts that stand for a state. The address of such a text gives the number.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The maximum number of names with a number. Further names work too, but more slowly.
const NAMES: usize = 4096;
const TAGS: usize = 16;

static NAMED: [OnceLock<Named>; NAMES] = [const { OnceLock::new() }; NAMES];
static TAKEN: Mutex<usize> = Mutex::new(0);
static TEXT: OnceLock<&'static str> = OnceLock::new();

/// A name, and a text for each state. Tags are odd.
#[derive(Debug)]
struct Named {
    name: &'static str,
    texts: [&'static str; TAGS / 2],
}

impl Named {
    fn new(name: &'static str, number: usize) -> Self {
        let text = TEXT.get_or_init(|| {
            let text = String::from_utf8(vec![0; NAMES * TAGS]).unwrap_or_default();
            Box::leak(text.into_boxed_str())
        });
        let at = |half: usize| number * TAGS + 2 * half + 1;
        Self { name, texts: std::array::from_fn(|half| &text[at(half)..=at(half)]) }
    }

    #[inline]
    fn text(&self, tag: u8) -> Option<&'static str> {
        self.texts.get(usize::from(tag / 2)).copied()
    }

    #[inline]
    fn is(&self, name: &'static str) -> bool {
        std::ptr::eq(self.name, name)
    }
}

/// The number of the name of one `impl Message<..>`, and how its messages were sent.
#[derive(Debug)]
pub struct NameId(AtomicU32, AtomicU8);

const TOLD: u8 = 1;
const ASKED: u8 = 2;

impl NameId {
    const NONE: u32 = u32::MAX;

    /// Creates an id. Its number is assigned at the first use.
    #[expect(clippy::new_without_default, reason = "named by generated code only")]
    pub const fn new() -> Self {
        Self(AtomicU32::new(Self::NONE), AtomicU8::new(0))
    }

    /// Notes whether the sender of such a message waits for the reply.
    pub(crate) fn note(&self, is_ask: bool) {
        self.1.store(if is_ask { ASKED } else { TOLD }, Relaxed);
    }

    /// Returns whether the last such message was an ask, or `None` if there was none.
    pub(crate) fn is_ask(&self) -> Option<bool> {
        match self.1.load(Relaxed) {
            0 => None,
            known => Some(known == ASKED),
        }
    }

    /// Returns the text that stands for this state of messages with this name.
    ///
    /// An impl with generics has several names, and remembers the last one.
    #[inline]
    pub(crate) fn text(&self, name: &'static str, tag: u8) -> Option<&'static str> {
        let number = self.0.load(Relaxed) as usize;
        match NAMED.get(number).and_then(OnceLock::get) {
            Some(named) if named.is(name) => named.text(tag),
            _ => self.find(name)?.text(tag),
        }
    }

    #[cold]
    fn find(&self, name: &'static str) -> Option<&'static Named> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = NAMED[..*taken].iter().position(|known| known.get().is_some_and(|known| known.is(name)));
        let number = known.unwrap_or(*taken);
        let named = NAMED.get(number)?.get_or_init(|| Named::new(name, number));
        *taken = (*taken).max(number + 1);
        self.0.store(u32::try_from(number).ok()?, Relaxed);
        Some(named)
    }
}

/// Returns the name and the tag that a text stands for, or `None` for any other text.
#[inline]
pub(crate) fn read(text: &str) -> Option<(Option<&'static str>, u8)> {
    let from = text.as_ptr().addr().wrapping_sub(TEXT.get()?.as_ptr().addr());
    if from >= NAMES * TAGS {
        return None;
    }
    let tag = u8::try_from(from % TAGS).ok()?;
    Some((NAMED[from / TAGS].get().map(|named| named.name), tag))
}
