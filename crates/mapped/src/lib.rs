//! A file as atomic words in memory.
//!
//! ```no_run
//! let words = traced_actor_mapped::map("/dev/shm/guild.flight", 16 << 20)?;
//! # std::io::Result::Ok(())
//! ```
//!
//! A value that a thread stores is in the file even if the process is killed, because the pages belong to the operating
//! system. If the machine fails, the values are lost, unless the file is on a disk and was written back.
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use memmap2::MmapMut;
use zerocopy::FromBytes;

/// The page size in bytes. The size of a file is a multiple of it.
const PAGE: u64 = 4096;

/// Creates a file of this many zero bytes, and maps it for as long as the process lives.
///
/// The size is rounded up to whole pages. An existing file is renamed by appending `.before` to its name, and replaces
/// an older file with that name.
///
/// The file must not be truncated while the process lives. Otherwise the process gets SIGBUS when it accesses the
/// missing part. If the operating system supports permissions, the file is not accessible to other users. The mapping
/// is never removed.
///
/// # Errors
///
/// Returns an error if the file cannot be created, or if there is no room for it.
pub fn map(path: impl AsRef<Path>, bytes: u64) -> io::Result<&'static [AtomicU64]> {
    let path = path.as_ref();
    if path.exists() {
        fs::rename(path, before(path))?;
    }
    let file = create(path)?;
    let bytes = bytes.max(1).checked_next_multiple_of(PAGE).ok_or(io::ErrorKind::InvalidInput)?;
    if let Err(error) = allocate(&file, bytes) {
        let _ = fs::remove_file(path);
        return Err(error);
    }
    // SAFETY: a mapping is unsound if its file is changed by others. This process has created the file and hands out
    // its bytes only as atomic words, which others may change at any time. The documentation forbids truncating the
    // file, which would end the process by a signal.
    #[expect(unsafe_code, reason = "a mapping of a file is unsafe by its nature")]
    let map = unsafe { MmapMut::map_mut(&file) }?;
    let bytes: &'static mut [u8] = &mut Box::leak(Box::new(map))[..];
    let words = <[AtomicU64]>::mut_from_bytes(bytes);
    words.map(|words| &*words).map_err(|_| io::Error::other("the mapping is not aligned"))
}

/// Returns the path under which the file of an earlier process is kept.
pub fn before(path: impl AsRef<Path>) -> PathBuf {
    let mut name = OsString::from(path.as_ref());
    name.push(".before");
    name.into()
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Sets the length of the file, and allocates all of its blocks if the operating system supports that.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    file.set_len(bytes)?;
    #[cfg(target_os = "linux")]
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes)?;
    Ok(())
}

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
