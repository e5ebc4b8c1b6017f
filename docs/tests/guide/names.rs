//! Each name that a sentence of the guide or the README gives to a type or a function exists: in the public items of a crate, in a
//! code block (which is compiled), or in the list of other people's names. Code blocks are doctests, and not looked at here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Names of std, of other crates and of other systems.
const FOREIGN: &[&str] = &[
    "Authorization",
    "Bearer",
    "ContainerResourceDetector",
    "ControlFlow",
    "Ctx",
    "EventStream",
    "FollowRedirectLayer",
    "FuturesUnordered",
    "GenServer",
    "HeaderMap",
    "LocalSet",
    "MatchedPath",
    "Mutex",
    "OsResourceDetector",
    "Policy",
    "PostStop",
    "Process",
    "RactorMessage",
    "ServiceInstanceIdResourceDetector",
    "SpanContext",
    "Task",
    "Transport",
    "Work",
    "inject_context",
    "none",
    "run_actor",
    "set_parent",
    "with_http",
];

#[test]
fn names_in_sentences_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut known: BTreeSet<String> = FOREIGN.iter().map(ToString::to_string).collect();
    let crates = files(&root.join("crates")).into_iter().map(|folder| folder.join("public-api.txt"));
    for items in crates.chain([root.join("runtime/public-api.txt")]).filter(|items| items.exists()) {
        known.extend(words(&read(&items)).map(str::to_owned));
    }
    let pages: Vec<PathBuf> =
        files(&root.join("docs/src")).into_iter().chain([root.join("README.md")]).collect();
    let pages: Vec<(String, String)> = pages
        .iter()
        .filter(|page| page.extension().is_some_and(|extension| extension == "md"))
        .map(|page| split(&read(page)))
        .collect();
    assert!(pages.len() > 10, "the guide has eleven chapters");
    for (_, code) in &pages {
        known.extend(words(code).map(str::to_owned));
    }
    let mut missing: BTreeMap<String, String> = BTreeMap::new();
    for (sentences, _) in &pages {
        for quoted in sentences.split('`').skip(1).step_by(2) {
            for name in names(quoted).filter(|name| !known.contains(*name)) {
                missing.insert(name.to_owned(), quoted.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "names that do not exist, and where they stand: {missing:#?}");
}

/// Splits a page into its sentences and the code of its blocks.
fn split(page: &str) -> (String, String) {
    let (mut sentences, mut code) = (String::new(), String::new());
    for (i, part) in page.split("```").enumerate() {
        if i % 2 == 0 { &mut sentences } else { &mut code }.push_str(part);
    }
    (sentences, code)
}

/// Returns the types and the called functions in a piece of code, but for names of spans, such as `Guild/Post`.
fn names(quoted: &str) -> impl Iterator<Item = &str> {
    let is_span = quoted.split_once('/').is_some_and(|(actor, _)| actor.starts_with(char::is_uppercase));
    let is_type = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    };
    let is_called =
        move |word: &str| word.starts_with(char::is_lowercase) && quoted.contains(&format!("{word}("));
    words(quoted).filter(move |word| !is_span && (is_type(word) || is_called(word)))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("it is readable").path())
        .filter(|path| !path.ends_with("target"))
        .collect()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
