//! Shamir's secret sharing (Communications of the ACM 22, 1979) over GF(2^8), for two of up to 255 shares.
//!
//! ```text
//! share of x = s ⊕ c·x, byte by byte, for x from 1, with one uniform c, 0 included, a byte
//! s          = (y1·x2 ⊕ y2·x1) / (x1 ⊕ x2)
//! ```
//!
//! The field is AES's, modulo x^8 + x^4 + x^3 + x + 1, as multiplied by `vsss-rs`. The line through two points is drawn here
//! so that its slope comes from the system's random source, which can fail, and is wiped.

use std::num::NonZeroU8;

use vsss_rs::Gf256;

use super::entropy;
use crate::{
    error::Result,
    secret::{KEY_STACK, Secret, wiping_stack},
};

/// Where a share lies: 0 would be the secret itself.
pub(crate) type Place = NonZeroU8;

/// The shares of a secret at these places, any two of which join to it.
pub(crate) fn split<const N: usize>(
    secret: &Secret<N>,
    places: impl Iterator<Item = Place>,
) -> Result<Vec<Secret<N>>> {
    let slope = Secret::try_fill(|bytes| entropy::fill(bytes))?;
    Ok(places.map(|place| point(secret, &slope, place)).collect())
}

/// The secret that two shares are of; `None` where they lie at one place. Shares of two secrets join to neither.
pub(crate) fn join<const N: usize>(
    (first, y1): (Place, &Secret<N>),
    (second, y2): (Place, &Secret<N>),
) -> Option<Secret<N>> {
    if first == second {
        return None;
    }
    let [x1, x2] = [first, second].map(|place| Gf256(place.get()));
    let shares = y1.expose().iter().zip(y2.expose());
    Some(wiping_stack::<KEY_STACK, _>(|| {
        Secret::fill(|secret| {
            for (byte, (&y1, &y2)) in secret.iter_mut().zip(shares) {
                *byte = ((Gf256(y1) * x2 + Gf256(y2) * x1) / (x1 + x2)).0;
            }
        })
    }))
}

fn point<const N: usize>(secret: &Secret<N>, slope: &Secret<N>, place: Place) -> Secret<N> {
    let x = Gf256(place.get());
    let bytes = secret.expose().iter().zip(slope.expose());
    wiping_stack::<KEY_STACK, _>(|| {
        Secret::fill(|share| {
            for (byte, (&s, &c)) in share.iter_mut().zip(bytes) {
                *byte = (Gf256(s) + Gf256(c) * x).0;
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::ChaCha8Rng};
    use vsss_rs::{DefaultShare, IdentifierGf256, Polynomial, ReadableShareSet, Share};

    use super::*;

    fn secret<const N: usize>(bytes: [u8; N]) -> Secret<N> {
        Secret::fill(|secret| secret.copy_from_slice(&bytes))
    }

    fn place(x: u8) -> Place {
        Place::new(x).unwrap()
    }

    /// By hand, as in the schoolbook.
    fn product(mut a: u8, mut b: u8) -> u8 {
        let mut product = 0;
        while b > 0 {
            if b & 1 == 1 {
                product ^= a;
            }
            a = a << 1 ^ if a & 0x80 == 0 { 0 } else { 0x1b };
            b >>= 1;
        }
        product
    }

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197 §4.2.
        assert_eq!((Gf256(0x57) * Gf256(0x83)).0, 0xc1);
        for a in 0..=255 {
            for b in 0..=255 {
                assert_eq!((Gf256(a) * Gf256(b)).0, product(a, b), "{a}·{b}");
                assert_eq!((Gf256(a) + Gf256(b)).0, a ^ b);
                if b != 0 {
                    assert_eq!(product((Gf256(a) / Gf256(b)).0, b), a, "{a}/{b}");
                }
            }
        }
    }

    #[test]
    fn any_two_of_all_places_join() {
        let key = secret(*b"thirty-two bytes that are split.");
        let shares = split(&key, (1..=255).map(place)).unwrap();
        for (x1, y1) in (1..=255).map(place).zip(&shares) {
            for (x2, y2) in (1..=255).map(place).zip(&shares) {
                match join((x1, y1), (x2, y2)) {
                    Some(joined) => assert_eq!(joined.expose(), key.expose()),
                    None => assert_eq!(x1, x2),
                }
            }
        }
    }

    /// What one share is: for each secret, exactly one slope gives it.
    #[test]
    fn a_share_fits_every_secret_equally_well() {
        for x in [1, 2, 16, 255] {
            let mut fits = [[0_u16; 256]; 256];
            for s in 0..=255 {
                for c in 0..=255 {
                    let share = point(&secret([s]), &secret([c]), place(x));
                    fits[usize::from(s)][usize::from(share.expose()[0])] += 1;
                }
            }
            assert!(fits.iter().flatten().all(|&slopes| slopes == 1), "at {x}");
        }
    }

    /// As slopes are drawn: the first byte of a share is uniform, that of each place and with 0 among the slopes.
    #[test]
    fn the_first_byte_of_a_share_is_uniform() {
        const SPLITS: usize = 20_000;
        let key = secret([7; 32]);
        let mut seen = [[0_u32; 256]; 2];
        for _ in 0..SPLITS {
            let shares = split(&key, (1..=2).map(place)).unwrap();
            for (seen, share) in seen.iter_mut().zip(&shares) {
                seen[usize::from(share.expose()[0])] += 1;
            }
        }
        let expected = SPLITS as f64 / 256.0;
        for seen in seen {
            let square = |&count: &u32| (f64::from(count) - expected).powi(2) / expected;
            let chi_square: f64 = seen.iter().map(square).sum();
            // 255 degrees of freedom: outside of these once in 10^9 runs.
            assert!((137.0..420.0).contains(&chi_square), "{chi_square}");
            assert!(seen[7] > 0, "a slope of 0 never came");
        }
    }

    /// Shares of one are shares of the other.
    #[test]
    fn the_crate_splits_and_joins_alike() {
        type Point = DefaultShare<IdentifierGf256, IdentifierGf256>;
        let element = |byte: u8| IdentifierGf256(Gf256(byte));
        let mut rng: ChaCha8Rng = SeedableRng::seed_from_u64(7);
        for byte in 0..=255 {
            let ours = split(&secret([byte]), (1..=5).map(place)).unwrap();
            let point = |x: u8| {
                let y = ours[usize::from(x) - 1].expose()[0];
                Point::with_identifier_and_value(element(x), element(y))
            };
            assert_eq!([point(5), point(2)].combine(), Ok(element(byte)));

            let mut line = <[Point; 2] as Polynomial<Point>>::create(2);
            line.fill(&element(byte), &mut rng, 2).unwrap();
            let [y1, y2] = [3, 4].map(|x| secret([line.evaluate(&element(x), 2).0.0]));
            let joined = join((place(3), &y1), (place(4), &y2)).unwrap();
            assert_eq!(joined.expose(), &[byte]);
        }
    }
}
