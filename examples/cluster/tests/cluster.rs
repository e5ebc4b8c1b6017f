//! Tests of the example, run as a reader runs it. The expected output is the same for each framework.

#[path = "../../shared/checks/three_nodes.rs"]
mod three_nodes;

#[test]
fn traces_go_through_three_nodes_before_and_after_one_of_them_is_killed() {
    three_nodes::check(env!("CARGO_BIN_EXE_traced-actor-example-cluster"));
}
