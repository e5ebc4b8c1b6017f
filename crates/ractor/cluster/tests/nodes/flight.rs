//! Two nodes with a flight recorder, of which one keeps a trace: the other keeps its part, too.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call_t, pg};
use ractor_cluster::{RactorClusterMessage, client_connect};
use tokio::io::{AsyncReadExt, stdin};
use traced_actor::{TraceId, current_span, testkit, traced_actor};
use traced_actor_flight::{Trigger, Triggers};
use traced_actor_propagation::{Edge, Trust};

use crate::driver::{Node, port, spans};
use crate::node::{TIMEOUT, member, node, print};
use crate::recorded::{CLIENT, Recorded, SERVER};
use crate::ways::caused;

const ORDERS: u64 = 20;
const STRANGE: u64 = 7;

#[traced_actor(ractor)]
#[derive(RactorClusterMessage)]
enum StockMessage {
    Order(u64),
    /// Keeps the trace of the strange order. The answer is whether that trace is wanted.
    #[rpc]
    #[traced(skip)]
    Keep(RpcReplyPort<bool>),
}

struct Stock;

#[traced_actor(ractor)]
impl Actor for Stock {
    type Msg = StockMessage;
    /// The trace of the strange order.
    type State = (Option<Triggers>, Option<TraceId>);
    type Arguments = Option<Triggers>;

    async fn pre_start(
        &self,
        myself: ActorRef<StockMessage>,
        triggers: Option<Triggers>,
    ) -> Result<Self::State, ActorProcessingErr> {
        pg::join("stock".into(), vec![myself.get_cell()]);
        Ok((triggers, None))
    }

    async fn handle(
        &self,
        _: ActorRef<StockMessage>,
        message: StockMessage,
        (triggers, strange): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            StockMessage::Order(STRANGE) => *strange = current_span().context().map(|ids| ids.trace_id),
            StockMessage::Order(_) => {}
            StockMessage::Keep(reply) => {
                let kept = triggers.zip(*strange).map(|(triggers, id)| triggers.fire(Trigger::Command, id));
                reply.send(kept.unwrap_or(false))?;
            }
        }
        Ok(())
    }
}

/// Installs a flight recorder with so many bytes, which sends promotions to the other nodes and takes theirs.
async fn record(bytes: u64) -> Recorded {
    let recorded = Recorded::install(bytes);
    traced_actor_ractor::connect_flight(&recorded.flight).await.unwrap();
    recorded
}

/// Serves until its standard input is closed: with a flight recorder, or with another one.
pub(crate) async fn server(port: u16, recorder: &str) {
    let (other, recorded) = match recorder {
        "flight" => (None, Some(record(SERVER).await)),
        _ => (Some(testkit::install()), None),
    };
    node(port, &format!("flight{port}")).await;
    let triggers = recorded.as_ref().map(|recorded| recorded.flight.triggers());
    let stock = Actor::spawn(None, Stock, triggers).await.unwrap().0;
    print("ready");
    stdin().read_to_end(&mut Vec::new()).await.unwrap();
    stock.drain_and_wait(None).await.unwrap();
    recorded.iter().flat_map(Recorded::lines).for_each(|line| print(&line));
    other.iter().for_each(crate::node::print_spans);
}

/// Orders, makes the server keep one of the orders, and waits for what becomes of that here: `kept`, `late`, `refused`, or
/// `nothing`.
pub(crate) async fn client(port: u16, outcome: &str) {
    if outcome == "refused" {
        traced_actor_ractor::set_edge(Edge::new("cluster").trust(Trust::Ids)).unwrap();
    }
    let recorded = record(CLIENT).await;
    let node = node(0, &format!("flight-client{port}")).await;
    client_connect(&node, ("127.0.0.1", port)).await.unwrap();
    let stock: ActorRef<StockMessage> = member("stock").await.into();
    for number in 0..ORDERS {
        let order = async { stock.cast(StockMessage::Order(number)).unwrap() };
        caused("new", "sampled", number, order).await;
    }
    if outcome == "late" {
        recorded.go_round().await;
    }
    let is_kept = call_t!(stock, StockMessage::Keep, TIMEOUT).unwrap();
    assert_eq!(is_kept, outcome != "nothing");
    recorded.wait_for(outcome).await;
    recorded.lines().iter().for_each(|line| print(line));
}

pub(crate) fn all() {
    let (client, server) = pair("flight", "kept");
    let ([cause], [order]) = (&spans(&client, "Cause/Cause")[..], &spans(&server, "Stock/Order")[..]) else {
        panic!("{client:#?} {server:#?}");
    };
    assert_eq!((&*cause.parent, &*cause.of), ("none", "promoted"));
    assert_eq!((&*order.trace, &*order.parent, &*order.of), (&*cause.trace, &*cause.id, "command"));

    for (outcome, counted) in [("late", "late 1 refused 0"), ("refused", "late 0 refused 1")] {
        let (client, server) = pair("flight", outcome);
        assert_eq!(client, [counted]);
        assert_eq!(spans(&server, "Stock/Order").len(), 1, "{outcome}");
    }

    // For a node without a flight recorder, the orders are not sampled.
    let (client, server) = pair("other", "nothing");
    assert_eq!((&client[..], &server[..]), (&["late 0 refused 0".to_owned()][..], &[][..]));
    println!("promotions between two nodes: ok");
}

fn pair(recorder: &str, outcome: &str) -> (Vec<String>, Vec<String>) {
    let port = port().to_string();
    let server = Node::ready(&["flight-server", &port, recorder]);
    let client = Node::start(&["flight-client", &port, outcome]).end();
    (client, server.end())
}
