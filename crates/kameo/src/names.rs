//! The names of messages by number, for texts that stand for a state: which of them a message has is where its text lies.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// How many names have a number. A program with more has them as well, only slower.
const NAMES: usize = 4096;
const TAGS: usize = 16;

static NAMED: [OnceLock<&'static str>; NAMES] = [const { OnceLock::new() }; NAMES];
static TAKEN: Mutex<usize> = Mutex::new(0);
static TEXT: OnceLock<&'static str> = OnceLock::new();

/// The number of the name of one `impl Message<..>`.
#[derive(Debug)]
pub struct NameId(AtomicU32);

impl NameId {
    const NONE: u32 = u32::MAX;

    /// Creates it. Its number is found at the first use.
    #[expect(clippy::new_without_default, reason = "named by generated code only")]
    pub const fn new() -> Self {
        Self(AtomicU32::new(Self::NONE))
    }

    /// Returns the number of this name. An impl with generics has several names, and remembers the last.
    pub(crate) fn number(&self, name: &'static str) -> Option<usize> {
        let number = self.0.load(Relaxed) as usize;
        if NAMED.get(number).and_then(OnceLock::get).is_some_and(|known| same(known, name)) {
            return Some(number);
        }
        self.find(name)
    }

    #[cold]
    fn find(&self, name: &'static str) -> Option<usize> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            NAMED[..*taken].iter().position(|known| known.get().is_some_and(|known| same(known, name)));
        let number = known.unwrap_or(*taken);
        if number == *taken {
            NAMED.get(number)?.set(name).ok()?;
            *taken += 1;
        }
        self.0.store(u32::try_from(number).ok()?, Relaxed);
        Some(number)
    }
}

fn same(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b)
}

/// Returns the text that stands for this state of messages with this name.
pub(crate) fn tagged(number: usize, tag: u8) -> &'static str {
    let at = number * TAGS + usize::from(tag);
    &text()[at..=at]
}

/// Returns the name and the tag that a text stands for; `None` for any other text.
pub(crate) fn read(text: &str) -> Option<(Option<&'static str>, u8)> {
    let from = text.as_ptr().addr().wrapping_sub(TEXT.get()?.as_ptr().addr());
    if from >= NAMES * TAGS {
        return None;
    }
    let tag = u8::try_from(from % TAGS).ok()?;
    Some((NAMED[from / TAGS].get().copied(), tag))
}

fn text() -> &'static str {
    TEXT.get_or_init(|| {
        let text = String::from_utf8(vec![0; NAMES * TAGS]).unwrap_or_default();
        Box::leak(text.into_boxed_str())
    })
}
