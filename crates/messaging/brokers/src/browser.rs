//! A browser without a window.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::server::end_group;
use crate::watcher::Watcher;

/// Headless Chromium that shows a page, until it is dropped or this process ends.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    watcher: Option<Watcher>,
    profile: Folder,
}

impl Browser {
    /// Opens a page. Returns `None` where there is no Chromium.
    ///
    /// # Panics
    ///
    /// Panics if it is missing and `REQUIRE_CHROMIUM` is set, or if it does not start.
    pub fn open(url: &str) -> Option<Self> {
        Self::open_with(url, &[])
    }

    /// Opens a page in a browser that gets these arguments beside the usual ones. Returns `None` where there is no Chromium.
    ///
    /// # Panics
    ///
    /// As [`open`](Self::open).
    pub fn open_with(url: &str, arguments: &[&str]) -> Option<Self> {
        let Some(program) = chromium() else {
            assert!(std::env::var_os("REQUIRE_CHROMIUM").is_none(), "there is no Chromium");
            eprintln!("skipped: needs chromium (apt-get install chromium)");
            return None;
        };
        let profile = Folder::create();
        let process = Command::new(program)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(arguments)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(url)
            // In its own process group, since it starts other processes.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser starts");
        let watcher = Watcher::start(Some(process.id()), profile.path());
        Some(Self { process, watcher: Some(watcher), profile })
    }

    /// Returns the folder that the browser writes to.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.watcher.take());
        end_group(&mut self.process);
    }
}

fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}
