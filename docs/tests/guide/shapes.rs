//! The chapter on shapes has a row for each actor that is tested, with the number of lines that adoption changes.

use std::fs;
use std::path::Path;

#[test]
fn each_tested_actor_has_a_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapter = fs::read_to_string(root.join("src/shapes.md")).expect("the chapter is there");
    let tests =
        fs::read_to_string(root.join("../tests/tests/actors/shapes/mod.rs")).expect("the tests are there");
    // `handler "01_handler": 3 lines, ["Root > Actor/NextId", …];`
    let tested: Vec<(&str, &str)> = tests
        .lines()
        .filter_map(|line| {
            line.strip_suffix("];")?.split_once(" lines, [")?.0.split_once(" \"")?.1.split_once("\": ")
        })
        .collect();
    assert_eq!(tested.len(), 60, "{tested:?}");
    for (folder, lines) in tested {
        let row = chapter.lines().find(|line| line.starts_with(&format!("| `{folder}` |")));
        let row = row.unwrap_or_else(|| panic!("no row for {folder}"));
        assert!(row.split(" | ").any(|cell| cell == lines), "{lines} lines: {row}");
    }
}
