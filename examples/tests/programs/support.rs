//! The guild example and its report.

use std::path::PathBuf;

/// Returns the part of the report below the title with this beginning.
pub(crate) fn section<'a>(report: &'a str, title: &str) -> &'a str {
    let start = report.find(&format!("## {title}")).unwrap_or_else(|| panic!("no `{title}` in {report}"));
    let body = report[start..].split_once('\n').unwrap().1;
    body.find("\n## ").map_or(body, |end| &body[..=end])
}

/// `target/<profile>/examples/guild`, which `cargo test` builds; this test is in `target/<profile>/deps`.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let binary = profile.join("examples").join(format!("guild{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "{} is missing: `cargo build --example guild` makes it", binary.display());
    binary
}
