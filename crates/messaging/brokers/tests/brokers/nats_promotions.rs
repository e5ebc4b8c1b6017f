//! Flight recorders of three processes that share a subject: what one of them keeps, the others keep as well, if they have a part of it.
//!
//! ```text
//!   front ── orders ──► back        bystander
//!     ▲                  │              ▲
//!     └── promotions ◄───┴──────────────┘
//! ```

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use async_nats::{Client, Subscriber};
use futures_util::StreamExt;
use traced_actor::context::ContextState;
use traced_actor::record::FinishedSpan;
use traced_actor::sampling::{self, ParentBased, Ratio};
use traced_actor::{Envelope, traced_actor};
use traced_actor_flight::{Flight, Peer, Promotion};
use traced_actor_messaging::nats;

use crate::nats::{consumer, server};
use crate::spans::Failed;

const ROLE: &str = "NATS_PROMOTIONS_ROLE";
const PORT: &str = "NATS_PROMOTIONS_PORT";

const ORDERS: u8 = 5;
const FAILS: u8 = 3;
/// The last message on the subject, after the promotions.
const DONE: &[u8] = b"done";

#[traced_actor]
struct Order;

/// A process, with a recorder that keeps nothing by chance.
struct Node {
    client: Client,
    flight: Flight,
    /// All processes behind the subject.
    others: Peer,
    promotions: Subscriber,
    kept: Arc<Mutex<Vec<FinishedSpan>>>,
}

impl Node {
    async fn start() -> Self {
        sampling::set_sampler(ParentBased::new(Ratio::new(0.0))).unwrap();
        let kept: Arc<Mutex<Vec<FinishedSpan>>> = Arc::default();
        let keeping = kept.clone();
        let flight = Flight::builder().keep(move |span| keeping.lock().unwrap().push(span)).start().unwrap();
        flight.install().unwrap();
        let client =
            async_nats::connect(format!("127.0.0.1:{}", std::env::var(PORT).unwrap())).await.unwrap();
        let promotions = client.subscribe("promotions").await.unwrap();
        let (queue, mut queued) = tokio::sync::mpsc::unbounded_channel::<Promotion>();
        let publishing = client.clone();
        tokio::spawn(async move {
            while let Some(promotion) = queued.recv().await {
                publishing.publish("promotions", promotion.to_bytes().to_vec().into()).await.unwrap();
                if promotion.trigger.name() == "error" {
                    // Behind it, so that nobody waits for more.
                    publishing.publish("promotions", DONE.into()).await.unwrap();
                }
            }
        });
        let others = flight.connect(move |promotion| {
            let _ = queue.send(promotion);
        });
        Self { client, flight, others, promotions, kept }
    }

    /// Takes promotions, until the last one was sent. Returns how many were accepted.
    async fn take_promotions(&mut self) -> usize {
        let mut accepted = 0;
        loop {
            let message = self.promotions.next().await.unwrap();
            match Promotion::from_bytes(&message.payload) {
                Some(promotion) => accepted += usize::from(self.others.promote_if_shared(promotion)),
                None => break,
            }
        }
        self.flight.flush();
        accepted
    }
}

/// Sends orders, each of which is a trace.
async fn front(node: &mut Node) {
    for number in 0..ORDERS {
        let (Order, mut span) = Envelope::bare(Order).open();
        let client = node.client.clone();
        let others = &node.others;
        span.run(async {
            others.shares(traced_actor::current_span().context().expect("all is recorded").trace_id);
            nats::publish(&client, "orders", None, vec![number]).await.unwrap();
        })
        .await;
        span.end_ok();
    }
}

/// Handles the orders, of which one fails.
async fn back(node: &mut Node, mut orders: Subscriber) {
    let consumer = consumer();
    for _ in 0..ORDERS {
        let message = orders.next().await.unwrap();
        let context = nats::context(&consumer, &message);
        let ContextState::Sampled(sampled) = context.state() else {
            panic!("it is provisional: {context:?}")
        };
        assert!(!sampled.context.is_sampled());
        node.others.shares(sampled.context.trace_id);
        let fails = message.payload[..] == [FAILS];
        let handled = async { if fails { Err(Failed("out of stock")) } else { Ok(()) } };
        assert_eq!(consumer.process(&nats::facts(&message), context, handled).await.is_err(), fails);
    }
}

/// Is one of the processes if the test starts it, and otherwise does nothing.
#[tokio::test]
async fn is_a_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mut node = Node::start().await;
    let orders = if role == "back" { Some(node.client.subscribe("orders").await.unwrap()) } else { None };
    // The server knows of the subscriptions.
    node.client.flush().await.unwrap();
    println!("\nready");
    match orders {
        Some(orders) => back(&mut node, orders).await,
        None if role == "front" => front(&mut node).await,
        None => {}
    }
    let accepted = node.take_promotions().await;
    for span in &*node.kept.lock().unwrap() {
        let trigger = span.attribute("sampling.trigger").unwrap();
        println!("\nspan {} {trigger} {}", span.context.trace_id, span.name);
    }
    let counters = node.flight.counters();
    println!("\ncounts {} {accepted} {}", counters.promotions_sent, counters.promotions_late);
}

type Lines = std::io::Lines<BufReader<std::process::ChildStdout>>;

/// Starts a process, and waits until it has subscribed.
fn start(role: &str, port: u16) -> (Child, Lines) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nats_promotions::is_a_process", "--nocapture"])
        .envs([(ROLE, role), (PORT, &port.to_string())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"), "{role} ended");
    (child, lines)
}

/// Returns what a process says at its end: its spans, and its counts.
fn end((mut child, lines): (Child, Lines)) -> Vec<String> {
    let said =
        lines.map(Result::unwrap).filter(|line| line.starts_with("span ") || line.starts_with("counts "));
    let said = said.collect();
    assert!(child.wait().unwrap().success(), "{said:?}");
    said
}

#[test]
fn an_error_in_one_process_keeps_the_trace_in_those_that_have_a_part_of_it() {
    let Some(server) = server() else { return };
    // The front is the last: the others have subscribed by then.
    let [back, bystander, front] = ["back", "bystander", "front"].map(|role| start(role, server.port()));
    let [front, back, bystander] = [front, back, bystander].map(end);
    let trace = front[0].split(' ').nth(1).unwrap();
    // Told by the back alone: a promotion is not passed on to where it comes from, and its own is ignored.
    assert_eq!(
        front,
        [
            format!("span {trace} promoted send orders"),
            format!("span {trace} promoted Order/Order"),
            "counts 0 1 0".to_owned()
        ]
    );
    assert_eq!(back, [format!("span {trace} error process orders"), "counts 1 1 0".to_owned()]);
    assert_eq!(bystander, ["counts 0 0 0"]);
}
