//! Types that have the envelope's own name or number, and contexts at the limits of a format.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use traced_actor::Envelope;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor_wire::codec::{Bincode, Cbor, Json, Msgpack, MsgpackNamed, Postcard};
use traced_actor_wire::{Codec, Encoding, Peek, Prefixed, Sidecar, wire_counters};

use super::{Ron, Seen, check, check_all, contexts};
use crate::support::{Message, Slow, assert_arrived, context, full_context, with_each_codec};

/// An enum of this many variants: their numbers in 16s, and then a few more.
macro_rules! wide {
    ($(#[$attribute:meta])* $name:ident: $($more:tt)*) => {
        $(#[$attribute])*
        #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
        enum $name {
            A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, Aa, Ab, Ac, Ad, Ae, Af, B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, Ba, Bb,
            Bc, Bd, Be, Bf, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, Ca, Cb, Cc, Cd, Ce, Cf, D0, D1, D2, D3, D4, D5, D6, D7,
            D8, D9, Da, Db, Dc, Dd, De, Df, E0, E1, E2, E3, E4, E5, E6, E7, E8, E9, Ea, Eb, Ec, Ed, Ee, Ef, F0, F1, F2, F3,
            F4, F5, F6, F7, F8, F9, Fa, Fb, Fc, Fd, Fe, Ff, G0, G1, G2, G3, G4, G5, G6, G7, G8, G9, Ga, Gb, Gc, Gd, Ge, Gf,
            H0, H1, H2, H3, H4, H5, H6, H7, H8, H9, Ha, Hb, Hc, Hd, $($more)*
        }
    };
}

wide!(Exactly127: Last(u8));
wide!(With128: Before(u8), Undo(Vec<u8>, Box<With128>));
wide!(With129: Before(u8), Undo(Vec<u8>, Box<With129>), After(u8));
wide!(OtherIs126: #[serde(other)] Unknown);
wide!(OtherIs127: Before(u8), #[serde(other)] Unknown);

#[test]
fn as_many_variants_as_there_is_room_for() {
    let [json, postcard, _, frame] = check_all(&[Exactly127::A5, Exactly127::Last(9)]);
    for seen in [json, postcard, frame] {
        assert!(seen.read > 0 && seen.refused == 0, "{seen:?}");
    }
    let [json, postcard, ..] = check_all(&[OtherIs126::A5, OtherIs126::Unknown]);
    assert!(json.refused == 0 && postcard.refused == 0, "{json:?} {postcard:?}");
}

/// Number 127 is the message's own: bare it is what it always was, and no variant goes in an envelope where numbers are
/// written.
#[test]
fn more_variants_than_that() {
    let undo = With128::Undo(vec![], Box::new(With128::C4));
    let all = [undo.clone(), With128::A5, With128::Before(0), With128::Undo(vec![1, 2], Box::new(undo))];
    let [json, postcard, ..] = check_all(&all);
    assert!(json.refused == 0 && json.read > 0, "JSON has names: {json:?}");
    assert!(postcard.held == 4 && postcard.read == 0, "{postcard:?}");

    let undo = With129::Undo(vec![0], Box::new(With129::After(1)));
    let [json, postcard, ..] = check_all(&[undo, With129::After(2), With129::A0]);
    assert!(json.refused == 0 && postcard.held == 3 && postcard.read == 0, "{json:?} {postcard:?}");
    let [_, postcard, ..] = check_all(&[OtherIs127::A5, OtherIs127::Unknown]);
    assert!(postcard.held == 2 && postcard.read == 0, "{postcard:?}");
}

#[test]
fn a_variant_of_the_envelope_s_name() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Unlucky {
        Fine,
        #[serde(rename = "__traced")]
        Named(String, Vec<u8>),
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Alias {
        #[serde(alias = "__traced")]
        Named(String, Vec<u8>),
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum CatchesAll {
        #[serde(rename = "__traced")]
        Named(String, Vec<u8>),
        #[serde(other)]
        Unknown,
    }
    let [json, ..] = check_all(&[Unlucky::Fine, Unlucky::Named(String::new(), vec![1])]);
    assert!(json.held == 2 && json.read == 0, "{json:?}");
    check_all(&[Alias::Named(String::new(), vec![1])]);
    check_all(&[CatchesAll::Unknown, CatchesAll::Named(String::new(), vec![1])]);

    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Field {
        #[serde(rename = "__traced")]
        traced: String,
        other: u8,
    }
    let [_, _, sidecar, frame] = check_all(&[Field { traced: String::new(), other: 1 }]);
    assert!(sidecar.read == 0 && frame.read > 0, "{sidecar:?} {frame:?}");
}

/// CBOR's tags are enums to serde.
#[test]
fn a_tag_of_cbor() {
    use ciborium::tag::{Accepted, Required};
    type Tagged = Required<Message, 0xcafe>;
    assert!(
        Cbor.encode(&Envelope::new(Required::<_, 0xcafe>(Message::Tick), context()), Encoding::Envelope)
            .is_err()
    );
    let bytes =
        Cbor.encode(&Envelope::bare(Required::<_, 0xcafe>(Message::Tick)), Encoding::Envelope).unwrap();
    assert_eq!(Cbor.decode::<Tagged>(&bytes).unwrap().message().0, Message::Tick);
    let accepted = Envelope::new(Accepted::<_, 0xcafe>(Message::Tick), context());
    assert!(Cbor.encode(&accepted, Encoding::Envelope).is_err());
}

// ===== sizes =====

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
enum Tree {
    Leaf,
    Node(Vec<Tree>),
    Text(String),
}

fn deep(depth: usize) -> Tree {
    (0..depth).fold(Tree::Leaf, |tree, _| Tree::Node(vec![tree]))
}

/// An envelope may nest as deep as each format reads a bare message, with every context.
#[test]
fn an_envelope_nests_as_deep_as_a_bare_message() {
    fn deepest<C: Codec>(codec: &C) -> usize {
        let reads = |depth: &usize| codec.read::<Tree>(&codec.write(&deep(*depth)).unwrap()).is_ok();
        (1..2000).take_while(reads).last().unwrap()
    }
    fn assert_read<C: Codec>(codec: &C) {
        let depth = deepest(codec).min(600);
        let seen = check(codec, "a variant", &[deep(depth), deep(depth - 1)]);
        assert!(seen.held == 2 && seen.read > 0 && seen.refused == 0, "{} {depth}: {seen:?}", C::NAME);
    }
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(|| {
            assert_eq!(deepest(&Json), 63);
            assert_read(&Json);
            assert_read(&Cbor);
            assert_read(&Msgpack);
            assert_read(&Postcard);
        })
        .unwrap()
        .join()
        .unwrap();
}

/// The same of codecs that do not split envelopes, as a user's own does: a message that is too deep in an envelope goes
/// without its context.
#[test]
fn an_envelope_that_is_not_split_is_never_too_deep() {
    fn check_depths<C: Codec>(codec: &C) {
        let trees: Vec<_> = (0..130).map(deep).collect();
        let before = wire_counters().left_out;
        let seen = check(codec, "a variant", &trees);
        assert!(seen.held > 30 && seen.refused == 0, "{}: {seen:?}", C::NAME);
        // Those that are not deep keep their contexts, and the others are counted.
        assert!(seen.read >= 29 * contexts().len(), "{}: {seen:?}", C::NAME);
        let left_out = seen.held * contexts().len() - seen.read;
        assert!(
            left_out > 0 && wire_counters().left_out - before >= left_out as u64,
            "{}: {seen:?}",
            C::NAME
        );
    }
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(|| {
            check_depths(&Slow(Json));
            check_depths(&Slow(Cbor));
            check_depths(&Slow(MsgpackNamed));
            check_depths(&Ron);
        })
        .unwrap()
        .join()
        .unwrap();
}

/// Depth is counted through everything that may nest a value.
#[test]
fn every_kind_of_value_is_a_level() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Named {
        next: Box<Kinds>,
    }
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Newtype(Box<Kinds>);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Pair(u8, Box<Kinds>);
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    enum Kinds {
        End,
        Named(Named),
        Newtype(Newtype),
        Pair(Pair),
        Tuple((u8, Box<Kinds>)),
        Fields { id: u8, next: Box<Kinds> },
        Several(u8, Box<Kinds>),
        Maybe(Option<Box<Kinds>>),
        Map(BTreeMap<String, Kinds>),
    }
    type Nest = fn(Kinds) -> Kinds;
    let nests: [Nest; 8] = [
        |inner| Kinds::Named(Named { next: Box::new(inner) }),
        |inner| Kinds::Newtype(Newtype(Box::new(inner))),
        |inner| Kinds::Pair(Pair(1, Box::new(inner))),
        |inner| Kinds::Tuple((1, Box::new(inner))),
        |inner| Kinds::Fields { id: 1, next: Box::new(inner) },
        |inner| Kinds::Several(1, Box::new(inner)),
        |inner| Kinds::Maybe(Some(Box::new(inner))),
        |inner| Kinds::Map([("next".to_owned(), inner)].into()),
    ];
    for nest in nests {
        let deep = |depth: usize| (0..depth).fold(Kinds::End, |inner, _| nest(inner));
        let all: Vec<_> = (1..66).map(deep).collect();
        for seen in [check(&Slow(Json), "a variant", &all), check(&Ron, "a variant", &all)] {
            assert!(seen.refused == 0 && seen.read >= 29 * contexts().len(), "{:?}: {seen:?}", deep(1));
            assert!(seen.held * contexts().len() > seen.read, "{:?}: {seen:?}", deep(1));
        }
    }
}

/// A malformed context costs the context, and not the message behind it, however deep that is.
#[test]
fn a_malformed_context_leaves_the_deepest_message() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let deepest = || deep(63);
    let message = String::from_utf8(Json.write(&deepest()).unwrap()).unwrap();
    assert!(Json.read::<Tree>(&Json.write(&deep(64)).unwrap()).is_err(), "it is the deepest");
    let lists = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for (context, state) in [
        (r#""00-00000000000000000000000000000000-00f067aa0ba902b7-01""#.to_owned(), "Absent"),
        (r#""00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01""#.to_owned(), "Absent"),
        (format!("{parent:?}").replace("-01\"", "-ff\""), "Sampled"),
        (format!("{parent:?}").replace("\"00-", "\"01-"), "Sampled"),
        (format!("\"{}-more\"", parent.replacen("00-", "01-", 1)), "Sampled"),
        (format!("{parent:?}").replace("-01\"", "-00\""), "Unsampled"),
        (r#""0""#.to_owned(), "Unsampled"),
        ("\"\"".to_owned(), "Unsampled"),
        (r#""\u0030""#.to_owned(), "Unsampled"),
        (r#""none, [\"00\"]}""#.to_owned(), "Absent"),
        ("null".to_owned(), "Absent"),
        ("true".to_owned(), "Absent"),
        ("-1.5e3".to_owned(), "Absent"),
        ("{}".to_owned(), "Absent"),
        (r#"{"a":[{"b":"]"}]}"#.to_owned(), "Absent"),
        (lists.clone(), "Absent"),
        (format!(r#"{{"x":{lists},"traceparent":{parent:?}}}"#), "Sampled"),
    ] {
        let text = format!(r#"{{"__traced":[{context},{message}]}}"#);
        let read = Json.decode::<Tree>(text.as_bytes()).unwrap_or_else(|error| panic!("{context}: {error}"));
        assert_eq!(*read.message(), deepest(), "{context}");
        assert!(format!("{:?}", read.state()).starts_with(state), "{context}: {:?}", read.state());
    }
    for broken in ["", "nul", "[", "]", "{]", "\"", "1 2", r#""a" "b""#] {
        let text = format!(r#"{{"__traced":[{broken},"Leaf"]}}"#);
        assert!(Json.decode::<Tree>(text.as_bytes()).is_err(), "{broken}");
    }
}

/// A key or a byte in front makes no message deeper.
#[test]
fn a_sidecar_and_a_prefix_nest_as_deep_as_a_bare_message() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Grove {
        tree: Tree,
    }
    let groves: Vec<_> = (0..64).map(|depth| Grove { tree: deep(depth) }).collect();
    for seen in
        [check(&Sidecar::new(Json), "a sidecar", &groves), check(&Prefixed::new(Json), "a frame", &groves)]
    {
        assert!(seen.held >= 62 && seen.refused == 0, "{seen:?}");
        assert_eq!(seen.read, seen.held * contexts().len());
    }
}

/// Carriers of every length around those at which a format writes a length in another form, up to the longest.
#[test]
fn contexts_of_every_length_come_back() {
    fn each<C: Codec>(codec: &C) {
        let of_length = |length: usize| {
            let mut context = context();
            context.baggage = Some(format!("k={}", "x".repeat(length - 2)).into());
            context
        };
        let lengths = [32, 128, 256, 1024, 4097, 8192_usize];
        for length in lengths.into_iter().flat_map(|length| length.saturating_sub(45).max(3)..=length) {
            let sent = MessageContext::from(of_length(length));
            let envelope = Envelope::new(Message::Tick, sent.clone());
            let bytes = codec.encode(&envelope, Encoding::Envelope).unwrap();
            let read: Envelope<Message> = codec.decode(&bytes).unwrap();
            assert_eq!(*read.message(), Message::Tick);
            assert_arrived(&sent, read.state());
            assert_eq!(codec.peek(&bytes), Some(Peek::Sampled), "{}: {length}", C::NAME);
        }
        // One byte more than W3C's limit is left out, and the rest of the context stays.
        let longer = Envelope::new(Message::Tick, of_length(8193));
        let bytes = codec.encode(&longer, Encoding::Envelope).unwrap();
        assert_arrived(&context().into(), codec.decode::<Message>(&bytes).unwrap().state());
    }
    with_each_codec!(each);
    each(&Prefixed::new(Json));
    each(&Prefixed::new(Msgpack));
    each(&Prefixed::new(Cbor));
}

/// A list of other systems that is too long for the wire is cut by whole members in every carrier, and not dropped.
#[test]
fn a_long_tracestate_is_cut_and_not_lost() {
    fn each<C: Codec>(codec: &C) {
        let member = |i: usize| format!("k{i:02}={}", "v".repeat(96)); // 100 bytes, and a comma
        for (members, kept) in [(1, 1), (10, 10), (11, 10), (20, 10), (32, 10)] {
            let list = |members| (0..members).map(member).collect::<Vec<_>>().join(",");
            let mut sent = context();
            sent.tracestate = Some(list(members).into());
            let bytes = codec.encode(&Envelope::new(Message::Tick, sent), Encoding::Envelope).unwrap();
            let read: Envelope<Message> = codec.decode(&bytes).unwrap();
            let ContextState::Sampled(read) = read.state() else { panic!("{}: {members}", C::NAME) };
            assert_eq!(read.tracestate.as_deref(), Some(&*list(kept)), "{}: {members}", C::NAME);
        }
    }
    with_each_codec!(each);
    each(&Prefixed::new(Json));
}

/// Up to the last byte of the limit the message goes, and its context where there is room.
#[test]
fn a_context_never_makes_a_message_too_large() {
    const LIMIT: usize = 1000;
    let codec = Bincode::with_limit::<LIMIT>();
    let text = |length| Tree::Text("x".repeat(length));
    let bare = |length| codec.encode(&Envelope::bare(text(length)), Encoding::Envelope);
    assert_eq!(bare(996).unwrap().len(), LIMIT);
    assert!(bare(997).is_err());

    for carried in [MessageContext::UNSAMPLED, context().into(), full_context().into()] {
        let before = wire_counters().left_out;
        let bytes = codec.encode(&Envelope::new(text(996), carried.clone()), Encoding::Envelope).unwrap();
        assert_eq!(bytes, bare(996).unwrap());
        assert!(wire_counters().left_out > before);
        let read: Envelope<Tree> = codec.decode(&bytes).unwrap();
        assert_eq!((read.message(), read.state()), (&text(996), ContextState::Absent));
        // Too large by itself: that is the error, and nothing is left out.
        let error = codec.encode(&Envelope::new(text(997), carried.clone()), Encoding::Envelope).unwrap_err();
        assert!(error.to_string().contains("the limit of 1000"), "{error}");
        // With room.
        let bytes = codec.encode(&Envelope::new(text(700), carried), Encoding::Envelope).unwrap();
        assert!(!matches!(codec.decode::<Tree>(&bytes).unwrap().state(), ContextState::Absent));
    }
}

/// A codec's own limit, of whatever kind.
#[test]
fn a_codec_s_own_limit_counts_as_well() {
    use serde::de::DeserializeOwned;
    use traced_actor_wire::codec::FormatError;

    struct Small;

    impl Codec for Small {
        type Error = FormatError;
        const NAME: &'static str = "small";
        const NAMED: bool = true;
        const SELF_DESCRIBING: bool = true;

        fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
            let bytes = serde_json::to_vec(value)?;
            if bytes.len() > 40 { Err("more than a datagram holds".into()) } else { Ok(bytes) }
        }

        fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, FormatError> {
            Ok(serde_json::from_slice(bytes)?)
        }
    }
    let encode = |message, carried| Small.encode(&Envelope::new(message, carried), Encoding::Envelope);
    let sent = encode(Message::Leave(1), context().into()).unwrap();
    assert_eq!(sent, br#"{"Leave":1}"#);
    assert_eq!(
        encode(Message::Leave(1), MessageContext::UNSAMPLED).unwrap(),
        br#"{"__traced":["",{"Leave":1}]}"#
    );
    let long = Message::Join { user: 1, name: "x".repeat(40) };
    assert!(
        encode(long, MessageContext::UNSAMPLED)
            .unwrap_err()
            .to_string()
            .contains("more than a datagram holds")
    );
    // A message without a place for a context is not too large: it is refused, not sent without its context.
    let error = Small.encode(&Envelope::new(5_u8, context()), Encoding::Envelope).unwrap_err().to_string();
    assert!(error.contains("headers"), "{error}");
}

// ===== what stands in the place of a context =====

/// In CBOR, any item in the place of a context costs the context, and a context may have any size.
#[test]
fn in_cbor_a_context_of_another_type_costs_only_the_context() {
    let items: [&[u8]; 17] = [
        b"\xf6",                                 // null
        b"\xf7",                                 // undefined
        b"\xf5",                                 // true
        b"\x05",                                 // 5
        b"\x24",                                 // -5
        b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", // the least integer
        b"\xfb\x3f\xe0\0\0\0\0\0\0",             // 0.5
        b"\x60",                                 // ""
        b"\x63abc",                              // "abc"
        b"\x80",                                 // []
        b"\x83\x01\x63abc\xf6",                  // [1, "abc", null]
        b"\x82\x19\x01\x00\x01",                 // [256, 1]
        b"\xa1\x61a\x01",                        // {"a": 1}
        b"\xa1\x01\x82\x41a\x41b",               // {1: [bytes, bytes]}
        b"\xc1\x1a\0\0\0\0",                     // a time, tagged
        b"\xc2\x49\x01\0\0\0\0\0\0\0\0",         // a bignum
        b"\x5f\x41a\x41b\xff",                   // bytes in pieces
    ];
    for item in items {
        let bytes = [b"\xa1\x68__traced\x82", item, b"\x64Tick"].concat();
        let read = Cbor.decode::<Message>(&bytes).unwrap_or_else(|error| panic!("{item:x?}: {error}"));
        let state = matches!(read.state(), ContextState::Absent | ContextState::Unsampled);
        assert!(*read.message() == Message::Tick && state, "{item:x?}: {read:?}");
        let direct: Envelope<Message> = ciborium::from_reader(&bytes[..]).unwrap();
        assert_eq!(direct.state(), read.state(), "{item:x?}");
    }
}

/// The same in `MessagePack` and JSON.
#[test]
fn a_context_of_another_type_costs_only_the_context() {
    let items: [&[u8]; 12] = [
        b"\xc0",
        b"\xc3",
        b"\x05",
        b"\xfb",
        b"\xcb\x3f\xe0\0\0\0\0\0\0",
        b"\xa0",
        b"\xa3abc",
        b"\x90",
        b"\x93\x01\xa3abc\xc0",
        b"\x81\xa1a\x01",
        b"\xd4\x05\x01",
        b"\xc7\x02\x05ab",
    ];
    for item in items {
        let bytes = [b"\x81\xa8__traced\x92", item, b"\xa4Tick"].concat();
        let read = Msgpack.decode::<Message>(&bytes).unwrap_or_else(|error| panic!("{item:x?}: {error}"));
        assert!(*read.message() == Message::Tick && read.state() != context_state(), "{item:x?}: {read:?}");
    }
    for item in [
        "null",
        "true",
        "5",
        "-5",
        "0.5",
        "1e300",
        r#""abc""#,
        "[]",
        r#"[1,"a",null]"#,
        "{}",
        r#"{"a":[{}]}"#,
    ] {
        let text = format!(r#"{{"__traced":[{item},"Tick"]}}"#);
        let read = Json.decode::<Message>(text.as_bytes()).unwrap_or_else(|error| panic!("{item}: {error}"));
        assert!(*read.message() == Message::Tick && read.state() == ContextState::Absent, "{item}: {read:?}");
    }
}

fn context_state() -> ContextState<'static> {
    static CONTEXT: std::sync::OnceLock<traced_actor::context::SampledContext> = std::sync::OnceLock::new();
    ContextState::Sampled(CONTEXT.get_or_init(context))
}

/// A newtype is written around the envelope, as a format that writes newtypes reads it.
#[test]
fn ron_s_newtypes_stand_around_the_envelope() {
    #[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
    struct Signed(Message);
    let text = ron::to_string(&Envelope::new(Signed(Message::Leave(1)), MessageContext::UNSAMPLED)).unwrap();
    assert_eq!(text, r#"(__traced("",Leave(1)))"#);
    let seen: Seen = check(&Ron, "a variant", &[Signed(Message::Leave(1)), Signed(Message::Tick)]);
    assert!(seen.held == 2 && seen.read > 0 && seen.refused == 0, "{seen:?}");
}
