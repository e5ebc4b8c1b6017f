//! The parent process: starts the children, gathers their figures, prints the table.

use std::process::Command;

use crate::figures::Figures;
use crate::process::CHILD;
use crate::report::Report;
use crate::{Args, Row, Set};

pub(crate) fn run(name: &str, sets: &[Set], args: &Args) -> Result<(), String> {
    let asked: Vec<(&Set, Vec<&Row>)> = sets
        .iter()
        .map(|set| {
            let rows = set.rows.iter();
            (set, rows.filter(|row| args.asks_for(row.name) || args.asks_for(set.name)).collect::<Vec<_>>())
        })
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    if args.list {
        for (set, rows) in &asked {
            println!("{}", set.name);
            for row in rows {
                println!("    {}", row.name);
            }
        }
        return Ok(());
    }
    if asked.is_empty() {
        return Err(format!("no row contains any of {:?}; --list shows all", args.filters));
    }
    // Process by process and not set by set, so that a slow minute of the machine affects every set a little.
    let mut figures: Vec<Vec<Figures>> = asked.iter().map(|_| Vec::new()).collect();
    for seed in 0..args.processes() {
        for ((set, _), figures) in asked.iter().zip(&mut figures) {
            figures.push(child(set, seed, args)?);
        }
    }
    let mut report = Report::new(name, args)?;
    for ((set, rows), figures) in asked.iter().zip(&figures) {
        for row in rows {
            report.row(set, row, &row.outcome(figures))?;
        }
    }
    report.end()
}

fn child(set: &Set, seed: u32, args: &Args) -> Result<Figures, String> {
    let this = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let mut command = Command::new(this);
    command.env(CHILD, format!("{} {seed}", set.name));
    // The environment is below the stack, so its size moves the stack.
    command.env("TRACED_ACTOR_BENCH_PADDING", "x".repeat(seed as usize * 112));
    if args.quick {
        command.arg("--quick");
    }
    let output = command.output().map_err(|error| format!("could not start a process: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the process of set `{}` failed ({}):\n{words}", set.name, output.status));
    }
    Figures::parse(&String::from_utf8_lossy(&output.stdout))
}
