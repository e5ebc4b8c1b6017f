//! Who gets the spans that are wanted.

use traced_actor::context::Timestamp;

use super::span::SpanRecord;
use super::table::Names;
use super::wall::Wall;

/// Takes the spans that are wanted, on the collector's thread.
pub(crate) trait Sink: Send {
    /// Takes a span.
    fn span(&mut self, span: &SpanRecord, reader: &Reader<'_>);

    /// Hands on what was kept back. Called after each round.
    fn flush(&mut self) {}
}

/// What a span's numbers mean.
pub(crate) struct Reader<'a> {
    pub(crate) names: &'a Names,
    pub(crate) wall: &'a Wall,
}

impl Reader<'_> {
    /// Returns the start and the end of a span by the wall clock. A clock that was set meanwhile does not change how long it took.
    pub(crate) fn times(&self, span: &SpanRecord) -> (Timestamp, Timestamp) {
        let start = self.wall.time(span.start);
        let took = span.end.saturating_sub(span.start);
        (start, Timestamp::from_unix_nanos(start.unix_nanos().saturating_add(took)))
    }
}
