//! Prints each package that is published, a line for each, after those that it depends on: its name and its features.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use traced_actor_tests::nested::{run, workspace};

fn main() {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.current_dir(workspace()).args(["metadata", "--format-version", "1", "--no-deps"]);
    let output = run(&mut cargo).unwrap_or_else(|said| panic!("{said}"));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let published = packages.iter().filter(|package| package["publish"].is_null());
    let mut left: BTreeMap<&str, &Value> =
        published.map(|package| (package["name"].as_str().unwrap_or_default(), package)).collect();
    while !left.is_empty() {
        let next = left.iter().find(|(_, package)| !needs(package).any(|name| left.contains_key(name)));
        let (&name, package) = next.expect("packages depend on one another in a circle");
        let features = package["features"].as_object().into_iter().flat_map(|features| features.keys());
        let words: Vec<&str> = std::iter::once(name).chain(features.map(String::as_str)).collect();
        println!("{}", words.join(" "));
        left.remove(name);
    }
}

/// Returns the dependencies of a package, without those of its tests.
fn needs(package: &Value) -> impl Iterator<Item = &str> {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies
        .filter(|dependency| dependency["kind"] != "dev")
        .filter_map(|dependency| dependency["name"].as_str())
}
