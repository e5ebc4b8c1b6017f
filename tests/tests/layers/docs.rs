//! Checks the documentation of all items, public and private, as far as a program can: how a summary begins, how long it is, and
//! that it has no timings.
//!
//! It reads lines and not syntax trees, since much of the documentation stands inside `macro_rules!`. It relies on the layout of
//! rustfmt.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace;

/// The rules, as the failing test prints them. They hold for private items as well.
const RULES: &str = "\
a summary (the first paragraph) has at most 120 characters, without the targets of its links;
a function or a macro begins with a verb in the third person: `Returns`, `Sends`, `Creates`;
a module, type, trait, constant, variant or field may begin with an article or another noun phrase as well, as tokio's do,
and not with a question word, a pronoun or a preposition;
no doc comment has timings: they are in `benches/`";

/// The longest summary, in characters.
const LONGEST: usize = 120;

/// Summaries that are right although the rules say otherwise.
const EXCEPTIONS: &[&str] = &[];

/// Words that end in `s` as a verb in the third person does, and are none.
const NO_VERBS: &[&str] = &[
    "Actors",
    "Always",
    "As",
    "Attributes",
    "Bytes",
    "Channels",
    "Contexts",
    "Counters",
    "Errors",
    "Events",
    "Fields",
    "Handlers",
    "Headers",
    "Items",
    "Its",
    "Keys",
    "Less",
    "Messages",
    "Nanoseconds",
    "Options",
    "Perhaps",
    "Receivers",
    "Seconds",
    "Senders",
    "Spans",
    "This",
    "Threads",
    "Unless",
    "Values",
    "Was",
];

/// Words that begin a clause or a riddle, and no noun phrase.
const NO_NOUNS: &[&str] = &[
    "After", "And", "As", "At", "Because", "Before", "Below", "But", "By", "For", "From", "How", "If", "In",
    "Is", "It", "Its", "Nobody", "Not", "Nothing", "Of", "On", "Only", "Or", "So", "Than", "That", "There",
    "These", "They", "This", "To", "Unless", "Until", "What", "When", "Where", "Which", "While", "Who",
    "Whoever", "Why", "With", "Without", "You",
];

/// The kind of item that a doc comment describes.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    /// A function, a method or a macro.
    Function,
    /// A module, type, trait, constant, variant or field.
    Other,
}

/// A sentence of the documentation that breaks a rule.
struct Offender {
    file: PathBuf,
    line: usize,
    rule: &'static str,
    text: String,
}

impl fmt::Display for Offender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file.display(), self.line, self.rule, self.text)
    }
}

#[test]
fn items_are_documented_by_the_rules() {
    let mut wrong = Vec::new();
    for folder in published() {
        let mut files = Vec::new();
        sources(&folder.join("src"), &mut files);
        assert!(!files.is_empty(), "{} has sources", folder.display());
        for file in &files {
            let text = fs::read_to_string(file).unwrap();
            let shown = file.strip_prefix(workspace()).unwrap();
            wrong.extend(offenders(shown, &text).iter().map(ToString::to_string));
        }
    }
    assert!(wrong.is_empty(), "the documentation breaks a rule:\n{RULES}\n\n{}", wrong.join("\n"));
}

/// Returns the folders of the crates that are published.
fn published() -> Vec<PathBuf> {
    let others = fs::read_dir(workspace().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = others.filter(|path| path.join("Cargo.toml").exists()).collect();
    folders.extend(["macros", "runtime"].map(|name| workspace().join(name)));
    folders.sort();
    folders
}

/// Collects the source files in a folder, except for those of tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let is_for_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_for_tests {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_for_tests {
            found.push(path);
        }
    }
}

/// A doc comment: where its first line is, and its lines.
#[derive(Default)]
struct Comment {
    line: usize,
    lines: Vec<String>,
}

impl Comment {
    /// Returns the first paragraph in one line, without the targets of links.
    fn summary(&self) -> String {
        let lines: Vec<&str> =
            self.lines.iter().map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
        without_targets(&lines.join(" "))
    }
}

/// Removes `(target)` and `[target]` behind the text of a link.
fn without_targets(text: &str) -> String {
    let mut short = String::new();
    let mut rest = text;
    while let Some(end) = rest.find("](").or_else(|| rest.find("][")) {
        short.push_str(&rest[..=end]);
        let closing = if rest[end + 1..].starts_with('(') { ')' } else { ']' };
        let target = &rest[end + 2..];
        rest = target.find(closing).map_or("", |at| &target[at + 1..]);
    }
    short + rest
}

