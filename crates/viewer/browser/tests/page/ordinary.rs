//! Comparisons of ordinary traces: few, all alike, without failures, with numbers and with fields that not all have.

use traced_actor::record::OwnedAttribute;
use traced_actor_viewer::Exporter;

use crate::browser::Browser;
use crate::town::{empty, span, with};

/// Sends posts that take so many microseconds, with these fields.
fn posts(
    exporter: &Exporter,
    numbers: std::ops::Range<u64>,
    is_slow: impl Fn(u64) -> bool,
    fields: impl Fn(u64) -> Vec<(&'static str, OwnedAttribute)>,
) {
    for i in numbers {
        let took = if is_slow(i) { 9_000 } else { 500 + i % 100 };
        let mut post = with(span(u128::from(i) + 1, 1, 0, "Guild/Post", [0, 10, 10 + took]), &fields(i));
        post.error = is_slow(i).then(|| "too late".to_owned());
        exporter.finished(post);
    }
}

async fn compared(browser: &mut Browser, url: &str, search: &str) -> String {
    browser.leave().await;
    browser.open(&format!("{url}#/compare{search}")).await;
    browser.until("document.querySelector('main').dataset.compared").await;
    browser
        .text("(document.querySelector('.cause .terms') ?? document.querySelector('.empty')).innerText")
        .await
}

#[tokio::test]
async fn there_may_be_nothing_to_compare() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    let url = viewer.url();
    let none = "there is nothing to explain: none is bad";
    assert_eq!(compared(&mut browser, &url, "?bad=failed").await, none, "no trace at all");
    posts(&exporter, 0..1, |_| false, |_| Vec::new());
    assert_eq!(compared(&mut browser, &url, "").await, none, "one trace is not slower than itself");
    posts(&exporter, 1..300, |_| false, |_| Vec::new());
    assert_eq!(compared(&mut browser, &url, "?bad=failed").await, none);
    posts(&exporter, 300..303, |_| true, |_| Vec::new());
    let few = "there are too few to compare: 3 bad, and at least 5 are needed";
    assert_eq!(compared(&mut browser, &url, "?bad=failed").await, few);
    let (viewer, exporter) = empty();
    posts(&exporter, 0..100, |_| true, |_| Vec::new());
    let all = "there is nothing to compare with: all are bad";
    assert_eq!(compared(&mut browser, &viewer.url(), "?bad=failed").await, all);
    browser.assert_nothing_is_wrong().await;
}

/// Long texts are slow: no length is frequent, and a range of them is.
#[tokio::test]
async fn numbers_are_compared_by_ranges() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    let bytes = |i: u64| (i * 37) % 1_000 * 4;
    posts(
        &exporter,
        0..1_000,
        |i| bytes(i) >= 3_600,
        |i| vec![("bytes", bytes(i).cast_signed().into()), ("id", format!("user {i}").as_str().into())],
    );
    let cause = compared(&mut browser, &viewer.url(), "?bad=failed").await;
    assert_eq!(cause, "bytes ≥ 3600");
    // It leads to those traces.
    browser.click(".cause .terms a").await;
    browser
        .until("document.querySelector('[role=status]')?.innerText.startsWith('100 traces of 1,000')")
        .await;
    browser.assert_nothing_is_wrong().await;
}

/// The slow ones are those that lack a field that others have, or have one that others lack.
#[tokio::test]
async fn a_field_may_be_missing() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    posts(
        &exporter,
        0..1_000,
        |i| i % 10 == 3,
        |i| if i % 10 == 3 { Vec::new() } else { vec![("cache", format!("key {i}").as_str().into())] },
    );
    assert_eq!(compared(&mut browser, &viewer.url(), "?bad=failed").await, "cache is not set");
    // By keys: to the first cause, and to its traces.
    browser.key("j").await;
    browser.until("document.activeElement.innerText === 'cache is not set'").await;
    browser.key("Enter").await;
    browser
        .until("document.querySelector('[role=status]')?.innerText.startsWith('100 traces of 1,000')")
        .await;
    let (viewer, exporter) = empty();
    posts(
        &exporter,
        0..1_000,
        |i| i % 10 == 3,
        |i| if i % 10 == 3 { vec![("retry", format!("of {i}").as_str().into())] } else { Vec::new() },
    );
    assert_eq!(compared(&mut browser, &viewer.url(), "?bad=failed").await, "retry is set");
    browser.assert_nothing_is_wrong().await;
}
