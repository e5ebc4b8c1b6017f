//! `tracestate`: every rule of W3C Trace Context level 2, section 3.3.

use traced_actor_propagation::tracestate::{bounded, parse};
use traced_actor_propagation::{CompositePropagator, Format, ParseError};

use super::support::{sampled, written};

const PARENT: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

fn list(text: &str) -> Result<Option<String>, ParseError> {
    parse(text.as_bytes()).map(|list| list.map(std::borrow::Cow::into_owned))
}

#[test]
fn what_is_valid_is_kept_without_spaces_and_empty_members() {
    let (long_key, long_value) = ("k".repeat(256), "v".repeat(256));
    let longest = format!("{long_key}={long_value}");
    let rows = [
        ("foo=1", "foo=1"),
        ("foo=1,bar=2", "foo=1,bar=2"),
        (" foo=1 ,\tbar=2\t", "foo=1,bar=2"),
        ("foo=1,,bar=2,", "foo=1,bar=2"),
        // Keys of level 2: digits first, and `@` anywhere but first.
        ("0a=1", "0a=1"),
        ("foo@=1", "foo@=1"),
        ("foo@@bar@baz=1", "foo@@bar@baz=1"),
        ("a_-*/@9=1", "a_-*/@9=1"),
        (&longest, &longest),
        // A space within a value, and at its front.
        ("foo=a b", "foo=a b"),
        ("foo= b", "foo= b"),
        ("foo=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~", "foo=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"),
        // A key that comes twice is kept as it is.
        ("foo=1,foo=2", "foo=1,foo=2"),
    ];
    for (text, kept) in rows {
        assert_eq!(list(text), Ok(Some(kept.to_owned())), "{text}");
    }
    for empty in ["", " ", ",", " , \t"] {
        assert_eq!(list(empty), Ok(None), "{empty:?}");
    }
}

/// Each row has one bad member beside a good one, whose twin is in the table above.
#[test]
fn one_bad_member_drops_the_whole_list() {
    let (long_key, long_value) = (format!("{}=1", "k".repeat(257)), format!("k={}", "v".repeat(257)));
    let rows = [
        "foo",
        "foo=",
        "=1",
        "foo =1",
        "foo\t=1",
        "Foo=1",
        "foo.bar=1",
        "@foo=1",
        "_foo=1",
        "-foo=1",
        "*foo=1",
        "/foo=1",
        "föö=1",
        "foo=bar=baz",
        "foo=bär",
        "foo=a\tb",
        "foo=\u{7f}",
        &long_key,
        &long_value,
    ];
    for bad in rows {
        assert_eq!(list(&format!("{bad},good=1")), Err(ParseError::Member), "{bad}");
        assert_eq!(list(&format!("good=1,{bad}")), Err(ParseError::Member), "{bad}");
    }
    assert_eq!(parse(b"foo=\xff"), Err(ParseError::Member));
}

#[test]
fn thirty_two_members_pass_and_one_more_drops_all() {
    let members = |n: usize| (0..n).map(|i| format!("k{i}=v")).collect::<Vec<_>>().join(",");
    assert_eq!(list(&members(32)), Ok(Some(members(32))));
    assert_eq!(list(&members(33)), Err(ParseError::Members));
    // Empty members do not count.
    assert_eq!(list(&format!("{},,", members(32))), Ok(Some(members(32))));
}

/// The rows are what a receiver sees of the list; the context stands in all of them.
#[test]
fn headers_are_combined_in_order_and_a_bad_list_never_harms_the_context() {
    let rows: [(&[&str], Option<&str>); 6] = [
        (&["foo=1"], Some("foo=1")),
        (&["foo=1", "bar=2"], Some("foo=1,bar=2")),
        (&["foo=1", "", "bar=2"], Some("foo=1,bar=2")),
        (&["foo=1", "Bar=2"], None),
        (&[""], None),
        (&[], None),
    ];
    for (values, expected) in rows {
        let mut headers = vec![PARENT];
        headers.extend(values.iter().map(|value| ("TraceState", *value)));
        let formats = CompositePropagator::default();
        let (_, found) = formats.extract(&headers).found.unwrap();
        assert!(found.context.unwrap().is_sampled());
        assert_eq!(found.tracestate.as_deref(), expected, "{values:?}");
    }
    // Without a valid traceparent it is not looked at.
    assert_eq!(CompositePropagator::default().extract(&[("tracestate", "foo=1")]).found, None);
}

#[test]
fn a_header_beyond_any_valid_length_is_not_looked_at() {
    let huge = ",".repeat(1 << 20);
    let headers = [PARENT, ("tracestate", &huge)];
    let formats = CompositePropagator::default();
    assert_eq!(formats.extract(&headers).found.unwrap().1.tracestate, None);
}

/// A receiver with room for so much gets whole members: long ones go first, then the last ones.
#[test]
fn a_list_is_cut_by_whole_members() {
    let long = format!("l={}", "v".repeat(127)); // 129 bytes: long
    let fits = format!("f={}", "v".repeat(126)); // 128 bytes: not long
    let rows = [
        ("a=1,b=2,c=3", 11, Some("a=1,b=2,c=3".to_owned())),
        ("a=1,b=2,c=3", 10, Some("a=1,b=2".to_owned())),
        ("a=1,b=2,c=3", 3, Some("a=1".to_owned())),
        ("a=1,b=2,c=3", 2, None),
        (&format!("{long},a=1,b=2"), 100, Some("a=1,b=2".to_owned())),
        (&format!("{fits},a=1,b=2"), 135, Some(format!("{fits},a=1"))),
    ];
    for (text, max, kept) in rows {
        assert_eq!(bounded(text, max).as_deref(), kept.as_deref(), "{text} within {max}");
    }
}

#[test]
fn our_entry_goes_first_and_without_a_list_there_is_no_header() {
    let mut context = sampled(Some("vendor=x"), None);
    context.probability = Some(0.25);
    let headers = written(&[Format::TraceContext], &context);
    assert_eq!(headers[1], ("tracestate".into(), "ta=w:0.25,vendor=x".into()));
    assert_eq!(written(&[Format::TraceContext], &sampled(None, None)).len(), 1);
}
