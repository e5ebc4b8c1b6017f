//! The chapter *Why is my trace broken?* quotes warnings and errors in its headings, and people search for these words. Each
//! quotation is what the runtime or the compiler says today; `…` stands for what differs.

use std::fs;
use std::path::Path;

#[test]
fn quotations_are_what_is_said() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut said = read(&root.join("runtime/src/flow/warn.rs"));
    said.push_str(&read(&root.join("crates/opentelemetry/src/batch.rs")));
    let ui = root.join("tests/ui");
    for folder in fs::read_dir(&ui).expect("the ui tests are there") {
        let folder = folder.expect("it is readable").path();
        let Ok(files) = fs::read_dir(folder) else { continue };
        for file in files {
            let file = file.expect("it is readable").path();
            if file.extension().is_some_and(|extension| extension == "stderr") {
                said.push_str(&read(&file));
            }
        }
    }
    let said = plain(&said);
    let chapter = read(&root.join("docs/src/broken-traces.md"));
    let quotations: Vec<&str> = chapter.lines().filter_map(quotation).collect();
    assert!(quotations.len() > 15, "{quotations:?}");
    for quotation in quotations {
        for part in quotation.split('…').map(plain).map(|part| part.trim().to_owned()) {
            assert!(said.contains(&part), "nobody says {part:?}, of the heading {quotation:?}");
        }
    }
}

/// Returns what a heading quotes: `### "…"`.
fn quotation(line: &str) -> Option<&str> {
    line.strip_prefix("### \"")?.split_once('"').map(|(quotation, _)| quotation)
}

/// Leaves out the ends of lines in literals, and joins what is on several lines.
fn plain(text: &str) -> String {
    text.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
