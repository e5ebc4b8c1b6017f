//! Finds a thread-local symbol in the file of an executable: ELF for 64 bits, little-endian.

/// A thread-local symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadLocal {
    /// The offset within the thread-local block of the executable.
    offset: u64,
    /// The size of that block, and its alignment.
    block: u64,
    align: u64,
}

impl ThreadLocal {
    /// Returns the address of the symbol in a thread with this thread pointer.
    ///
    /// On `x86_64`, the block of the executable ends at the thread pointer.
    pub(crate) fn address(&self, thread_pointer: u64) -> u64 {
        thread_pointer - self.block.next_multiple_of(self.align.max(1)) + self.offset
    }
}

fn number(bytes: &[u8], at: usize, size: usize) -> u64 {
    let mut number = [0; 8];
    number[..size].copy_from_slice(&bytes[at..at + size]);
    u64::from_le_bytes(number)
}

fn place(bytes: &[u8], at: usize, size: usize) -> usize {
    usize::try_from(number(bytes, at, size)).expect("a place in the file")
}

/// Finds a symbol among those that an executable exports.
pub(crate) fn thread_local(file: &[u8], name: &str) -> Option<ThreadLocal> {
    assert_eq!(&file[..6], b"\x7fELF\x02\x01", "ELF for 64 bits, little-endian");
    let (programs, sections) = (place(file, 32, 8), place(file, 40, 8));
    let (program_size, program_count) = (place(file, 54, 2), place(file, 56, 2));
    let (section_size, section_count) = (place(file, 58, 2), place(file, 60, 2));
    // The program header of the type PT_TLS.
    let tls = (0..program_count).map(|i| programs + i * program_size).find(|at| number(file, *at, 4) == 7)?;
    let (block, align) = (number(file, tls + 40, 8), number(file, tls + 48, 8));
    // The section of the type SHT_DYNSYM, and the one with its names.
    let section = |i: usize| sections + i * section_size;
    let symbols = (0..section_count).map(section).find(|at| number(file, at + 4, 4) == 11)?;
    let names = place(file, section(place(file, symbols + 40, 4)) + 24, 8);
    let (first, size) = (place(file, symbols + 24, 8), place(file, symbols + 32, 8));
    let is_it = |at: &usize| {
        let start = names + place(file, *at, 4);
        file[start..].starts_with(name.as_bytes()) && file[start + name.len()] == 0
    };
    let found = (first..first + size).step_by(24).find(is_it)?;
    assert_eq!(file[found + 4] & 0xf, 6, "STT_TLS");
    Some(ThreadLocal { offset: number(file, found + 8, 8), block, align })
}
