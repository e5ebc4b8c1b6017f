//! A part of a trace's time, by keys and by the small picture.

use crate::browser::Browser;
use crate::town::{empty, span};

const WIDTH: &str = "(() => { const at = [...document.querySelectorAll('.line')].find((line) => line.innerText.includes('Store/Load')).querySelector('.works').getBoundingClientRect(); return at.width; })()";

#[tokio::test]
async fn a_short_span_of_a_long_trace_is_zoomed_to() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    // A tenth of a millisecond in the middle of a second.
    exporter.finished(span(1, 1, 0, "Gateway/Dispatch", [0, 0, 1_000_000]));
    exporter.finished(span(1, 2, 1, "Store/Load", [500_000, 500_040, 500_100]));
    browser.open(&format!("{}#/traces/{:032x}", viewer.url(), 1)).await;
    browser.until("document.querySelector('main').dataset.ready").await;
    browser.until(&format!("{WIDTH} < 4")).await;
    browser.until("[...document.querySelectorAll('.bar-of-tools button')].every((button) => button.innerText !== 'Whole trace' || button.hidden)").await;
    browser.key("j").await;
    browser.key("z").await;
    browser.until(&format!("{WIDTH} > 100")).await;
    browser.until("document.querySelector('.axis').innerText.includes('500')").await;
    // The bars of the surrounding spans do not cover names.
    browser.until("[...document.querySelectorAll('.works')].every((bar) => bar.getBoundingClientRect().width < 2000)").await;
    browser.key("-").await;
    browser.key("0").await;
    browser.until(&format!("{WIDTH} < 4")).await;
    // By the small picture: from a quarter to a half.
    let place = browser.value("(() => { const box = document.querySelector('.minimap canvas').getBoundingClientRect(); return [box.left, box.width - 160, box.top + 10]; })()").await;
    let number = |at: usize| place[at].as_f64().expect("a number");
    for (kind, share) in [("mousePressed", 0.25), ("mouseMoved", 0.4), ("mouseReleased", 0.51)] {
        let event = serde_json::json!({ "type": kind, "x": number(0) + number(1) * share, "y": number(2), "button": "left", "clickCount": 1 });
        browser.command("Input.dispatchMouseEvent", event).await;
    }
    browser.until("document.querySelector('.axis').innerText.includes('300 ms') && !document.querySelector('.axis').innerText.includes('600 ms')").await;
    browser.until("[...document.querySelectorAll('.bar-of-tools button')].some((button) => button.innerText === 'Whole trace' && !button.hidden)").await;
    browser.key("0").await;
    browser.until("document.querySelector('.axis').innerText.includes('800 ms')").await;
    browser.assert_nothing_is_wrong().await;
}
