//! The size of a crate.

use std::fs;
use std::path::Path;

/// Counts the lines of code in a folder, without tests, comments and empty lines.
pub(crate) fn lines_of_code(folder: &Path) -> usize {
    let mut lines = 0;
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        let is_for_tests = path.file_stem().is_some_and(|name| name == "tests");
        if is_for_tests {
            continue;
        }
        if path.is_dir() {
            lines += lines_of_code(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            lines += of_text(&fs::read_to_string(&path).expect("a text"));
        }
    }
    lines
}

fn of_text(text: &str) -> usize {
    let mut count = 0;
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test") {
            skip_item(&mut lines);
        } else if !line.is_empty() && !line.starts_with("//") {
            count += 1;
        }
    }
    count
}

/// Skips the item behind an attribute: to its semicolon, or to the end of its braces.
fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>) {
    let mut depth = 0_usize;
    for line in lines {
        depth += line.matches('{').count();
        depth = depth.saturating_sub(line.matches('}').count());
        if depth == 0 && (line.ends_with(['}', ';', ','])) {
            return;
        }
    }
}

#[test]
fn tests_comments_and_empty_lines_do_not_count() {
    let text = "//! Doc.\nuse a;\n\n/// Doc.\nfn b() {\n    c();\n}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn d() {}\n}\nfn e() {}\n";
    assert_eq!(of_text(text), 5);
    assert_eq!(of_text("#[cfg(test)]\nmod tests;\nfn e() {}\n"), 1);
}
