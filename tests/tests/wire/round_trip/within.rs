//! Envelopes in a struct or an enum of the user's, with every attribute that changes where they stand.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Ron;
use crate::support::{Message, assert_arrived, decided, enveloped, messages};
use traced_actor::Envelope;
use traced_actor_wire::Codec;
use traced_actor_wire::codec::{Cbor, Json, MsgpackNamed, Postcard};

type Body = Envelope<Message>;

#[derive(Serialize, Deserialize)]
struct Field {
    id: u64,
    body: Body,
    after: u8,
}
#[derive(Serialize, Deserialize)]
struct Flat {
    id: u64,
    #[serde(flatten)]
    body: Body,
    after: u8,
}
#[derive(Serialize, Deserialize)]
struct Rest {
    #[serde(flatten)]
    body: Option<Body>,
    #[serde(flatten)]
    others: BTreeMap<String, u8>,
}
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Body(Body),
    Ping { ping: u8 },
}
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Body { body: Body },
    Flat(Flat),
}
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "body")]
enum Adjacent {
    Body(Body),
}
#[derive(Serialize, Deserialize)]
struct Lists {
    all: Vec<Body>,
    named: BTreeMap<String, Body>,
    maybe: Option<Body>,
    pair: (Body, u8),
}

fn through<C: Codec, T: Serialize + DeserializeOwned>(
    codec: &C,
    wrap: impl Fn(Body) -> T,
    body: impl Fn(&T) -> Option<&Body>,
) {
    let mut read = 0;
    for message in messages() {
        let what = || format!("{} in {}: {message:?}", std::any::type_name::<T>(), C::NAME);
        // Only what the format itself gives back, without a context.
        let Ok(bytes) = codec.write(&wrap(Envelope::bare(message.clone()))) else { continue };
        let bare = codec.read::<T>(&bytes);
        if !bare.is_ok_and(|bare| body(&bare).map(Envelope::message) == Some(&message)) {
            continue;
        }
        for context in decided() {
            let bytes = codec.write(&wrap(enveloped(&message, &context))).unwrap();
            let arrived: T = codec.read(&bytes).unwrap_or_else(|error| panic!("{}: {error:?}", what()));
            let arrived = body(&arrived).unwrap_or_else(|| panic!("{}", what()));
            assert_eq!(*arrived.message(), message, "{}", what());
            assert_arrived(&context, arrived.state());
            read += 1;
        }
    }
    assert!(read > 0, "{} in {}", std::any::type_name::<T>(), C::NAME);
}
fn each<C: Codec>(codec: &C) {
    through(codec, |body| Field { id: 1, body, after: 9 }, |field| (field.after == 9).then_some(&field.body));
    through(codec, |body| Flat { id: 1, body, after: 9 }, |flat| (flat.after == 9).then_some(&flat.body));
    let others = || BTreeMap::from([("other".to_owned(), 1)]);
    through(
        codec,
        |body| Rest { body: Some(body), others: others() },
        |rest| rest.body.as_ref().filter(|_| rest.others == others()),
    );
    through(
        codec,
        Untagged::Body,
        |message| if let Untagged::Body(body) = message { Some(body) } else { None },
    );
    through(
        codec,
        |body| Internal::Body { body },
        |message| match message {
            Internal::Body { body } => Some(body),
            Internal::Flat(_) => None,
        },
    );
    through(
        codec,
        |body| Internal::Flat(Flat { id: 1, body, after: 9 }),
        |message| match message {
            Internal::Flat(flat) => Some(&flat.body),
            Internal::Body { .. } => None,
        },
    );
    through(codec, Adjacent::Body, |Adjacent::Body(body)| Some(body));
    through(
        codec,
        |body| Lists {
            all: vec![body.clone(), body.clone()],
            named: [("one".to_owned(), body.clone())].into(),
            maybe: Some(body.clone()),
            pair: (body, 7),
        },
        |lists| {
            lists
                .named
                .get("one")
                .filter(|_| lists.all.len() == 2 && lists.maybe.is_some() && lists.pair.1 == 7)
        },
    );
}

#[test]
fn envelopes_within_other_types() {
    each(&Json);
    each(&Cbor);
    each(&MsgpackNamed);
    each(&Ron);
    through(
        &Postcard,
        |body| Field { id: 1, body, after: 9 },
        |field| (field.after == 9).then_some(&field.body),
    );
    through(&Postcard, |body| (body, 7_u8), |pair| (pair.1 == 7).then_some(&pair.0));
}
