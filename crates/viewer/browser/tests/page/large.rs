//! A trace of four thousand spans is there within a second, and scrolls.

use crate::browser::Browser;
use crate::town::{empty, span, with};

const TRACE: u128 = 0x4000;
const SPANS: u64 = 4_000;
const NAMES: [&str; 8] = ["A/One", "B/Two", "C/Three", "D/Four", "E/Five", "F/Six", "G/Seven", "H/Eight"];

#[tokio::test]
async fn four_thousand_spans_are_shown_within_a_second() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    let url = |view: &str| format!("{}#/{view}", viewer.url());
    // Eight children of different names each, so that nothing is folded.
    for id in 1..=SPANS {
        let name = NAMES[usize::try_from(id % 8).expect("small")];
        let parent = if id == 1 { 0 } else { (id - 2) / 8 + 1 };
        let at = [id, id + 3, id + 40];
        exporter.finished(with(
            span(TRACE, id, parent, name, at),
            &[("number", id.cast_signed().into()), ("text", "some words of a message".into())],
        ));
    }
    browser.open(&url("compare")).await;
    let shown = format!(
        "(async () => {{
            location.hash = '#/compare';
            while (!document.querySelector('main').dataset.compared) await new Promise(requestAnimationFrame);
            const start = performance.now();
            location.hash = '#/traces/{TRACE:032x}';
            while (!document.querySelector('main').dataset.ready || !document.querySelector('.line')) await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            return performance.now() - start;
        }})()"
    );
    browser.until_within(1000.0, &shown, "null").await;

    browser.value(&format!("location.hash = '#/traces/{TRACE:032x}'")).await;
    browser.until("document.querySelector('main').dataset.ready").await;
    browser.until(&format!("document.querySelector('.canvas').clientHeight === {SPANS} * 24")).await;
    // To the end by one key; only what is seen is there.
    browser.key("End").await;
    browser
        .until("document.querySelector('.chosen') && document.querySelector('.scroll').scrollTop > 90000")
        .await;
    let rows = browser.value("document.querySelectorAll('.line').length").await;
    assert!(rows.as_u64().is_some_and(|rows| rows > 10 && rows < 100), "{rows}");
    // Two hundred rows by key, each drawn: the time of the middle one.
    let frames = "new Promise((done) => {
        let left = 200, last = performance.now();
        const frames = [];
        const step = () => {
            document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }));
            const now = performance.now();
            frames.push(now - last);
            last = now;
            if (--left) requestAnimationFrame(step);
            else done(frames.sort((one, other) => one - other)[100]);
        };
        requestAnimationFrame(step);
    })";
    let to_the_end = "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }))";
    browser.until_within(100.0, frames, to_the_end).await;
    // The last of all by a search.
    browser.key("/").await;
    browser.write("number=3999").await;
    browser.until("document.querySelector('.chosen .name')?.innerText.includes('number=3999')").await;
    browser.assert_nothing_is_wrong().await;
}

/// A fan-out that was kept as a whole is one row, and can be unfolded.
#[tokio::test]
async fn a_fan_out_of_four_thousand_is_one_row() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    exporter.finished(span(TRACE, 1, 0, "Guild/Post", [0, 10, SPANS * 10]));
    for i in 0..SPANS {
        exporter.finished(span(TRACE, 2 + i, 1, "Session/Deliver", [20 + i * 9, 22 + i * 9, 27 + i * 9]));
    }
    browser.open(&format!("{}#/traces/{TRACE:032x}", viewer.url())).await;
    browser.until("document.querySelector('main').dataset.ready").await;
    browser.until("document.querySelectorAll('.line').length === 2").await;
    // The critical path of thousands of spans is drawn as a few bars.
    browser.until("document.querySelectorAll('.crit').length < 600").await;
    browser.key("j").await;
    let unfolded = "new Promise((done) => { const start = performance.now(); document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })); requestAnimationFrame(() => done(performance.now() - start)); })";
    let fold = "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }))";
    browser.until_within(1000.0, unfolded, fold).await;
    browser.until(&format!("document.querySelector('.canvas').clientHeight === ({SPANS} + 2) * 24")).await;
    browser.key("ArrowLeft").await;
    browser.until("document.querySelectorAll('.line').length === 2").await;
    browser.assert_nothing_is_wrong().await;
}
