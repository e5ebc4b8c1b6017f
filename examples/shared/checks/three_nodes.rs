//! Checks the output of each framework's example, run as a reader runs it: five processes.

use std::process::Command;

/// Returns the node in a line of the waterfall.
fn node(line: &str) -> Option<&str> {
    line.split_once("node=")?.1.split(' ').next()
}

/// Runs the example, and checks its output.
pub(crate) fn check(program: &str) {
    let output = Command::new(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));

    // Each waterfall is one trace: it has one heading, and the spans below it are nested.
    let waterfalls: Vec<&str> = text.split("## ").skip(1).take(3).collect();
    for (at, nodes) in [
        (0, ["gateway", "guild"].into_iter().chain(["session.1"; 10]).collect::<Vec<_>>()),
        (1, vec!["gateway", "guild"]),
        (2, vec!["gateway", "guild", "session.2"]),
    ] {
        assert_eq!(waterfalls[at].matches("\ntrace ").count(), 1, "{text}");
        assert_eq!(waterfalls[at].lines().filter_map(node).collect::<Vec<_>>(), nodes, "{text}");
    }
    assert!(waterfalls[0].contains("fan-out: 10 of 100 kept"), "{text}");

    // For these figures of the log, see `examples/data/README.md`.
    let line = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
    };
    assert_eq!(line("lines"), "2152 handled, 7 malformed");
    assert_eq!(line("traces"), "2152, 0 of them begun by the guild or a session");
    assert!(line("deliveries").ends_with("sent since the restart, all of them seen"), "{text}");
}
