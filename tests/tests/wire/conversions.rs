//! A rollout counts, by peer and actor, what was read from a retired shape, and written in one.

use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor_wire::rollout::{Hello, PhaseSetting, Rollout, RouteCounts};
use traced_actor_wire::{Codec, Prefixed, codec};

use crate::evolved::{Message, v1};
use crate::support::{context, with_each_codec};

/// Returns the counts of the routes of one actor and one peer: upgraded, downgraded.
fn converted(rollout: &Rollout, peer: &str, actor: &str) -> (u64, u64) {
    let snapshot = rollout.snapshot();
    let row = snapshot.rows.iter().find(|row| (&*row.peer, &*row.actor) == (peer, actor));
    row.map_or((0, 0), |row| (row.counts.upgraded, row.counts.downgraded))
}

#[test]
fn each_message_counts_once_at_its_peer_and_actor() {
    fn check<C: Codec>(codec: &C) {
        let rollout = Rollout::new();
        rollout.set(PhaseSetting::PER_PEER);
        let (old, new) = (rollout.connect("old"), rollout.connect("new"));
        new.hello(&Hello::ours().with_schema(1).to_bytes()).unwrap();
        let (guild, other, new) = (old.route("Guild"), old.route("Other"), new.route("Guild"));

        // Two in a retired shape, one as it always was.
        for message in [v1::Message::Join { user: 7 }, v1::Message::Tick, v1::Message::Leave(7)] {
            let bytes = codec.write(&message).unwrap();
            guild.decode::<_, Message>(codec, &bytes).unwrap();
        }
        assert_eq!(converted(&rollout, "old", "Guild"), (2, 0), "{}", C::NAME);

        // Today's shape, to a peer that knows it; then as the old peer knows it.
        let join = Envelope::new(Message::Join { user: 7, region: "eu".into() }, context());
        let bytes = new.encode(codec, &join.at_schema(1)).unwrap();
        new.decode::<_, Message>(codec, &bytes).unwrap();
        assert_eq!(converted(&rollout, "new", "Guild"), (0, 0));
        let bytes = other.encode(codec, &join.at_schema(0)).unwrap();
        assert_eq!(codec.read::<v1::Message>(&bytes).unwrap(), v1::Message::Join { user: 7 });
        other.encode(codec, &Envelope::new(Message::Tick, context()).at_schema(0)).unwrap();
        assert_eq!(converted(&rollout, "old", "Other"), (0, 1));

        // In an envelope, as well; and in a message of another type, once for all of it.
        let bytes = new.encode(codec, &join.at_schema(0)).unwrap();
        new.decode::<_, Message>(codec, &bytes).unwrap();
        assert_eq!(converted(&rollout, "new", "Guild"), (1, 1));
        let bytes =
            codec.write(&ThenOrNow::Batch(vec![v1::Message::Leave(1), v1::Message::Leave(2)])).unwrap();
        new.decode::<_, ThenOrNow<Message>>(codec, &bytes).unwrap();
        assert_eq!(converted(&rollout, "new", "Guild"), (2, 1));
        assert_eq!(converted(&rollout, "old", "Guild"), (2, 0), "the others are as they were");
    }
    with_each_codec!(check);
    check(&Prefixed::new(codec::Json));
}

#[derive(Serialize, Deserialize)]
enum ThenOrNow<M> {
    Batch(Vec<M>),
}

#[test]
fn what_fails_or_is_refused_was_not_converted() {
    fn check<C: Codec>(codec: &C) {
        let rollout = Rollout::new();
        let connection = rollout.connect("old");
        let route = connection.route("Guild");
        let bytes = codec.write(&v1::Message::Post(1, "hi".into())).unwrap();
        route.decode::<_, Message>(codec, &bytes[..bytes.len() - 1]).unwrap_err();
        route.encode(codec, &Envelope::bare(Message::Mute(1)).at_schema(0)).unwrap_err();
        rollout.set(PhaseSetting::REQUIRE);
        assert!(route.decode::<_, Message>(codec, &bytes).unwrap_err().is_refused());
        let counts = rollout.snapshot().total();
        let mut expected = RouteCounts::default();
        (expected.bare, expected.refused, expected.invalid) = (1, 1, 1);
        assert_eq!(counts, expected, "{}", C::NAME);

        rollout.set(PhaseSetting::PER_PEER);
        route.decode::<_, Message>(codec, &bytes).unwrap();
        assert_eq!(converted(&rollout, "old", "Guild"), (1, 0));
    }
    with_each_codec!(check);
}
