//! Tests of the example, run as a reader runs it, with its real servers: the tree that it prints, and the end of its
//! processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_traced-actor-example-chain");

/// Runs the example. Returns `None` if a server is not installed, unless `REQUIRE_BROKERS` is set: then the example
/// fails.
fn run(arguments: &[&str]) -> Option<(String, String)> {
    let Output { status, stdout, stderr } = Command::new(PROGRAM).args(arguments).output().unwrap();
    let (text, problems) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    if !status.success()
        && problems.contains("skipped: needs")
        && std::env::var_os("REQUIRE_BROKERS").is_none()
    {
        eprintln!("{problems}");
        return None;
    }
    assert!(status.success(), "{text}{problems}");
    Some((text, problems))
}

/// Returns the sections of the report, each without its heading.
fn sections(text: &str) -> Vec<&str> {
    text.split("## ").skip(1).map(|section| section.split_once("\n\n").unwrap().1).collect()
}

/// Reads a waterfall: the depth, the name and the process of each span.
fn tree(waterfall: &str) -> Vec<(usize, String, String)> {
    let mut spans: Vec<(usize, String, String)> = Vec::new();
    let rows = waterfall.lines().skip_while(|line| !line.contains("handled")).skip(1);
    for row in rows.take_while(|row| !row.is_empty()) {
        let rest = row.trim_start_matches([' ', '│', '├', '└', '─']);
        let depth = (row.chars().count() - rest.chars().count()) / 3;
        match rest.split_once("node=") {
            Some((_, node)) => spans.last_mut().unwrap().2.push_str(node.split(' ').next().unwrap()),
            None => spans.push((depth, rest.split("  ").next().unwrap().to_owned(), String::new())),
        }
    }
    spans
}

/// Returns the tree of a whole trace, which begins at this client.
fn whole(client: &str) -> Vec<(usize, String, String)> {
    let root = if client == "browser" { "page/post" } else { "client/post" };
    let expected = [
        (0, root, client),
        (1, "gateway/message", "gateway"),
        (2, "Room/Post", "gateway"),
        (3, "send posts", "gateway"),
        (4, "process posts", "consumer"),
        (5, "sqlx.execute", "consumer"),
        (5, "POST", "consumer"),
        (6, "POST /push", "push"),
        (5, "commit posts", "consumer"),
    ];
    expected.map(|(depth, name, node)| (depth, name.to_owned(), node.to_owned())).into()
}

fn total(text: &str, name: &str) -> String {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
}

fn is_here(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(program).is_file())
}

#[test]
fn a_post_is_one_trace_from_the_browser_to_the_push_service() {
    let Some((text, problems)) = run(&[]) else { return };
    let client = if problems.contains("needs chromium") { "client" } else { "browser" };
    let shown = sections(&text);
    assert_eq!(shown[0].matches("trace ").count(), 1, "{text}");
    assert_eq!(tree(shown[0]), whole(client), "{text}");
    assert!(shown[0].contains("db.query.text=INSERT INTO posts"), "{text}");
    assert_eq!(total(&text, "posts "), "3 sent, 3 stored, 3 pushed");
    assert_eq!(total(&text, "traces "), "3 of posts, 3 of them from end to end");
}

/// `grep` finds the log lines of each process by the trace id at the head of the waterfall.
#[test]
fn each_process_s_log_lines_are_found_by_the_id_of_the_trace() {
    let logs = std::env::temp_dir().join(format!("traced-actor-chain-logs-{}", std::process::id()));
    let found = run(&["--client", "plain", "--kafka", "mock", "--logs", logs.to_str().unwrap()]);
    let Some((text, _)) = found else { return };
    let shown = sections(&text);
    assert_eq!(tree(shown[0]), whole("client"), "{text}");
    let trace = shown[0].strip_prefix("trace ").unwrap().split(' ').next().unwrap();
    for (process, words) in [
        ("client", "posted post=3"),
        ("gateway", "sent to Kafka post=3"),
        ("consumer", "archived post=3"),
        ("push", "pushed post=3"),
    ] {
        let log = fs::read_to_string(logs.join(format!("{process}.log"))).unwrap();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(trace)).collect();
        assert_eq!(lines.len(), 1, "{process}: {log}");
        assert!(lines[0].contains("span_id=") && lines[0].ends_with(words), "{process}: {log}");
        assert!(shown[1].contains(&format!("{process}.log: {}", lines[0])), "{text}");
    }
    fs::remove_dir_all(logs).unwrap();
}

