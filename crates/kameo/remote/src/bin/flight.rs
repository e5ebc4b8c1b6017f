//! A node with a flight recorder, or with another one: a server that keeps the trace of an order, or the client that orders.

use std::time::Duration;

use kameo::prelude::*;
use serde::{Deserialize, Serialize};
use traced_actor::{TraceId, current_span, testkit, traced_actor};
use traced_actor_flight::{Trigger, Triggers};
use traced_actor_kameo::IntoEnveloped;
use traced_actor_kameo_remote_tests::recorded::{CLIENT, Recorded, SERVER};
use traced_actor_kameo_remote_tests::ways::{caused, until};
use traced_actor_kameo_remote_tests::{join, print, print_spans, told_to_end};
use traced_actor_propagation::{Edge, Trust};

const ORDERS: u64 = 20;
const STRANGE: u64 = 7;
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize)]
struct Order {
    number: u64,
}

/// Keeps the trace of the strange order. The answer is whether that trace is wanted.
#[derive(Serialize, Deserialize)]
struct Keep {}

#[traced_actor(kameo)]
#[derive(Actor, RemoteActor)]
#[remote_actor(id = "stock")]
struct Stock {
    triggers: Option<Triggers>,
    /// The trace of the strange order.
    strange: Option<TraceId>,
}

#[traced_actor(kameo)]
#[remote_message("order")]
impl Message<Order> for Stock {
    type Reply = ();

    async fn handle(&mut self, Order { number }: Order, _: &mut Context<Self, ()>) {
        if number == STRANGE {
            self.strange = current_span().context().map(|ids| ids.trace_id);
        }
    }
}

#[remote_message("keep")]
impl Message<Keep> for Stock {
    type Reply = bool;

    async fn handle(&mut self, _: Keep, _: &mut Context<Self, bool>) -> bool {
        let strange = self.triggers.zip(self.strange);
        strange.is_some_and(|(triggers, id)| triggers.fire(Trigger::Command, id))
    }
}

/// Serves until its standard input is closed.
async fn server(port: u16, recorder: &str) {
    let (other, recorded) = match recorder {
        "flight" => (None, Some(Recorded::install(SERVER))),
        _ => (Some(testkit::install()), None),
    };
    join(Some(port), None).await;
    if let Some(recorded) = &recorded {
        traced_actor_kameo::connect_flight(&recorded.flight).await.unwrap();
    }
    let triggers = recorded.as_ref().map(|recorded| recorded.flight.triggers());
    let stock = Stock::spawn(Stock { triggers, strange: None });
    stock.register("stock").await.unwrap();
    print("ready");
    told_to_end().await;
    stock.stop_gracefully().await.unwrap();
    stock.wait_for_shutdown().await;
    recorded.iter().flat_map(Recorded::lines).for_each(|line| print(&line));
    other.iter().for_each(print_spans);
}

/// Orders, makes the server keep one of the orders, and waits for what becomes of that here: `kept`, `late`, `refused`, or
/// `nothing`.
async fn client(port: u16, outcome: &str) {
    if outcome == "refused" {
        traced_actor_kameo::set_edge(Edge::new("swarm").trust(Trust::Ids)).unwrap();
    }
    let recorded = Recorded::install(CLIENT);
    join(None, Some(port)).await;
    traced_actor_kameo::connect_flight(&recorded.flight).await.unwrap();
    let stock = async || RemoteActorRef::<Stock>::lookup("stock").await.ok().flatten();
    tokio::time::timeout(PATIENCE, until(async || stock().await.is_some())).await.expect("the stock");
    let stock = stock().await.unwrap();
    for number in 0..ORDERS {
        let order = async { stock.tell(&Order { number }.enveloped()).send_ack().await.unwrap() };
        caused("new", "sampled", number, order).await;
    }
    if outcome == "late" {
        recorded.go_round().await;
    }
    assert_eq!(stock.ask(&Keep {}).await.unwrap(), outcome != "nothing");
    recorded.wait_for(outcome).await;
    recorded.lines().iter().for_each(|line| print(line));
}

/// Runs a node. Its arguments are the role, the port of the server, and its recorder; or what the client waits for.
#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [role, port, how] = arguments.as_slice() else { panic!("three arguments") };
    let port = port.parse().unwrap();
    match role.as_str() {
        "server" => server(port, how).await,
        _ => client(port, how).await,
    }
}
