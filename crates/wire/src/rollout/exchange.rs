//! Encodes and decodes messages by the rules of the rollout.

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use super::shared_traces::trace_of;
use super::tally::add;
use super::{ReceiveError, Route};
use crate::counters::{came_without_context, sent_without_context};
use crate::{Codec, EncodeError};
use traced_actor::Envelope;
use traced_actor::context::Timestamp;
use traced_actor::wire::versions::conversions;

impl Route {
    /// Encodes an envelope for this connection only. See [`encoding`](Self::encoding).
    ///
    /// The message is counted as sent. It is also counted as downgraded if [`at_schema`](Envelope::at_schema) wrote a
    /// retired shape.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Codec::encode`].
    pub fn encode<'de, C: Codec, M: Serialize + Deserialize<'de>>(
        &self,
        codec: &C,
        envelope: &Envelope<M>,
    ) -> Result<Vec<u8>, EncodeError> {
        let (encoding, bare) = self.choose(envelope.state());
        let before = conversions();
        let without_context = sent_without_context();
        let bytes = codec.encode(envelope, encoding)?;
        if conversions() != before {
            add(&self.tally.downgraded);
        }
        if bare || without_context != sent_without_context() {
            self.sent_bare();
            add(&self.tally.sent_bare);
        } else {
            add(&self.tally.sent_enveloped);
        }
        Ok(bytes)
    }

    /// Decodes a message that was received on this connection, bare or in an envelope.
    ///
    /// The message is counted as received. It is also counted as upgraded if it came in a retired
    /// [shape](crate::versions). An envelope with a malformed context counts as an envelope, and in
    /// [`wire_counters`](crate::wire_counters); it is never refused. The context is trusted as far as the
    /// [edge](super::PeerConnection::edge) of the connection allows.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Codec::decode`]. Also returns an error if the message is bare, the phase is
    /// [`Require`](super::Phase::Require), and the peer did not say on this connection that it knows envelopes. The
    /// error names the actor, the codec and the peer.
    ///
    /// ```
    /// # #[cfg(feature = "json")] {
    /// use traced_actor_wire::codec::Json;
    /// use traced_actor_wire::rollout::{PhaseSetting, Rollout};
    ///
    /// #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// enum Message { Tick }
    ///
    /// let rollout = Rollout::new();
    /// let connection = rollout.connect("node-7");
    /// let guild = connection.route("Guild");
    /// assert!(guild.decode::<_, Message>(&Json, br#""Tick""#).is_ok());
    ///
    /// rollout.set(PhaseSetting::REQUIRE);
    /// let error = guild.decode::<_, Message>(&Json, br#""Tick""#).unwrap_err();
    /// assert!(error.is_refused());
    /// assert_eq!((error.actor(), error.codec(), error.peer()), ("Guild", "JSON", "node-7"));
    /// # }
    /// ```
    pub fn decode<C: Codec, M: DeserializeOwned>(
        &self,
        codec: &C,
        bytes: &[u8],
    ) -> Result<Envelope<M>, ReceiveError> {
        let before = conversions();
        let malformed = came_without_context();
        let envelope = codec.decode(bytes).map_err(|error| {
            add(&self.tally.invalid);
            self.error(C::NAME, Some(error))
        })?;
        let bare = envelope.message_context().is_absent() && malformed == came_without_context();
        let capable = self.is_capable();
        add(match (bare, capable) {
            (true, true) => &self.tally.undecided,
            (true, false) => &self.tally.bare,
            (false, _) => &self.tally.enveloped,
        });
        if bare && self.setting().phase().refuses_bare(capable) {
            add(&self.tally.refused);
            return Err(self.error(C::NAME, None));
        }
        if conversions() != before {
            add(&self.tally.upgraded);
        }
        let envelope = match self.edge() {
            Some(edge) => edge.accept_envelope(envelope, Timestamp::now()),
            None => envelope,
        };
        self.link.note(trace_of(envelope.state()));
        Ok(envelope)
    }

    #[cold]
    fn error(&self, codec: &'static str, source: Option<crate::DecodeError>) -> ReceiveError {
        ReceiveError { actor: self.actor().into(), peer: self.peer().into(), codec, source }
    }
}
