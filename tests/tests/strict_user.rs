//! The strict user's crate (`tests/user`) under every combination of its features, and under clippy; and a sloppy one
//! (`tests/lints`), in which clippy finds the same with the attribute and without.

use std::collections::BTreeSet;
use std::process::Command;

/// Runs cargo in the workspace; its output, if it failed.
fn cargo(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs, since it runs this");
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "cargo {}\n{}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

#[test]
fn variants_that_features_switch_work_in_every_combination() {
    for features in ["", "first", "last", "first,last"] {
        let arguments = ["test", "-p", "traced-actor-user", "--lib", "--features", features];
        cargo(&arguments).unwrap_or_else(|output| panic!("{output}"));
    }
}

/// `clippy::pedantic`, `clippy::nursery` and a list of rustc's lints are denied in that crate.
#[test]
fn nothing_generated_offends_clippy() {
    if cargo(&["clippy", "--version"]).is_err() {
        println!("skipped: clippy is not installed");
        return;
    }
    let arguments = ["clippy", "-p", "traced-actor-user", "--all-targets", "--all-features"];
    cargo(&arguments).unwrap_or_else(|output| panic!("{output}"));
}

/// Everything that rustc and clippy have against the sloppy crate: the lint, and the line.
fn lints(features: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "clippy",
            "-p",
            "traced-actor-lints",
            "--message-format",
            "json",
            "--features",
            features,
            "--",
        ])
        .args([
            "--cfg",
            "lints",
            "-W",
            "clippy::restriction",
            "-A",
            "clippy::blanket_clippy_restriction_lints",
        ])
        .args(["-W", "clippy::pedantic", "-W", "clippy::nursery", "-W", "clippy::cargo"])
        .args(["-W", "missing_docs", "-W", "unreachable_pub", "-W", "unused_qualifications"])
        .args(["-W", "single_use_lifetimes", "-W", "elided_lifetimes_in_paths", "-W", "let_underscore_drop"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs, since it runs this");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("JSON is text");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| line["reason"] == "compiler-message" && line["target"]["name"] == "traced_actor_lints")
        .filter_map(|line| {
            let message = &line["message"];
            let spans = message["spans"].as_array()?;
            let primary = spans.iter().find(|span| span["is_primary"] == true)?;
            Some(format!("{} line {}", message["code"]["code"].as_str()?, primary["line_start"]))
        })
        .collect()
}

/// Not one lint fires in what is generated, `clippy::restriction` included, and none is swallowed.
#[test]
fn lints_see_the_users_code_as_if_the_attribute_were_not_there() {
    if cargo(&["clippy", "--version"]).is_err() {
        println!("skipped: clippy is not installed");
        return;
    }
    let (without, with) = (lints(""), lints("traced"));
    assert!(without.len() > 40, "{without:#?}");
    let added: Vec<_> = with.difference(&without).collect();
    let swallowed: Vec<_> = without.difference(&with).collect();
    assert!(added.is_empty() && swallowed.is_empty(), "added {added:#?}\nswallowed {swallowed:#?}");
}
