//! The code blocks of every chapter are tests.

use std::fs;
use std::path::Path;

#[test]
fn the_code_of_each_chapter_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).expect("the file is there");
    let (summary, tested) = (read("src/SUMMARY.md"), read("lib.rs"));
    let chapters = summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')'));
    let with_code: Vec<_> =
        chapters.filter(|chapter| read(&format!("src/{chapter}")).contains("```rust")).collect();
    assert!(with_code.len() > 10, "{with_code:?}");
    for chapter in with_code {
        assert!(tested.contains(&format!("\"{chapter}\";")), "{chapter} is not in lib.rs");
    }
}
