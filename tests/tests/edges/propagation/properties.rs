//! The properties of every format: a written context is read back, and no bytes panic or give an invalid context.

use proptest::collection::vec;
use proptest::prelude::*;
use traced_actor::context::{ContextState, SampledContext, SpanId, TraceContext, TraceFlags, TraceId};
use traced_actor_propagation::Format::{B3, B3Multi, Baggage, Jaeger, TraceContext as W3c, XRay};
use traced_actor_propagation::carrier::ReadCarrier;
use traced_actor_propagation::{
    CompositePropagator, Edge, Format, Outcome, SamplingFlag, Trust, b3, baggage, browser, filter, jaeger,
    traceparent, tracestate, xray,
};

fn contexts() -> impl Strategy<Value = TraceContext> {
    (1..=u128::MAX, 1..=u64::MAX, 0..4_u8).prop_map(|(trace, span, flags)| {
        TraceContext::new(TraceId::new(trace).unwrap(), SpanId::new(span).unwrap(), TraceFlags::new(flags))
    })
}

/// A `tracestate` by its grammar.
fn lists() -> impl Strategy<Value = String> {
    let member = "[a-z0-9][a-z0-9_*/@-]{0,20}=[ -+\\--<>-~]{0,20}[!-+\\--<>-~]";
    vec(member, 1..32).prop_map(|members| members.join(","))
}

