//! A protector takes no nonce.

use paravent::Protector;

fn chosen(protector: Protector) -> Protector {
    protector.with_nonces([7; 24])
}

fn main() {}
