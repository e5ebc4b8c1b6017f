//! A node of kameo's swarm, without mDNS: servers listen on a port of 127.0.0.1, and the others dial it.

use std::time::Duration;

use futures_util::StreamExt;
use kameo::remote::{Behaviour, messaging};
use libp2p::identity::Keypair;
use libp2p::swarm::{NetworkBehaviour, Swarm, SwarmEvent};
use libp2p::{Multiaddr, SwarmBuilder, noise, tcp, yamux};
use tokio::sync::oneshot;

#[derive(NetworkBehaviour)]
struct Node {
    kameo: Behaviour,
}

/// Joins the swarm: as the server on a port, or as a client of it, which dials again whenever the server has gone.
///
/// A server has the same key each time, as one that is upgraded has.
///
/// # Panics
///
/// Panics if it cannot.
pub async fn join(listen: Option<u16>, dial: Option<u16>) {
    let key = match listen {
        Some(_) => Keypair::ed25519_from_bytes([7; 32]).expect("a key"),
        None => Keypair::generate_ed25519(),
    };
    let mut swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .expect("a transport")
        .with_behaviour(|key| Node {
            kameo: Behaviour::new(key.public().to_peer_id(), messaging::Config::default()),
        })
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3600)))
        .build();
    swarm.behaviour().kameo.init_global();
    swarm.listen_on(address(listen.unwrap_or(0))).expect("a free port");
    let server = dial.map(address);
    if let Some(server) = &server {
        swarm.dial(server.clone()).expect("an address");
    }
    let (joined, is_joined) = oneshot::channel();
    tokio::spawn(run(swarm, server, joined));
    is_joined.await.expect("the swarm runs");
}

fn address(port: u16) -> Multiaddr {
    format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("an address")
}

async fn run(mut swarm: Swarm<Node>, server: Option<Multiaddr>, joined: oneshot::Sender<()>) {
    let mut joined = Some(joined);
    let mut join = move || {
        if let Some(joined) = joined.take() {
            let _ = joined.send(());
        }
    };
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { address, .. } => {
                swarm.add_external_address(address);
                if server.is_none() {
                    join();
                }
            }
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, .. } if endpoint.is_dialer() => {
                swarm.add_peer_address(peer_id, endpoint.get_remote_address().clone());
                join();
            }
            SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => {
                if let Some(server) = &server {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    drop(swarm.dial(server.clone()));
                }
            }
            _ => {}
        }
    }
}
