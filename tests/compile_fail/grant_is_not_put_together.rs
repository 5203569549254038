//! A grant is made by a keyring only.

use paravent::{Domain, Grant};

fn forged(mine: Grant, domain: Domain) -> Grant {
    Grant { domain, ..mine }
}

fn main() {}
