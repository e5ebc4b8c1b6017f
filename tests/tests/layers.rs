//! The folders of the runtime use only what lies below them, as its design says; it does not name OpenTelemetry.

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up. A folder may use its own line and those above it in this list.
const LAYERS: &[&[&str]] = &[
    &["context", "short_text"],
    &["carrier", "sampling"],
    &["record"],
    &["flow", "envelope"],
    &["propagation"],
    &["wire"],
    &["sync"],
    &["actor"],
    &["fanout"],
    &["testkit"],
];

/// The root's re-exports by the folder that they come from.
const REEXPORTS: &[(&str, &str)] = &[
    ("SpanId", "context"),
    ("TraceContext", "context"),
    ("TraceFlags", "context"),
    ("TraceId", "context"),
    ("Envelope", "envelope"),
    ("Message", "envelope"),
    ("Kind", "sampling"),
    ("Options", "sampling"),
    ("Key", "sampling"),
    ("Traced", "sync"),
    ("TracedExt", "sync"),
    ("Handling", "actor"),
    ("Actor", "actor"),
    ("Fields", "record"),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The folders that a file's code names through `crate::…`.
fn used(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let rest = rest.trim_start();
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let name: String = name.trim().chars().take_while(|c| word(*c)).collect();
            let folder =
                REEXPORTS.iter().find(|(item, _)| *item == name).map_or(&*name, |(_, folder)| folder);
            found.push(folder.to_owned());
        }
    }
    found
}

fn layer(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&folder))
}

#[test]
fn every_folder_uses_only_what_lies_below_it() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(source()).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap().to_str().unwrap();
        let own = layer(name).unwrap_or_else(|| panic!("{name} has no place in the design"));
        for file in rust_files(&folder) {
            seen += 1;
            for used in used(&code(&file)) {
                match layer(&used) {
                    Some(used) if used <= own => {}
                    _ => wrong.push(format!("{}: {used}", file.display())),
                }
            }
        }
    }
    assert!(seen > 30, "the sources were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_runtime_does_not_name_opentelemetry() {
    for file in rust_files(&source()) {
        assert!(!code(&file).contains("opentelemetry"), "{}", file.display());
    }
}

#[test]
fn the_check_sees_groups_and_reexports() {
    assert_eq!(
        used("use crate::{Envelope, sync::Traced};\nfoo(crate::record::now());"),
        ["envelope", "sync", "record"]
    );
}
