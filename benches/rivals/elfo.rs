//! elfo's own metrics: the times of each message's wait and handling, and counts, measured by its telemeter.

use elfo::prelude::*;
use elfo::{Topology, config::AnyConfig};
use serde_json::json;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use traced_actor_benches::{Contestant, Measure, Row, Set, timed};

use crate::ours::{self, BARE, OURS};
use crate::work::{CAPACITY, Parent, Text, stored, text};

const ELFO: &str = "elfo";

pub(crate) const OFF: Set = Set {
    name: "elfo, metrics off",
    world: ours::world,
    contestants: &[(BARE, || ours::bare::contestant()), (ELFO, || contestant(false))],
    rows: &[
        Row::new("elfo, metrics off: added to a bare message", ELFO, BARE, Measure::AddedNs, None),
        Row::new("elfo, metrics off: a message in total", ELFO, ELFO, Measure::Ns, None),
    ],
};

pub(crate) const ON: Set = Set {
    name: "elfo, metrics on",
    world: ours::world,
    contestants: &[
        (BARE, || ours::bare::contestant()),
        (OURS, || ours::traced::contestant(Parent::Unsampled)),
        (ELFO, || contestant(true)),
    ],
    rows: &[
        Row::new("elfo, metrics on: added to a bare message", ELFO, BARE, Measure::AddedNs, None),
        Row::new("elfo, metrics on: a message in total", ELFO, ELFO, Measure::Ns, None),
        Row::new(
            "elfo, metrics on: what it adds, beside ours",
            OURS,
            ELFO,
            Measure::TimesCheaperInAdded(BARE),
            None,
        ),
    ],
};

#[message]
struct Post {
    channel: u64,
    text: Text,
}

#[message(ret = u64)]
struct Count;

struct Order {
    posts: u64,
    done: oneshot::Sender<u64>,
}

fn guild() -> Blueprint {
    ActorGroup::new().exec(|mut ctx| async move {
        let mut posts = 0;
        while let Some(envelope) = ctx.recv().await {
            msg!(match envelope {
                Post { channel, text } => posts += stored(channel, &text).await & 1,
                (Count, token) => ctx.respond(token, posts),
            });
        }
    })
}

/// Handles orders of the benchmark, and nothing from its mailbox.
fn gateway(orders: mpsc::Receiver<Order>) -> Blueprint {
    let orders = std::sync::Mutex::new(Some(orders));
    ActorGroup::new().exec(move |ctx| {
        let orders = orders.lock().expect("no panic").take();
        async move {
            let mut orders = orders.expect("it starts once");
            while let Some(Order { posts, done }) = orders.recv().await {
                for number in 0..posts {
                    let post = Post { channel: number, text: text(number) };
                    ctx.send(post).await.expect("the guild runs");
                }
                let count = ctx.request(Count).resolve().await.expect("the guild answers");
                done.send(count).ok();
            }
        }
    })
}

fn topology(measured: bool, orders: mpsc::Receiver<Order>) -> Topology {
    let topology = Topology::empty();
    let configurers = topology.local("system.configurers").entrypoint();
    let gateways = topology.local("gateways");
    let guilds = topology.local("guilds");
    gateways.route_all_to(&guilds);
    guilds.mount(guild());
    gateways.mount(gateway(orders));
    if measured {
        topology.local("system.telemeters").mount(elfo::batteries::telemeter::init());
    }
    let config: AnyConfig = serde_json::from_value(json!({
        "common": { "system": { "mailbox": { "capacity": CAPACITY } } },
        "system": { "telemeters": { "sink": "OpenMetrics", "listen": "127.0.0.1:0" } },
    }))
    .expect("a configuration");
    configurers.mount(elfo::batteries::configurer::fixture(&topology, config));
    topology
}

fn contestant(measured: bool) -> Contestant {
    // The runtime has timers and signals, which elfo needs.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime of one thread");
    let (orders, receiver) = mpsc::channel(1);
    let topology = topology(measured, receiver);
    runtime.spawn(async move { elfo::init::start(topology).await });
    timed(move |posts| {
        let (done, over) = oneshot::channel();
        runtime.block_on(async {
            assert!(orders.send(Order { posts, done }).await.is_ok(), "the gateway runs");
            over.await.expect("the gateway answers")
        });
    })
}
