//! What must outlive the process.

mod key_file;
mod payload;

pub use key_file::Passphrase;
