//! The guard against changes that a running fleet cannot read, and the records of the example protocol.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use traced_actor::context::MessageContext;
use traced_actor_wire::codec::{Json, Msgpack, Postcard};
use traced_actor_wire::compat::{Golden, GoldenReport};
use traced_actor_wire::{Codec, Encoding};

use crate::support::{Message, enveloped, full_context, with_each_codec};

/// The protocol of this folder's tests, as each released version wrote it. `TRACED_ACTOR_RECORD=1` records.
#[test]
fn the_example_protocol_reads_what_every_version_wrote() {
    fn check<C: Codec>(codec: &C, golden: &Golden<Message>) {
        let checked = golden.check(codec).unwrap_or_else(|broken| panic!("{broken}"));
        assert!(checked.compared + checked.recorded >= 5);
    }

    let frozen = std::env::var_os("TRACED_ACTOR_RECORD").is_none();
    let golden = Golden::new(concat!(env!("CARGO_MANIFEST_DIR"), "/compat/chat"), "v1")
        .sample("join", Message::Join { user: u64::MAX, name: "Ada".into() })
        .sample("post", Message::Post(u64::MAX, Some("hi".into()), vec![0, u16::MAX]))
        .sample("post without text", Message::Post(0, None, vec![]))
        .sample("leave", Message::Leave(127))
        .sample("tick", Message::Tick)
        .frozen(frozen);
    with_each_codec!(check, &golden);
}

/// Envelopes as each released version wrote them: the carrier is part of the format.
#[test]
fn the_envelopes_of_every_version_are_read() {
    fn check<C: Codec>(codec: &C) {
        let slug: String = C::NAME.to_lowercase().replace(' ', "-");
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("compat/envelopes/v1/{slug}.txt"));
        let states: [MessageContext; 2] = [MessageContext::UNSAMPLED, full_context().into()];
        let message = Message::Leave(127);
        let encode = |carried| codec.encode(&enveloped(&message, carried), Encoding::Envelope).unwrap();
        let written = states.each_ref().map(|carried| format!("{:02x?}\n", encode(carried))).concat();
        if std::env::var_os("TRACED_ACTOR_RECORD").is_some() && !path.exists() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &written).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written, "{}", C::NAME);
    }
    with_each_codec!(check);
}

/// A protocol that has changed reads what its first version wrote, and today's numbers are recorded in their turn.
#[test]
fn the_changed_protocol_reads_what_every_version_wrote() {
    use crate::evolved::{Message, v1};

    fn check<C: Codec, M: Serialize + DeserializeOwned>(codec: &C, golden: &Golden<M>, records: usize) {
        let checked = golden.check(codec).unwrap_or_else(|broken| panic!("{broken}"));
        assert_eq!(checked.compared + checked.recorded, records, "{}", C::NAME);
    }

    let frozen = std::env::var_os("TRACED_ACTOR_RECORD").is_none();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/compat/evolved");
    if !frozen && !std::path::Path::new(directory).exists() {
        let v1 = Golden::new(directory, "v1")
            .sample("join", v1::Message::Join { user: u64::MAX })
            .sample("post", v1::Message::Post(u64::MAX, "hi".into()))
            .sample("leave", v1::Message::Leave(u64::MAX))
            .sample("tick", v1::Message::Tick)
            .sample("bye", v1::Message::Bye);
        with_each_codec!(check, &v1, 5);
    }
    let today = Golden::new(directory, "v2")
        .sample("join", Message::Join { user: u64::MAX, region: "eu".into() })
        .sample("send", Message::Send { room: u64::MAX, text: "hi".into() })
        .sample("quit", Message::Quit)
        .sample("tick", Message::Tick)
        .sample("mute", Message::Mute(u64::MAX))
        .upgrades("Join", "Join2")
        .upgrades("Post", "Send")
        .upgrades("Leave", "Quit")
        .upgrades("Bye", "Quit")
        .frozen(frozen);
    with_each_codec!(check, &today, 10);
}

