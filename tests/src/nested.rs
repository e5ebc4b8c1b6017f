//! Cargo within a test, so that it builds next to nothing.
//!
//! Cargo unites the features of the packages that it is asked to build. A test that asks for one package alone has tokio, serde and
//! the runtime built once more, with fewer features. Here every question is about the workspace's default members, as in
//! `cargo test` itself: what that has built is there, and nothing that it leaves out is built.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Returns the folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is in the workspace's folder")
}

/// Runs a command to its end. Returns what it has written, or all of that as one text if it failed.
///
/// # Errors
///
/// The command's standard output and standard error, when its status is not success.
pub fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    if output.status.success() {
        return Ok(output);
    }
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{command:?}\n{out}{error}"))
}

/// Builds the workspace's default members with these arguments of Cargo. Returns the artifacts, built now or before.
///
/// # Panics
///
/// When Cargo fails, with what it says.
pub fn build(subcommand: &str, arguments: &[&str]) -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args([subcommand, "--message-format", "json"]).args(arguments);
    let output = run(&mut cargo).unwrap_or_else(|said| panic!("{said}"));
    let messages = String::from_utf8(output.stdout).expect("JSON is text");
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .collect()
}

/// Builds an example, and returns its program.
///
/// # Panics
///
/// When Cargo fails, with what it says.
pub fn example(name: &str, features: &str) -> PathBuf {
    let artifacts = build("build", &["--example", name, "--features", features]);
    let program = artifacts.iter().find(|artifact| artifact["target"]["name"] == name);
    let program = program.and_then(|program| program["executable"].as_str());
    program.unwrap_or_else(|| panic!("Cargo names no program for the example {name}")).into()
}

/// The libraries that `cargo test` has built: a crate can be compiled with them, without Cargo.
#[derive(Debug)]
pub struct Libraries(HashMap<String, Vec<PathBuf>>);

impl Libraries {
    /// Builds the libraries of the workspace and all that they and their tests need.
    ///
    /// # Panics
    ///
    /// When Cargo fails, with what it says.
    pub fn build() -> Self {
        let mut found: HashMap<String, Vec<PathBuf>> = HashMap::new();
        for artifact in build("test", &["--lib", "--no-run"]) {
            let is_test = artifact["profile"]["test"] == true;
            let files = artifact["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let library =
                files.map(PathBuf::from).find(|file| file.extension().is_some_and(|it| it == "rlib"));
            if let (Some(library), Some(name), false) =
                (library, artifact["target"]["name"].as_str(), is_test)
            {
                found.entry(name.replace('-', "_")).or_default().push(library);
            }
        }
        Self(found)
    }

    /// Adds the arguments by which rustc finds a library that the crate calls `known_as`.
    ///
    /// # Panics
    ///
    /// When there is not exactly one library of that name.
    pub fn add(&self, compiler: &mut Command, known_as: &str, library: &str) {
        let [file] = self.0.get(library).map_or(&[][..], Vec::as_slice) else {
            panic!("not one library {library}: {:?}", self.0.get(library));
        };
        let folder = file.parent().expect("a library is in a folder");
        compiler.arg("--extern").arg(format!("{known_as}={}", file.display()));
        compiler.arg("-L").arg(format!("dependency={}", folder.display()));
    }
}
