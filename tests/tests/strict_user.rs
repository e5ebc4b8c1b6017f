//! The strict user's crate (`tests/user`) under every combination of its features, and under clippy; and a sloppy one
//! (`tests/lints`), in which clippy finds the same with the attribute and without. `tests/reshape` has an attribute that
//! changes the shape of a message, and actors that handle such messages.
//!
//! The compiler is called without Cargo, which would build every dependency once more for each (see `nested`).

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use traced_actor_tests::nested::{Libraries, run, workspace};

static LIBRARIES: LazyLock<Libraries> = LazyLock::new(Libraries::build);

/// A crate of this folder, as Cargo compiles it.
struct Crate {
    folder: &'static str,
    name: &'static str,
    /// Its dependencies: the name that it uses, and the crate.
    dependencies: &'static [(&'static str, &'static str)],
    features: &'static [&'static str],
}

const USER: Crate = Crate {
    folder: "tests/user",
    name: "traced_actor_user",
    dependencies: &[("ta", "traced_actor"), ("sd", "serde"), ("tokio", "tokio")],
    features: &["first", "last"],
};

const LINTS: Crate = Crate {
    folder: "tests/lints",
    name: "traced_actor_lints",
    dependencies: &[
        ("traced_actor", "traced_actor"),
        ("traced_actor_channels", "traced_actor_channels"),
        ("tokio", "tokio"),
    ],
    features: &["traced"],
};

impl Crate {
    /// A compiler with the arguments that Cargo gives it for this crate and these of its features.
    fn command(&self, compiler: &str, features: &[&str]) -> Command {
        self.command_of("2024", compiler, features)
    }

    /// The same in this edition.
    fn command_of(&self, edition: &str, compiler: &str, features: &[&str]) -> Command {
        let mut command = Command::new(compiler);
        let folder = workspace().join(self.folder);
        command.current_dir(&folder).env("CARGO_MANIFEST_DIR", &folder).env("CARGO_CRATE_NAME", self.name);
        command.args(["src/lib.rs", "--edition", edition, "--crate-name", self.name]);
        let known: Vec<String> = self.features.iter().map(|feature| format!("{feature:?}")).collect();
        command.args(["--check-cfg", "cfg(docsrs,test)"]);
        command.args(["--check-cfg", &format!("cfg(feature, values({}))", known.join(", "))]);
        for feature in features {
            command.args(["--cfg", &format!("feature={feature:?}")]);
        }
        for (known_as, library) in self.dependencies {
            LIBRARIES.add(&mut command, known_as, library);
        }
        command
    }
}

/// Returns the directory for the compiler's output.
fn output(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Compiles the strict user's crate with its tests, and runs them.
fn run_user(edition: &str, features: &[&str]) {
    let program = output(&format!("user{edition}{}", features.concat()));
    let mut rustc = USER.command_of(edition, "rustc", features);
    rustc.args(["--test", "-o"]).arg(&program);
    run(&mut rustc).unwrap_or_else(|said| panic!("{said}"));
    let ran = run(&mut Command::new(program)).unwrap_or_else(|said| panic!("{features:?}: {said}"));
    let ran = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.contains("test result: ok.") && !ran.contains("running 0 tests"), "{features:?}: {ran}");
}

#[test]
fn variants_that_features_switch_work_in_every_combination() {
    for features in [&[][..], &["first"], &["last"], &["first", "last"]] {
        run_user("2024", features);
    }
}

/// Macro fragments, captures of `impl Trait` and the scopes of temporaries differ between the editions.
#[test]
fn the_crate_works_in_the_earlier_editions() {
    for edition in ["2018", "2021"] {
        run_user(edition, USER.features);
    }
}

fn has_clippy() -> bool {
    let has =
        Command::new("clippy-driver").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has {
        println!("skipped: clippy is not installed");
    }
    has
}

/// `clippy::pedantic`, `clippy::nursery` and a list of rustc's lints are denied in that crate.
#[test]
fn nothing_generated_offends_clippy() {
    if !has_clippy() {
        return;
    }
    for kind in [&["--crate-type", "lib"][..], &["--test"]] {
        let mut clippy = USER.command("clippy-driver", USER.features);
        clippy.args(kind).args(["--emit", "metadata", "-o"]).arg(output("user.rmeta"));
        run(&mut clippy).unwrap_or_else(|said| panic!("{said}"));
    }
}

/// Everything that rustc and clippy have against the sloppy crate: the lint, and the line.
fn lints(features: &[&str]) -> BTreeSet<String> {
    let mut clippy = LINTS.command("clippy-driver", features);
    clippy.args(["--crate-type", "lib", "--error-format", "json", "--emit", "metadata", "-o"]);
    clippy.arg(output(&format!("lints{}.rmeta", features.concat())));
    clippy
        .args(["--check-cfg", "cfg(lints)", "--cfg", "lints", "-W", "clippy::restriction"])
        .args(["-A", "clippy::blanket_clippy_restriction_lints"])
        .args(["-W", "clippy::pedantic", "-W", "clippy::nursery", "-W", "clippy::cargo"])
        .args(["-W", "missing_docs", "-W", "unreachable_pub", "-W", "unused_qualifications"])
        .args(["-W", "single_use_lifetimes", "-W", "elided_lifetimes_in_paths", "-W", "let_underscore_drop"]);
    let said = run(&mut clippy).unwrap_or_else(|said| panic!("{said}"));
    let messages = String::from_utf8(said.stderr).expect("JSON is text");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| {
            let spans = message["spans"].as_array()?;
            let primary = spans.iter().find(|span| span["is_primary"] == true)?;
            Some(format!("{} line {}", message["code"]["code"].as_str()?, primary["line_start"]))
        })
        .collect()
}

/// No lint fires in generated code, including those of `clippy::restriction`, and none is suppressed.
#[test]
fn lints_see_the_users_code_as_if_the_attribute_were_not_there() {
    if !has_clippy() {
        return;
    }
    let (without, with) = (lints(&[]), lints(&["traced"]));
    assert!(without.len() > 40, "{without:#?}");
    let added: Vec<_> = with.difference(&without).collect();
    let swallowed: Vec<_> = without.difference(&with).collect();
    assert!(added.is_empty() && swallowed.is_empty(), "added {added:#?}\nswallowed {swallowed:#?}");
}

/// Checks that the generated code of a message fits the shape that another attribute gives it.
#[test]
fn an_attribute_below_may_change_the_shape_of_a_message() {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};

    let folder = workspace().join("tests/reshape");
    let attribute = output(&format!("{DLL_PREFIX}reshape{DLL_SUFFIX}"));
    let mut rustc = Command::new("rustc");
    rustc.current_dir(&folder).args(["attribute.rs", "--edition", "2024", "--crate-name", "reshape"]);
    rustc.args(["--crate-type", "proc-macro", "--extern", "proc_macro", "-o"]).arg(&attribute);
    run(&mut rustc).unwrap_or_else(|said| panic!("{said}"));

    let program = output("reshaped");
    let mut rustc = Command::new("rustc");
    rustc.current_dir(&folder).args(["actors.rs", "--edition", "2024", "--crate-name", "reshaped", "--test"]);
    rustc.arg("--extern").arg(format!("reshape={}", attribute.display())).arg("-o").arg(&program);
    for library in ["tokio", "traced_actor"] {
        LIBRARIES.add(&mut rustc, library, library);
    }
    run(&mut rustc).unwrap_or_else(|said| panic!("{said}"));
    let ran = run(&mut Command::new(program)).unwrap_or_else(|said| panic!("{said}"));
    let ran = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.contains("test result: ok. 1 passed"), "{ran}");
}
