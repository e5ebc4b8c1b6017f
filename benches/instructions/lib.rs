//! Counts instructions: the shared part of the programs that compare counts with stored ones.
//!
//! Time is noisy where a row is about a nanosecond; the number of instructions is the same each time. A program
//! runs itself under callgrind, which writes the count of each call of [`measure`], and compares with a file:
//! a rise of more than 2 % fails, `--update` writes the file again. Another compiler, another C library (whose
//! `memcpy` depends on the processor) or another valgrind count differently, so where one of them is not the file's
//! nothing is compared.
#![allow(missing_debug_implementations, reason = "nobody prints them")]

mod counts;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};

use counts::Counts;

const CHILD: &str = "TRACED_ACTOR_INSTRUCTIONS_CHILD";

/// The number of times that a row does its work.
pub const TIMES: u32 = 512;

/// A row: its name, and its work.
pub struct Row {
    /// The name in the file and in the output.
    pub name: &'static str,
    /// Calls [`measure`] once, with the work done [`TIMES`] times.
    pub run: fn(),
}

/// Runs the counted work. callgrind knows this function by its name.
#[inline(never)]
pub fn measure(work: &mut dyn FnMut()) {
    work();
    black_box(());
}

/// Runs the program: counts the rows in a process that `world` has set up, and compares them with this file.
pub fn main(world: fn(), rows: &[Row], file: &Path) -> ExitCode {
    if std::env::var_os(CHILD).is_some() {
        world();
        for row in rows {
            (row.run)();
        }
        return ExitCode::SUCCESS;
    }
    match parent(rows, file, std::env::args().any(|arg| arg == "--update")) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn parent(rows: &[Row], file: &Path, update: bool) -> Result<ExitCode, String> {
    let Some(tools) = tools() else {
        println!("skipped: no valgrind here");
        return Ok(ExitCode::SUCCESS);
    };
    let counts = Counts { tools, rows: count(rows)? };
    if update {
        counts.write(file)?;
        println!("{counts}");
        return Ok(ExitCode::SUCCESS);
    }
    let stored = Counts::read(file)?;
    if stored.tools != counts.tools {
        println!("{counts}\nskipped the comparison: counted by {}", stored.tools);
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if counts.compare(&stored) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the names and versions of the tools on which the counts depend. `None` without valgrind.
fn tools() -> Option<String> {
    let first_line = |program: &str, arg: &str| {
        let output = Command::new(program).arg(arg).output().ok()?;
        String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
    };
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let valgrind = first_line("valgrind", "--version")?;
    Some(
        [first_line(&rustc, "--version")?, first_line("ldd", "--version")?, valgrind, processor()?]
            .join(", "),
    )
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = text.lines().find(|line| line.starts_with("model name"))?;
    Some(model.split_once(':')?.1.trim().to_owned())
}

/// Counts the instructions of each row with callgrind.
fn count(rows: &[Row]) -> Result<Vec<(&'static str, f64)>, String> {
    let this = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let folder = this.with_extension("callgrind");
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(wrong)?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--zero-before=*::measure", "--dump-after=*::measure", "--dump-line=no"])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(this)
        .env(CHILD, "1")
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    if !output.status.success() {
        return Err(format!("valgrind: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let counted = |(index, row): (usize, &Row)| {
        let path = folder.join(format!("out.{}", index + 1));
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        let total: f64 = total.and_then(|total| total.trim().parse().ok()).ok_or("a dump without totals")?;
        Ok((row.name, total / f64::from(TIMES)))
    };
    let counts = rows.iter().enumerate().map(counted).collect();
    let _ = std::fs::remove_dir_all(&folder);
    counts
}
