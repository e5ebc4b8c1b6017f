//! A profiler finds the contexts by a symbol of the executable, which the linker does not export by itself. A program needs the same line, for
//! its binaries (`rustc-link-arg-bins`). Here it is for the tests.

fn main() {
    let has = |name| std::env::var_os(name).is_some();
    let is_linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    if has("CARGO_FEATURE_THREAD_CONTEXT") && is_linux {
        println!("cargo:rustc-link-arg-tests=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
