//! A ring with one writer and a reader beside it. `tests/loom/ring.rs` runs the same code in every order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::ring::{Header, Ring, Writer, each};

const BLOCK: usize = 512;

/// Writes a record that tells whether it is whole: its number, and words that follow from it.
fn write<const BLOCK: usize>(writer: &mut Writer<BLOCK>, number: u64) {
    let mut record = writer.record();
    record.push(number);
    for index in 0..length(number) {
        record.push(word(number, index));
    }
    record.finish(1, 0, 7);
}

/// The number of words that follow.
fn length(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60
}

fn word(number: u64, index: u64) -> u64 {
    number.rotate_left(17) ^ index
}

fn is_whole(header: Header, record: &[u64]) -> bool {
    let number = record[0];
    (header.kind, header.number) == (1, 7)
        && record.len() as u64 == length(number) + 1
        && record[1..].iter().zip(0..).all(|(found, index)| *found == word(number, index))
}

/// The records that a reader saw.
#[derive(Default, Debug)]
struct Seen {
    written: u64,
    whole: u64,
    torn: u64,
}

/// Runs a writer and a reader of a small ring until the reader has seen enough. `checks`: the reader drops what may be torn.
fn run(words: usize, checks: bool, enough: impl Fn(&Seen) -> bool) -> Seen {
    let ring = Arc::new(Ring::<BLOCK>::new(words));
    let stop = Arc::new(AtomicBool::new(false));
    let (writing, stopped) = (ring.clone(), stop.clone());
    let writer = thread::spawn(move || {
        let mut writer = Writer::new(writing);
        let mut number = 0;
        while !stopped.load(Relaxed) {
            write(&mut writer, number);
            number += 1;
        }
    });
    let (mut seen, mut copied) = (Seen::default(), Vec::new());
    while !enough(&seen) {
        copied.clear();
        let range = ring.oldest()..ring.head();
        let range = if checks {
            ring.copy(range.start.min(range.end)..range.end, &mut copied)
        } else {
            ring.copy_unchecked(range.start.min(range.end)..range.end, &mut copied)
        };
        let (mut last, mut walked) = (None, 0);
        each::<BLOCK>(&copied, range.start, |header, record| {
            let follows = last.is_none_or(|last| record[0] == last + 1);
            last = Some(record[0]);
            walked = usize::from(header.words);
            if follows && is_whole(header, record) { seen.whole += 1 } else { seen.torn += 1 }
        });
        seen.torn += u64::from(checks && !copied.is_empty() && walked == 0);
        seen.written = ring.records();
    }
    stop.store(true, Relaxed);
    writer.join().unwrap();
    seen
}

/// `FLIGHT_RECORDS=1000000000 cargo test --release -p traced-actor-flight torn` writes as many.
fn least() -> u64 {
    std::env::var("FLIGHT_RECORDS").map_or(2_000_000, |text| text.parse().expect("a number of records"))
}

#[test]
fn nothing_is_torn() {
    for words in [2 * BLOCK, 16 * BLOCK] {
        let seen = run(words, true, |seen| seen.written >= least() && seen.whole >= 1000);
        println!("{words} words: {seen:?}");
        assert_eq!(seen.torn, 0, "{seen:?}");
    }
}

/// The test above would see it.
#[test]
fn a_reader_that_does_not_check_sees_torn_records() {
    let since = Instant::now();
    let seen = run(2 * BLOCK, false, |seen| seen.torn > 0 || since.elapsed() > Duration::from_secs(60));
    assert!(seen.torn > 0, "{seen:?}");
}

fn read(ring: &Ring<8>, from: u64) -> Vec<(u32, Vec<u64>)> {
    let mut words = Vec::new();
    let range = ring.copy(from..ring.head(), &mut words);
    let mut found = Vec::new();
    each::<8>(&words, range.start, |header, record| found.push((header.number, record.to_vec())));
    found
}

fn put(writer: &mut Writer<8>, number: u32, words: &[u64]) {
    let mut record = writer.record();
    for word in words {
        record.push(*word);
    }
    record.finish(1, 0, number);
}

#[test]
fn a_record_that_does_not_fit_moves_to_the_next_block() {
    let ring = Arc::new(Ring::<8>::new(32));
    let mut writer = Writer::new(ring.clone());
    put(&mut writer, 1, &[1, 2, 3, 4]);
    put(&mut writer, 2, &[5, 6, 7, 8, 9]);
    put(&mut writer, 3, &[10]);
    let expected = [(1, vec![1, 2, 3, 4]), (2, vec![5, 6, 7, 8, 9]), (3, vec![10])];
    assert_eq!(read(&ring, 0), expected);
    assert_eq!((ring.head(), ring.records()), (16, 3));
}

