//! FF1, radix 10 (NIST SP 800-38G §6.2, algorithms 7 and 8): digits to as many digits.
//!
//! Notation of SP 800-38G §4: X has n numerals, split into A of u = ⌊n/2⌋ and B of v = n − u; T is the tweak. At least
//! 10^6 values, as Revision 1 asks.
//!
//! The crate computes on numeral strings of its caller, so that no digit gets to the heap. The round keys are wiped by
//! their crate; blocks of CBC-MAC and the halves of rounds stay on the stack until that is wiped with the key.

use aes::Aes256Enc;
use fpe::ff1::{FF1, NumeralString, Operations};

use crate::secret::Secret;

/// The fewest digits that are at least 10^6 values.
pub(crate) const MIN_DIGITS: usize = 6;

/// The schedule of AES-256.
pub(crate) struct Ff1Key(FF1<Aes256Enc>);

impl Ff1Key {
    pub(crate) fn new(key: &Secret<32>) -> Self {
        match FF1::new(key.expose(), 10) {
            Ok(ff1) => Self(ff1),
            Err(_) => unreachable!("10 is a radix"),
        }
    }

    /// Encrypts ASCII digits in place. There are [`MIN_DIGITS`] to 38 of them.
    pub(crate) fn encrypt(&self, tweak: &[u8], digits: &mut [u8]) {
        match self.0.encrypt(tweak, &Numerals::of_digits(digits)) {
            Ok(numerals) => numerals.write_digits(digits),
            Err(_) => unreachable!("6 digits or more of radix 10"),
        }
    }
}

/// Numerals as two numbers: what stands for A and for B.
struct Numerals {
    a: Half,
    b: Half,
}

/// Up to 19 numerals, as a number: NUM of the standard.
#[derive(Clone, Copy)]
struct Half {
    number: u64,
    count: usize,
}

impl Numerals {
    fn new(numerals: impl ExactSizeIterator<Item = u8>, radix: u8) -> Self {
        let count = numerals.len();
        let [mut a, mut b] = [count / 2, count - count / 2].map(|count| Half { number: 0, count });
        for (at, numeral) in numerals.enumerate() {
            let half = if at < a.count { &mut a } else { &mut b };
            half.number = half.number * u64::from(radix) + u64::from(numeral);
        }
        Self { a, b }
    }

    fn of_digits(digits: &[u8]) -> Self {
        Self::new(digits.iter().map(|digit| digit - b'0'), 10)
    }

    fn write_digits(&self, digits: &mut [u8]) {
        let (a, b) = digits.split_at_mut(self.a.count);
        for (half, digits) in [(self.a, a), (self.b, b)] {
            let mut rest = half.number;
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
    }
}

impl NumeralString for Numerals {
    type Ops = Half;

    fn is_valid(&self, radix: u32) -> bool {
        let fits = |half: Half| u128::from(half.number) < power(radix, half.count);
        fits(self.a) && fits(self.b)
    }

    fn numeral_count(&self) -> usize {
        self.a.count + self.b.count
    }

    fn split(&self) -> (Half, Half) {
        (self.a, self.b)
    }

    fn concat(a: Half, b: Half) -> Self {
        Self { a, b }
    }
}

impl Operations for Half {
    type Bytes = Tail;

    fn numeral_count(&self) -> usize {
        self.count
    }

    fn to_be_bytes(&self, _: u32, b: usize) -> Tail {
        Tail {
            bytes: self.number.to_be_bytes(),
            from: size_of::<u64>() - b,
        }
    }

    fn add_mod_exp(self, other: impl Iterator<Item = u8>, radix: u32, m: usize) -> Self {
        let modulus = power(radix, m);
        let other = remainder(other, modulus);
        Self {
            number: ((u128::from(self.number) + other) % modulus) as u64,
            count: m,
        }
    }

    fn sub_mod_exp(self, other: impl Iterator<Item = u8>, radix: u32, m: usize) -> Self {
        let modulus = power(radix, m);
        let other = remainder(other, modulus);
        Self {
            number: ((u128::from(self.number) + modulus - other) % modulus) as u64,
            count: m,
        }
    }
}

/// The last bytes of a number.
struct Tail {
    bytes: [u8; size_of::<u64>()],
    from: usize,
}

impl AsRef<[u8]> for Tail {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.from..]
    }
}

