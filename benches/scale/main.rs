//! The cost of a message among 1 to 1,000,000 actors, and of a broadcast to all of them: `cargo bench --bench scale`.
//!
//! Each number of actors and each way runs in separate processes. Prints a table; `-- --write` also puts it into
//! `benches/results/scale.md` and draws `scale.svg`. `-- --quick` ends at 10,000 actors.

mod actors;
mod plot;
#[path = "../budgets/programs/provider.rs"]
mod provider;
mod table;

use std::process::{Command, ExitCode};

use actors::Way;
use table::{Line, Measured};
use traced_actor_benches::median;

#[global_allocator]
static ALLOCATOR: traced_actor_benches::allocations::Counting =
    traced_actor_benches::allocations::Counting::new();

const CHILD: &str = "TRACED_ACTOR_SCALE_CHILD";
const SIZES: [usize; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

fn main() -> ExitCode {
    let asked = |option: &str| std::env::args().any(|arg| arg == option);
    let result = match std::env::var(CHILD) {
        Ok(child) => run_child(&child),
        Err(_) => run_parent(asked("--quick"), asked("--write")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run_child(child: &str) -> Result<(), String> {
    let (way, size) = child.split_once(' ').ok_or("a child needs a way and a size")?;
    let way = Way::ALL.into_iter().find(|known| known.name() == way).ok_or("a way that exists")?;
    let size = size.parse().map_err(|_| "the size is a number")?;
    println!("{}", actors::measure(way, size));
    Ok(())
}

fn run_parent(quick: bool, write: bool) -> Result<(), String> {
    let sizes = if quick { &SIZES[..5] } else { &SIZES };
    let mut lines = Vec::new();
    for &size in sizes {
        let processes = if quick || size == 1_000_000 { 3 } else { 10 };
        let mut measured = Way::ALL.map(|_| Vec::new());
        for _ in 0..processes {
            for (way, measured) in Way::ALL.into_iter().zip(&mut measured) {
                measured.push(child(way, size)?);
            }
        }
        let line = Line { size, ways: measured.map(|runs| middle(&runs)) };
        print!("{}", if lines.is_empty() { table::head() } else { String::new() });
        print!("{line}");
        lines.push(line);
    }
    if write {
        table::write(&lines)?;
        plot::draw(&lines)?;
    }
    Ok(())
}

fn child(way: Way, size: usize) -> Result<Measured, String> {
    let this = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let output = Command::new(this)
        .env(CHILD, format!("{} {size}", way.name()))
        .output()
        .map_err(|error| format!("could not start a process: {error}"))?;
    if !output.status.success() {
        return Err(format!("{} {size}: {}", way.name(), String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8_lossy(&output.stdout).trim().parse()
}

fn middle(runs: &[Measured]) -> Measured {
    let of = |part: fn(&Measured) -> f64| median(&runs.iter().map(part).collect::<Vec<_>>());
    Measured { message: of(|m| m.message), recipient: of(|m| m.recipient), actor: of(|m| m.actor) }
}
