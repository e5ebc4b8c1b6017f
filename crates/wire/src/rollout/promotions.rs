//! Promotions of flight recorders over a connection, as control messages between the messages.

use traced_actor_flight::{Flight, Promotion};

use super::PeerConnection;

/// The first bytes of a control message, with which no message begins, like the first bytes of a hello.
const MAGIC: [u8; 6] = *b"\xc1\x1ctrap";

#[cfg_attr(docsrs, doc(cfg(feature = "flight")))]
impl PeerConnection {
    /// Connects a flight recorder: if one side of the connection keeps a trace, the other side keeps its part as well.
    ///
    /// `send` sends bytes to the peer, in the place of a message. It is called on the recorder's thread, and should only
    /// put the bytes into a queue. It is called only if the peer said in its hello that it
    /// [reads promotions](super::Hello::with_promotions), and if the [edge](Self::edge) trusts the peer fully.
    ///
    /// The routes note which traces the two sides share, see [`Peer::shares`](traced_actor_flight::Peer::shares). If this is called again, the first
    /// recorder stays. Call it again after a [`reconnect`](Self::reconnect).
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use traced_actor_flight::Flight;
    /// use traced_actor_wire::rollout::{Hello, Rollout};
    ///
    /// # let flight = Flight::builder().start()?;
    /// let (queue, _to_peer) = mpsc::channel::<Vec<u8>>();
    /// let connection = Rollout::new().connect("node-7");
    /// # let hello_of_peer = Hello::ours().with_promotions().to_bytes();
    /// queue.send(Hello::ours().with_promotions().to_bytes())?;
    /// let connection = connection.flight(&flight, move |bytes| drop(queue.send(bytes)));
    /// connection.hello(&hello_of_peer)?;
    /// // for everything that comes over the connection:
    /// # let bytes = [0];
    /// if !connection.take_promotion(&bytes) {
    ///     // It is a message: decode it with a route.
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn flight(self, flight: &Flight, send: impl Fn(Vec<u8>) + Send + Sync + 'static) -> Self {
        // The link has the peer, so the peer must not keep the link alive.
        let link = std::sync::Arc::downgrade(&self.link);
        self.link.shared.peer.get_or_init(|| {
            flight.connect(move |promotion| {
                if link.upgrade().is_some_and(|link| link.reads_promotions() && link.is_trusted()) {
                    send([&MAGIC[..], &promotion.to_bytes()].concat());
                }
            })
        });
        self
    }

    /// Accepts bytes from the peer if they are a promotion. Returns whether they are one, and thus not a message.
    ///
    /// A malformed promotion, or one of a later version, is ignored. If the [edge](Self::edge) does not trust the peer
    /// fully, the promotion is [refused](traced_actor_flight::Peer::refuse). A peer may send a hundred promotions per second.
    pub fn take_promotion(&self, bytes: &[u8]) -> bool {
        let Some(promotion) = bytes.strip_prefix(&MAGIC) else { return false };
        if let (Some(peer), Some(promotion)) = (self.link.shared.peer.get(), Promotion::from_bytes(promotion))
        {
            if self.link.is_trusted() {
                peer.promote(promotion);
            } else {
                peer.refuse(promotion);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use traced_actor::Envelope;
    use traced_actor::context::{MessageContext, SampledContext, SpanId, TraceContext, TraceFlags, TraceId};
    use traced_actor_flight::Trigger;
    use traced_actor_propagation::{Edge, Trust};

    use super::super::{Hello, PhaseSetting, Rollout};
    use super::*;

    type Sent = Arc<Mutex<Vec<Vec<u8>>>>;

    fn trace(number: u128) -> TraceId {
        TraceId::new(number).unwrap()
    }

    /// Returns a connection whose peer has said this hello.
    fn connected(flight: &Flight, hello: Hello, trust: Trust) -> (PeerConnection, Sent) {
        let sent = Sent::default();
        let sending = sent.clone();
        let rollout = Rollout::new();
        rollout.set(PhaseSetting::PER_PEER);
        let edge = Arc::new(Edge::new("peer").trust(trust));
        let connection = rollout.connect("peer").edge(edge);
        let connection = connection.flight(flight, move |bytes| sending.lock().unwrap().push(bytes));
        connection.hello(&hello.to_bytes()).unwrap();
        (connection, sent)
    }

    /// Sends a message of a trace over a connection.
    fn send(connection: &PeerConnection, id: TraceId) {
        let ids = TraceContext::new(id, SpanId::new(1).unwrap(), TraceFlags::NONE);
        let context = MessageContext::sampled(SampledContext::new(ids));
        connection.route("Guild").encoding(Envelope::new((), context).state());
    }

    #[test]
    fn only_a_trusted_peer_that_reads_promotions_is_told() {
        let flight = Flight::builder().start().unwrap();
        let reads = Hello::ours().with_promotions();
        let (trusted, told) = connected(&flight, reads, Trust::Full);
        let (old, to_old) = connected(&flight, Hello::ours(), Trust::Full);
        let (partner, to_partner) = connected(&flight, reads, Trust::Ids);
        let (closed, to_closed) = connected(&flight, reads, Trust::Full);
        for connection in [&trusted, &old, &partner, &closed] {
            send(connection, trace(1));
        }
        drop(closed);
        flight.keep_trace(trace(1));
        flight.keep_trace(trace(2));
        flight.flush();
        let promotion = Promotion::new(trace(1), Trigger::Command);
        assert_eq!(*told.lock().unwrap(), [[&MAGIC[..], &promotion.to_bytes()].concat()]);
        assert!([to_old, to_partner, to_closed].iter().all(|sent| sent.lock().unwrap().is_empty()));
    }

    #[test]
    fn a_promotion_is_no_message_and_is_taken_from_a_trusted_peer_only() {
        let flight = Flight::builder().start().unwrap();
        let bytes = |number| {
            let promotion = Promotion::new(trace(number), Trigger::Error);
            [&MAGIC[..], &promotion.to_bytes()].concat()
        };
        let is_wanted = |number| flight.triggers().promotion(trace(number)).is_some();
        let (trusted, _) = connected(&flight, Hello::ours(), Trust::Full);
        let (partner, _) = connected(&flight, Hello::ours(), Trust::Ids);
        assert!(trusted.take_promotion(&bytes(1)) && is_wanted(1));
        assert!(partner.take_promotion(&bytes(2)) && !is_wanted(2));
        assert_eq!(flight.counters().promotions_refused, 1);
        // Of a later version, or cut.
        for end in MAGIC.len()..bytes(3).len() {
            assert!(trusted.take_promotion(&bytes(3)[..end]) && !is_wanted(3), "{end}");
        }
        for other in [&b""[..], b"{}", b"\xc1\x1ctra", &Hello::ours().to_bytes()] {
            assert!(!trusted.take_promotion(other), "{other:?}");
        }
        let without = Rollout::new().connect("peer");
        assert!(without.take_promotion(&bytes(4)) && !is_wanted(4));
    }
}
