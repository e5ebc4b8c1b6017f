//! The strict user's crate (`tests/user`) under every combination of its features, and under clippy.

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