/// A directory of its own, empty.
fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("traced-actor-compat-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

/// The texts that a check of `now`'s samples gives against the record of `before`'s.
fn breaks<Old, New, C>(name: &str, codec: &C, before: Vec<(&str, Old)>, now: Vec<(&str, New)>) -> Vec<String>
where
    Old: Serialize + DeserializeOwned,
    New: Serialize + DeserializeOwned,
    C: Codec,
{
    let directory = directory(name);
    let golden =
        before.into_iter().fold(Golden::new(&directory, "v1"), |golden, (name, m)| golden.sample(name, m));
    golden.check(codec).unwrap();
    let golden =
        now.into_iter().fold(Golden::new(&directory, "v2"), |golden, (name, m)| golden.sample(name, m));
    let broken = golden.check(codec);
    std::fs::remove_dir_all(directory).unwrap();
    broken.map_or_else(|broken| broken.breaks().to_vec(), |_| Vec::new())
}

#[derive(Serialize, Deserialize, Clone)]
enum V1 {
    Join { user: u32 },
    Leave { user: u32 },
    Tick,
}

fn v1() -> Vec<(&'static str, V1)> {
    vec![("join", V1::Join { user: 1 }), ("leave", V1::Leave { user: 2 }), ("tick", V1::Tick)]
}

#[test]
fn the_first_run_records_and_the_next_compares() {
    let directory = directory("first");
    let golden = |frozen| {
        let golden = Golden::new(&directory, "v1").frozen(frozen);
        v1().into_iter().fold(golden, |golden, (name, message)| golden.sample(name, message))
    };
    let text = golden(true).check(&Json).unwrap_err().to_string();
    assert!(text.contains("v1, sample `join`: has no record"), "{text}");
    let count = |checked: GoldenReport| (checked.compared, checked.recorded);
    assert_eq!(count(golden(false).check(&Json).unwrap()), (0, 3));
    assert_eq!(count(golden(true).check(&Json).unwrap()), (3, 0));
    // Each codec has its own record.
    assert_eq!(count(golden(false).check(&Postcard).unwrap()), (0, 3));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn reordered_variants() {
    #[derive(Serialize, Deserialize)]
    enum V2 {
        Leave { user: u32 },
        Join { user: u32 },
        Tick,
    }
    let v2 = || vec![("join", V2::Join { user: 1 }), ("leave", V2::Leave { user: 2 }), ("tick", V2::Tick)];
    assert_eq!(
        breaks("reordered", &Postcard, v1(), v2()),
        [
            "v1, sample `join`: reordered: variant `Join` had number 0 and has 1 now: it is read as `Leave`",
            "v1, sample `leave`: reordered: variant `Leave` had number 1 and has 0 now: it is read as `Join`",
        ]
    );
    // By name, the order does not matter.
    assert_eq!(breaks("reordered", &Json, v1(), v2()), [""; 0]);
}

#[test]
fn a_renamed_variant() {
    #[derive(Serialize, Deserialize)]
    enum V2 {
        Enter { user: u32 },
        Leave { user: u32 },
        Tick,
    }
    let v2 = || vec![("enter", V2::Enter { user: 1 }), ("leave", V2::Leave { user: 2 }), ("tick", V2::Tick)];
    let found = breaks("renamed", &Json, v1(), v2());
    assert!(
        matches!(&*found, [only] if only.starts_with("v1, sample `join`: renamed, or its number used again: number 0 was `Join` and is `Enter` now: cannot read a `")),
        "{found:?}"
    );
    let found = breaks("renamed", &Postcard, v1(), v2());
    assert_eq!(
        found,
        [
            "v1, sample `join`: renamed, or its number used again: number 0 was `Join` and is `Enter` now: it is read as `Enter`"
        ]
    );
}

#[test]
fn a_removed_variant_whose_number_is_used_again() {
    #[derive(Serialize, Deserialize)]
    enum V2 {
        Join { user: u32 },
        Tick,
    }
    let v2 = || vec![("join", V2::Join { user: 1 }), ("tick", V2::Tick)];
    let found = breaks("reused", &Postcard, v1(), v2());
    assert!(
        found[0].starts_with(
            "v1, sample `leave`: renamed, or its number used again: number 1 was `Leave` and is `Tick` now"
        ),
        "{found:?}"
    );
    let found = breaks("reused", &Msgpack, v1(), v2());
    assert!(
        matches!(&*found, [only] if only.contains("number 1 was `Leave` and is `Tick` now")),
        "{found:?}"
    );
}

/// The bytes of small values are the same, in postcard; the shape is not.
#[test]
fn a_retyped_field() {
    #[derive(Serialize, Deserialize)]
    enum V2 {
        Join { user: u64 },
        Leave { user: u32 },
        Tick,
    }
    fn check<C: Codec>(codec: &C, v2: Vec<(&str, V2)>) {
        let found = breaks("retyped", codec, v1(), v2);
        assert!(
            matches!(&*found, [only] if only.starts_with("v1, sample `join`: retyped: ")),
            "{}: {found:?}",
            C::NAME
        );
    }
    let v2 = || vec![("join", V2::Join { user: 1 })];
    check(&Postcard, v2());
    check(&Json, v2());
    check(&traced_actor_wire::codec::Bincode1, v2());
    let _ = (V2::Leave { user: 1 }, V2::Tick);
}

#[test]
fn a_new_field() {
    #[derive(Serialize, Deserialize)]
    enum V2 {
        Join {
            user: u32,
            #[serde(default)]
            region: String,
        },
        Leave {
            user: u32,
        },
        Tick,
    }
    let v2 = || {
        vec![
            ("join", V2::Join { user: 1, region: "eu".into() }),
            ("tick", V2::Tick),
            ("leave", V2::Leave { user: 2 }),
        ]
    };
    // If fields have names, old nodes skip the new one, and new nodes use a default.
    assert_eq!(breaks("field", &Json, v1(), v2()), [""; 0]);
    // By position, it is read from what comes next.
    let found = breaks("field", &Postcard, v1(), v2());
    assert!(
        matches!(&*found, [only] if only.starts_with("v1, sample `join`: retyped: variant `Join` was Join#0{user: u32}")),
        "{found:?}"
    );
}

/// A catch-all reads what was removed, and loses it.
#[test]
fn a_removed_variant_behind_a_catch_all() {
    #[derive(Serialize, Deserialize)]
    enum V2 {
        Join {
            user: u32,
        },
        Leave {
            user: u32,
        },
        New(u8),
        #[serde(other)]
        Unknown,
    }
    let v2 = || vec![("new", V2::New(1)), ("unknown", V2::Unknown)];
    let lost = |by| {
        format!(
            "v1, sample `tick`: by its {by}, variant `Tick` is read as `Unknown` now; if a `legacy(…)` says so, say \
             `upgrades(\"Tick\", \"Unknown\")`"
        )
    };
    assert_eq!(breaks("other", &Json, v1(), v2()), [lost("name")]);
    let _ = (V2::Join { user: 1 }, V2::Leave { user: 1 });
}

/// A change that a `legacy(…)` covers is reported once for all codecs.
#[test]
fn a_retired_variant() {
    use crate::evolved::{Message, v1};

    fn check<C: Codec>(codec: &C) {
        let directory = directory(C::NAME);
        Golden::new(&directory, "v1")
            .sample("join", v1::Message::Join { user: 1 })
            .sample("leave", v1::Message::Leave(1))
            .sample("tick", v1::Message::Tick)
            .check(codec)
            .unwrap();
        let golden = || Golden::<Message>::new(&directory, "v2");
        assert_eq!(golden().check(codec).unwrap_err().breaks().len(), 2, "all but `Tick`");
        let checked = golden().upgrades("Join", "Join2").upgrades("Leave", "Quit").check(codec).unwrap();
        assert_eq!(checked.compared, 3);
        std::fs::remove_dir_all(directory).unwrap();
    }
    with_each_codec!(check);
}
