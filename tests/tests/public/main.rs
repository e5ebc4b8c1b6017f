//! The published crates: the public items of each as its `public-api.txt` lists them, and the size of the runtime.
//!
//! `UPDATE_EXPECT=1 cargo test -p traced-actor-tests --test public` writes the lists again: read what has changed before you commit.

mod api;
mod size;
#[path = "../layers/source.rs"]
mod source;
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use traced_actor_tests::nested::{run, workspace};

use crate::api::Api;
use crate::source::Crate;

/// The measures of the runtime: name, goal, and present value, which may only fall.
const LIMITS: [(&str, usize, usize); 3] = [
    ("lines of code", 8_000, 13_531),
    ("public items", 450, 545),
    ("packages in its tree without features", 15, 14),
];

/// The crates that are published: folder and name.
fn crates() -> Vec<(PathBuf, String)> {
    let mut folders = vec![workspace().join("macros"), workspace().join("runtime")];
    let others = fs::read_dir(workspace().join("crates")).expect("the folder is there");
    let others = others.map(|entry| entry.expect("an entry").path());
    folders.extend(others.filter(|path| path.join("Cargo.toml").exists()).collect::<BTreeSet<_>>());
    let name = |folder: &PathBuf| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a text");
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")).expect("it has a name");
        name.trim_end_matches('"').to_owned()
    };
    folders.into_iter().map(|folder| (folder.clone(), name(&folder))).collect()
}

fn api(folder: &std::path::Path, name: &str) -> Api {
    Api::of(&name.replace('-', "_"), &Crate::read(folder))
}

#[test]
fn every_public_item_is_listed() {
    let mut wrong = Vec::new();
    for (folder, name) in crates() {
        let found = api(&folder, &name).text();
        let file = folder.join("public-api.txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, &found).expect("the file can be written");
            continue;
        }
        let listed = fs::read_to_string(&file).unwrap_or_default();
        let (listed, found): (BTreeSet<&str>, BTreeSet<&str>) =
            (listed.lines().collect(), found.lines().collect());
        wrong.extend(listed.difference(&found).map(|line| format!("{name}: - {line}")));
        wrong.extend(found.difference(&listed).map(|line| format!("{name}: + {line}")));
    }
    assert!(
        wrong.is_empty(),
        "the public API is not as `public-api.txt` lists it; UPDATE_EXPECT=1 writes it anew, CHANGELOG.md says why:\n{}",
        wrong.join("\n")
    );
}

/// The packages of the runtime's tree, itself left out.
fn packages() -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args([
        "tree",
        "-p",
        "traced-actor",
        "--no-default-features",
        "-e",
        "normal",
    ]);
    let output = run(cargo.args(["--prefix", "none"])).unwrap_or_else(|said| panic!("{said}"));
    let tree = String::from_utf8(output.stdout).expect("a text");
    let names = tree.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "traced-actor").map(str::to_owned).collect()
}

/// Prints the size of each crate: `cargo test -p traced-actor-tests --test public -- --nocapture size`.
#[test]
fn the_size_of_each_crate() {
    for (folder, name) in crates() {
        let (lines, items) = (size::lines_of_code(&folder.join("src")), api(&folder, &name).count());
        println!("{name}: {lines} lines of code, {items} public items");
    }
    let folder = workspace().join("runtime");
    let counts =
        [size::lines_of_code(&folder.join("src")), api(&folder, "traced-actor").count(), packages().len()];
    for ((what, goal, most), count) in LIMITS.into_iter().zip(counts) {
        println!("traced-actor: {count} {what}, of {goal} at the end");
        assert!(count <= most, "the runtime has {count} {what}, and had {most}: move something out of it");
    }
}

#[test]
fn the_runtime_pins_no_version() {
    let manifest = fs::read_to_string(workspace().join("runtime/Cargo.toml")).expect("a text");
    let pins = |line: &&str| line.split('"').skip(1).step_by(2).any(|text| text.starts_with('='));
    assert_eq!(manifest.lines().find(pins), None);
}
