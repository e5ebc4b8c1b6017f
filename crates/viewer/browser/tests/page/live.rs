//! Tests the changes of the page while a person looks at it.

use crate::browser::Browser;
use crate::town::{empty, span, url, with};

/// Checks that rows that are drawn again each second stay the same elements, so that no click and no focus is lost.
#[tokio::test]
async fn rows_stay_the_same_elements() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("actors")).await;
    browser.until("document.querySelector('.spark path')").await;
    browser.click("button.toggle").await;
    let kept = "window.kept = [document.querySelector('tbody tr'), document.querySelector('button.toggle'), document.querySelector('tr.kind td')]";
    browser.value(&format!("({kept}, null)")).await;
    browser.value("document.querySelector('button.toggle').focus()").await;
    let messages = "document.querySelector('tbody tr td:nth-last-child(4)').innerText";
    let before = browser.text(messages).await;
    browser.until(&format!("{messages} !== '{before}'")).await;
    browser.until("kept.every((element) => element.isConnected)").await;
    browser.until("document.activeElement === kept[1]").await;
    // Enter acts on the focused link, and not on the row.
    browser.key("Enter").await;
    browser.until("document.querySelectorAll('tr.kind').length === 0").await;
    assert_eq!(browser.text("location.hash").await, "#/actors");
    browser.assert_nothing_is_wrong().await;
}

#[tokio::test]
async fn actors_are_filtered_by_name() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("actors")).await;
    browser.until("document.querySelector('tbody tr')").await;
    browser.key("/").await;
    browser.write("nobody").await;
    browser.until("document.querySelector('.empty')?.innerText === 'No actor has this in its name.'").await;
    browser.value("document.querySelector('input[type=search]').select()").await;
    browser.write("bAK").await;
    browser.until("document.querySelector('tbody tr')?.innerText.includes('Baker')").await;
    browser.assert_nothing_is_wrong().await;
}

/// New traces come on top. The chosen one stays chosen, so Enter opens what was chosen and not what has come in its place.
#[tokio::test]
async fn the_chosen_trace_stays_chosen_while_others_come() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    for i in 1..=5_u128 {
        exporter.finished(span(i, 1, 0, "Guild/Post", [0, 10, 20]));
    }
    browser.open(&format!("{}#/traces", viewer.url())).await;
    browser.until("document.querySelectorAll('tbody tr').length === 5").await;
    browser.key("j").await;
    browser.until("document.querySelector('[aria-selected=true] a')?.hash.endsWith('4')").await;
    browser.value("(window.kept = document.querySelector('[aria-selected=true]'), null)").await;
    for i in 6..=9_u128 {
        exporter.finished(span(i, 1, 0, "Guild/Post", [0, 10, 20]));
    }
    browser.until("document.querySelectorAll('tbody tr').length === 9").await;
    browser.until("kept.isConnected && kept.getAttribute('aria-selected') === 'true'").await;
    browser.key("Enter").await;
    browser
        .until("document.querySelector('main').dataset.ready === '00000000000000000000000000000004'")
        .await;
    browser.assert_nothing_is_wrong().await;
}

/// A trace is shown before its first span ends here, and grows while it is looked at.
#[tokio::test]
async fn a_trace_grows_while_it_is_looked_at() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    browser.open(&format!("{}#/traces/{:032x}", viewer.url(), 7)).await;
    browser.until("document.querySelector('.empty')?.innerText.includes('not here')").await;
    for id in 2..=12 {
        exporter.finished(with(span(7, id, 1, "Session/Deliver", [id * 10, id * 10 + 5, id * 10 + 9]), &[]));
    }
    exporter.finished(span(7, 20, 1, "Store/Load", [15, 20, 400]));
    browser.until("document.querySelectorAll('.line').length === 2").await;
    // The store is chosen, and its place changes.
    browser.key("j").await;
    browser.until("document.querySelector('.chosen .name').innerText.includes('Session/Deliver')").await;
    browser.key("ArrowRight").await;
    browser.until("document.querySelectorAll('.line').length === 13").await;
    exporter.finished(span(7, 1, 0, "Gateway/Dispatch", [0, 1, 500]));
    browser.until("document.querySelectorAll('.line').length === 14").await;
    browser.until("document.querySelector('h1').innerText === 'Gateway/Dispatch'").await;
    browser.until("document.querySelector('.summary').innerText.includes('13 spans')").await;
    browser.until("document.querySelector('.chosen .name').innerText.includes('11 kept')").await;
    browser.assert_nothing_is_wrong().await;
}

/// A browser has six connections to a program, for all of its tabs: those that nobody sees hold none.
#[tokio::test]
async fn a_hidden_tab_has_no_stream() {
    let Some(mut browser) = Browser::start().await else { return };
    browser.open(&url("actors")).await;
    browser.until("document.querySelector('.status').textContent").await;
    let hide = |is_hidden: bool| {
        format!(
            "(Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {is_hidden} }}), \
             document.dispatchEvent(new Event('visibilitychange')), null)"
        )
    };
    browser.value(&hide(true)).await;
    browser.until("document.querySelector('main').dataset.live === 'false'").await;
    // Nothing is drawn: there is nothing to draw.
    browser.value("(document.querySelector('.status').textContent = 'as it was', null)").await;
    browser.value("new Promise((done) => setTimeout(done, 2500))").await;
    assert_eq!(browser.text("document.querySelector('.status').textContent").await, "as it was");
    browser.value(&hide(false)).await;
    browser.until("document.querySelector('.status').textContent !== 'as it was'").await;
    browser.assert_nothing_is_wrong().await;
}

/// The program ends, and another one at the same address begins: the page says so, and goes on by itself.
#[tokio::test]
async fn a_program_that_ends_is_said_and_its_successor_is_shown() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    let address = viewer.address();
    browser.open(&format!("{}#/traces", viewer.url())).await;
    browser.until("document.querySelector('.empty')?.innerText.startsWith('No trace has ended yet')").await;
    drop((viewer, exporter));
    browser.until("document.querySelector('.status').innerText === 'the program does not answer'").await;
    let again = traced_actor_viewer::Builder::new().service("again").quiet(true).start(address);
    let (_viewer, exporter) = again.expect("the port is free again");
    exporter.finished(span(1, 1, 0, "Guild/Post", [0, 10, 20]));
    browser.until("document.querySelector('.service').innerText === 'again'").await;
    browser.until("document.querySelectorAll('tbody tr').length === 1").await;
    browser.assert_nothing_is_wrong().await;
}
