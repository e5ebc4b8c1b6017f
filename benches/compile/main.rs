//! The cost of the attribute at compile time: `cargo bench --bench compile [-- --quick] [-- --write]`.
//!
//! 1, 10 and 100 actors with messages of 50 variants are written out as crates, with the attribute, with serde's two
//! derives instead, and with neither, and built with Cargo. Their dependencies are built first. The figures are CPU
//! time of the compiler (and of Cargo, which is in all three), without what a program does that is linked later.
//! `--write` puts the table into `benches/results/compile.md`.

mod cargo;
mod source;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use cargo::Project;
use source::Kind;
use traced_actor_benches::median;

fn main() -> ExitCode {
    let asked = |option: &str| std::env::args().any(|arg| arg == option);
    match run(asked("--quick"), asked("--write")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// A measurement of a crate.
#[derive(Clone, Copy)]
enum Step {
    /// A build of everything but the dependencies.
    Cold,
    /// A build after a number in one handler has changed.
    Warm,
    /// Parsing and expanding only.
    Expand,
}

impl Step {
    const ALL: [Self; 3] = [Self::Cold, Self::Warm, Self::Expand];

    const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold build",
            Self::Warm => "warm build",
            Self::Expand => "expansion alone",
        }
    }
}

fn run(quick: bool, write: bool) -> Result<(), String> {
    let folder = traced_actor_benches::target_directory()?.join("compile-bench");
    let mut table = String::from(
        "| actors | step | neither | serde's derives | `#[traced_actor]` | derives add | attribute adds | ratio |\n\
         |--:|---|--:|--:|--:|--:|--:|--:|\n",
    );
    print!("{table}");
    for actors in if quick { vec![10] } else { vec![1, 10, 100] } {
        let projects = Kind::ALL.map(|kind| Project::new(&folder, kind, actors));
        for project in &projects {
            project.write(0)?;
            project.build()?; // the dependencies
        }
        for step in Step::ALL {
            // In turn, so that a disturbance of the machine affects all.
            let mut seconds = [const { Vec::new() }; 3];
            for round in 0..if quick || actors == 100 { 3 } else { 7 } {
                for (project, seconds) in projects.iter().zip(&mut seconds) {
                    seconds.push(once(project, step, round)?);
                }
            }
            let [neither, derives, attribute] = seconds.map(|seconds| median(&seconds));
            let (derives_add, attribute_adds) = (derives - neither, attribute - neither);
            let line = format!(
                "| {actors} | {} | {neither:.2} s | {derives:.2} s | {attribute:.2} s | {derives_add:+.2} s \
                 | {attribute_adds:+.2} s | {:.2} |\n",
                step.name(),
                attribute_adds / derives_add,
            );
            print!("{line}");
            table += &line;
        }
    }
    let [neither, derives, attribute] = lines(&folder)?;
    let _ = write!(
        table,
        "\nLines of one expanded actor, as `cargo expand` prints them: {neither} with neither, {} more with serde's \
         derives, {} more with the attribute.\n",
        derives - neither,
        attribute - neither,
    );
    println!("{}", table.lines().last().unwrap_or_default());
    if write { traced_actor_benches::write_result("compile.md", &table) } else { Ok(()) }
}

/// Returns the CPU seconds of one step.
fn once(project: &Project, step: Step, round: u32) -> Result<f64, String> {
    match step {
        Step::Cold => {
            project.clean()?;
            project.build()
        }
        Step::Warm => {
            project.write(round + 1)?;
            project.build()
        }
        Step::Expand => {
            project.write(round + 101)?;
            project.expand()
        }
    }
}

fn lines(folder: &Path) -> Result<[usize; 3], String> {
    let mut lines = [0; 3];
    for (kind, lines) in Kind::ALL.into_iter().zip(&mut lines) {
        let project = Project::new(folder, kind, 1);
        project.write(0)?;
        *lines = project.expanded_lines()?;
    }
    Ok(lines)
}
