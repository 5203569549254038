//! Made-up appointments as CSV, as many as one wants, of which none is like another.

use std::fmt::Write as _;

pub(crate) const HEADER: &str =
    "last_name,first_name,age,sex,phone,email,start,practitioner,specialty\n";

const LAST: [&str; 8] = [
    "Martin", "Bernard", "Lefèvre", "Nguyen", "da Silva", "Roux", "Garnier", "Benali",
];
const FIRST: [&str; 6] = ["Zoé", "Louis", "Anne-Marie", "Karim", "Chloé", "Jean"];
const SPECIALTY: [&str; 5] = [
    "Dermatologie",
    "Cardiologie",
    "Médecine générale",
    "Gynécologie",
    "Psychiatrie",
];

/// Appends the row of this number.
pub(crate) fn push(rows: &mut String, number: usize) {
    let last = LAST[number % 8];
    let first = FIRST[number / 3 % 6];
    let (age, sex) = (
        number % 97,
        if number.is_multiple_of(2) {
            "female"
        } else {
            "male"
        },
    );
    let _ = writeln!(
        rows,
        "{last},{first},{age},{sex},06 39 98 {:02} {:02},p{number}@example.org,2020-{:02}-{:02}T{:02}:{:02}:00+02:00,\"Dr {}, cabinet {}\",{}",
        number / 100 % 100,
        number % 100,
        number % 12 + 1,
        number % 28 + 1,
        number % 10 + 8,
        number % 4 * 15,
        LAST[number / 7 % 8],
        number % 40,
        SPECIALTY[number % 5],
    );
}

/// A table of so many rows.
pub(crate) fn table(rows: usize) -> String {
    let mut text = String::from(HEADER);
    for number in 0..rows {
        push(&mut text, number);
    }
    text
}
