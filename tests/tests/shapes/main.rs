//! Ten shapes in which actors are written, as real code has them: each before and after adoption.
//!
//! Both versions do the same; adoption changes at most three lines; and what it gains are the spans.

#![allow(
    unreachable_pub,
    clippy::needless_pass_by_value,
    clippy::unused_async,
    clippy::trivially_copy_pass_by_ref,
    reason = "each shape is written as real code is, and as a file of its own crate would be"
)]

use std::path::Path;

use traced_actor::record::FinishedSpan;
use traced_actor::testkit;

macro_rules! shapes {
    ($($shape:ident $folder:literal: $changed:literal lines, [$($span:literal),*];)*) => {$(
        #[path = $folder]
        mod $shape {
            #[path = "before.rs"]
            mod before;
            #[path = "after.rs"]
            mod after;

            #[tokio::test(start_paused = true)]
            async fn behaves_as_before_and_leaves_spans() {
                let before = before::exercise().await;
                assert!(!before.is_empty());
                let spans = super::testkit::install();
                assert_eq!(after::exercise().await, before);
                let expected: &[&str] = &[$($span),*];
                let actor = expected[0].split('/').next().unwrap();
                let mut names: Vec<_> =
                    spans.named(actor).iter().filter(super::is_of_a_message).map(|span| span.name).collect();
                names.sort_unstable();
                let mut expected = expected.to_vec();
                expected.sort_unstable();
                assert_eq!(names, expected);
            }

            #[test]
            fn changes_at_most_three_lines() {
                let changed = super::changed_lines($folder);
                assert!(changed <= 3, "{changed}");
                assert_eq!(changed, $changed);
            }
        }
    )*};
}

// `01_handler` and so on are the names of the folders; a module's name begins with a letter.
shapes! {
    handler "01_handler": 3 lines,
        ["Actor/NextId", "Actor/NextId", "Actor/Reset", "Actor/NextId"];
    free_loop "02_free_loop": 3 lines, ["Adder/Add", "Adder/Double", "Adder/Add"];
    select "03_select": 3 lines, ["Worker/Work", "Worker/Work", "Worker/Work", "Worker/Stop"];
    inline_match "04_inline_match": 3 lines, ["Service/Add", "Service/Add", "Service/Stop"];
    two_mailboxes "05_two_mailboxes": 2 lines, ["Node/Grow", "Node/Size", "Node/Age"];
    inspected_first "06_inspected_first": 3 lines, ["Printer/Print", "Printer/Shutdown", "Printer/Fail"];
    trait_handler "07_trait_handler": 3 lines, ["Stack/Push", "Stack/Push", "Stack/Pop", "Stack/Push"];
    generic_elsewhere "08_generic_elsewhere": 3 lines, ["Store/Put", "Store/Get", "Store/Flush", "Store/Stop"];
    thread "09_thread": 3 lines, ["Local/Request", "Local/Request"];
    errors_and_decoy "10_errors_and_decoy": 3 lines, ["Connection/Text", "Connection/Close", "Connection/Text"];
}

fn is_of_a_message(span: &&FinishedSpan) -> bool {
    span.attribute("actor.message.kind").is_some()
}

/// Lines that adoption adds or changes: those of `after.rs` that are not in the longest common subsequence.
fn changed_lines(folder: &str) -> usize {
    let read = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shapes").join(folder).join(file);
        std::fs::read_to_string(path).unwrap()
    };
    let (before, after) = (read("before.rs"), read("after.rs"));
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for (i, old) in before.iter().enumerate() {
        for (j, new) in after.iter().enumerate() {
            common[i + 1][j + 1] =
                if old == new { common[i][j] + 1 } else { common[i][j + 1].max(common[i + 1][j]) };
        }
    }
    after.len() - common[before.len()][after.len()]
}

#[test]
fn a_changed_line_counts_once() {
    // The diff of the first shape: one line replaced, two added.
    assert_eq!(changed_lines("01_handler"), 3);
}
