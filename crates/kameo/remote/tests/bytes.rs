//! The bytes that are sent to another node, checked without one.

use kameo::prelude::*;
use serde::{Deserialize, Serialize};
use traced_actor::testkit;
use traced_actor::{Envelope, traced_actor};
use traced_actor_kameo::{Enveloped, IntoEnveloped};
use traced_actor_kameo_remote_tests::{Join, Order};

/// A message that is being handled.
#[traced_actor]
struct Cause;

fn caused<T>(work: impl FnOnce() -> T) -> T {
    let (Cause, mut handling) = Envelope::capture(Cause).open();
    let _entered = handling.enter();
    work()
}

fn bytes(message: &impl Serialize) -> Vec<u8> {
    rmp_serde::to_vec_named(message).unwrap()
}

#[test]
fn a_message_that_nobody_decided_about_has_the_bytes_that_it_always_had() {
    assert_eq!(bytes(&Join { user: 7 }.enveloped()), bytes(&Join { user: 7 }));
    assert_eq!(bytes(&Order::Hang.enveloped()), bytes(&Order::Hang));
}

#[test]
fn a_context_is_one_more_key() {
    let _spans = testkit::record();
    let bare = bytes(&Join { user: 7 });
    let traced = bytes(&caused(|| Join { user: 7 }.enveloped()));
    // A key of eight letters, and the context: 26 bytes and what it says of the sampling.
    assert!((bare.len() + 37..bare.len() + 60).contains(&traced.len()), "{} {}", bare.len(), traced.len());
    println!("bytes of a remote message: bare {}, sampled {}", bare.len(), traced.len());
    let old: Join = rmp_serde::from_slice(&traced).unwrap();
    assert_eq!(old.user, 7);
    for (bytes, sampled) in [(bare, false), (traced, true)] {
        let new: Enveloped<Join> = rmp_serde::from_slice(&bytes).unwrap();
        let envelope = new.into_envelope();
        assert_eq!((envelope.message().user, envelope.context().is_some()), (7, sampled));
    }
}

#[test]
fn an_unsampled_message_says_so_in_a_few_bytes() {
    let _spans = testkit::record_sampled(traced_actor::sampling::AlwaysOff);
    let bare = bytes(&Join { user: 7 });
    let traced = bytes(&caused(|| Join { user: 7 }.enveloped()));
    println!("bytes of a remote message: bare {}, not sampled {}", bare.len(), traced.len());
    assert!(traced.len() - bare.len() <= 12, "{}", traced.len() - bare.len());
    let new: Enveloped<Join> = rmp_serde::from_slice(&traced).unwrap();
    assert!(new.into_envelope().message_context().is_unsampled());
}

/// A malformed context is dropped, and the message is still delivered.
#[test]
fn a_malformed_context_is_none() {
    #[derive(Serialize)]
    struct Forged {
        user: u64,
        __traced: Vec<u8>,
    }
    for context in [Vec::new(), vec![0; 26], vec![9; 3]] {
        let forged = rmp_serde::to_vec_named(&Forged { user: 7, __traced: context }).unwrap();
        let new: Enveloped<Join> = rmp_serde::from_slice(&forged).unwrap();
        assert_eq!(new.into_envelope().into_message().user, 7);
    }
}

#[test]
fn a_message_to_many_stays_in_this_process() {
    let error = rmp_serde::to_vec_named(&Enveloped::to_many(Join { user: 7 }, 3)).unwrap_err();
    assert!(error.to_string().contains("send `Enveloped::from(message)` to each node"), "{error}");
}

#[derive(Actor, RemoteActor)]
struct Kameo;

#[traced_actor(kameo)]
#[derive(Actor, RemoteActor)]
struct Ours;

#[derive(Serialize, Deserialize)]
struct Ping<T>(T);

#[remote_message]
impl Message<Ping<Vec<u8>>> for Kameo {
    type Reply = ();

    async fn handle(&mut self, _: Ping<Vec<u8>>, _: &mut Context<Self, ()>) {}
}

#[traced_actor(kameo)]
#[remote_message]
impl Message<Ping<Vec<u8>>> for Ours {
    type Reply = ();

    async fn handle(&mut self, _: Ping<Vec<u8>>, _: &mut Context<Self, ()>) {}
}

/// The id that is not given is made as kameo makes it, so that nodes with and without traces have the same.
#[test]
fn an_id_is_as_kameo_makes_it() {
    use kameo::remote::_internal::const_fnv1a_hash::fnv1a_hash_str_64;
    use kameo::remote::RemoteMessage;

    let id = |actor| {
        let text = concat!("traced-actor-kameo-remote-tests::0::", module_path!(), "::Ping<Vec<u8>>::");
        format!("{:x}", fnv1a_hash_str_64(&format!("{text}{actor}")))
    };
    assert_eq!(<Kameo as RemoteMessage<Ping<Vec<u8>>>>::REMOTE_ID, id("Kameo"));
    assert_eq!(<Ours as RemoteMessage<Ping<Vec<u8>>>>::REMOTE_ID, id("Ours"));
    assert_eq!(<Ours as RemoteMessage<Enveloped<Ping<Vec<u8>>>>>::REMOTE_ID, id("Ours"));
}
