//! What happens if memory runs out: a plain error with exit code 2 and no unfinished file, instead of an abort.

use crate::files;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{self, Cursor, Write};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The system's allocator, ending the program with exit code 2 if it has no memory left.
#[derive(Clone, Copy, Debug)]
pub struct Allocator;

/// Whether a thread ends the program.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether it is this thread.
    static ENDS: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: every call goes to the system's allocator with the same arguments; a null pointer is what it says
// on failure, or the program ends.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of the system's allocator.
        or_end(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        or_end(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        or_end(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// The block, if there is one. Otherwise end the program.
#[inline]
fn or_end(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() { end(size) } else { block }
}

/// End the program. Returns null if the end itself needs memory.
#[cold]
fn end(size: usize) -> *mut u8 {
    /// The exit code of a command that could not run.
    const UNABLE: i32 = 2;
    if ENDS.get() {
        return ptr::null_mut();
    }
    if IS_ENDING.swap(true, Ordering::SeqCst) {
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
    ENDS.set(true);
    files::discard_unfinished_without_memory();
    // A failure cannot be reported: there is no other place.
    let _ = message(&mut Cursor::new([0; 256]), size);
    std::process::exit(UNABLE);
}

/// Print the error, formatted without allocating.
fn message(buffer: &mut Cursor<[u8; 256]>, size: usize) -> io::Result<()> {
    writeln!(
        buffer,
        "error: out of memory: {size} more bytes are not available; raise the memory limit, or try --threads 1 \
         or fewer rows"
    )?;
    let length = usize::try_from(buffer.position()).unwrap_or_default();
    io::stderr().write_all(&buffer.get_ref()[..length])
}

/// Make the allocator suit a limit of the address space (`ulimit -v`). Call this before any thread starts.
///
/// glibc reserves 64 MiB of addresses for each of up to 8 arenas a core, one per thread, whether they are used
/// or not. Under a limit of 256 MiB the reservations alone are more than the limit, and small allocations fail.
pub fn suit_limit() {
    if let Some(limit) = address_limit() {
        limit_arenas(arenas(limit));
    }
}

/// The number of arenas that reserve at most an eighth of the address space, at least one.
fn arenas(limit: u64) -> i32 {
    const ARENA: u64 = 64 << 20;
    i32::try_from(limit / 8 / ARENA).unwrap_or(i32::MAX).max(1)
}

/// The limit of the address space in bytes; `None` without a limit, or if the system does not tell.
fn address_limit() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn limit_arenas(arenas: i32) {
    unsafe extern "C" {
        fn mallopt(parameter: i32, value: i32) -> i32;
    }
    /// `M_ARENA_MAX` in glibc's malloc.h.
    const MOST_ARENAS: i32 = -8;
    // SAFETY: mallopt takes any two numbers; this process has no other thread yet. A refusal changes nothing.
    unsafe { mallopt(MOST_ARENAS, arenas) };
}

/// Other C libraries have no arenas.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn limit_arenas(_: i32) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arenas_reserve_an_eighth_of_the_limit() {
        assert_eq!([64 << 20, 512 << 20, 4 << 30, u64::MAX].map(arenas), [1, 1, 8, i32::MAX]);
    }
}
