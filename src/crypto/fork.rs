//! Whether this process is still the one that drew a nonce. The crate's only `unsafe` code.
//!
//! A forked child starts with a copy of its parent's memory, so a pool of nonces would be used twice. On Linux one
//! page is mapped with `MADV_WIPEONFORK` (madvise(2), since 4.14): the kernel hands every child that page filled with
//! zeros, whichever call made the child. Reading it costs a load; asking for the process id costs a system call
//! and is fooled when ids come round. `pthread_atfork` would be as cheap, but children made by `_Fork` or by
//! the system call itself do not run its handlers.

/// A number that no process shares with its parent once both have asked, or `None` where forks cannot be seen.
#[cfg(target_os = "linux")]
pub(super) fn process() -> Option<u64> {
    wiped::process()
}

/// Systems without fork.
#[cfg(not(unix))]
pub(super) fn process() -> Option<u64> {
    Some(1)
}

/// Systems that fork and have nothing that tells.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn process() -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
mod wiped {
    use std::{
        ptr,
        sync::{
            OnceLock,
            atomic::{AtomicU64, Ordering},
        },
    };

    /// Counts in ordinary memory, which children inherit: no child meets a number of its parent's past.
    static LAST: AtomicU64 = AtomicU64::new(0);

    static PAGE: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();

    pub(super) fn process() -> Option<u64> {
        let page = (*PAGE.get_or_init(map))?;
        match page.load(Ordering::Relaxed) {
            0 => Some(begin(page)),
            process => Some(process),
        }
    }

    #[cold]
    fn begin(page: &AtomicU64) -> u64 {
        let next = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        match page.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => next,
            Err(another_thread) => another_thread,
        }
    }

    #[allow(unsafe_code)]
    fn map() -> Option<&'static AtomicU64> {
        let bytes = size_of::<AtomicU64>();
        // SAFETY: an anonymous private mapping at an address the kernel chooses touches no memory of ours.
        let page = unsafe {
            libc::mmap(
                ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if page == libc::MAP_FAILED {
            return None;
        }
        // Some emulators answer yes to any advice: one that does not exist has to be refused.
        // SAFETY: `page` is the mapping just made; the advice changes only what a child finds in it.
        let wiped = unsafe {
            libc::madvise(page, bytes, -1) != 0
                && libc::madvise(page, bytes, libc::MADV_WIPEONFORK) == 0
        };
        if !wiped {
            // SAFETY: nothing refers to the mapping yet.
            unsafe { libc::munmap(page, bytes) };
            return None;
        }
        // SAFETY: the mapping is page-aligned, readable, writable, zero-filled, larger than the atomic and never
        // unmapped after this point; all access goes through the atomic. The kernel writes to it only while a child
        // is made, in the child's own copy.
        Some(unsafe { &*page.cast::<AtomicU64>() })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    /// Where it had none, or another one at each call, every nonce would be asked of the system: as good, and slow.
    #[test]
    fn a_process_has_a_number_and_keeps_it() {
        let number = super::process();
        assert!(number.is_some_and(|number| number > 0));
        assert_eq!(super::process(), number);
    }
}
