//! axe-core finds nothing serious, in light and in dark.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::town::{FANOUT, url};

#[tokio::test]
async fn axe_finds_nothing_serious() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/node/node_modules/axe-core/axe.min.js");
    let Ok(axe) = std::fs::read_to_string(file) else {
        assert!(std::env::var_os("REQUIRE_CHROMIUM").is_none(), "axe-core is not installed");
        eprintln!("skipped: needs axe-core (crates/viewer/browser/install)");
        return;
    };
    let Some(mut browser) = Browser::start().await else { return };
    browser.command("Page.setBypassCSP", json!({ "enabled": true })).await;
    let mut found = Vec::new();
    for is_dark in [false, true] {
        browser.dark(is_dark).await;
        for (view, ready) in [
            ("actors".to_owned(), "document.querySelector('.spark path')"),
            ("instances".to_owned(), "document.querySelector('.columns rect')"),
            ("open".to_owned(), "document.querySelector('table')"),
            ("traces".to_owned(), "document.querySelector('table')"),
            ("traces?failed=1".to_owned(), "document.querySelector('table')"),
            (format!("traces/{FANOUT:032x}"), "document.querySelector('.detail .histogram')"),
            ("traces/00000000000000000000000000000007".to_owned(), "document.querySelector('.failed')"),
            ("compare?actor=Guild&kind=Post".to_owned(), "document.querySelector('.cause')"),
        ] {
            browser.leave().await;
            browser.open(&url(&view)).await;
            browser.until(ready).await;
            browser.value(&format!("{axe}; null")).await;
            let report = browser
                .value("axe.run().then((report) => report.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical').map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ')}`))")
                .await;
            for finding in report.as_array().expect("a list") {
                found.push(format!("{view}, {}: {finding}", if is_dark { "dark" } else { "light" }));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
