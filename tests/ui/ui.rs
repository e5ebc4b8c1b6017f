//! Checks that each wrong use is an error at the wrong token, and that the error says what to write.
//!
//! The files in the folders beside this one are named after the mistake. `TRYBUILD=overwrite cargo test --test ui` writes the
//! compiler's output into them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler whose output the `.stderr` files have.
const RUSTC: &str = "rustc 1.95.0";

fn cases() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for area in fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let Ok(cases) = fs::read_dir(area.unwrap().path()) else { continue };
        for case in cases {
            let path = case.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Returns the recorded output of the compiler; empty if it was never recorded.
fn stderr(case: &Path) -> String {
    fs::read_to_string(case.with_extension("stderr")).unwrap_or_default()
}

fn is_the_rustc() -> bool {
    let rustc = |argument: &str| {
        let output = Command::new("rustc").arg(argument).output().expect("rustc runs, since it built this");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let sources = Path::new(&rustc("--print=sysroot")).join("lib/rustlib/src");
    rustc("--version").starts_with(RUSTC) && !sources.exists()
}

/// Compares each case with the output of any compiler. If another compiler uses other words, the test fails and prints the reason.
#[test]
fn wrong_uses_are_explained() {
    let cases = cases();
    assert!(cases.len() >= 40);
    if !is_the_rustc() {
        eprintln!(
            "the cases have the words of {RUSTC} without the component rust-src; this is another compiler"
        );
    }
    let tests = trybuild::TestCases::new();
    for case in cases {
        // Relative, or the line and the column are left out of what is compared.
        tests.compile_fail(case.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap());
    }
}

/// Checks that the annotated item still exists after an error of the macro, so that nothing else is an error.
#[test]
fn the_fallback_leaves_exactly_one_error() {
    let survivors: Vec<_> =
        cases().into_iter().filter(|case| case.parent().unwrap().ends_with("fallback")).collect();
    assert!(survivors.len() >= 3);
    for case in survivors {
        let stderr = stderr(&case);
        let errors = stderr.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "{}:\n{stderr}", case.display());
    }
}
