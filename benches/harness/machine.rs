//! The conditions of a result, apart from the code.

use std::process::Command;

/// Returns the processor's model, as the kernel names it.
#[must_use]
pub fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("a processor");
    model.trim_start_matches([' ', '\t', ':']).to_owned()
}

/// Returns the processor, its cores, the compiler, and the present load, in one line.
#[must_use]
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model = processor();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let rustc = Command::new(rustc).arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let rustc = rustc.unwrap_or_else(|_| "an unknown compiler".to_owned());
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("unknown");
    format!("{model}, {cores} cores, {rustc}, load average {load}")
}
