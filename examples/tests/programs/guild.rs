//! Runs the guild example as its users do, and compares its report with the log that it replays. The log is counted
//! here independently of the example's code.

use std::collections::{BTreeMap, HashMap};
use std::process::{Command, Output};

use serde_json::Value;

use super::support::{binary, section};

const LOG: &str = include_str!("../../data/events.jsonl");
/// The number of connected sessions before the replay.
const CONNECTED: u64 = 10_000;
/// The number of traced recipients of a broadcast.
const BUDGET: u64 = 10;

#[test]
fn the_report_agrees_with_the_log() {
    let output = guild(&[]);
    assert!(output.status.success(), "{output:?}");
    let report = String::from_utf8(output.stdout).unwrap();
    let expected = Expected::count();

    the_large_post_is_traced_end_to_end(section(&report, "A post to everybody"));
    the_failure_has_its_error(section(&report, "A post that failed"));
    the_table_is_exact(section(&report, "Broadcasts by fan-out size"), &expected);
    the_totals_are_exact(section(&report, "Totals"), &expected);
    what_went_wrong_is_reported(section(&report, "What went wrong"), &expected);
}

/// The times and the ids are the only differences.
#[test]
fn every_run_prints_the_same_numbers() {
    let numbers = || {
        let report = String::from_utf8(guild(&[]).stdout).unwrap();
        report[report.find("## Broadcasts").unwrap()..].to_owned()
    };
    assert_eq!(numbers(), numbers());
}

#[test]
fn a_missing_log_is_a_failure() {
    let output = guild(&["no/such/log.jsonl"]);
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("guild: no/such/log.jsonl: "), "{message}");
}

// ===== what the log says =====

/// The expected events.
#[derive(Default)]
struct Expected {
    lines: u64,
    malformed: Vec<u64>,
    unknown_channel: u64,
    joins: u64,
    presence: u64,
    posts: u64,
    reactions: u64,
    /// The broadcasts by number of recipients.
    broadcasts: BTreeMap<u64, u64>,
}

impl Expected {
    fn count() -> Self {
        let mut expected = Self::default();
        let mut channels: HashMap<String, u64> = HashMap::new();
        let mut add = |channel: &Value| {
            let id = channel["id"].as_str().unwrap().to_owned();
            channels.insert(id, channel["member_count"].as_u64().unwrap());
        };
        let events: Vec<Option<Value>> = LOG.lines().map(well_formed).collect();
        for event in events.iter().flatten() {
            match event["t"].as_str().unwrap() {
                "GUILD_CREATE" => event["d"]["channels"].as_array().unwrap().iter().for_each(&mut add),
                "CHANNEL_CREATE" => add(&event["d"]),
                _ => {}
            }
        }
        for (line, event) in (1..).zip(&events) {
            expected.lines += 1;
            let Some(event) = event else {
                expected.malformed.push(line);
                continue;
            };
            let seen = match event["t"].as_str().unwrap() {
                "MESSAGE_CREATE" => &mut expected.posts,
                "MESSAGE_REACTION_ADD" => &mut expected.reactions,
                "GUILD_MEMBER_ADD" => {
                    expected.joins += 1;
                    continue;
                }
                "PRESENCE_UPDATE" => {
                    expected.presence += 1;
                    continue;
                }
                _ => continue,
            };
            match channels.get(event["d"]["channel_id"].as_str().unwrap()) {
                Some(&readers) => {
                    *seen += readers;
                    *expected.broadcasts.entry(readers).or_default() += 1;
                }
                None => expected.unknown_channel += 1,
            }
        }
        expected
    }

    fn delivered(&self) -> u64 {
        self.broadcasts.iter().map(|(size, n)| size * n).sum()
    }

    fn delivered_spans(&self) -> u64 {
        self.broadcasts.iter().map(|(size, n)| size.min(&BUDGET) * n).sum()
    }

    /// The spans of deliveries that a fan-out selected among more.
    fn chosen_spans(&self) -> u64 {
        self.broadcasts.iter().filter(|(size, _)| **size > BUDGET).map(|(_, n)| BUDGET * n).sum()
    }
}

/// Returns the event of a line, if every relevant field exists and has the right type.
fn well_formed(line: &str) -> Option<Value> {
    let event: Value = serde_json::from_str(line).ok()?;
    let d = &event["d"];
    let id = |value: &Value| value.as_str().is_some_and(|text| text.parse::<u64>().is_ok());
    let good = match event["t"].as_str()? {
        "GUILD_CREATE" => d["name"].is_string() && d["channels"].is_array(),
        "CHANNEL_CREATE" => id(&d["id"]) && d["member_count"].is_u64(),
        "GUILD_MEMBER_ADD" => id(&d["user"]["id"]),
        "MESSAGE_CREATE" => id(&d["channel_id"]) && id(&d["author"]["id"]) && d["content"].is_string(),
        "MESSAGE_REACTION_ADD" => id(&d["channel_id"]) && d["emoji"]["name"].is_string(),
        "PRESENCE_UPDATE" => {
            id(&d["user"]["id"]) && ["online", "idle", "dnd", "offline"].contains(&d["status"].as_str()?)
        }
        _ => false,
    };
    good.then_some(event)
}

