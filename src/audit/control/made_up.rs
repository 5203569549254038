//! Rows of nobody, on which attacks can be tried.

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

use crate::{audit::draw::table::Table, error::Result};

const FIELDS: [&str; 9] = [
    "last_name",
    "first_name",
    "age",
    "sex",
    "phone",
    "email",
    "start",
    "practitioner",
    "specialty",
];

const SPECIALTIES: [&str; 20] = [
    "general medicine",
    "dentistry",
    "dermatology",
    "gynaecology",
    "ophthalmology",
    "cardiology",
    "paediatrics",
    "psychiatry",
    "radiology",
    "ENT",
    "urology",
    "rheumatology",
    "gastroenterology",
    "physiotherapy",
    "endocrinology",
    "oncology",
    "nephrology",
    "allergology",
    "geriatrics",
    "sexual health",
];

/// So many visits of a made-up town, in which some values are more frequent than others: always the same for a seed.
pub(crate) fn town(visits: usize, seed: u64) -> Result<Table> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let surnames: Vec<String> = (0..900).map(|at| word(at, 17)).collect();
    let first_names: Vec<String> = (0..160).map(|at| word(at, 29)).collect();
    let mut table = Table::new(FIELDS)?;
    let mut rows = 0;
    let mut people = 0;
    while rows < visits {
        people += 1;
        let sex = if rng.random_bool(0.55) { "F" } else { "M" };
        let age = (rng.random::<f64>() + rng.random::<f64>()) * 48.0;
        let surname = &surnames[often(rng, 900)];
        let half = usize::from(sex == "F") * 80;
        let first = &first_names[half + often(rng, 80)];
        let phone = (rng.random_range(0..20) != 0)
            .then(|| format!("06{:08}", rng.random_range(0..100_000_000)));
        // Addresses are of many lengths.
        let (extra, host) = (rng.random_range(0..4_usize), word(often(rng, 60), 53));
        let number = seed % 1_000 * 100_000 + people;
        let email = format!(
            "{first}.{surname}{number}{}@{host}.example.org",
            "x".repeat(extra)
        );
        for _ in 0..rng.random_range(1..4_usize) {
            if rows == visits {
                break;
            }
            let specialty = comes_for(rng, sex, age);
            let doctor = specialty + 20 * often(rng, 5);
            let start = format!(
                "2020-{:02}-{:02}T{:02}:{:02}:00+02:00",
                rng.random_range(1..13),
                rng.random_range(1..29),
                rng.random_range(8..18),
                15 * rng.random_range(0..4)
            );
            let (age, doctor) = (
                (age as u32).to_string(),
                format!("Dr {} {}", word(doctor, 61), word(doctor, 41)),
            );
            let cells = [
                Some(surname.as_str()),
                Some(first),
                Some(&age),
                Some(sex),
                phone.as_deref(),
                Some(&email),
                Some(&start),
                Some(&doctor),
                Some(SPECIALTIES[specialty]),
            ];
            table.push(cells)?;
            rows += 1;
        }
    }
    Ok(table)
}

/// Small numbers more often than great ones.
fn often(rng: &mut ChaCha8Rng, below: usize) -> usize {
    let part = rng.random::<f64>();
    ((below as f64).powf(part) - 1.0) as usize
}

/// A word of 3 to 11 letters, another one for each number.
fn word(number: usize, kind: usize) -> String {
    let mut state = number * 7919 + kind * 104_729 + 1;
    let letters = 2 + state % 9;
    let mut word = String::from(char::from(b'A' + (number % 26) as u8));
    for _ in 0..letters {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        word.push(char::from(b'a' + (state / 65_536 % 26) as u8));
    }
    word
}

fn comes_for(rng: &mut ChaCha8Rng, sex: &str, age: f64) -> usize {
    loop {
        let specialty = often(rng, SPECIALTIES.len());
        let fits = match SPECIALTIES[specialty] {
            "gynaecology" => sex == "F" && age > 15.0,
            "urology" => sex == "M" && age > 30.0,
            "paediatrics" => age < 16.0,
            "geriatrics" => age > 70.0,
            "cardiology" => age > 40.0,
            _ => true,
        };
        if fits {
            return specialty;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_seed_makes_a_town() {
        for seed in [0, 1, u64::MAX] {
            assert_eq!(town(20, seed).unwrap().rows(), 20);
        }
    }
}
