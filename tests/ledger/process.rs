//! Children that report through a pipe, and pages that the kernel no longer wipes for them.

#![allow(
    unsafe_code,
    reason = "fork, and undoing what the crate asked of the kernel, are calls of the C library"
)]

use std::{
    fs, io,
    io::{Read as _, Write as _},
    panic::{self, AssertUnwindSafe},
};

use super::entries::Entry;

/// What `work` finds in a forked child, which ends with it: `count` entries.
pub(crate) fn in_child(count: usize, work: impl FnOnce(&mut [Entry])) -> Vec<Entry> {
    let mut entries = vec![[0; 26]; count];
    let (mut reader, mut writer) = io::pipe().unwrap();
    // SAFETY: the child goes on with this thread alone. It takes no lock but the allocator's, which the C library keeps
    // usable across a fork, and those of the crate, whose promise is what is tested; then it ends without returning.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "{}", io::Error::last_os_error());
    if child == 0 {
        let done = panic::catch_unwind(AssertUnwindSafe(|| {
            work(&mut entries);
            writer.write_all(entries.as_flattened()).unwrap();
        }));
        // SAFETY: ends the child at once, with none of the threads that it has no copy of.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    drop(writer);
    reader.read_exact(entries.as_flattened_mut()).unwrap();
    let mut status = 0;
    // SAFETY: `status` is valid for writes, and `child` was forked here and not waited for.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((waited, status), (child, 0));
    entries
}

/// Sabotage: from here on children find in the crate's page what their parent has there. Returns how many pages of this
/// process would have been wiped and now are not.
pub(crate) fn keep_wiped_pages() -> usize {
    let maps = fs::read_to_string("/proc/self/smaps").unwrap();
    let (mut range, mut kept) = ((0, 0), 0);
    for line in maps.lines() {
        let first = line.split(' ').next().unwrap();
        if let Some((start, end)) = first.split_once('-') {
            range = [start, end]
                .map(|hex| usize::from_str_radix(hex, 16).unwrap())
                .into();
        } else if first == "VmFlags:" && line.split(' ').any(|flag| flag == "wf") {
            let (start, end) = range;
            // SAFETY: the advice changes only what children find in a mapping of this process.
            let result = unsafe {
                let start = std::ptr::with_exposed_provenance_mut(start);
                libc::madvise(start, end - range.0, libc::MADV_KEEPONFORK)
            };
            // The C library's own pages for random bytes refuse, and stay as they are.
            kept += usize::from(result == 0);
        }
    }
    kept
}
