//! The process context (OTEP 4719): a mapping that profilers find by its name.
//!
//! It describes the process, and the meaning of the numbers in the record of a thread.

use std::fs;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst, fence};
use std::sync::{Mutex, PoisonError};

use memmap2::{Advice, MmapMut};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::time::{ClockId, clock_gettime};
use zerocopy::{FromBytes, IntoBytes, KnownLayout};

use super::protobuf::process_context;

/// The signature of the mapping, which is also its name.
const NAME: &str = "OTEL_CTX";
const SIGNATURE: [u8; 8] = *b"OTEL_CTX";
const VERSION: u32 = 2;

/// The header, in the layout of the specification.
#[derive(FromBytes, IntoBytes, KnownLayout)]
#[repr(C)]
struct Header {
    signature: AtomicU64,
    version: AtomicU32,
    payload_size: AtomicU32,
    /// Zero while the other fields change.
    published_at: AtomicU64,
    payload: AtomicU64,
}

/// The published mapping.
struct Published {
    map: MmapMut,
    /// The payload, whose address is in the header.
    payload: Vec<u8>,
    at: u64,
}

static PUBLISHED: Mutex<Option<Published>> = Mutex::new(None);

/// Publishes a description of this process for profilers.
///
/// It contains the process's resource attributes, such as `service.name`, and the names of [`KEYS`](crate::KEYS).
///
/// [`install`](crate::install) calls it with `OTEL_SERVICE_NAME`, or else with the name of the executable. Call it if
/// you use [`around`](crate::around), or to publish more attributes. A second call replaces the first one's attributes.
/// A forked process does not inherit them.
///
/// ```
/// traced_actor_profile::publish_process(&[("service.name", "guilds"), ("service.version", "1.4.2")])?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Returns an error if the operating system cannot create a named mapping, or if other code in this process already
/// publishes such a description.
pub fn publish_process(attributes: &[(&str, &str)]) -> io::Result<()> {
    let payload = process_context(attributes);
    let mut published = PUBLISHED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(published) = &mut *published {
        return published.replace(payload);
    }
    if fs::read_to_string("/proc/self/maps")?.lines().any(is_context) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    *published = Some(Published::new(payload)?);
    Ok(())
}

/// Returns whether a line of `maps` describes a process context.
fn is_context(line: &str) -> bool {
    ["/memfd:OTEL_CTX", "[anon:OTEL_CTX]", "[anon_shmem:OTEL_CTX]"].iter().any(|name| line.contains(name))
}

impl Published {
    fn new(payload: Vec<u8>) -> io::Result<Self> {
        let file = File::from(memfd_create(NAME, MemfdFlags::CLOEXEC)?);
        file.set_len(size_of::<Header>() as u64)?;
        #[expect(unsafe_code, reason = "a mapping of a file is unsafe by its nature")]
        // SAFETY: the file has no name and is closed at the end of this function, so no other process can change it.
        let map = unsafe { MmapMut::map_mut(&file) }?;
        map.advise(Advice::DontFork)?;
        let mut published = Self { map, payload, at: 0 };
        published.publish()?;
        Ok(published)
    }

    /// Changes the payload. A reader that has already started notices it by the time stamp, and reads again.
    fn replace(&mut self, payload: Vec<u8>) -> io::Result<()> {
        self.header()?.published_at.store(0, Relaxed);
        fence(SeqCst);
        // The previous payload lives until no reader can use it.
        let before = std::mem::replace(&mut self.payload, payload);
        self.publish()?;
        drop(before);
        Ok(())
    }

    fn publish(&mut self) -> io::Result<()> {
        let size = u32::try_from(self.payload.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let address = self.payload.as_ptr().expose_provenance() as u64;
        self.at = now().max(self.at + 1);
        let at = self.at;
        let header = self.header()?;
        header.version.store(VERSION, Relaxed);
        header.payload_size.store(size, Relaxed);
        header.payload.store(address, Relaxed);
        fence(SeqCst);
        header.published_at.store(at, Relaxed);
        fence(SeqCst);
        header.signature.store(u64::from_ne_bytes(SIGNATURE), Relaxed);
        self.name();
        Ok(())
    }

    fn header(&mut self) -> io::Result<&Header> {
        Header::mut_from_bytes(&mut self.map[..size_of::<Header>()])
            .map(|header| &*header)
            .map_err(|_| io::ErrorKind::InvalidData.into())
    }

    /// Names the mapping again. Not all kernels support it, and profilers may watch for the attempt.
    fn name(&self) {
        let (address, length) = (self.map.as_ptr().expose_provenance(), self.map.len());
        #[expect(unsafe_code, reason = "a call of the operating system")]
        // SAFETY: the mapping is ours, and the name ends with a zero and is copied.
        unsafe {
            libc::prctl(libc::PR_SET_VMA, libc::PR_SET_VMA_ANON_NAME, address, length, c"OTEL_CTX".as_ptr());
        }
    }
}

/// Returns the time since the machine started, in nanoseconds.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let nanos = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    u64::try_from(nanos).unwrap_or(0)
}
