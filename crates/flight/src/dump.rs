//! Writes everything in the rings to a file, in the form of a mapped file.

use std::io::{self, Write};
use std::process;

use traced_actor::context::Timestamp;

use super::image::{self, DumpReason, header};
use super::lanes::{BLOCK, Lane};
use super::recorder::Shared;
use super::ring::{CONTROL, HEAD, OPEN, RECORDS, Ring};

/// Writes a file.
///
/// Takes no memory for the rings, because each block is copied separately. Blocks that are overwritten meanwhile are
/// left out.
///
/// Takes no lock that a thread may hold while it records.
pub(crate) fn write(
    shared: &Shared,
    reason: DumpReason,
    wall_offset: i64,
    to: &mut impl Write,
) -> io::Result<()> {
    let mut table = Vec::new();
    shared.names.entries(|entry| table.extend(entry.words()));
    for of in shared.operations.all() {
        of.operation.entries(|entry| table.extend(entry.words()));
    }
    let mut head = [0; image::PAGE];
    for (place, word) in [
        (header::MAGIC, image::MAGIC),
        (header::BYTE_ORDER, image::BYTE_ORDER),
        (header::VERSION, image::VERSION),
        (header::PROCESS, process::id().into()),
        (header::TABLE_WORDS, table.len() as u64),
        (header::TABLE_USED, table.len() as u64),
        (header::WALL_OFFSET, wall_offset.cast_unsigned()),
        (header::SEEN, shared.clock.now().unix_nanos()),
        (header::REASON, reason as u64),
    ] {
        head[place] = word;
    }
    write_words(to, &head)?;
    write_words(to, &table)?;
    for lane in shared.lanes.all() {
        for ring in lane.rings() {
            write_ring(&lane, &ring, to)?;
        }
    }
    to.flush()
}

fn write_ring(lane: &Lane, ring: &Ring<BLOCK>, to: &mut impl Write) -> io::Result<()> {
    let (first, end) = (ring.oldest(), ring.head());
    let len = ring.len();
    let mut control = [0; CONTROL];
    control[image::ring::MAGIC] = image::RING_MAGIC;
    control[image::ring::LEN] = len;
    for (place, word) in lane.label_words() {
        control[place] = word;
    }
    (control[HEAD], control[OPEN], control[RECORDS]) = (end, first + len, ring.records());
    write_words(to, &control)?;
    let block = BLOCK as u64;
    let mut copied = Vec::with_capacity(BLOCK);
    for place in (0..len).step_by(BLOCK) {
        // The first position of this place that is not overwritten.
        let position = first + (place.wrapping_sub(first) & (len - 1));
        copied.clear();
        if position < end {
            let range = ring.copy(position..(position + block).min(end), &mut copied);
            if range.start != position {
                copied.clear();
            }
        }
        copied.resize(BLOCK, 0);
        write_words(to, &copied)?;
    }
    Ok(())
}

fn write_words(to: &mut impl Write, words: &[u64]) -> io::Result<()> {
    words.iter().try_for_each(|word| to.write_all(&word.to_ne_bytes()))
}

/// Returns the difference between the wall clock and the recorder's clock, in nanoseconds.
pub(crate) fn wall_offset(now: Timestamp) -> i64 {
    super::wall::Wall::default().read(now)
}
