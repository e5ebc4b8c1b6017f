//! The ring of the flight recorder, in every order in which a writer and a reader can run.
//!
//! It is `ring.rs` of `traced-actor-flight` itself, with loom's atomics. What holds in all orders: each record that a reader gets is whole,
//! and none is missing between two of them. Without one of the two fences, loom finds a record that is torn: the model sees what it is for.

#![allow(clippy::duplicate_mod, reason = "the same ring with other fences")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use loom::thread;

/// The ring, with a fence that works for these orderings only.
macro_rules! ring {
    ($name:ident, $($works:pat_param)|*) => {
        #[path = "."]
        mod $name {
            mod atomic {
                pub(super) use loom::sync::atomic::{AtomicU64, Ordering};

                pub(super) fn fence(order: Ordering) {
                    if matches!(order, $($works)|*) {
                        loom::sync::atomic::fence(order);
                    }
                }
            }

            #[expect(dead_code, reason = "only what is checked is used")]
            #[path = "../../crates/flight/src/ring.rs"]
            pub(super) mod ring;
        }
    };
}

ring!(fenced, Ordering::Release | Ordering::Acquire);
ring!(without_writers, Ordering::Acquire);
ring!(without_readers, Ordering::Release);

/// Runs a reader beside a writer of `total` records, the first `before` of which are there from the start. Returns how many orders
/// were run, and how many records were read.
macro_rules! check {
    ($ring:ident, $block:literal, $total:literal, $before:literal) => {{
        use $ring::ring::{Ring, Writer, each};
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        loom::model(|| {
            let ring = Arc::new(Ring::<$block>::new(0));
            let mut writer = Writer::new(ring.clone());
            let mut write = move |number: u64| {
                let mut record = writer.record();
                record.push(number);
                record.finish(1, 0, u32::try_from(number).unwrap());
            };
            (0..$before).for_each(|number| write(number + 1));
            let writing = thread::spawn(move || ($before..$total).for_each(|number| write(number + 1)));
            let mut words = Vec::new();
            let head = ring.head();
            let range = ring.copy(0..head, &mut words);
            assert_eq!(words.len() as u64, head - range.start);
            let mut expected = range.start / 2 + 1;
            each::<$block>(&words, range.start, |header, record| {
                let number = u64::from(header.number);
                assert_eq!((header.kind, header.words, record), (1, 2, &[number][..]), "torn");
                assert_eq!(number, expected, "torn: a record is missing");
                expected += 1;
                SEEN.fetch_add(1, SeqCst);
            });
            assert_eq!(expected, head / 2 + 1, "torn: the walk ended early");
            RUNS.fetch_add(1, SeqCst);
            writing.join().unwrap();
        });
        (RUNS.load(SeqCst), SEEN.load(SeqCst))
    }};
}

#[test]
fn blocks_of_one_record() {
    let (runs, seen) = check!(fenced, 2, 4, 2);
    assert!(runs > 1000 && seen > 0, "{runs} orders, {seen} records read");
}

#[test]
fn blocks_of_two_records() {
    let (runs, seen) = check!(fenced, 4, 6, 4);
    assert!(runs > 1000 && seen > 0, "{runs} orders, {seen} records read");
}

#[test]
fn from_an_empty_ring() {
    let (runs, seen) = check!(fenced, 2, 3, 0);
    assert!(runs > 100 && seen > 0, "{runs} orders, {seen} records read");
}

/// A reader that is told that there is no note between two heads finds none there.
#[test]
fn notes_are_told_of() {
    use fenced::ring::{Ring, Writer};
    static QUIET: AtomicUsize = AtomicUsize::new(0);
    loom::model(|| {
        let ring = Arc::new(Ring::<4>::new(0));
        let mut writer = Writer::new(ring.clone());
        let writing = thread::spawn(move || {
            for _ in 0..3 {
                writer.note().finish_note(1, 0, 0);
            }
        });
        let noted = ring.noted();
        let before = ring.head();
        let after = ring.head();
        if ring.begun() == noted {
            assert_eq!(before, after, "a note that nobody has told of");
            QUIET.fetch_add(1, SeqCst);
        }
        writing.join().unwrap();
    });
    assert!(QUIET.load(SeqCst) > 1);
}

#[test]
#[should_panic(expected = "torn")]
fn a_writer_without_its_fence_is_found() {
    check!(without_writers, 2, 4, 2);
}

#[test]
#[should_panic(expected = "torn")]
fn a_reader_without_its_fence_is_found() {
    check!(without_readers, 2, 4, 2);
}
