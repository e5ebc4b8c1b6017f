//! The memory of another process.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// The memory of a process.
pub(crate) struct Memory(File);

impl Memory {
    pub(crate) fn of(process: u32) -> std::io::Result<Self> {
        File::open(format!("/proc/{process}/mem")).map(Self)
    }

    pub(crate) fn read(&self, address: u64, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        self.0.read_exact_at(&mut bytes, address).unwrap_or_else(|error| panic!("{address:#x}: {error}"));
        bytes
    }

    pub(crate) fn number(&self, address: u64) -> u64 {
        u64::from_ne_bytes(self.read(address, 8).try_into().expect("8 bytes"))
    }
}

/// Returns the start of the mapping whose name begins so.
pub(crate) fn mapping(process: u32, name: &str) -> Option<u64> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("the process runs");
    let line = maps
        .lines()
        .find(|line| line.split_whitespace().nth(5).is_some_and(|path| path.starts_with(name)))?;
    u64::from_str_radix(line.split('-').next()?, 16).ok()
}
