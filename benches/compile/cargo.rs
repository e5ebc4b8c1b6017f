//! A generated crate, and the runs of Cargo on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::sys::resource::{UsageWho, getrusage};

use crate::source::{Kind, library};

/// A crate in its own folder. All crates share the builds of their dependencies.
pub(crate) struct Project {
    kind: Kind,
    actors: usize,
    name: String,
    folder: PathBuf,
    target: PathBuf,
}

impl Project {
    pub(crate) fn new(folder: &Path, kind: Kind, actors: usize) -> Self {
        let name = format!("{}-{actors}", kind.name());
        Self { kind, actors, folder: folder.join(&name), name, target: folder.join("target") }
    }

    pub(crate) fn write(&self, revision: u32) -> Result<(), String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let runtime = root.join("runtime");
        let manifest = format!(
            "[package]\nname = {:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n\
             tokio = {{ version = \"1\", features = [\"rt\", \"sync\"] }}\n\
             traced-actor = {{ path = '{}', default-features = false }}\n",
            self.name,
            runtime.display(),
        );
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        let source = self.folder.join("src");
        std::fs::create_dir_all(&source).map_err(|error| format!("{}: {error}", source.display()))?;
        write(&self.folder.join("Cargo.toml"), &manifest)?;
        // The versions in this workspace's lock file.
        let lock = std::fs::read_to_string(root.join("Cargo.lock")).map_err(|error| error.to_string())?;
        let own = self.folder.join("Cargo.lock");
        if !own.exists() {
            write(&own, &lock)?;
        }
        write(&source.join("lib.rs"), &library(self.kind, self.actors, revision))
    }

    /// Returns the CPU seconds of building the parts that are not built yet.
    pub(crate) fn build(&self) -> Result<f64, String> {
        self.timed(&mut self.cargo(&["build", "--quiet"])).map(|(seconds, _)| seconds)
    }

    /// Returns the CPU seconds of parsing and expanding.
    pub(crate) fn expand(&self) -> Result<f64, String> {
        let mut command = self.cargo(&["rustc", "--quiet", "--profile", "check", "--", "-Zno-analysis"]);
        self.timed(command.env("RUSTC_BOOTSTRAP", "1")).map(|(seconds, _)| seconds)
    }

    pub(crate) fn expanded_lines(&self) -> Result<usize, String> {
        let mut command =
            self.cargo(&["rustc", "--quiet", "--profile", "check", "--", "-Zunpretty=expanded"]);
        let (_, output) = self.timed(command.env("RUSTC_BOOTSTRAP", "1"))?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().count())
    }

    pub(crate) fn clean(&self) -> Result<(), String> {
        self.timed(&mut self.cargo(&["clean", "--quiet", "-p", &self.name])).map(|_| ())
    }

    fn cargo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).env("CARGO_NET_OFFLINE", "true");
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target).env_remove("RUSTFLAGS");
        command
    }

    /// Runs a command to its end, and returns the CPU time of it and of all processes that it started.
    fn timed(&self, command: &mut Command) -> Result<(f64, Output), String> {
        let before = children()?;
        let output = command.output().map_err(|error| format!("cargo: {error}"))?;
        let after = children()?;
        if !output.status.success() {
            return Err(format!("{}: {}", self.name, String::from_utf8_lossy(&output.stderr)));
        }
        Ok((after - before, output))
    }
}

/// Returns the CPU seconds of all processes that were started here and have ended.
fn children() -> Result<f64, String> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| format!("getrusage: {error}"))?;
    #[expect(clippy::cast_precision_loss, reason = "microseconds")]
    let seconds = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
    Ok(seconds.iter().sum())
}
