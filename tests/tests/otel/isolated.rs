//! A test in a process of its own.

use std::process::Command;

/// Runs `test` in a child process with these variables: the test that is named so, and nothing else.
pub(crate) fn isolated(name: &str, variables: &[(&str, &str)], test: impl FnOnce()) {
    const CHILD: &str = "TRACED_ACTOR_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return test();
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
        child.env_remove(variable);
    }
    let output =
        child.args(["--exact", name]).env(CHILD, name).envs(variables.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "the child did not find {name}: {said}");
}
