//! W3C Baggage: its grammar and limits.

use traced_actor_propagation::baggage::{List, MAX_BYTES, members, parse};
use traced_actor_propagation::{CompositePropagator, Format};

use super::support::{sampled, written};

#[test]
fn members_are_kept_without_spaces_and_bad_ones_left_out() {
    let rows = [
        ("a=1", Some("a=1")),
        ("a=1,b=2", Some("a=1,b=2")),
        (" a = 1 ,\tb\t=\t2", Some("a=1,b=2")),
        ("a=", Some("a=")),
        ("a=b=c", Some("a=b=c")),
        ("a=1;p;q=2", Some("a=1;p;q=2")),
        ("a=1 ; p", Some("a=1;p")),
        ("A=1,a=2", Some("A=1,a=2")), // keys are case-sensitive
        ("!#$%&'*+-.^_`|~09azAZ=1", Some("!#$%&'*+-.^_`|~09azAZ=1")),
        ("a=%41%zz%", Some("a=%41%zz%")), // what is no escape is passed on
        // One bad member beside a good one.
        ("x,a=1", Some("a=1")),
        ("=1,a=1", Some("a=1")),
        ("k(=1,a=1", Some("a=1")),
        ("x=a b,a=1", Some("a=1")),
        ("x=\"q\",a=1", Some("a=1")),
        ("x=a\\b,a=1", Some("a=1")),
        ("x=ü,a=1", Some("a=1")),
        // An empty property is none.
        ("a=1;", Some("a=1")),
        ("a=1 ; ", Some("a=1")),
        ("a=1;;", Some("a=1")),
        ("a=1;,b=2", Some("a=1,b=2")),
        ("a=1;;p=3,b=2", Some("a=1;p=3,b=2")),
        ("a=1;p; ;q", Some("a=1;p;q")),
        // Properties have no spaces around them, nor around their values.
        ("a=1;;\tp", Some("a=1;p")),
        ("a=1;p ; q", Some("a=1;p;q")),
        ("a=1;p = 2 ;q=", Some("a=1;p=2;q=")),
        ("x=1;=,a=1", Some("a=1")),
        ("x=1;p(,a=1", Some("a=1")),
        ("", None),
        (",,", None),
        ("x", None),
    ];
    for (text, kept) in rows {
        assert_eq!(parse(text.as_bytes()).as_deref(), kept, "{text}");
        assert_eq!(
            parse(kept.unwrap_or_default().as_bytes()).as_deref(),
            kept,
            "what is kept of {text} is kept whole"
        );
    }
}

#[test]
fn values_are_decoded_and_what_is_no_utf_8_is_replaced() {
    let rows = [
        ("a=1", "1"),
        ("a=%20%2C%3b%25", " ,;%"),
        ("a=%C3%BC", "ü"),
        ("a=%FFx", "\u{fffd}x"),
        ("a=%4", "%4"),
        ("a=%+1", "%+1"),
    ];
    for (text, value) in rows {
        let member = members(text).next().unwrap();
        assert_eq!((member.key(), &*member.value()), ("a", value), "{text}");
    }
    assert_eq!(members("a=1;p;q=2").next().unwrap().properties(), "p;q=2");
}

#[test]
fn headers_are_combined_and_a_list_is_written_as_it_came() {
    let formats = CompositePropagator::default();
    let headers = [("baggage", "a=1"), ("Baggage", "b=2")];
    assert_eq!(formats.extract_baggage(&headers).as_deref(), Some("a=1,b=2"));
    let headers = written(&[Format::Baggage], &sampled(None, Some("a=1;p,b=%20")));
    assert_eq!(headers, [("baggage".into(), "a=1;p,b=%20".into())]);
}

/// W3C: 64 members and 8,192 bytes must pass; a member is never cut.
#[test]
fn the_bounds_leave_out_whole_members() {
    let many = |n: usize| (0..n).map(|i| format!("k{i}=v")).collect::<Vec<_>>().join(",");
    assert_eq!(parse(many(180).as_bytes()), Some(many(180)));
    assert_eq!(parse(many(181).as_bytes()), Some(many(180)));

    let full = format!("a={},b=1", "v".repeat(MAX_BYTES - 6));
    assert_eq!(full.len(), MAX_BYTES);
    assert_eq!(parse(full.as_bytes()), Some(full.clone()));
    assert_eq!(parse(format!("{full}2").as_bytes()), Some(full[..MAX_BYTES - 4].to_owned()));
    // A short one behind one that did not fit still does.
    assert_eq!(parse(format!("a={},b=1", "v".repeat(MAX_BYTES)).as_bytes()).as_deref(), Some("b=1"));

    let formats = CompositePropagator::default();
    let huge = "a=1,".repeat(1 << 20);
    assert_eq!(formats.extract_baggage(&[("baggage", huge)]), None);
}

#[test]
fn a_list_is_made_of_any_text_and_of_keys_that_are_tokens() {
    let mut list = List::default();
    assert!(list.push("user", "ü, \"x\"", "ttl=30"));
    assert!(!list.push("no token", "1", ""));
    assert!(!list.push("a", "1", "no property"));
    assert!(!list.push("a", &"v".repeat(MAX_BYTES), ""));
    assert!(list.push("b", "2", ";p;"));
    let header = list.into_header().unwrap();
    let header = header.strip_suffix(",b=2;p").unwrap();
    assert_eq!(header, "user=%C3%BC%2C%20%22x%22;ttl=30");
    assert_eq!(members(header).next().unwrap().value(), "ü, \"x\"");
}
