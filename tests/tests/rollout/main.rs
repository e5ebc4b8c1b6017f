//! A fleet that moves to envelopes and back: the model, checked over all interleavings, and the naive rules that it
//! refutes; and the real thing between nodes that come and go.

mod fleet;
mod model;
mod queue;

use model::{Rollout, Rule};
use stateright::{Checker, Model};

const NEVER_OLD: &str = "no old incarnation is sent an envelope";
const NEVER_LOST: &str = "every message is handled or still held";
const NEVER_REFUSED: &str = "no new node is refused";

/// All states within so many restarts, broken connections and switches of stages, together.
fn check(rule: Rule, left: [u8; 3]) -> impl Checker<Rollout> {
    Rollout { rule, left }.checker().threads(2).spawn_bfs().join()
}

#[test]
fn ours_loses_nothing_and_misleads_nobody() {
    for left in [[2, 0, 0], [1, 1, 0], [1, 0, 1]] {
        let checker = check(Rule::Ours, left);
        println!("{left:?}: {} states", checker.unique_state_count());
        checker.assert_properties();
    }
}

#[test]
fn the_naive_rules_are_refuted() {
    for rule in [Rule::Nobody, Rule::ByAddress, Rule::LastSeen, Rule::KeepsBytes] {
        let checker = check(rule, [1, 0, 0]);
        for property in [NEVER_OLD, NEVER_LOST] {
            let path =
                checker.discovery(property).unwrap_or_else(|| panic!("{rule:?} is not refuted: {property}"));
            println!("{rule:?}, {property}: {:?}", path.into_actions());
        }
    }
    let checker = check(Rule::KeepsNothing, [0, 1, 0]);
    assert!(checker.discovery(NEVER_OLD).is_none(), "it is wrong in another way");
    assert!(checker.discovery(NEVER_LOST).is_some());
    // A node that has just connected sends bare until it has heard the other's hello.
    let checker = check(Rule::RefusesAll, [0, 0, 0]);
    assert!([NEVER_OLD, NEVER_LOST].iter().all(|property| checker.discovery(property).is_none()));
    let path = checker.discovery(NEVER_REFUSED).expect("it is wrong in a third way");
    println!("{:?}, {NEVER_REFUSED}: {:?}", Rule::RefusesAll, path.into_actions());
}
