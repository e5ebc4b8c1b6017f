//! Every view, by clicks and by keys.

use crate::browser::Browser;
use crate::town::{FANOUT, url};

#[tokio::test]
async fn actors_are_unfolded_and_sorted() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("actors")).await;
    browser.until("document.querySelector('.spark path')").await; // two looks
    let first = "document.querySelector('tbody tr').innerText";
    assert!(browser.text(first).await.contains("Baker"));
    browser.click("button.toggle").await;
    browser.until("document.querySelectorAll('tr.kind').length === 3").await;
    let kinds = browser.text("[...document.querySelectorAll('tr.kind td:first-child')].map((cell) => cell.innerText).sort().join()").await;
    assert_eq!(kinds, "Bake,Clean,Wait");
    if std::env::var_os("SCREENSHOTS").is_some() {
        // A picture has a line to look at.
        browser
            .until("document.querySelector('.spark path + path').getAttribute('d').split('L').length > 25")
            .await;
    }
    browser.picture("actors").await;
    browser.key("ArrowLeft").await;
    browser.until("document.querySelectorAll('tr.kind').length === 0").await;
    browser.key("ArrowRight").await;
    browser.until("document.querySelectorAll('tr.kind').length === 3").await;
    // The others would be between its kinds, in whatever order they are.
    browser.key("/").await;
    browser.write("baker").await;
    browser.key("Escape").await;
    browser.until("document.querySelectorAll('tbody tr').length === 4").await;
    browser.click("th:nth-child(7) button").await;
    browser
        .until("document.querySelector('th:nth-child(7)').getAttribute('aria-sort') === 'descending'")
        .await;
    // The kinds come again each second, and where the selection is they stay.
    browser.key("j").await;
    browser.key("Enter").await;
    browser.until("location.hash.startsWith('#/traces?actor=Baker&kind=')").await;
    browser.assert_nothing_is_wrong().await;
}

#[tokio::test]
async fn instances_have_their_timings() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("actors")).await;
    browser.key("2").await;
    browser.until("location.hash === '#/instances'").await;
    browser
        .until(
            "document.querySelectorAll('.columns').length === 2 && document.querySelector('.columns rect')",
        )
        .await;
    browser.until("document.querySelector('h1').innerText.startsWith('baker')").await;
    let names = "[...document.querySelectorAll('tbody a')].map((link) => link.innerText)";
    browser.until(&format!("{names}.includes('baker 1') && {names}.includes('baker 2')")).await;
    browser.click("a[href='#/instances/baker%201']").await;
    browser.until("document.querySelector('h1')?.innerText === 'baker 1 Baker'").await;
    browser.until("document.querySelector('.legend').innerText.includes('Bake')").await;
    browser.picture("instances").await;
    browser.assert_nothing_is_wrong().await;
}

#[tokio::test]
async fn open_work_shows_who_waits() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("actors")).await;
    browser.click("nav a:nth-child(3)").await;
    browser.until("[...document.querySelectorAll('table[aria-label=Handlings] tbody tr')].some((row) => row.innerText.includes('baker 2') && row.innerText.includes('Wait'))").await;
    browser
        .until("document.querySelector('table[aria-label=Asks] tbody').innerText.includes('outside')")
        .await;
    browser
        .until("document.querySelector('table[aria-label=Asks] tbody').innerText.includes('Baker baker 2')")
        .await;
    // In the next look it has not been polled again.
    browser
        .until("[...document.querySelectorAll('.warn')].some((mark) => mark.innerText.includes('idle'))")
        .await;
    browser.picture("open").await;
    browser.value("(() => { const age = document.querySelector('select'); age.value = '600000'; age.dispatchEvent(new Event('change')); })()").await;
    browser.until("!document.querySelector('table[aria-label=Handlings]')").await;
    browser.assert_nothing_is_wrong().await;
}

#[tokio::test]
async fn traces_are_searched() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("traces")).await;
    browser.until("document.querySelector('[role=status]')?.innerText.startsWith('401 traces of 401')").await;

    browser.key("/").await;
    browser.write("channel=13").await;
    browser.until("document.querySelector('[role=status]').innerText.startsWith('20 traces')").await;
    browser.key("Escape").await;
    browser.click("input[name=failed]").await;
    browser.until("location.hash === '#/traces?attribute=channel%3D13&failed=1'").await;
    browser.until("document.querySelector('tbody').innerText.includes('there is no channel 13')").await;
    // Out of the field. A click could open a row.
    browser.key("Escape").await;
    browser.key("j").await;
    browser.key("Enter").await;
    browser.until("document.querySelector('main').dataset.ready").await;
    browser.key("Escape").await;
    browser.until("location.hash === '#/traces'").await;
    for (search, found) in [
        ("actor=store&min_ms=9", 20),
        ("instance=guild%201&kind=post", 134),
        ("max_ms=0.1", 0),
        ("attribute=nothing", 0),
    ] {
        browser.leave().await;
        browser.open(&url(&format!("traces?{search}"))).await;
        browser
            .until(&format!("document.querySelector('[role=status]')?.innerText.startsWith('{found} trace')"))
            .await;
    }
    browser.assert_nothing_is_wrong().await;
}

/// The row of the waterfall with this name, and the boxes of its bars.
const ROW: &str = "window.row = (name) => [...document.querySelectorAll('.line')].find((line) => line.querySelector('.name').innerText.includes(name));
window.box = (name, part) => { const at = row(name).querySelector(part).getBoundingClientRect(); return [at.left, at.right]; };";

