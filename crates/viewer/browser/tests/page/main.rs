//! The page as a person uses it: by clicks and keys, in headless Chromium.
//!
//! Without Chromium the tests print that they were skipped, or fail if `REQUIRE_CHROMIUM` is set. `crates/viewer/browser/install` installs it.
//! `SCREENSHOTS=docs/src/viewer cargo test -p traced-actor-viewer-browser-tests` draws the pictures of the guide anew.

mod accessible;
mod browser;
mod hostile;
mod large;
mod live;
mod ordinary;
mod proxy;
mod speedscope;
mod town;
mod views;
mod zoom;
