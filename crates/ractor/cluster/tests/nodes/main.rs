//! Nodes of `ractor_cluster` as separate processes, over TCP: those that know of traces beside those that do not.
//!
//! Without arguments it is the test, which starts itself as each of the nodes.

mod driver;
mod flight;
mod matrix;
mod new;
mod node;
mod old;
#[allow(unreachable_pub, reason = "the tests of kameo have it as well")]
mod recorded;
mod tenant;
#[allow(unreachable_pub, reason = "the tests of kameo have it as well")]
mod tree;
#[allow(unreachable_pub, reason = "the tests of kameo have it as well")]
mod ways;

use std::env;

/// Runs a node. Its arguments are the role, the version, the server's port, how far the server trusts others, and its
/// first note; or the client's decision.
#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["server", version, port, trust, label] => {
            node::server(version, port.parse().unwrap(), trust, label).await;
        }
        ["client", version, port, decision] => {
            node::client(version, port.parse().unwrap(), decision).await;
        }
        ["matrix-server", version, port] => matrix::server(version, port.parse().unwrap()).await,
        ["matrix-client", version, port] => matrix::client(version, port.parse().unwrap()).await,
        ["flight-server", port, recorder] => flight::server(port.parse().unwrap(), recorder).await,
        ["flight-client", port, outcome] => flight::client(port.parse().unwrap(), outcome).await,
        ["load", version, port] => node::load(version, port.parse().unwrap()).await,
        _ => tokio::task::spawn_blocking(driver::all).await.unwrap(),
    }
}
