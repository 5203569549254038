//! Random bytes of the operating system, and the nonces drawn from them.

use std::cell::RefCell;

use rand::{TryRng, rngs::SysRng};

use super::{
    aead::{NONCE, Nonce},
    fork,
};
use crate::error::{Error, Kind, Result};

/// Fills `bytes` from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    SysRng
        .try_fill_bytes(bytes)
        .map_err(|_| Error::new(|| Kind::Entropy))
}

/// Where a protector's 24-byte nonces come from: always the operating system's random source.
///
/// No call takes a nonce. At random, 2^47 seals under one key keep the chance that two are equal
/// under 2^-32 (`XAES-256-GCM`, C2SP).
pub struct Nonces(Source);

enum Source {
    Pooled,
    System,
    #[cfg(feature = "test-kit")]
    Given(GivenNonces),
}

impl Nonces {
    /// Drawn some dozens at a time into a pool of each thread: the default, and the fast one.
    ///
    /// # Security
    ///
    /// A forked child never uses what its parent drew. A machine that is snapshotted and resumed twice
    /// would: use [`Nonces::system`] there.
    pub const fn pooled() -> Self {
        Self(Source::Pooled)
    }

    /// Asked of the operating system for each record: for virtual machines that are snapshotted while they run.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    #[cfg(feature = "test-kit")]
    pub(crate) fn given(nonces: GivenNonces) -> Self {
        Self(Source::Given(nonces))
    }

    /// Writes the next one to `nonce`, which is quicker than to return it through results.
    pub(crate) fn draw(&self, nonce: &mut Nonce) -> Result<()> {
        match &self.0 {
            Source::Pooled => draw_pooled(nonce),
            Source::System => fill(nonce),
            #[cfg(feature = "test-kit")]
            Source::Given(nonces) => nonces.draw(nonce),
        }
    }
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Source::Pooled => "Nonces(pooled)",
            Source::System => "Nonces(system)",
            #[cfg(feature = "test-kit")]
            Source::Given(_) => "Nonces(given by the test kit)",
        })
    }
}

/// So many that the system call's fixed cost is a small part of each.
const POOL: usize = 64;

struct Pool {
    bytes: [u8; POOL * NONCE],
    used: usize,
    process: u64,
}

thread_local! {
    static NONCES: RefCell<Pool> =
        const { RefCell::new(Pool { bytes: [0; POOL * NONCE], used: POOL * NONCE, process: 0 }) };
}

fn draw_pooled(nonce: &mut Nonce) -> Result<()> {
    let Some(process) = fork::process() else {
        return fill(nonce);
    };
    match NONCES.try_with(|pool| pool.borrow_mut().draw(process, nonce)) {
        Ok(drawn) => drawn,
        // The thread is being torn down and its pool is gone.
        Err(_) => fill(nonce),
    }
}

impl Pool {
    fn draw(&mut self, process: u64, nonce: &mut Nonce) -> Result<()> {
        if self.used == self.bytes.len() || self.process != process {
            // Nothing is handed out of a pool that was filled in part.
            self.used = self.bytes.len();
            fill(&mut self.bytes)?;
            self.process = process;
            self.used = 0;
        }
        nonce.copy_from_slice(&self.bytes[self.used..][..NONCE]);
        self.used += NONCE;
        Ok(())
    }
}

/// Nonces of the test kit.
#[cfg(feature = "test-kit")]
pub(crate) enum GivenNonces {
    Seeded {
        key: super::mac::MacKey,
        drawn: std::sync::Mutex<u64>,
    },
    Fixed(std::sync::Mutex<std::vec::IntoIter<[u8; 24]>>),
}

#[cfg(feature = "test-kit")]
impl GivenNonces {
    fn draw(&self, nonce: &mut Nonce) -> Result<()> {
        match self {
            Self::Seeded { key, drawn } => {
                let mut drawn = drawn
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
                *drawn += 1;
                nonce.copy_from_slice(&key.tag(&drawn.to_be_bytes())[..NONCE]);
                Ok(())
            }
            Self::Fixed(nonces) => {
                let mut nonces = nonces
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
                *nonce = nonces.next().ok_or_else(|| Error::new(|| Kind::Entropy))?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    fn drawn(nonces: &Nonces) -> Nonce {
        let mut nonce = [0; NONCE];
        nonces.draw(&mut nonce).unwrap();
        nonce
    }

    #[test]
    fn pooled_nonces_never_repeat_across_refills_and_threads() {
        let draw = || {
            (0..POOL * 40)
                .map(|_| drawn(&Nonces::pooled()))
                .collect::<Vec<_>>()
        };
        let drawn: Vec<Nonce> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        let distinct: HashSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), 4 * POOL * 40);
    }

    #[test]
    fn another_process_empties_the_pool() {
        let mut pool = Pool {
            bytes: [0; POOL * NONCE],
            used: POOL * NONCE,
            process: 0,
        };
        let mut next = [0; NONCE];
        pool.draw(1, &mut next).unwrap();
        let left = pool.bytes;
        pool.draw(2, &mut next).unwrap();
        assert!(left.chunks(NONCE).all(|unused| unused != next));
        assert_eq!(pool.used, NONCE);
    }

    #[test]
    fn system_nonces_are_not_pooled() {
        drawn(&Nonces::pooled());
        let used = || NONCES.with(|pool| pool.borrow().used);
        let before = used();
        assert_ne!(drawn(&Nonces::system()), drawn(&Nonces::system()));
        assert_eq!(used(), before);
    }
}