/// Finds what breaks the rules in the text of a file.
fn offenders(file: &Path, text: &str) -> Vec<Offender> {
    let mut found = Vec::new();
    let mut comment = Comment::default();
    let mut module = Comment { line: 1, lines: Vec::new() };
    // The indentation of the tests that these lines are in.
    let mut skipped: Option<usize> = None;
    let mut is_in_attribute = false;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        let code = line.trim();
        if let Some(of) = skipped {
            skipped = Some(of).filter(|of| !(indent == *of && code.starts_with('}')));
            continue;
        }
        if let Some(said) = code.strip_prefix("//!") {
            module.lines.push(said.to_owned());
            continue;
        }
        if let Some(said) = code.strip_prefix("///") {
            if comment.lines.is_empty() {
                comment.line = number + 1;
            }
            comment.lines.push(said.to_owned());
            continue;
        }
        if code.starts_with("#[cfg(test)]")
            && lines.peek().is_some_and(|(_, next)| next.trim().ends_with('{'))
        {
            skipped = Some(indent);
            continue;
        }
        if is_in_attribute {
            is_in_attribute = !(code.starts_with(')') && code.ends_with(']'));
            continue;
        }
        if code.starts_with("#[") {
            is_in_attribute = code.ends_with('(');
            continue;
        }
        if code.starts_with("//") || (code.is_empty() && !comment.lines.is_empty()) {
            continue;
        }
        if !comment.lines.is_empty() {
            found.extend(of_summary(file, &comment, kind_of(code)));
            found.extend(timings(file, &comment));
        }
        comment = Comment::default();
    }
    if !module.lines.is_empty() {
        found.extend(of_summary(file, &module, Kind::Other));
    }
    found.extend(timings(file, &module));
    found
}

/// Returns what the line declares.
fn kind_of(code: &str) -> Kind {
    const QUALIFIERS: &[&str] = &["default", "const", "async", "unsafe", "extern", "\"C\""];
    let restricted = code.strip_prefix("pub(").and_then(|code| code.split_once(')'));
    let declared = restricted.map_or_else(|| code.trim_start_matches("pub "), |(_, declared)| declared);
    let word = declared.split_whitespace().find(|word| !QUALIFIERS.contains(word));
    if word == Some("fn") || code.starts_with("macro_rules!") { Kind::Function } else { Kind::Other }
}

fn of_summary(file: &Path, comment: &Comment, kind: Kind) -> Option<Offender> {
    let summary = comment.summary();
    if EXCEPTIONS.contains(&&*summary) {
        return None;
    }
    let first = summary.split([' ', ',', '.', ':', ';', '\'', '’']).next().unwrap_or_default();
    let rule = if summary.chars().count() > LONGEST {
        "the summary is too long"
    } else if kind == Kind::Function && !is_verb(first) {
        "the summary begins with no verb"
    } else if kind == Kind::Other && NO_NOUNS.contains(&first) {
        "the summary begins with neither a verb nor a noun"
    } else {
        return None;
    };
    Some(Offender { file: file.to_owned(), line: comment.line, rule, text: summary })
}

/// Returns whether a word looks like a verb in the third person.
fn is_verb(word: &str) -> bool {
    let ends = word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us");
    ends && word.starts_with(char::is_uppercase) && !NO_VERBS.contains(&word)
}

/// Finds figures in nanoseconds and microseconds, outside of examples.
fn timings(file: &Path, comment: &Comment) -> Vec<Offender> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (at, line) in comment.lines.iter().enumerate() {
        if line.trim().starts_with("```") {
            in_code = !in_code;
        } else if !in_code && has_timing(line) {
            let (line, text) = (comment.line + at, line.trim().to_owned());
            found.push(Offender { file: file.to_owned(), line, rule: "it has a timing", text });
        }
    }
    found
}

