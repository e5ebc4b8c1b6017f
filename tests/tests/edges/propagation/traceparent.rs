//! `traceparent`: every rule of W3C Trace Context level 2, section 3.2.

use traced_actor::context::{ContextState, MessageContext};
use traced_actor_propagation::traceparent::{SampledFlag, parse, peek, write};
use traced_actor_propagation::{Format, ParseError, SamplingFlag, filter, filter_keeping_ids};

use super::support::{context, ids, read};

const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn what_is_valid_is_read() {
    let rows = [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", 0),
        (VALID, 1),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02", 2),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", 3), // Python's gRPC
        // Flags that level 2 does not know are cleared.
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", 3),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fc", 0),
        // A later version: the first four fields, and whatever stands behind a dash.
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 1),
        ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings", 1),
        ("fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", 1),
    ];
    for (text, flags) in rows {
        assert_eq!(parse(text.as_bytes()), Ok(context(flags)), "{text}");
    }
}

/// Each row has one defect; its twin is `VALID`, or, for later versions, a row above.
#[test]
fn what_is_malformed_is_refused_for_its_defect() {
    assert!(parse(VALID.as_bytes()).is_ok());
    let rows = [
        ("", ParseError::Length),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", ParseError::Length),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011", ParseError::Length),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", ParseError::Length),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.", ParseError::Length),
        ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.", ParseError::Separator),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::Version),
        ("0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::Version),
        ("A0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::Version),
        ("+0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::Version),
        // Fields that are one too long or short: the dashes are in other places.
        ("000-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::Separator),
        ("00-0af7651916cd43dd8448eb211c80319c0-b7ad6b7169203331-01", ParseError::Separator),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033310-01", ParseError::Separator),
        ("00-0af7651916cd43dd8448eb211c80319cb7-ad6b7169203331-01", ParseError::Separator),
        ("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::Separator),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01", ParseError::Separator),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", ParseError::TraceId),
        ("00-0Af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::TraceId),
        ("00-0af7651916cd43dd8448eb211c80319.-b7ad6b7169203331-01", ParseError::TraceId),
        ("00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ParseError::TraceId),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", ParseError::SpanId),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01", ParseError::SpanId),
        ("00-0af7651916cd43dd8448eb211c80319c-B7ad6b7169203331-01", ParseError::SpanId),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A", ParseError::Flags),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-.1", ParseError::Flags),
    ];
    for (text, error) in rows {
        assert_eq!(parse(text.as_bytes()), Err(error), "{text}");
    }
}

#[test]
fn headers_are_found_in_any_case_trimmed_and_once() {
    let found = Ok(Some(ids(SamplingFlag::Sampled)));
    let tail = "\t 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ";
    assert_eq!(read(Format::TraceContext, &[("TraceParent", VALID)]), found);
    assert_eq!(read(Format::TraceContext, &[("traceparent", tail)]), found);
    assert_eq!(read(Format::TraceContext, &[("trace-parent", VALID)]), Ok(None));
    // Even where both say the same.
    assert_eq!(
        read(Format::TraceContext, &[("traceparent", VALID), ("Traceparent", VALID)]),
        Err(ParseError::Several)
    );
    // A list in one header is none either.
    let list = format!("{VALID},{VALID}");
    assert_eq!(read(Format::TraceContext, &[("traceparent", &list)]), Err(ParseError::Length));
}

#[test]
fn what_is_written_is_version_00_with_the_flags_of_level_2() {
    for (flags, end) in [(0, "-00"), (1, "-01"), (2, "-02"), (3, "-03"), (0xff, "-03")] {
        let text = write(&context(flags)).to_string();
        assert_eq!(text, format!("{}{end}", &VALID[..52]));
    }
}

/// The last column is what a full parse would see in what the peek does not look at.
#[test]
fn a_peek_sees_the_flag_of_version_00_and_nothing_else() {
    let rows = [
        (VALID, SampledFlag::Sampled),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", SampledFlag::Sampled),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0b", SampledFlag::Sampled),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", SampledFlag::Unsampled),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02", SampledFlag::Unsampled),
        ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", SampledFlag::Unclear),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", SampledFlag::Unclear),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-", SampledFlag::Unclear),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x", SampledFlag::Unclear),
        ("00.0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", SampledFlag::Unclear),
        ("", SampledFlag::Unclear),
    ];
    for (text, seen) in rows {
        assert_eq!(peek(text.as_bytes()), seen, "{text}");
    }
}

#[test]
fn the_filter_keeps_of_what_is_unsampled_the_state_alone_or_gives_the_ids_back() {
    let unsampled = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    assert!(filter(unsampled).unwrap().is_unsampled());
    let (carried, kept) = filter_keeping_ids(unsampled).unwrap();
    assert!(carried.is_unsampled());
    assert_eq!(kept, context(0));

    let carried: MessageContext = filter(VALID.as_bytes()).unwrap();
    let ContextState::Sampled(sampled) = carried.state() else { panic!("{carried:?}") };
    assert_eq!((sampled.context, sampled.remote), (context(1), true));

    // A malformed header is not a decision.
    assert_eq!(
        filter(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0").err(),
        Some(ParseError::Length)
    );
    // Of a later version the filter decodes what it cannot peek at.
    let later = b"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-x";
    assert!(filter(later).unwrap().is_unsampled());
}