#[test]
fn a_record_that_is_longer_than_a_block_is_cut() {
    let ring = Arc::new(Ring::<8>::new(32));
    let mut writer = Writer::new(ring.clone());
    put(&mut writer, 1, &[1]);
    let mut record = writer.record();
    record.push_all([1, 2, 3]);
    assert_eq!((record.room(), record.is_cut()), (4, false));
    record.push_all([4, 5, 6]);
    record.set(0, 9);
    assert_eq!((record.room(), record.is_cut()), (1, false));
    record.push_all([7, 8, 9]);
    assert!(record.is_cut());
    record.finish(1, 0, 2);
    put(&mut writer, 3, &[]);
    assert_eq!(read(&ring, 0), [(1, vec![1]), (2, vec![9, 2, 3, 4, 5, 6, 7]), (3, vec![])]);
}

#[test]
fn a_record_that_is_given_up_was_never_there() {
    let ring = Arc::new(Ring::<8>::new(32));
    let mut writer = Writer::new(ring.clone());
    put(&mut writer, 1, &[1, 2, 3]);
    writer.record().push_all([1, 2]);
    put(&mut writer, 2, &[4]);
    // This one has moved before.
    writer.record().push_all([1, 2, 3, 4]);
    assert_eq!(read(&ring, 0), [(1, vec![1, 2, 3]), (2, vec![4])]);
    // A thread that died there, and another one that goes on.
    let mut writer = Writer::new(writer.ring().clone());
    put(&mut writer, 3, &[5, 6, 7, 8, 9, 10]);
    put(&mut writer, 4, &[11]);
    let expected = [(1, vec![1, 2, 3]), (2, vec![4]), (3, vec![5, 6, 7, 8, 9, 10]), (4, vec![11])];
    assert_eq!(read(&ring, 0), expected);
}

#[test]
fn the_oldest_blocks_are_overwritten_and_what_is_left_begins_with_a_record() {
    let ring = Arc::new(Ring::<8>::new(32));
    let mut writer = Writer::new(ring.clone());
    for number in 1..=100 {
        put(&mut writer, number, &[number.into(), 0]);
        // Two of three words in a block of eight.
        let newest = (1..=number).rev().take(8).collect::<Vec<_>>();
        let found: Vec<u32> = read(&ring, 0).iter().rev().map(|(number, _)| *number).collect();
        assert!(found.len() >= 6.min(number as usize) && newest.starts_with(&found), "{found:?}");
    }
}

/// Checks that a walk over any words ends, and stays within them.
#[test]
fn a_walk_over_anything_ends() {
    let mut seed = 1_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..20_000 {
        let words: Vec<u64> = (0..next() % 40)
            .map(|_| match next() % 4 {
                0 => 0,
                1 => next(),
                2 => 1 << 16,
                _ => (next() % 5) << 16,
            })
            .collect();
        let mut total = 0;
        each::<8>(&words, next() % 64, |header, record| {
            assert_eq!(record.len() + 1, usize::from(header.words));
            total += record.len() + 1;
        });
        assert!(total <= words.len());
    }
}

/// The page faults of this thread so far that needed no disk.
#[cfg(target_os = "linux")]
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    // The name of the thread, which may contain anything, ends with the last parenthesis.
    let after_name = stat.rsplit_once(") ").unwrap().1;
    after_name.split(' ').nth(7).unwrap().parse().unwrap()
}

/// A message of the first lap costs as much as any other: the pages exist already.
#[cfg(target_os = "linux")]
#[test]
fn the_first_lap_finds_the_pages_of_the_ring() {
    const PAGES: usize = 4096;
    /// A kernel that uses huge pages needs a fault for each 512 pages.
    const FEWEST: u64 = PAGES as u64 / 512;
    let before = page_faults();
    let ring = Arc::new(Ring::<BLOCK>::new(PAGES * BLOCK));
    assert!(page_faults() - before >= FEWEST, "the creation touches them");
    let mut writer = Writer::new(ring.clone());
    let before = page_faults();
    let mut number = 0;
    while ring.head() < ring.len() {
        write(&mut writer, number);
        number += 1;
    }
    let faults = page_faults() - before;
    assert!(faults < FEWEST, "{faults} faults in {PAGES} pages");
}