#[tokio::test]
async fn a_waterfall_has_the_wait_before_the_span_and_a_fan_out_is_one_row() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url(&format!("traces/{FANOUT:032x}"))).await;
    browser.until("document.querySelector('main').dataset.ready").await;
    browser.value(ROW).await;
    // Gateway, guild, store, and the fan-out as one row.
    browser.until("document.querySelectorAll('.line').length === 4").await;
    assert_eq!(
        browser
            .text("row('Session/Deliver').querySelector('.name').innerText.replace(/\\s+/g, ' ').trim()")
            .await,
        "▸Session/Deliver 10 kept of 10,000"
    );
    // The lighter bar ends where the other begins.
    let wait = browser.value("box('Guild/Post', '.waits')").await;
    let work = browser.value("box('Guild/Post', '.works')").await;
    let pixel = |value: &serde_json::Value, at: usize| value[at].as_f64().expect("a number");
    assert!((pixel(&wait, 1) - pixel(&work, 0)).abs() < 1.5, "{wait} {work}");
    assert!(pixel(&wait, 1) - pixel(&wait, 0) > 20.0, "{wait}");
    // 450 of 3,200 microseconds.
    let ratio = (pixel(&wait, 1) - pixel(&wait, 0)) / (pixel(&work, 1) - pixel(&work, 0));
    assert!((ratio - 450.0 / 3_200.0).abs() < 0.02, "{ratio}");
    browser.until("row('Store/Load').querySelector('.crit')").await;

    // Down to the guild: its detail, and its place among all.
    browser.key("j").await;
    browser.until("document.querySelector('.detail h2').innerText === 'Guild/Post'").await;
    browser.until("document.querySelector('.detail').innerText.includes('10 of 10,000 kept')").await;
    browser
        .until("document.querySelector('.detail').innerText.includes('Among 401 kept spans of Guild/Post')")
        .await;
    browser.until("document.querySelectorAll('.detail .histogram').length === 2").await;
    browser.picture("trace").await;
    browser.dark(true).await;
    browser.picture("trace-dark").await;
    browser.dark(false).await;

    // Unfold the fan-out and fold it again.
    browser.key("j").await;
    browser.key("j").await;
    browser.until("document.querySelector('.detail').innerText.includes('10,000')").await;
    browser.key("ArrowRight").await;
    browser.until("document.querySelectorAll('.line').length === 14").await;
    browser.until("document.querySelectorAll('.line .weight').length >= 10").await;
    browser.key("ArrowLeft").await;
    browser.until("document.querySelectorAll('.line').length === 4").await;
    browser.key("c").await;
    browser.until("document.querySelector('[aria-pressed=true]')").await;
    browser.key("c").await;

    // A search opens what hides it.
    browser.key("/").await;
    browser.write("session 8919").await;
    browser.until("document.querySelector('.chosen .name')?.innerText.includes('session 8919')").await;
    browser.key("Escape").await;
    // A link leads to the other trace, to its span.
    browser.click("[role=tree]").await;
    browser.value("row('Guild/Post').click()").await;
    browser.until("document.querySelector('.detail a[href*=\"span=0000000000000002\"]')").await;
    browser.click(".detail a[href*='span=0000000000000002']").await;
    browser
        .until("document.querySelector('main').dataset.ready === '00000000000000000000000000000004'")
        .await;
    browser.until("document.querySelector('.chosen .name').innerText.includes('Guild/Post')").await;
    // A failed one by its key.
    browser.leave().await;
    browser.open(&url("traces/00000000000000000000000000000007")).await;
    browser.until("document.querySelector('main').dataset.ready").await;
    browser.key("f").await;
    browser.until("document.querySelector('.detail .error')?.innerText === 'guild::UnknownChannel: there is no channel 13'").await;
    browser.leave().await;
    browser.open(&url("traces/000000000000000000000000000000ff00")).await;
    browser.until("document.querySelector('.empty')?.innerText.includes('not here')").await;
    browser.assert_nothing_is_wrong().await;
}

#[tokio::test]
async fn a_comparison_names_the_cause() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("compare?actor=Guild&kind=Post")).await;
    browser.until("document.querySelector('main').dataset.compared").await;
    browser.until("document.querySelector('.cause .terms').innerText.includes('channel=42')").await;
    browser.picture("compare").await;
    browser.value("(() => { const bad = document.querySelector('select'); bad.value = 'failed'; bad.dispatchEvent(new Event('change')); })()").await;
    browser.until("document.querySelector('.cause .terms')?.innerText.includes('channel=13')").await;
    assert!(browser.text("location.hash").await.contains("bad=failed"));
    browser.click(".cause .terms a").await;
    browser.until("location.hash.includes('attribute=channel%3D13')").await;
    browser.assert_nothing_is_wrong().await;
}

#[tokio::test]
async fn keys_change_views_and_the_theme() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("actors")).await;
    for (key, hash) in [("5", "#/compare"), ("4", "#/traces"), ("3", "#/open"), ("1", "#/actors")] {
        browser.key(key).await;
        browser.until(&format!("location.hash === '{hash}'")).await;
        browser
            .until("document.querySelector('nav [aria-current]').getAttribute('href') === location.hash")
            .await;
    }
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = browser.text(ground).await;
    browser.key("t").await;
    browser.until(&format!("{ground} !== '{light}'")).await;
    browser.key("?").await;
    browser.until("document.querySelector('dialog').open").await;
    browser.key("Escape").await;
    browser.until("!document.querySelector('dialog').open").await;
    browser.click("#theme").await;
    browser.until(&format!("{ground} === '{light}'")).await;
    browser.assert_nothing_is_wrong().await;
}
