//! A folder for the time that it is needed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::watcher::Watcher;

/// An empty temporary folder, which is removed when this is dropped, or when this process ends in any other way.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _watcher: Watcher,
}

impl Folder {
    /// Creates a folder among the temporary files.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be made.
    pub fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("traced-actor-broker-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder can be made");
        let watcher = Watcher::start(None, &path);
        Self { path, _watcher: watcher }
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