/// radix^m, below 2^64.
fn power(radix: u32, m: usize) -> u128 {
    (0..m).fold(1, |power, _| power * u128::from(radix))
}

/// NUM of big-endian bytes, modulo what is below 2^64.
fn remainder(bytes: impl Iterator<Item = u8>, modulus: u128) -> u128 {
    bytes.fold(0, |number, byte| (number << 8 | u128::from(byte)) % modulus)
}

#[cfg(test)]
mod tests {
    use aes::{
        Aes128, Aes192, Aes256,
        cipher::{BlockCipherEncrypt, KeyInit},
    };
    use data_encoding::HEXUPPER;
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "2B7E151628AED2A6ABF7158809CF4F3C";
    const KEY_192: &str = "EF4359D8D580AA4F7F036D6F04FC6A94";
    const ALPHABET: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

    /// NIST's "FF1samples.pdf" for SP 800-38G: radix 10 with and without a tweak, and radix 36, under keys of 128, 192
    /// and 256 bits. Tweak of samples 2, 5, 8: 39383736353433323130.
    fn samples<C: BlockCipherEncrypt + KeyInit + Clone>(key: &str, expected: [&str; 3]) {
        let key = HEXUPPER.decode(key.as_bytes()).unwrap();
        let cases = [
            (10_u8, "", "0123456789"),
            (10, "39383736353433323130", "0123456789"),
            (36, "3737373770717273373737", "0123456789abcdefghi"),
        ];
        for ((radix, tweak, plaintext), expected) in cases.into_iter().zip(expected) {
            let ff1 = FF1::<C>::new(&key, u32::from(radix)).unwrap();
            let tweak = HEXUPPER.decode(tweak.as_bytes()).unwrap();
            let numerals = |text: &str| {
                let value = |c| ALPHABET.iter().position(|&a| a == c).unwrap() as u8;
                Numerals::new(
                    text.bytes().map(value).collect::<Vec<_>>().into_iter(),
                    radix,
                )
            };
            let same = |found: Numerals, expected: &str| {
                let expected = numerals(expected);
                assert_eq!(found.a.number, expected.a.number);
                assert_eq!(found.b.number, expected.b.number);
                assert_eq!(found.numeral_count(), expected.numeral_count());
            };
            same(ff1.encrypt(&tweak, &numerals(plaintext)).unwrap(), expected);
            same(ff1.decrypt(&tweak, &numerals(expected)).unwrap(), plaintext);
        }
    }

    #[test]
    fn nist_samples_1_to_3() {
        samples::<Aes128>(KEY, ["2433477484", "6124200773", "a9tv40mll9kdu509eum"]);
    }

    #[test]
    fn nist_samples_4_to_6() {
        samples::<Aes192>(
            &format!("{KEY}{}", &KEY_192[..16]),
            ["2830668132", "2496655549", "xbj3kv35jrawxv32ysr"],
        );
    }

    #[test]
    fn nist_samples_7_to_9() {
        samples::<Aes256>(
            &format!("{KEY}{KEY_192}"),
            ["6657667009", "1001623463", "xs8a0azh2avyalyzuwd"],
        );
    }

    /// Sample 7 and 8 by the way that phones take.
    #[test]
    fn digits_are_encrypted_in_place() {
        let key = HEXUPPER
            .decode(format!("{KEY}{KEY_192}").as_bytes())
            .unwrap();
        let key = Ff1Key::new(&Secret::fill(|bytes| bytes.copy_from_slice(&key)));
        for (tweak, expected) in [("", "6657667009"), ("9876543210", "1001623463")] {
            let mut digits = *b"0123456789";
            key.encrypt(tweak.as_bytes(), &mut digits);
            assert_eq!(std::str::from_utf8(&digits).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn digits_come_back(digits in "[0-9]{6,38}", tweak in "[0-9+]{0,5}") {
            let key = Ff1Key::new(&Secret::fill(|bytes| bytes.fill(7)));
            let mut made = digits.clone().into_bytes();
            key.encrypt(tweak.as_bytes(), &mut made);
            prop_assert!(made.iter().all(u8::is_ascii_digit));
            let back = key.0.decrypt(tweak.as_bytes(), &Numerals::of_digits(&made)).unwrap();
            back.write_digits(&mut made);
            prop_assert_eq!(made, digits.into_bytes());
        }
    }
}
