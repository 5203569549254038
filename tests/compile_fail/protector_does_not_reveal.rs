//! A protector opens nothing.

use paravent::{Appointment, Protected, Protector};

fn open(protector: &Protector, row: &Protected) {
    let _ = protector.reveal::<Appointment>(row);
}

fn main() {}
