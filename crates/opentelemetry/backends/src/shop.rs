//! A shop: orders come in from outside, are paid, packed in all warehouses and audited. Its traces have what a trace can have: a parent in another
//! process, fan-outs of which some are kept, links, waits in mailboxes, calls, errors, events, and spans of others.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use opentelemetry::trace::Tracer as _;
use opentelemetry::{KeyValue, global};
use traced_actor::context::Timestamp;
use traced_actor::sync::oneshot;
use traced_actor::{ActorRef, Envelope, Spawn, broadcast, current_span, spawn, traced_actor};
use traced_actor_propagation::Edge;

const WAREHOUSES: usize = 12;

#[traced_actor(name = "Shop")]
enum Shopping {
    #[traced(fields(order, %customer, total))]
    Order { order: u64, customer: &'static str, total: f64 },
}

#[traced_actor(name = "Till")]
enum Paying {
    #[traced(fields(total))]
    Charge { total: f64, respond_to: oneshot::Sender<bool> },
}

#[derive(Clone)]
#[traced_actor(name = "Warehouse")]
enum Packing {
    Pack,
}

#[traced_actor(name = "Audit")]
enum Auditing {
    #[traced(link, fields(order))]
    Note { order: u64 },
}

struct Shop {
    till: ActorRef<Paying>,
    warehouses: Vec<ActorRef<Packing>>,
    audit: ActorRef<Auditing>,
}

struct Till;
struct Warehouse;
struct Audit;

#[derive(Debug)]
struct Declined {
    total: f64,
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the card was declined for {} €", self.total)
    }
}

#[traced_actor(name = "Shop", fanout_budget = 4)]
impl Shop {
    async fn handle(&mut self, message: Shopping) -> Result<(), Declined> {
        let Shopping::Order { order, total, .. } = message;
        self.audit.cast(Auditing::Note { order }).await.expect("the audit is there");
        let (respond_to, reply) = oneshot::channel();
        self.till.cast(Paying::Charge { total, respond_to }).await.expect("the till is there");
        if !reply.await.expect("the till replies") {
            return Err(Declined { total });
        }
        broadcast(&self.warehouses, Packing::Pack).await;
        Ok(())
    }
}

#[traced_actor(name = "Till")]
impl Till {
    async fn handle(&mut self, message: Paying) {
        let Paying::Charge { total, respond_to } = message;
        // As an instrumented database client makes one.
        let select = global::tracer("sql").span_builder("SELECT cards");
        let select = select.with_attributes([KeyValue::new("db.system.name", "postgresql")]);
        let select = select.start(&global::tracer("sql"));
        tokio::time::sleep(Duration::from_millis(4)).await;
        drop(select);
        current_span().add_event("card.read");
        respond_to.send(total < 100.0).ok();
    }
}

#[traced_actor(name = "Warehouse")]
impl Warehouse {
    async fn handle(&mut self, message: Packing) {
        let Packing::Pack = message;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[traced_actor(name = "Audit")]
impl Audit {
    async fn handle(&mut self, message: Auditing) {
        let Auditing::Note { .. } = message;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Takes three orders, of which the second is declined.
pub(crate) async fn open_for_a_day() -> Result<(), Box<dyn Error>> {
    let till = spawn(Till, 4);
    let warehouses: Vec<_> =
        (0..WAREHOUSES).map(|n| Spawn::new(Warehouse).instance(format!("hall-{n}")).start()).collect();
    let audit = spawn(Audit, 4);
    let parts = Shop { till: till.clone(), warehouses: warehouses.clone(), audit: audit.clone() };
    let shop = Spawn::new(parts).instance("shop-1").start();
    let edge = Edge::new("http");
    for (order, customer, total) in
        [(1, "Ada Lovelace", 12.5), (2, "Grace Hopper", 250.0), (3, "Ångström & Söhne", 80.25)]
    {
        let parent = format!("00-0af7651916cd43dd8448eb211c8031{order:02x}-b7ad6b716920333{order:x}-01");
        let headers = [("traceparent", parent.as_str()), ("baggage", "tenant=acme,secret=s")];
        let context = edge.accept(&headers, Timestamp::now()).context;
        shop.cast_envelope(Envelope::new(Shopping::Order { order, customer, total }, context)).await.ok();
    }
    shop.join().await?;
    till.join().await?;
    audit.join().await?;
    for warehouse in warehouses {
        warehouse.join().await?;
    }
    Ok(())
}
