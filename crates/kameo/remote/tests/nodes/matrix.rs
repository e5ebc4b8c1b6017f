//! Each way of `src/matrix.rs`, between old and new nodes in all four pairs, with the trees of both nodes put together.

use traced_actor_kameo_remote_tests::matrix::all_cases;
use traced_actor_kameo_remote_tests::ways::compare;

use crate::{NEW, Node, OLD, port};

#[test]
fn each_way_leaves_its_tree() {
    for (client_version, client) in [("old", OLD), ("new", NEW)] {
        for (server_version, server) in [("old", OLD), ("new", NEW)] {
            let port = port().to_string();
            let start = |program, role| Node::start(program, &[role, &port, "0", "full", "bare"]);
            let mut serves = start(server, "matrix-server");
            serves.wait_for("ready");
            let mut said = start(client, "matrix").ended();
            said.extend(serves.end());
            compare(all_cases(), client_version, server_version, &said);
        }
    }
}
