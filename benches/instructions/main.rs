//! Instruction counts of the hot paths: `cargo bench -p traced-actor-instructions [-- --update]`.

mod rows;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    traced_actor_instructions::main(
        rows::world,
        rows::ROWS,
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.txt"),
    )
}
