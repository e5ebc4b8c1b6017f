//! A test in a separate process: for what belongs to the process, such as its recorder and its environment.

use std::process::Command;

/// Marks a child.
const CHILD: &str = "TRACED_ACTOR_TEST_CHILD";

/// Runs `test` in a child process with these variables: the test that is named so, and nothing else.
///
/// The name is that of the function, where no other begins so in the program, or the whole one with its modules.
///
/// # Panics
///
/// When the test fails, with what the child has written, or when no test or another one has the name.
pub fn isolated(name: &str, variables: &[(&str, &str)], test: impl FnOnce()) {
    if !ran_in_child(name, variables) {
        test();
    }
}

/// Runs the test that calls this, whose name it is, in a child process as [`isolated`] does. Returns whether it did: the
/// caller returns, and goes on in the child.
///
/// # Panics
///
/// As [`isolated`].
pub fn ran_in_child(name: &str, variables: &[(&str, &str)]) -> bool {
    if is_child() {
        return false;
    }
    let output = child(name).envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "the child did not find {name}: {said}");
    true
}

/// Returns whether this process is a child.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Returns the command that runs a test in a child process, whose name is as for [`isolated`]. OpenTelemetry's variables are not the child's.
///
/// # Panics
///
/// When the system does not say where this program is.
pub fn child(name: &str) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    without_otel(&mut child);
    if name.contains("::") {
        child.args(["--exact", name]);
    } else {
        child.arg(format!("::{name}"));
    }
    child.env(CHILD, name);
    child
}

/// Leaves nothing of OpenTelemetry in the environment of a command but what it was given.
pub fn without_otel(command: &mut Command) {
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
        let is_given = command.get_envs().any(|(name, value)| name == variable && value.is_some());
        if !is_given {
            command.env_remove(variable);
        }
    }
}
