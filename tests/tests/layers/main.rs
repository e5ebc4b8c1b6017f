//! The structure of the crates: no files of a crate use one another in a circle, the runtime's folders use only the
//! layers below them, the runtime depends on nothing that only some programs need, and all items are documented by the
//! rules.

mod docs;
mod graph;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use crate::graph::{circles, uses};
use crate::source::Crate;

/// The layers from the bottom up. A folder of the runtime may use its own line and those above it in this list.
const LAYERS: &[&[&str]] = &[
    &["context", "short_text"],
    &["w3c", "sampling"],
    &["record"],
    &["observe"],
    &["flow", "envelope"],
    &["wire"],
    &["sync"],
    &["actor", "tokio"],
    &["fanout"],
    &["testkit"],
];

/// The steps of the macro, in their order. All other files are for any of them.
const STEPS: &[&[&str]] = &[&["syntax", "attr"], &["resolve"], &["check"], &["expand"], &["fallback"]];

/// Files that use one another in a circle today, in whichever crate. The list gets shorter, and never longer.
const CIRCLES: &[&[&str]] = &[
    &["flow/active.rs", "flow/fanouts.rs", "flow/guarded.rs", "flow/here.rs"],
    &["flow/state.rs", "flow/unscoped.rs"],
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All crates that are published.
fn crates() -> Vec<(String, Crate)> {
    let others = fs::read_dir(workspace().join("crates")).unwrap();
    let others = others.map(|entry| entry.unwrap().path()).filter(|path| path.join("Cargo.toml").exists());
    let folders = ["runtime", "macros"].map(|name| workspace().join(name)).into_iter().chain(others);
    folders.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), Crate::read(&path))).collect()
}

#[test]
fn no_files_use_one_another_in_a_circle() {
    let (mut wrong, mut found) = (Vec::new(), Vec::new());
    for (name, of) in crates() {
        let graph = uses(&of);
        assert!(graph.len() > 1 || of.files.len() < 4, "{name}: the imports were found");
        for circle in circles(&graph) {
            let is_known = |known: &&&[&str]| {
                circle.iter().all(|file| known.iter().any(|known| of.name(*file).ends_with(known)))
            };
            if let Some(known) = CIRCLES.iter().find(is_known) {
                found.push(*known);
                continue;
            }
            wrong.push(format!("{name}:"));
            for file in &circle {
                let within: Vec<String> =
                    graph[file].intersection(&circle).map(|used| of.name(*used)).collect();
                wrong.push(format!("    {} uses {}", of.name(*file), within.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "files use one another in a circle:\n{}", wrong.join("\n"));
    let open: Vec<_> = CIRCLES.iter().filter(|known| !found.contains(known)).collect();
    assert!(open.is_empty(), "these are circles no more, so take them from the list: {open:?}");
}

fn layer(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&folder))
}

#[test]
fn every_folder_of_the_runtime_uses_only_what_lies_below_it() {
    let of = Crate::read(&workspace().join("runtime"));
    let folder = |file: usize| of.name(file).split(['/', '.']).next().unwrap_or_default().to_owned();
    // The root, and what generated code names, are above everything.
    let is_above = |folder: &str| ["lib", "private"].contains(&folder);
    let mut wrong = Vec::new();
    for (file, used) in uses(&of) {
        let name = folder(file);
        if is_above(&name) {
            continue;
        }
        let own = layer(&name).unwrap_or_else(|| panic!("{name} has no place in the design"));
        for used in used {
            if layer(&folder(used)).is_none_or(|used| used > own) {
                wrong.push(format!("{} uses {}", of.name(file), of.name(used)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_step_of_the_macro_uses_a_later_one_and_none_but_the_check_reports_what_was_resolved() {
    let of = Crate::read(&workspace().join("macros"));
    let folder = |file: usize| of.name(file).split(['/', '.']).next().unwrap_or_default().to_owned();
    let step = |file: usize| STEPS.iter().position(|step| step.contains(&&*folder(file)));
    let mut wrong = Vec::new();
    for (file, used) in uses(&of) {
        let Some(own) = step(file) else { continue };
        for used in used {
            let reports = STEPS[own].contains(&"resolve") && folder(used) == "errors";
            if reports || step(used).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses {}", of.name(file), of.name(used)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_runtime_does_not_depend_on_what_only_some_programs_need() {
    let manifest = fs::read_to_string(workspace().join("runtime/Cargo.toml")).unwrap();
    for name in [
        "opentelemetry",
        "anstream",
        "anstyle",
        "unicode-width",
        "http",
        "prost",
        "bincode",
        "bincode1",
        "ciborium",
        "postcard",
        "rmp-serde",
        "serde_json",
    ] {
        let is_named = |line: &str| line.starts_with(name) || line.contains(&format!("dep:{name}"));
        assert!(!manifest.lines().any(is_named), "{name}");
    }
}

mod check {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let of = Crate::of_text(text);
        let graph = uses(&of);
        let circles = circles(&graph);
        circles.iter().flatten().map(|file| of.name(*file)).collect()
    }

    #[test]
    fn a_use_behind_the_tests_counts() {
        let text = "mod a { pub struct A; #[cfg(test)] mod tests { } use crate::b::B; fn f(_: B) {} }
                    mod b { pub struct B; fn f(_: super::a::A) {} }";
        assert_eq!(found(text), ["a.rs", "b.rs"]);
    }

    #[test]
    fn a_test_s_own_use_does_not_count() {
        let text = "mod a { pub struct A; #[cfg(test)] mod tests { use crate::b::B; } }
                    mod b { pub struct B; fn f(_: super::a::A) {} }";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn a_name_that_is_handed_on_leads_to_its_definition() {
        let text =
            "pub mod folder { mod a; pub mod b { use super::A; pub struct B; fn f(_: A) {} } pub use a::A; }";
        let text = text.replace("mod a;", "mod a { use crate::B; pub struct A; fn f(_: B) {} }");
        assert_eq!(found(&format!("{text} pub use folder::b::B;")), ["a.rs", "b.rs"]);
        // And the one that hands on is part of no circle.
        let text = "mod a { pub struct A; } mod b { use crate::A; fn f(_: A) {} pub struct B; } pub use a::A; pub use b::B;";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn paths_in_macros_globs_and_functions_count() {
        for body in ["vec![crate::b::f()];", "use crate::b::f; f();", "crate::b::f();"] {
            let text = format!(
                "mod a {{ pub fn g() {{ {body} }} }} mod b {{ use super::a::*; pub fn f() {{ g() }} }}"
            );
            assert_eq!(found(&text), ["a.rs", "b.rs"], "{body}");
        }
    }
}
