//! Texts that stand for a context.
//!
//! kameo stores the text that `Message::name` returns beside a message, and stores nothing else for us.
//!
//! A text is identified by its address and never by its content. A text for a state has a fixed address. A text for a
//! sampled context is a piece of a long text. Each piece is used for one message, and 2³⁸ pieces are used before the
//! first one is reused. So a text of a message that was lost, or that stays in a mailbox for days, is never mistaken
//! for another one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use traced_actor::__private::Ask;
use traced_actor::context::MessageContext;

use crate::names::{self, NameId};

/// The maximum number of contexts in transit. Beyond it, the oldest one is replaced.
const PLACES: usize = 1 << 16;
/// The number of places that are allocated together.
const CHUNK: usize = 1 << 10;

/// The length of half of the text. A piece starts in the first half, and is at most this long.
const HALF: usize = 1 << 19;

static DEPARTED: OnceLock<Departed> = OnceLock::new();

struct Departed {
    text: &'static str,
    next: AtomicUsize,
    chunks: [OnceLock<Box<[Place]>>; PLACES / CHUNK],
}

/// A context in transit, with the number of its text.
type Place = Mutex<Option<(usize, Sent)>>;

/// The context and the name of a message in transit.
pub(crate) struct Sent {
    pub(crate) context: MessageContext,
    /// The message's own name.
    pub(crate) name: &'static str,
    /// The possible ask, if somebody observes it, and the kind of its message.
    pub(crate) ask: Option<Box<(Ask, &'static NameId)>>,
}

/// The figure in the documentation of the crate.
const _: () = assert!(size_of::<Place>() <= 48);

impl Departed {
    fn get() -> &'static Self {
        DEPARTED.get_or_init(|| {
            // Zeros are never written, so the text takes no memory.
            let text = String::from_utf8(vec![0; 2 * HALF]).unwrap_or_default();
            let chunks = [const { OnceLock::new() }; PLACES / CHUNK];
            Self { text: Box::leak(text.into_boxed_str()), next: AtomicUsize::new(0), chunks }
        })
    }

    fn place(&self, number: usize) -> MutexGuard<'_, Option<(usize, Sent)>> {
        let at = number % PLACES;
        let chunk = self.chunks[at / CHUNK].get_or_init(|| (0..CHUNK).map(|_| Place::default()).collect());
        chunk[at % CHUNK].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn piece(&self, number: usize) -> &'static str {
        let (from, more) = (number % HALF, number / HALF % HALF);
        &self.text[from..=from + more]
    }

    fn number(&self, piece: &str) -> Option<usize> {
        let from = piece.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        let more = piece.len().checked_sub(1)?;
        (from < HALF && more < HALF).then_some(more * HALF + from)
    }
}

/// Returns a text that stands for this context, for one message.
#[cold]
pub(crate) fn of_sent(sent: Sent) -> &'static str {
    let departed = Departed::get();
    let number = departed.next.fetch_add(1, Relaxed) % (HALF * HALF);
    let last = departed.place(number).replace((number, sent));
    drop(last);
    departed.piece(number)
}

/// Returns a text for a context that consists only of its state, for messages with this name.
#[inline]
pub(crate) fn of_tag(tag: u8, name: &NameId, of: &'static str) -> &'static str {
    name.text(of, tag).unwrap_or_else(|| {
        // There are more names than numbers.
        let context = MessageContext::from_tag(tag).unwrap_or_default();
        of_sent(Sent { context, name: of, ask: None })
    })
}

/// The data that a message was sent with.
pub(crate) struct Read {
    /// The context, or `None` if it was lost because too many others were in transit.
    pub(crate) context: Option<MessageContext>,
    /// The message's own name, or `None` if it is not known.
    pub(crate) name: Option<&'static str>,
    /// The possible ask, and the kind of its message.
    pub(crate) ask: Option<Box<(Ask, &'static NameId)>>,
}

/// Reads a name. A name that is not one of ours stands for itself, and for no context.
#[inline]
pub(crate) fn read(name: &'static str) -> Read {
    match names::read(name) {
        Some((name, tag)) => Read { context: MessageContext::from_tag(tag), name, ask: None },
        None => read_context(name),
    }
}

#[inline(never)]
fn read_context(name: &'static str) -> Read {
    let Some((departed, number)) =
        DEPARTED.get().and_then(|departed| Some((departed, departed.number(name)?)))
    else {
        return Read { context: Some(MessageContext::ABSENT), name: Some(name), ask: None };
    };
    let found = departed.place(number).take_if(|(of, ..)| *of == number);
    match found {
        Some((_, Sent { context, name, ask })) => Read { context: Some(context), name: Some(name), ask },
        None => Read { context: None, name: None, ask: None },
    }
}

#[cfg(test)]
mod tests {
    use traced_actor::context::{
        ContextState, SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id,
    };

    use super::*;

    fn sampled() -> MessageContext {
        SampledContext::new(TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED)).into()
    }

    fn of_context(context: MessageContext, name: &'static str) -> &'static str {
        of_sent(Sent { context, name, ask: None })
    }

    /// One test: there is one table in a process.
    #[test]
    fn a_context_is_found_once_and_never_taken_for_another() {
        let ours = sampled();
        let text = of_context(ours.clone(), "Join");
        let found = read(text);
        assert_eq!((found.name, found.context.unwrap().state()), (Some("Join"), ours.state()));
        // It was taken out.
        assert!(matches!(read(text), Read { context: None, name: None, .. }));

        let lost = of_context(sampled(), "Join");
        let texts: Vec<&str> = (0..PLACES).map(|_| of_context(sampled(), "Note")).collect();
        assert!(read(lost).context.is_none(), "too many others came after it");
        assert_eq!(texts.iter().filter(|text| read(text).context.is_some()).count(), PLACES);
    }

    #[test]
    fn a_piece_says_which_number_it_is() {
        let departed = Departed::get();
        for number in [0, 1, HALF - 1, HALF, HALF + 7, HALF * HALF - 1] {
            let piece = departed.piece(number);
            assert_eq!(departed.number(piece), Some(number));
        }
        assert_eq!(departed.number("Join"), None);
        assert_eq!(departed.number(""), None);
    }

    #[test]
    fn a_state_stands_beside_the_name() {
        let (join, note) = (NameId::new(), NameId::new());
        let tag = MessageContext::UNSAMPLED.to_tag().unwrap();
        for (id, name) in [(&join, "Join"), (&note, "Note"), (&join, "Join"), (&join, "Note")] {
            let Read { context, name: found, .. } = read(of_tag(tag, id, name));
            assert_eq!((context.unwrap().state(), found), (ContextState::Unsampled, Some(name)));
        }
        let Read { context, name, .. } = read("Join");
        assert_eq!((context.unwrap().state(), name), (ContextState::Absent, Some("Join")));
    }
}
