//! Checks that texts from messages are shown as texts.

use traced_actor::record::OwnedAttribute;

use crate::browser::Browser;
use crate::town::{empty, span, url, with};

const TRACE: u128 = 0xbad_0bad;

const HOSTILE: [&str; 8] = [
    "<script>wrong.push('script')</script>",
    "<img src=x onerror=wrong.push('img')>",
    "\"><svg onload=wrong.push('svg')>",
    "javascript:wrong.push('url')",
    "</td></tr></table><iframe srcdoc='<script>parent.wrong.push(1)</script>'></iframe>",
    "{{constructor.constructor('wrong.push(1)')()}}",
    "\u{202e}gnitirw\u{0}\u{1b}[31m red\r\n\r\nevent: status\ndata: {}\n\n",
    "'; document.title = 'owned'; '",
];

#[tokio::test]
async fn nothing_that_a_message_says_is_markup() {
    let Some(mut browser) = Browser::start().await else { return };
    let (viewer, exporter) = empty();
    let url = |view: &str| format!("{}#/{view}", viewer.url());
    for (i, text) in HOSTILE.iter().enumerate() {
        let id = 100 + i as u64;
        let name: &'static str = Box::leak(text.to_string().into_boxed_str());
        let value = |text: &str| OwnedAttribute::Str(text.to_owned());
        let mut hostile = with(
            span(TRACE, id, 100, name, [0, 10, 500]),
            &[
                (name, value(text)),
                ("actor.instance", value(text)),
                ("actor.name", value(text)),
                ("actor.message.kind", value(text)),
            ],
        );
        hostile.error = Some((*text).to_owned());
        hostile.attributes.push(("error.type", value(text)));
        if i == 0 {
            hostile.parent = None;
        }
        exporter.finished(hostile);
    }
    let seen = |text: &str| text.chars().take(12).collect::<String>();
    browser.open(&url("traces?failed=1&attribute=constructor")).await;
    browser.until("document.querySelector('[role=status]')?.innerText.startsWith('1 trace')").await;
    browser
        .until(&format!(
            "document.querySelector('tbody').textContent.includes({})",
            serde_json::json!(HOSTILE[0])
        ))
        .await;

    browser.leave().await;
    browser.open(&url(&format!("traces/{TRACE:032x}"))).await;
    browser.until("document.querySelector('main').dataset.ready").await;
    for text in HOSTILE {
        let shown = format!(
            "document.querySelector('[role=tree]').textContent.includes({})",
            serde_json::json!(seen(text))
        );
        browser.until(&shown).await;
        browser.key("j").await;
        browser.until("document.querySelector('.detail .error')").await;
    }
    // The page's own elements, and nothing that a value made.
    assert_eq!(browser.value("document.querySelectorAll('script').length").await, 1);
    assert_eq!(browser.value("document.querySelectorAll('main img, main iframe, main script, main [onload], main [onerror], a[href^=javascript]').length").await, 0);
    assert_ne!(browser.text("document.title").await, "owned");

    browser.leave().await;
    browser.open(&url("compare?bad=failed")).await;
    browser.until("document.querySelector('main').dataset.compared").await;
    browser.assert_nothing_is_wrong().await;
}

/// Text in the address is not treated as markup either.
#[tokio::test]
async fn nothing_in_the_address_is_markup() {
    let Some(mut browser) = Browser::start().await else { return };
    for view in [
        "traces/%3Cimg%20src=x%20onerror=wrong.push(1)%3E",
        "instances/%3Cscript%3Ewrong.push(1)%3C%2Fscript%3E",
        "traces?attribute=%22%3E%3Cimg%20src=x%20onerror=wrong.push(1)%3E",
        "compare?actor=%3Csvg%20onload=wrong.push(1)%3E",
        "%E0%A4%A",
        "traces/%E0%A4%A",
        "__proto__/constructor?__proto__=1",
    ] {
        browser.leave().await;
        browser.open(&url(view)).await;
        browser.until("document.querySelector('main').textContent.length > 1 && document.querySelector('.status').textContent").await;
        browser.assert_nothing_is_wrong().await;
    }
}
