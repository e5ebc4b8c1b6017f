//! Stops a thread of another process for a moment to read its thread pointer.

use std::io;

/// Returns the thread pointer of a thread, which is a register in `x86_64`.
#[expect(unsafe_code, reason = "calls of the operating system")]
pub(crate) fn thread_pointer(thread: u32) -> io::Result<u64> {
    let id = libc::pid_t::try_from(thread).expect("a number of a thread");
    let checked = |result: libc::c_long| if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) };
    // SAFETY: these requests take no memory of ours, but for the registers, which have room.
    unsafe {
        checked(libc::ptrace(libc::PTRACE_SEIZE, id, 0, 0))?;
        checked(libc::ptrace(libc::PTRACE_INTERRUPT, id, 0, 0))?;
        let mut status = 0;
        checked(libc::waitpid(id, &raw mut status, libc::__WALL).into())?;
        let mut registers: libc::user_regs_struct = std::mem::zeroed();
        let asked = checked(libc::ptrace(libc::PTRACE_GETREGS, id, 0, &raw mut registers));
        checked(libc::ptrace(libc::PTRACE_DETACH, id, 0, 0))?;
        asked.map(|()| registers.fs_base)
    }
}
