//! Where nonces come from is chosen, never written.

use paravent::Nonces;

fn chosen(nonces: &mut Nonces) {
    let _ = &mut nonces.0;
}

fn main() {}
