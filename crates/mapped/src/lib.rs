//! A file as atomic words in memory.
//!
//! ```no_run
//! let words = traced_actor_mapped::map("/dev/shm/guild.flight", 16 << 20)?;
//! # std::io::Result::Ok(())
//! ```
//!
//! What a thread stores is in the file even if the process is killed, because the pages belong to the operating system. If the machine
//! fails, they are lost, unless the file is on a disk and was written back.
#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use memmap2::MmapMut;
use zerocopy::FromBytes;

/// The bytes of a page, which the size of a file is a multiple of.
const PAGE: u64 = 4096;

/// Creates a file of this many bytes, all of them zero, and maps it for as long as the process lives.
///
/// The size is rounded up to whole pages. A file that is there already is renamed: `.before` is appended to its name, and an older one of that
/// name is replaced.
///
/// The file must not be made shorter while the process lives: the process would get SIGBUS when it touches what is gone. This crate opens it so that
/// others cannot read or write it, where the operating system knows of permissions. The memory is never given back.
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
    // SAFETY: a mapping is unsound where its file is changed behind its back. This process has created the file, hands out its bytes only as
    // atomic words, which others may change at any time, and whoever makes it shorter is told not to; the process would end by a signal.
    #[expect(unsafe_code, reason = "a mapping of a file is unsafe by its nature")]
    let map = unsafe { MmapMut::map_mut(&file) }?;
    let bytes: &'static mut [u8] = &mut Box::leak(Box::new(map))[..];
    let words = <[AtomicU64]>::mut_from_bytes(bytes);
    words.map(|words| &*words).map_err(|_| io::Error::other("the mapping is not aligned"))
}

/// Returns where the file of an earlier process is kept.
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

/// Makes the file as long as it is to be, with all of its blocks where the operating system does that.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    file.set_len(bytes)?;
    #[cfg(target_os = "linux")]
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes)?;
    Ok(())
}

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
