//! Makes each run in a separate process, so that its memory and counters are separate, and reads the system's data of a
//! process.

use std::fs;
use std::process::Command;

use crate::measure::{Measured, Run};
use crate::world;

/// The environment variable with the run of a child process.
pub(crate) const CHILD: &str = "TRACED_ACTOR_SCALE_RUN";

/// Makes a run in a separate process.
pub(crate) fn run(run: &Run) -> Result<Measured, String> {
    let this = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let output = Command::new(this).env(CHILD, run.to_string()).output();
    let output = output.map_err(|error| format!("could not start a process: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("{run}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    said.trim().parse()
}

/// Makes a run in this process, and prints the measurements.
pub(crate) fn child(run: &str) -> Result<(), String> {
    println!("{}", world::run(&run.parse()?)?);
    Ok(())
}

/// Returns the resident memory of this process, in bytes.
pub(crate) fn resident() -> Result<f64, String> {
    let status = read("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("");
    let kilobytes: f64 =
        line.trim().trim_end_matches(" kB").parse().map_err(|error| format!("{line:?}: {error}"))?;
    Ok(kilobytes * 1024.0)
}

/// Returns the CPU time of this thread, in seconds.
pub(crate) fn cpu_of_this_thread() -> Result<f64, String> {
    cpu_of("/proc/thread-self/schedstat")
}

/// Returns the CPU time of all other threads of this process, in seconds.
pub(crate) fn cpu_of_other_threads() -> Result<f64, String> {
    let tasks = fs::read_dir("/proc/self/task").map_err(|error| format!("/proc/self/task: {error}"))?;
    // A thread that ends meanwhile is not counted.
    let all =
        tasks.flatten().filter_map(|task| cpu_of(&task.path().join("schedstat").display().to_string()).ok());
    Ok((all.sum::<f64>() - cpu_of_this_thread()?).max(0.0))
}

/// Returns the CPU time from a file of the system: its first field, in nanoseconds.
fn cpu_of(path: &str) -> Result<f64, String> {
    let text = read(path)?;
    let nanos: f64 =
        text.split(' ').next().unwrap_or("").parse().map_err(|error| format!("{path}: {error}"))?;
    Ok(nanos / 1e9)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error} (it is Linux's)"))
}
