//! A process that is set up by its environment, handles a message, and ends.

use traced_actor::{Envelope, traced_actor};
use traced_actor_opentelemetry::FromEnv;
use traced_actor_tests::isolated::{child, is_child};

#[traced_actor(name = "Shop")]
struct Order;

/// The output of a child process, on both streams.
pub(crate) struct Said(pub(crate) String);

impl Said {
    pub(crate) fn warnings(&self) -> Vec<&str> {
        self.0.lines().filter_map(|line| line.strip_prefix("traced-actor: ")).collect()
    }

    /// Returns whether every span reached its collector.
    pub(crate) fn is_exported(&self) -> bool {
        self.0.lines().any(|line| line == "shutdown true")
    }
}

/// Runs the test of this name in a child with these variables of OpenTelemetry and no others.
///
/// In the child, runs the program and returns `None`.
pub(crate) async fn run(test: &str, variables: &[(&str, &str)]) -> Option<Said> {
    if is_child() {
        program().await;
        return None;
    }
    let mut child = child(test);
    child.arg("--nocapture").envs(variables.iter().copied());
    let output = tokio::process::Command::from(child).output().await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 passed"), "the child did not find {test}: {said}");
    Some(Said(said.into_owned()))
}

async fn program() {
    let pipeline = FromEnv::new().install().expect("never an error");
    println!();
    Envelope::bare(Order).open().1.end_ok();
    // It blocks until the batch is sent.
    let shutdown = tokio::task::spawn_blocking(move || pipeline.provider.shutdown());
    println!("shutdown {}", shutdown.await.expect("no panic").is_ok());
}