// ===== what the report says =====

fn the_large_post_is_traced_end_to_end(text: &str) {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines[0].starts_with("trace ") && lines[0].ends_with(" · 12 spans"), "{text}");
    assert!(lines[2].starts_with("Gateway/Dispatch "), "{text}");
    assert!(lines[3].starts_with("│  line="), "{text}");
    assert!(lines[4].starts_with("└─ Guild/Post "), "{text}");
    assert!(lines[4].contains('░'), "the wait in the guild's mailbox: {text}");
    assert!(lines[5].ends_with("fan-out: 10 of 10,000 kept"), "{text}");
    let sessions = lines[6..].iter().filter(|line| line.contains("─ Session/Deliver ×1,000 fanout "));
    assert_eq!(sessions.count(), 10, "{text}");
    // Both times are shown: the wait and the handling.
    let times =
        |line: &str| [" ns ", " µs ", " ms "].iter().map(|unit| line.matches(unit).count()).sum::<usize>();
    assert!(lines[6..].iter().all(|line| times(line) == 2), "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
}

fn the_failure_has_its_error(text: &str) {
    assert!(text.contains(" · 2 spans · 1 failed\n"), "{text}");
    assert!(text.contains("\nGateway/Dispatch ") && text.contains("\n└─ Guild/Post "), "{text}");
    assert!(text.contains("Error: there is no channel "), "{text}");
}

fn the_table_is_exact(text: &str, expected: &Expected) {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|row: &Vec<_>| !row.is_empty())
        .collect();
    let sizes: Vec<String> = expected.broadcasts.keys().map(u64::to_string).collect();
    assert_eq!(rows[1..].iter().map(|row| row[0]).collect::<Vec<_>>(), sizes, "{text}");
    for (row, (size, broadcasts)) in rows[1..].iter().zip(&expected.broadcasts) {
        let kept = (size.min(&BUDGET) * broadcasts).to_string();
        let numbers = [
            size.to_string(),
            broadcasts.to_string(),
            (size * broadcasts).to_string(),
            kept.clone(),
            kept,
            format!("{size}.0"), // estimated from the weights: exact
        ];
        assert_eq!(row, &numbers, "{text}");
    }
    for size in [1, 100, 10_000] {
        assert!(expected.broadcasts.contains_key(&size), "the log has no post to {size}");
    }
}

fn the_totals_are_exact(text: &str, expected: &Expected) {
    let total = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no `{name}` in {text}")).trim().to_owned()
    };
    let good = expected.lines - expected.malformed.len() as u64;
    let sessions = CONNECTED + expected.joins;
    // A join sets the new member's status; the last question is how many are online.
    let asked = expected.joins + expected.presence + 1;
    let messages = expected.lines + good + asked + sessions + expected.delivered();
    // Only deliveries that a fan-out did not select, and the hellos before the replay, left no span.
    let unchosen = expected.delivered() - expected.delivered_spans();
    let kept = messages - unchosen - CONNECTED;
    let roots = expected.lines + 1;
    let chosen = expected.chosen_spans();

    assert!(total("guild ").contains(&format!(", {sessions} sessions, ")), "{text}");
    let seen = format!("{} posts, {} reactions, {sessions} hellos", expected.posts, expected.reactions);
    assert_eq!(total("sessions saw"), seen);
    assert_eq!(total("messages"), messages.to_string());
    assert_eq!(total("spans started"), kept.to_string());
    let parents = kept - roots - chosen;
    assert_eq!(total("spans kept"), format!("{kept} (always_on {roots}, fanout {chosen}, parent {parents})"));
    let dropped = format!("{} (continue_only {CONNECTED}, fanout {unchosen})", CONNECTED + unchosen);
    assert_eq!(total("spans dropped"), dropped);
    let recorded = format!("{kept} in {roots} traces, 0 of them sessions without a parent");
    assert_eq!(total("spans recorded"), recorded);
    assert_eq!(total("failed"), format!("{} handlers", expected.unknown_channel));
    assert_eq!(total("malformed"), format!("{} lines", expected.malformed.len()));
}

fn what_went_wrong_is_reported(text: &str, expected: &Expected) {
    assert_eq!(
        text.matches("guild: there is no channel ").count() as u64,
        expected.unknown_channel,
        "{text}"
    );
    let lines: Vec<u64> = text
        .lines()
        .filter_map(|line| line.strip_prefix("gateway: line ")?.split_once(':')?.0.parse().ok())
        .collect();
    assert_eq!(lines, expected.malformed, "{text}");
    for reason in ["EOF while parsing", "unknown variant `MESSAGE_CREATED`", "invalid type: integer"] {
        assert!(text.contains(reason), "no `{reason}` in {text}");
    }
}

// ===== running it =====

fn guild(arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(arguments)
        .env_remove("OTEL_TRACES_SAMPLER")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .output()
        .unwrap()
}