fn has_timing(line: &str) -> bool {
    const UNITS: &[&str] = &["ns", "µs", "nanosecond", "nanoseconds", "microsecond", "microseconds"];
    // Text in backticks is an example, and not a figure.
    let text = line.split('`').step_by(2).collect::<Vec<_>>().join("");
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    let is_figure = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let with_unit = |word: &str| {
        let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
        is_figure(word) && UNITS.contains(&unit)
    };
    words.iter().any(|word| with_unit(word))
        || words.windows(2).any(|pair| is_figure(pair[0]) && UNITS.contains(&pair[1]))
}

mod check {
    use super::*;

    fn rules(text: &str) -> Vec<(usize, &'static str)> {
        let found = offenders(Path::new("lib.rs"), text);
        found.iter().map(|offender| (offender.line, offender.rule)).collect()
    }

    const NO_VERB: &str = "the summary begins with no verb";
    const NO_NOUN: &str = "the summary begins with neither a verb nor a noun";

    #[test]
    fn a_function_begins_with_a_verb() {
        assert_eq!(rules("/// Returns it.\npub fn a() {}\n"), []);
        assert_eq!(rules("/// The sum.\npub const fn a() {}\n"), [(1, NO_VERB)]);
        assert_eq!(rules("/// Spans that are open.\n#[must_use]\npub async fn a() {}\n"), [(1, NO_VERB)]);
        assert_eq!(rules("/// As `a`.\nfn b() {}\n"), [(1, NO_VERB)]);
        assert_eq!(
            rules("/// The sum.\n#[expect(\n    dead_code,\n    reason = \"it is\"\n)]\nfn a() {}\n"),
            [(1, NO_VERB)]
        );
        assert_eq!(rules("/// The sum.\nextern \"C\" fn a() {}\n"), [(1, NO_VERB)]);
        assert_eq!(
            rules("/// The sum.\npub(in crate::c) fn a() {}\n/// The sum.\nfn b() {}\n"),
            [(1, NO_VERB), (3, NO_VERB)]
        );
        assert_eq!(
            rules("/// The sum.\n#[macro_export]\nmacro_rules! a {}\n/// Adds.\nmacro_rules! b {}\n"),
            [(1, NO_VERB)]
        );
    }

    #[test]
    fn a_type_may_begin_with_a_noun_phrase() {
        assert_eq!(
            rules("//! A crate.\n/// The sum.\npub struct A {\n    /// A count.\n    pub b: u8,\n}\n"),
            []
        );
        assert_eq!(
            rules("//! What it is.\n\n/// Who knows.\npub type A = u8;\n"),
            [(3, NO_NOUN), (1, NO_NOUN)]
        );
    }

    #[test]
    fn members_count_and_functions_among_them() {
        let text = "/// A trait.\npub trait A {\n    /// The sum.\n    fn a();\n}\n/// An enum.\nenum B {\n    /// What.\n    C,\n}\n";
        assert_eq!(rules(text), [(3, NO_VERB), (8, NO_NOUN)]);
        let field = "struct A {\n    /// The function to call.\n    pub(crate) b: fn(u8) -> u8,\n}\n";
        assert_eq!(rules(field), []);
    }

    #[test]
    fn tests_do_not_count() {
        assert_eq!(rules("#[cfg(test)]\nmod tests {\n    /// The sum.\n    pub fn a() {}\n}\n"), []);
    }

    #[test]
    fn a_summary_is_the_first_paragraph_and_links_have_no_length() {
        let long = "x".repeat(100);
        let link = format!(
            "/// Returns [this]({long}) and\n/// [that][{long}].\n///\n/// {long} {long}\npub fn a() {{}}\n"
        );
        assert_eq!(rules(&link), []);
        let text = format!("/// Returns\n/// {long}\n/// {long}\npub fn a() {{}}\n");
        assert_eq!(rules(&text), [(1, "the summary is too long")]);
    }

    #[test]
    fn timings_are_found_and_units_are_not() {
        for wrong in ["takes 5 ns.", "takes 1.5ns", "(30 µs)", "about 20 nanoseconds"] {
            assert_eq!(
                rules(&format!("/// {wrong}\nconst A: u8 = 1;\n")),
                [(1, "it has a timing")],
                "{wrong}"
            );
        }
        for right in [
            "Nanoseconds since 1970.",
            "returns nanoseconds",
            "5 spans",
            "such as `850 ns`",
            "```\n/// 5 ns\n/// ```",
        ] {
            assert_eq!(rules(&format!("/// {right}\nconst A: u8 = 1;\n")), [], "{right}");
        }
    }
}
