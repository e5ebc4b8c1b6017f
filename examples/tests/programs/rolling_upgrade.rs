//! Runs the rolling upgrade as its users do, with each codec, and checks that its old release uses nothing of this
//! crate.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

/// The nodes wait for most of the time, so the runs take place side by side.
#[test]
fn nothing_is_lost_with_any_codec() {
    thread::scope(|scope| {
        for codec in ["json", "postcard", "msgpack"] {
            scope.spawn(move || proves(codec));
        }
    });
}

/// Nodes that send envelopes to everybody at once make the run fail, so the run would notice an error.
#[test]
fn a_naive_fleet_is_caught() {
    for codec in ["json", "postcard", "msgpack"] {
        let output = run(&["--naive", codec]);
        assert!(!output.status.success());
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.starts_with(&format!("rolling_upgrade: NOT proven with {codec}: node "))
                && message.contains(" (Old) could not read or write: "),
            "{message}"
        );
    }
}

/// After `kill -9`, messages that were received and not handled are lost. Messages that were handled and not answered
/// arrive twice, and with ids none is handled twice. A drain that cannot succeed ends.
#[test]
fn a_crash_does_what_the_documentation_says() {
    let output = run(&["--crash", "postcard"]);
    let report = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{report}{errors}");
    let row = |name: &str| -> Vec<u64> {
        let line = report.lines().find_map(|line| line.trim_start().strip_prefix(name)).unwrap();
        line.split_whitespace().map(|number| number.parse().unwrap()).collect()
    };
    let [once, lost, _, twice, again] = row("nothing ")[..] else { panic!("{report}") };
    assert!(once > 100 && lost > 0 && twice > 0 && again == 0, "{report}");
    let [once, lost, _, twice, again] = row("ids ")[..] else { panic!("{report}") };
    assert!(once > 100 && lost > 0 && twice == 0 && again > 0, "{report}");
    assert!(report.contains("ended at its deadline, and named "), "{report}");
}

#[test]
fn an_unknown_codec_is_a_failure() {
    let output = run(&["xml"]);
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("rolling_upgrade: usage: "));
}

/// The "old" release does not use this crate, directly or indirectly.
#[test]
fn the_old_release_uses_nothing_of_this_crate() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rolling_upgrade");
    let mut files = vec![folder.join("old.rs")];
    files.extend(fs::read_dir(folder.join("node")).unwrap().map(|entry| entry.unwrap().path()));
    let mut used = BTreeSet::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            assert!(!line.contains("traced"), "{}: {line}", file.display());
            for (start, _) in line.match_indices("crate::") {
                let path = line[start..].trim_start_matches("crate::");
                used.insert(path.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned());
            }
        }
    }
    assert_eq!(
        used,
        BTreeSet::from(["node".to_owned()]),
        "of this program, the old release uses only `node`"
    );
}

// ===== running it =====

/// Checks that a run with one codec succeeds, and that its table shows all phases and the fleet in all states.
fn proves(codec: &str) {
    let output = run(&[codec]);
    let report = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{report}{errors}");

    let rows: Vec<(&str, &str)> = report
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
        .filter(|(nodes, _)| nodes.len() == 8 && nodes.chars().all(|node| "oN-".contains(node)))
        .collect();
    let new = |nodes: &str| nodes.matches('N').count();
    let sizes: Vec<usize> = rows.iter().map(|(nodes, _)| new(nodes)).collect();
    let mut steps = sizes.clone();
    steps.dedup();
    let up = 0..=8;
    let expected: Vec<usize> = up.clone().chain((0..8).rev()).chain(1..=8).chain([0]).collect();
    assert_eq!(steps, expected, "one by one, there and back, and there again: {report}");

    for (phase, new_nodes) in [("per-peer 25 ", 4), ("per-peer 100 ", 4), ("require ", 8)] {
        let reached = rows.iter().any(|(nodes, row)| new(nodes) == new_nodes && row.starts_with(phase));
        assert!(reached, "{phase}: {report}");
    }
    let failed = report.lines().find(|line| line.contains("failed")).unwrap();
    let column = failed.find("failed").unwrap() + "failed".len();
    for line in
        report.lines().filter(|line| rows.iter().any(|(nodes, _)| line.starts_with(&format!("  {nodes}"))))
    {
        let failed = line[..column].split(' ').next_back().unwrap();
        assert_eq!(failed, "0", "{line}");
    }
    assert!(report.contains(&format!("\n{codec}: ")) && report.contains("restarted 24 times"), "{report}");
}

fn run(arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).env_remove("OTEL_TRACES_SAMPLER").output().unwrap()
}

/// `target/<profile>/examples/rolling_upgrade`, which `cargo test` builds; this test is in `target/<profile>/deps`.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let name = format!("rolling_upgrade{}", std::env::consts::EXE_SUFFIX);
    let binary = profile.join("examples").join(name);
    assert!(
        binary.exists(),
        "{} is missing: `cargo build --example rolling_upgrade` makes it",
        binary.display()
    );
    binary
}
