//! No call takes a nonce.

use paravent::{Appointment, Protector};

fn chosen(protector: &Protector, record: &Appointment) {
    let _ = protector.protect(record, [7; 24]);
}

fn main() {}
