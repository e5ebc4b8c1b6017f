//! Checks the rules of a rollout to envelopes and back over all interleavings, and refutes the naive rules.
//!
//! `tests/tests/edges/rollout` tests the same with real nodes.

mod model;
mod queue;

use model::{ALL, Rollout, Rule, Sent};
use stateright::{Checker, Model};

const NEVER_OLD: &str = "no old incarnation is sent an envelope";
const NEVER_LOST: &str = "every message is handled or still held";
const NEVER_REFUSED: &str = "no new node is refused";

const NEVER_TWICE: &str = "nothing is handled twice";
const NEVER_LOST_BY_A_CRASH: &str = "a crash loses nothing";

/// Checks all states that are possible with this number of restarts, broken connections, phase switches and crashes.
fn check(rule: Rule, left: [u8; 4]) -> impl Checker<Rollout> {
    check_of(ALL, rule, left)
}

/// Does the same for some of the messages only.
fn check_of(sent: Sent, rule: Rule, left: [u8; 4]) -> impl Checker<Rollout> {
    let checker = Rollout { rule, left, sent }.checker().threads(2).spawn_bfs().join();
    println!("{rule:?} of {sent:?}, {left:?}: {} states", checker.unique_state_count());
    checker
}

/// Asserts that exactly these properties are refuted, and that all others hold.
#[track_caller]
fn assert_only(checker: &impl Checker<Rollout>, refuted: &[&str]) {
    for property in [NEVER_OLD, NEVER_LOST, NEVER_REFUSED, NEVER_TWICE, NEVER_LOST_BY_A_CRASH] {
        match checker.discovery(property) {
            None => assert!(!refuted.contains(&property), "{property}: holds"),
            Some(path) => {
                assert!(refuted.contains(&property), "{property}: {:?}", path.into_actions());
            }
        }
    }
}

/// If a node handles all messages in its mailbox before it stops, none is lost. If an acknowledgement is lost with its
/// connection, the message arrives twice, unless its id is known.
#[test]
fn ours_loses_nothing_and_misleads_nobody() {
    for left in [[2, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]] {
        assert_only(&check(Rule::Ours, left), &[NEVER_TWICE]);
    }
    assert_only(&check(Rule::WithIds, [0, 1, 0, 0]), &[]);
}

/// A crash loses the messages that were taken and not handled (at most once). A message that was not acknowledged arrives
/// twice (at least once). Ids prevent the duplicates, but not the loss. No node is sent an encoding that it cannot read.
#[test]
fn a_crash_loses_what_was_taken_and_nothing_else() {
    assert_only(&check(Rule::Ours, [0, 0, 0, 1]), &[NEVER_TWICE, NEVER_LOST_BY_A_CRASH]);
    assert_only(&check(Rule::WithIds, [0, 0, 0, 1]), &[NEVER_LOST_BY_A_CRASH]);
}

/// Two crashes, of one node or of two, at any time: with one message, with a message and its answer, and with a message that
/// is forwarded once.
#[test]
fn two_crashes_do_nothing_that_one_does_not() {
    for sent in [[true, false, false], [true, true, false], [true, false, true]] {
        let checker = check_of(sent, Rule::Ours, [0, 0, 0, 2]);
        assert_only(&checker, &[NEVER_TWICE, NEVER_LOST_BY_A_CRASH]);
        checker.assert_any_discovery("all are handled, after all was tried");
        assert_only(&check_of(sent, Rule::WithIds, [0, 0, 0, 2]), &[NEVER_LOST_BY_A_CRASH]);
    }
    // With an upgrade, a broken connection or a switch in between.
    for left in [[1, 0, 0, 2], [0, 1, 0, 2], [0, 0, 1, 2]] {
        let checker = check_of([true, false, false], Rule::Ours, left);
        assert_only(&checker, &[NEVER_TWICE, NEVER_LOST_BY_A_CRASH]);
    }
}

#[test]
fn the_naive_rules_are_refuted() {
    for rule in [Rule::Nobody, Rule::ByAddress, Rule::LastSeen, Rule::KeepsBytes] {
        let checker = check(rule, [1, 0, 0, 0]);
        for property in [NEVER_OLD, NEVER_LOST] {
            let path =
                checker.discovery(property).unwrap_or_else(|| panic!("{rule:?} is not refuted: {property}"));
            println!("{rule:?}, {property}: {:?}", path.into_actions());
        }
    }
    let checker = check(Rule::KeepsNothing, [0, 1, 0, 0]);
    assert!(checker.discovery(NEVER_OLD).is_none(), "it is wrong in another way");
    assert!(checker.discovery(NEVER_LOST).is_some());
    // A node that has just connected sends bare messages until it receives the other's hello.
    let checker = check(Rule::RefusesAll, [0, 0, 0, 0]);
    assert!([NEVER_OLD, NEVER_LOST].iter().all(|property| checker.discovery(property).is_none()));
    let path = checker.discovery(NEVER_REFUSED).expect("it is wrong in a third way");
    println!("{:?}, {NEVER_REFUSED}: {:?}", Rule::RefusesAll, path.into_actions());
}