#[test]
fn the_slow_hop_is_where_the_waterfall_says() {
    for (slow, hop) in [("db", "sqlx.execute of consumer"), ("push", "POST /push of push")] {
        let Some((text, _)) = run(&["--client", "plain", "--slow", slow]) else { return };
        assert_eq!(tree(sections(&text)[0]), whole("client"), "{text}");
        let said = total(&text, "The most time was spent in ");
        let (place, time) = said.split_once(": ").unwrap();
        assert_eq!(place, hop, "{text}");
        let millis: u64 = time.strip_suffix(" ms.").unwrap().parse().unwrap();
        assert!(millis >= 1500, "{text}");
    }
}

/// The consumer in the middle of the chain is an old release first, and is replaced later.
#[test]
fn an_old_consumer_cuts_the_traces_and_loses_nothing() {
    let Some((text, _)) = run(&["--old-consumer", "--client", "plain"]) else { return };
    let shown = sections(&text);
    let all = whole("client");
    assert_eq!(tree(shown[0]), all[..4], "cut in Kafka: {text}");
    assert_eq!(tree(shown[1]), [(0, "POST /push".to_owned(), "push".to_owned())], "{text}");
    assert_eq!(tree(shown[2]), all, "as soon as the new one is there: {text}");
    assert_eq!(total(&text, "posts "), "6 sent, 6 stored, 6 pushed");
    assert_eq!(total(&text, "traces "), "6 of posts, 3 of them from end to end");
}

/// Returns the processes whose command line, environment or current folder has this text.
fn processes(text: &str) -> Vec<String> {
    let has = |folder: &Path| {
        let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
        let all = [read("cmdline"), b" ".to_vec(), read("environ")].concat();
        let place = fs::read_link(folder.join("cwd")).unwrap_or_default();
        let all = format!("{} {}", String::from_utf8_lossy(&all).replace('\0', " "), place.display());
        all.contains(text).then_some(all)
    };
    let all = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let numbers =
        all.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().parse::<u32>().is_ok()));
    numbers.filter_map(|path: PathBuf| has(&path)).collect()
}

fn wait_until(what: &str, is: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A killed process cannot clean up, and an interrupted one does not. Their children still end.
#[test]
fn nothing_is_left_of_a_chain_that_is_killed_or_interrupted() {
    if !is_here("sh") || !Path::new("/proc").is_dir() || run(&["--client", "plain"]).is_none() {
        return;
    }
    for signal in ["KILL", "INT", "TERM"] {
        // Tests that run in the background of a shell ignore interrupts, and the child would inherit that.
        let mut story = Command::new("env");
        story.args(["--default-signal=INT", PROGRAM, "--client", "plain", "--slow", "db"]);
        let mut story = story.spawn().unwrap();
        let folders = format!("traced-actor-broker-{}-", story.id());
        // The last process that starts and keeps running.
        let consumer = || processes(&folders).iter().any(|process| process.contains("CHAIN_ROLE=consumer"));
        wait_until("the consumer runs", consumer);
        assert!(processes(&folders).iter().any(|process| process.contains("postgres")));
        let sent = Command::new("kill").args([&format!("-{signal}"), &story.id().to_string()]).status();
        assert!(sent.unwrap().success());
        assert!(!story.wait().unwrap().success(), "{signal}");
        wait_until("no process is left", || processes(&folders).is_empty());
        let is_ours = |name: std::ffi::OsString| name.to_string_lossy().starts_with(&folders);
        wait_until("no folder is left", || {
            !fs::read_dir(std::env::temp_dir()).unwrap().any(|entry| is_ours(entry.unwrap().file_name()))
        });
    }
}
