//! Targets of 32 bits are refused with a reason.
//!
//! Their standard library is not installed everywhere. So the lines of the runtime that refuse them are compiled alone,
//! in a crate without a core library, which the compiler allows itself only.

use std::fs;
use std::path::Path;
use std::process::Command;

use traced_actor_tests::nested::workspace;

/// The attribute before the error, which names what is refused.
const REFUSED: &str = "#[cfg(not(target_pointer_width = \"64\"))]";

/// Returns what the compiler says about these lines for a target, or `None` if it accepts them.
fn refusal(file: &Path, target: &str) -> Option<String> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut compile = Command::new(compiler);
    compile.args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--target", target]);
    compile.arg(file).arg("-o").arg(file.with_extension("rmeta")).env("RUSTC_BOOTSTRAP", "1");
    match compile.output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn a_target_of_32_bits_is_refused_with_a_reason() {
    let runtime = fs::read_to_string(workspace().join("runtime/src/lib.rs")).expect("a text");
    let (_, behind) = runtime.split_once(REFUSED).expect("the runtime refuses other targets");
    let (error, _) = behind.split_once(");").expect("the error ends");
    assert!(error.trim_start().starts_with("compile_error!("), "{error}");

    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("targets_of_32_bits.rs");
    let alone = format!(
        "#![feature(no_core, rustc_attrs)]\n#![no_core]\n#![allow(internal_features, unused_macros)]\n\
         #[rustc_builtin_macro]\nmacro_rules! compile_error {{ ($text:expr $(,)?) => {{}}; }}\n\
         {REFUSED}{error});\n"
    );
    fs::write(&file, alone).expect("the file can be written");
    if let Some(error) = refusal(&file, "x86_64-unknown-linux-gnu") {
        eprintln!("skipped: this compiler does not compile without a core library: {error}");
        return;
    }
    assert_eq!(refusal(&file, "aarch64-apple-darwin"), None);
    for target in ["i686-unknown-linux-gnu", "wasm32-unknown-unknown", "armv7-unknown-linux-gnueabihf"] {
        let refusal = refusal(&file, target).unwrap_or_else(|| panic!("{target} is accepted"));
        assert!(
            refusal.contains(
                "error: traced-actor is for targets of 64 bits: a queued message carries its context in one word of \
                 eight bytes"
            ),
            "{target}: {refusal}"
        );
    }
}
