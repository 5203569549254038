//! What a table or a policy shows, without any attack.

pub(crate) mod capacity;
pub(crate) mod classes;
pub(crate) mod shown;
