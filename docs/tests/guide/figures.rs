//! The figures of the README are those of the kept results in `benches/results`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A row of the results: nanoseconds of the subject and of the baseline, and what is compared.
struct Row {
    subject: f64,
    baseline: f64,
    compared: f64,
}

#[test]
fn the_readme_says_what_was_measured() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let results = ["budgets", "frameworks"].map(|name| {
        fs::read_to_string(root.join(format!("benches/results/{name}.md"))).expect("the results are there")
    });
    let readme = fs::read_to_string(root.join("README.md")).expect("the README is there");
    let rows: BTreeMap<&str, Row> =
        results.iter().flat_map(|results| results.lines()).filter_map(row).collect();
    let row = |name: &str| rows.get(name).unwrap_or_else(|| panic!("no row {name:?}"));

    let bare = row("unsampled message").baseline;
    let bare_beside_sampled = row("sampled message, provider: what it adds").baseline;
    let unsampled = |name: &str| row(name).baseline - bare;
    let sampled = |name: &str| row(name).baseline - bare_beside_sampled;
    let table = [
        (
            "**traced-actor**",
            row("unsampled message").compared,
            row("sampled message, provider: what it adds").compared,
        ),
        (
            "OpenTelemetry by hand",
            unsampled("unsampled message: what OpenTelemetry by hand adds"),
            sampled("sampled message, provider"),
        ),
        (
            "tracing-opentelemetry by hand",
            unsampled("unsampled message: what tracing-opentelemetry adds"),
            sampled("sampled message, provider: tracing-opentelemetry"),
        ),
        (
            "fastrace by hand",
            unsampled("unsampled message: what fastrace adds"),
            sampled("sampled message, provider: fastrace"),
        ),
    ];
    for (who, unsampled, sampled) in table {
        let line = readme.lines().find(|line| line.starts_with(&format!("| {who} |")));
        let cells: Vec<&str> =
            line.unwrap_or_else(|| panic!("no line for {who}")).split('|').map(str::trim).collect();
        assert_eq!(cells[3].trim_matches('*'), format!("+{}", whole(unsampled)), "{who}, not sampled");
        assert_eq!(cells[4].trim_matches('*'), format!("+{}", whole(sampled)), "{who}, sampled");
    }

    let ratio = |name: &str| row(name).subject / row(name).baseline;
    let sentences = [
        format!("two tokio actors, which takes {} ns without tracing", whole(bare)),
        format!(
            "| {} in all | {} in all |",
            whole(row("unsampled message: ractor in total").baseline),
            whole(row("ractor: sampled message").baseline)
        ),
        format!(
            "| {} in all | {} in all |",
            whole(row("unsampled message: kameo in total").baseline),
            whole(row("kameo: sampled message").baseline)
        ),
        format!("| +{} | no traces |", whole(row("hotpath: a message through its channel").compared)),
        format!("an unsampled message costs {} ns more", whole(row("unsampled message, inline").compared)),
        format!("our adapter adds {} ns", whole(row("ractor: unsampled message").compared)),
        format!("costs {:.1} times what ractor's own tracing", row("ractor: sampled message").compared),
        format!(
            "With kameo, these figures are {} ns and {:.2} times",
            whole(row("kameo: unsampled message").compared),
            row("kameo: sampled message").compared
        ),
        format!("costs {:.1} times what careful code by hand costs", ratio("sampled message, provider")),
        format!("{:.1} times what fastrace costs", ratio("sampled message, provider: fastrace")),
        format!(
            "A call (message and reply) costs {} ns more",
            whole(row("call round trip, unsampled").compared)
        ),
        format!("Decoding a postcard envelope costs {:.1} times", ratio("enveloped decode, postcard")),
    ];
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in sentences {
        assert!(readme.contains(&sentence), "the README does not say: {sentence}");
    }
}

/// `| name | 127.9 (traced-actor) | 125.9 (bare) | +2.01 ns | …`
fn row(line: &str) -> Option<(&str, Row)> {
    let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
    let number = |cell: usize| cells.get(cell)?.split(' ').next()?.parse().ok();
    Some((cells[0], Row { subject: number(1)?, baseline: number(2)?, compared: number(3)? }))
}

/// Rounds, and separates the thousands.
fn whole(nanoseconds: f64) -> String {
    let digits = format!("{nanoseconds:.0}");
    match digits.len().checked_sub(3) {
        Some(at @ 1..) => format!("{},{}", &digits[..at], &digits[at..]),
        _ => digits,
    }
}
