//! Sealed by hand, to hold what the crate never writes: scope identity, under the test kit's keys.

use super::*;

const NONCE: [u8; 24] = [7; 24];

fn header(profile: u8) -> Vec<u8> {
    [&[1, 1, profile, 0, 0, 0, 0, 1][..], &NONCE].concat()
}

fn seal(header: &[u8], field: u8, plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let domain = Domain::new("messages").unwrap();
    let keys = test_kit::tree(&test_kit::keyring(), Epoch::FIRST, Scope::IDENTITY, &domain);
    let [_, _, key] = keys.unwrap();
    let mut commitment = <Cmac<Aes256> as cmac::KeyInit>::new(&key.into());
    commitment.update(&[b"XCMT", &NONCE[..], &[0, 1, 0, 1]].concat());
    let mut nonce = NONCE;
    nonce[23] ^= field;
    let aad = [header, &[1, field, 0, 0]].concat();
    let sealed = Xaes256Gcm::new(&key.into())
        .encrypt(
            &nonce.into(),
            Payload {
                msg: plaintext,
                aad: &aad,
            },
        )
        .unwrap();
    (commitment.finalize().into_bytes().to_vec(), sealed)
}

/// The error of a record whose group holds these bytes and zeros up to 32.
pub(super) fn record(plaintext: &[u8]) -> Error {
    let mut whole = plaintext.to_vec();
    whole.resize(32, 0);
    let header = header(1);
    let (commitment, sealed) = seal(&header, 0, &whole);
    let row = [&header, &[1, 0, 32][..], &commitment, &sealed].concat();
    let row = SealedRecord::from_bytes(row).unwrap();
    let revealer = revealer("").only(&[Scope::IDENTITY]).unwrap();
    revealer.reveal::<Value>(&row).unwrap_err()
}

/// The error of a cell of the field `text` that holds these bytes.
pub(super) fn cell(plaintext: &[u8]) -> Error {
    let header = header(2);
    let (commitment, sealed) = seal(&header, 1, plaintext);
    let entries = [1, 2, 4]
        .map(|scope| [&[scope], &commitment[..]].concat())
        .concat();
    let row = SealedRow::from_bytes([header, entries].concat()).unwrap();
    let cell = SealedCell::from_bytes(sealed).unwrap();
    let error = revealer("").reveal_cell::<Option<String>>(&row, "text", &cell);
    error.unwrap_err()
}