/// Bytes that come close to a header: a valid one with some bytes changed, cut or repeated.
fn nearly(valid: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (vec(change, 0..4), 0..valid.len() + 10).prop_map(move |(changes, length)| {
        let mut bytes: Vec<u8> =
            valid.bytes().cycle().take(length.max(valid.len().saturating_sub(3))).collect();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

fn is_sound(found: Option<TraceContext>, flag: SamplingFlag) {
    if let Some(context) = found {
        // The ids cannot be zero; the flags are known ones.
        assert_eq!(context.flags.bits() & !3, 0);
        assert_eq!(context.is_sampled(), flag.is_sampled());
    }
}

proptest! {
    #[test]
    fn a_traceparent_is_read_as_it_was_written(context in contexts()) {
        let text = traceparent::write(&context);
        prop_assert_eq!(traceparent::parse(text.as_bytes()), Ok(context));
        let peek = traceparent::peek(text.as_bytes());
        prop_assert_eq!(peek == traceparent::SampledFlag::Sampled, context.is_sampled());
    }

    /// A header that is accepted is written again unchanged, except for the version and unknown flags.
    #[test]
    fn an_accepted_traceparent_is_canonical(bytes in nearly("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")) {
        if let Ok(context) = traceparent::parse(&bytes) {
            let text = traceparent::write(&context);
            prop_assert_eq!(&text.as_bytes()[2..53], &bytes[2..53]);
            is_sound(Some(context), if context.is_sampled() { SamplingFlag::Sampled } else { SamplingFlag::Unsampled });
            prop_assert_eq!(filter(&bytes).unwrap().is_unsampled(), !context.is_sampled());
        }
    }

    #[test]
    fn a_tracestate_by_the_grammar_is_kept_as_it_is(list in lists()) {
        let parsed = tracestate::parse(list.as_bytes()).unwrap();
        prop_assert_eq!(parsed.as_deref(), Some(&*list));
    }

    #[test]
    fn a_cut_tracestate_is_valid_and_within_the_bound(list in lists(), max in 0..600_usize) {
        if let Some(cut) = tracestate::bounded(&list, max) {
            prop_assert!(cut.len() <= max);
            let parsed = tracestate::parse(cut.as_bytes()).unwrap();
            prop_assert_eq!(parsed.as_deref(), Some(&*cut));
        }
    }

    /// Every format gives back the ids and the decision that were written.
    #[test]
    fn every_format_reads_what_it_wrote(context in contexts(), list in lists()) {
        let mut sampled = SampledContext::new(context);
        sampled.tracestate = Some(list.into());
        for format in [W3c, B3, B3Multi, Jaeger, XRay] {
            let formats = CompositePropagator::new([format]);
            let mut headers: Vec<(String, String)> = Vec::new();
            formats.inject_context(ContextState::Sampled(&sampled), &mut headers);
            let (_, found) = formats.extract(&headers).found.unwrap();
            let read = found.context.unwrap();
            prop_assert_eq!((read.trace_id, read.span_id), (context.trace_id, context.span_id));
            let flag = if context.is_sampled() { SamplingFlag::Sampled } else { SamplingFlag::Unsampled };
            prop_assert_eq!(found.flag, flag);
            if format == W3c {
                prop_assert_eq!(read, context);
                prop_assert_eq!(found.tracestate.as_deref(), sampled.tracestate.as_deref());
            }
        }
    }

    /// The demand for a trace, and the fields that AWS's header has beside its own, go on as well.
    #[test]
    fn what_a_format_has_beside_the_ids_is_read_as_it_was_written(
        context in contexts(),
        fields in vec("[A-Za-z]{7,12}:[!-+\\--:<>-~]{1,20}", 1..6),
    ) {
        let mut sampled = SampledContext::new(TraceContext { flags: TraceFlags::SAMPLED, ..context });
        let read = |format: Format, sampled: &SampledContext| {
            let mut headers: Vec<(String, String)> = Vec::new();
            CompositePropagator::new([format]).inject_context(ContextState::Sampled(sampled), &mut headers);
            let formats = CompositePropagator::new([format]);
            let (_, found) = formats.extract(&headers).found.unwrap();
            (found.flag, found.context, found.tracestate.map(std::borrow::Cow::into_owned))
        };
        sampled.tracestate = Some("vendor=x,ta-debug=1".into());
        for format in [B3, B3Multi, Jaeger] {
            let (flag, ids, _) = read(format, &sampled);
            prop_assert_eq!((flag, ids), (SamplingFlag::Forced, Some(sampled.context)));
        }
        let list = format!("ta-xray={}", fields.join(";"));
        sampled.tracestate = Some((&*list).into());
        prop_assert_eq!(read(XRay, &sampled), (SamplingFlag::Sampled, Some(sampled.context), Some(list)));
    }

    /// The sampling weight and the hops, through an edge that believes them.
    #[test]
    fn our_own_entry_is_read_as_it_was_written(
        context in contexts(), list in lists(), weight in 1e-9..=1.0_f64, hops in any::<u16>(),
    ) {
        let mut sampled = SampledContext::new(TraceContext { flags: TraceFlags::SAMPLED, ..context });
        (sampled.probability, sampled.hops) = (Some(weight).filter(|weight| *weight < 1.0), hops);
        let list = list.split(',').filter(|member| !member.starts_with("ta=") && !member.starts_with("ot="));
        let list = list.take(31).collect::<Vec<_>>().join(",");
        sampled.tracestate = (!list.is_empty()).then(|| list.into());
        let mut headers: Vec<(String, String)> = Vec::new();
        CompositePropagator::default().inject_context(ContextState::Sampled(&sampled), &mut headers);
        let arrived = Edge::new("any").bounds(20_000, 0).accept(&headers, sampled.sent.unwrap());
        let ContextState::Sampled(found) = arrived.context.state() else { panic!("{arrived:?}") };
        prop_assert_eq!((found.probability, found.hops), (sampled.probability, hops));
        prop_assert_eq!(&found.tracestate, &sampled.tracestate);
    }

    #[test]
    fn baggage_gives_back_any_text(pairs in vec(("[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,20}", any::<String>()), 1..20)) {
        let mut list = baggage::List::default();
        let mut kept = Vec::new();
        for (key, value) in &pairs {
            if list.push(key, value, "") {
                kept.push((key.clone(), value.clone()));
            }
        }
        let header = list.into_header().unwrap_or_default();
        prop_assert!(header.len() <= baggage::MAX_BYTES);
        let read: Vec<_> = baggage::members(&header).map(|m| (m.key().to_owned(), m.value().into_owned())).collect();
        prop_assert_eq!(read, kept);
        prop_assert_eq!(baggage::parse(header.as_bytes()).unwrap_or_default(), header);
    }

    #[test]
    fn an_accepted_list_of_baggage_is_canonical(bytes in nearly("a = 1 ;p=2, b=%20,c;d,e=5")) {
        if let Some(list) = baggage::parse(&bytes) {
            prop_assert_eq!(baggage::parse(list.as_bytes()), Some(list));
        }
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..300)) {
        all_parsers(&bytes);
    }

    #[test]
    fn nothing_that_comes_close_panics(
        b3 in nearly("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-05e3ac9a4f6e3b90"),
        jaeger in nearly("0af7651916cd43dd8448eb211c80319c%3Ab7ad6b7169203331:0:1"),
        xray in nearly("Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1;A=b"),
        list in nearly("ta=w:0.5;h:3,ot=th:8,vendor=x"),
    ) {
        for bytes in [&b3, &jaeger, &xray, &list] {
            all_parsers(bytes);
        }
    }

    /// Any headers under the names that matter: nothing panics, and nothing is sampled that nobody trusted.
    #[test]
    fn an_edge_survives_any_headers(headers in vec((0..12_usize, vec(any::<u8>(), 0..80)), 0..12)) {
        const NAMES: [&str; 12] = [
            "traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled",
            "x-b3-flags", "uber-trace-id", "uberctx-a", "jaeger-debug-id", "x-amzn-trace-id",
        ];
        let headers: Vec<_> = headers.into_iter().map(|(name, value)| (NAMES[name], value)).collect();
        let all = || CompositePropagator::new([W3c, Baggage, B3, Jaeger, XRay]);
        let now = traced_actor::context::Timestamp::from_unix_nanos(1);
        let arrived = Edge::new("any").formats(all()).keep_unsampled(true).accept(&headers, now);
        if let ContextState::Sampled(sampled) = arrived.context.state() {
            prop_assert_eq!(arrived.outcome, Outcome::Continued);
            prop_assert!(sampled.context.is_sampled());
            let kept = sampled.probability.unwrap_or(1.0);
            prop_assert!(kept > 0.0 && kept <= 1.0 && (1.0 / kept).is_finite());
        }
        let ignored = Edge::new("any").formats(all()).trust(Trust::Ignore).accept(&headers, now);
        prop_assert!(ignored.context.is_absent());
    }
}

fn all_parsers(bytes: &[u8]) {
    if let Ok(context) = traceparent::parse(bytes) {
        is_sound(
            Some(context),
            if context.is_sampled() { SamplingFlag::Sampled } else { SamplingFlag::Unsampled },
        );
    }
    let _ = (traceparent::peek(bytes), filter(bytes).is_ok());
    for found in [b3::parse(bytes), jaeger::parse(bytes), xray::parse(bytes)].into_iter().flatten() {
        is_sound(found.context, found.flag);
        if let Some(list) = &found.tracestate {
            assert_eq!(tracestate::parse(list.as_bytes()).unwrap().as_deref(), Some(&**list));
        }
    }
    if let Ok(Some(list)) = tracestate::parse(bytes) {
        assert_eq!(tracestate::parse(list.as_bytes()).unwrap().as_deref(), Some(&*list));
        let mut context = SampledContext::new(traceparent_context());
        context.tracestate = Some(list.into());
        for format in [W3c, B3, Jaeger, XRay] {
            write(format, &context);
        }
    }
    if let Some(list) = baggage::parse(bytes) {
        assert!(baggage::members(&list).count() > 0);
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = (browser::from_query(&text), browser::from_protocols(&text), browser::from_first_frame(&text));
    let _ = CompositePropagator::parse(Some(&text));
}

fn traceparent_context() -> TraceContext {
    super::support::context(1)
}

fn write(format: Format, context: &SampledContext) {
    let mut headers: Vec<(String, String)> = Vec::new();
    CompositePropagator::new([format]).inject_context(ContextState::Sampled(context), &mut headers);
    let mut names = 0;
    headers.visit_names(&mut |_| names += 1);
    assert!(names > 0);
}
