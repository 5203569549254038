//! A seeded generator of fictional appointments, shaped like a year of outpatient care in France.
//!
//! What makes real appointments easy to link is that their columns depend on each other, so these depend on each
//! other too: sex and age lead to a specialty; the specialty sets the opening hours, the length of a slot and
//! how often people come back; families share a surname, a phone and their doctors. The weights are plausible guesses,
//! not measurements. Nobody here exists: phones are of ranges kept for fiction, addresses end in `example.org`.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use paravent::{Appointment, Sex};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};

/// Returns `count` appointments of the year 2020, in no order: always the same for the same `count` and `seed`.
///
/// No practitioner has two at the same time.
pub(crate) fn appointments(count: usize, seed: u64) -> Vec<Appointment> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let names = Names::load();
    let town = Town::of(people(rng, &names, count * 3 / 5));
    let practice = Practice::staffed_for(rng, &names, &town, count);
    let mut chosen = BTreeMap::new();
    let mut agenda = Agenda::default();
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count {
        let (person, care) = town.need(rng);
        let doctor = *chosen
            .entry((person.household, care))
            .or_insert_with(|| practice.doctor_of(rng, care));
        let practitioner = &practice.doctors[doctor];
        let visits = episode(rng, &CARE[care], doctor, practitioner.day_off, &mut agenda);
        let this_year = visits.into_iter().filter(|slot| slot.day >= YEAR_START);
        rows.extend(
            this_year
                .map(|slot| person.appointment(practitioner, slot))
                .take(count - rows.len()),
        );
    }
    rows.shuffle(rng);
    rows
}

/// What a specialty is like. People's weights are for the ages of [`BANDS`].
struct Care {
    code: &'static str,
    women: [u32; 5],
    men: [u32; 5],
    /// First start, most frequent start, and end of the day.
    hours: (u32, u32, u32),
    minutes: u32,
    /// How many visits an episode has on average, and how many days lie between two.
    visits: u32,
    days: u32,
}

/// The first age of each band but the first: small children, pupils, young adults, the middle, the old.
const BANDS: [u8; 4] = [6, 18, 40, 65];

#[rustfmt::skip]
const CARE: [Care; 30] = [
    care("SM04", [5, 5, 15, 70, 150],          [5, 8, 25, 110, 200],         (8, 10, 18), 30, 2, 120),
    care("SM15", [30, 80, 100, 80, 60],        [30, 80, 90, 70, 70],         (9, 14, 18), 15, 1, 90),
    care("SM16", [2, 8, 20, 30, 20],           [2, 5, 8, 15, 15],            (9, 11, 17), 30, 2, 90),
    care("SM18", [0, 0, 0, 0, 70],             [0, 0, 0, 0, 50],             (9, 10, 16), 45, 2, 90),
    care("SM19", [0, 12, 150, 110, 25],        [0, 0, 0, 0, 0],              (9, 12, 19), 20, 1, 180),
    care("SM20", [0, 3, 170, 60, 12],          [0, 0, 0, 0, 0],              (9, 14, 18), 20, 4, 30),
    care("SM24", [3, 5, 30, 55, 50],           [3, 5, 35, 65, 60],           (8, 11, 18), 20, 2, 45),
    care("SM27", [1, 3, 10, 12, 15],           [1, 2, 8, 10, 14],            (9, 11, 17), 45, 2, 60),
    care("SM29", [3, 10, 15, 30, 40],          [3, 12, 20, 35, 35],          (8, 10, 17), 30, 5, 7),
    care("SM30", [1, 2, 4, 10, 25],            [1, 2, 6, 14, 35],            (8, 9, 16),  30, 4, 30),
    care("SM32", [4, 10, 25, 40, 55],          [4, 10, 20, 35, 55],          (9, 14, 18), 45, 2, 90),
    care("SM34", [50, 40, 25, 30, 50],         [55, 45, 25, 35, 55],         (9, 15, 18), 15, 1, 60),
    care("SM36", [1, 2, 8, 40, 55],            [1, 2, 5, 25, 60],            (8, 9, 17),  30, 6, 21),
    care("SM37", [0, 1, 3, 25, 30],            [0, 1, 2, 12, 40],            (8, 12, 18), 15, 12, 1),
    care("SM38", [20, 70, 70, 110, 180],       [20, 70, 60, 100, 170],       (8, 11, 18), 10, 1, 120),
    care("SM40", [560, 200, 0, 0, 0],          [560, 200, 0, 0, 0],          (9, 17, 19), 20, 3, 45),
    care("SM41", [15, 15, 15, 30, 45],         [20, 18, 18, 40, 60],         (8, 11, 17), 30, 2, 60),
    care("SM42", [0, 5, 75, 70, 25],           [0, 5, 65, 55, 18],           (9, 17, 20), 45, 8, 7),
    care("SM43", [6, 60, 1, 0, 0],             [10, 85, 1, 0, 0],            (9, 17, 19), 45, 6, 7),
    care("SM44", [10, 40, 50, 120, 110],       [10, 45, 60, 80, 100],        (8, 11, 19), 15, 1, 30),
    care("SM48", [1, 5, 20, 60, 80],           [1, 5, 20, 45, 50],           (9, 11, 18), 20, 2, 45),
    care("SM50", [4, 30, 30, 10, 8],           [4, 30, 30, 10, 8],           (8, 9, 17),  20, 2, 14),
    care("SM54", [350, 380, 330, 330, 330],    [350, 400, 450, 400, 360],    (8, 10, 20), 15, 2, 60),
    care("SM57", [25, 35, 20, 12, 5],          [30, 40, 15, 8, 4],           (9, 16, 18), 30, 3, 30),
    care("SM58", [1, 2, 8, 6, 5],              [1, 2, 16, 12, 6],            (9, 14, 17), 30, 2, 90),
    care("SM59", [15, 15, 12, 8, 10],          [18, 22, 16, 10, 10],         (8, 19, 22), 20, 1, 7),
    care("SM61", [0, 1, 10, 40, 45],           [0, 1, 6, 25, 45],            (8, 10, 17), 30, 2, 90),
    care("SM62", [3, 15, 35, 50, 45],          [3, 12, 15, 40, 45],          (8, 9, 17),  30, 3, 90),
    care("SM67", [0, 0, 35, 4, 0],             [0, 0, 15, 4, 0],             (7, 8, 11),  30, 5, 3),
    care("SM93", [0, 0, 0, 1, 30],             [0, 0, 0, 1, 18],             (10, 14, 17), 45, 4, 30),
];

const fn care(
    code: &'static str,
    women: [u32; 5],
    men: [u32; 5],
    (first, peak, end): (u32, u32, u32),
    minutes: u32,
    visits: u32,
    days: u32,
) -> Care {
    Care {
        code,
        women,
        men,
        hours: (first * 60, peak * 60, end * 60),
        minutes,
        visits,
        days,
    }
}

fn band(age: u8) -> usize {
    BANDS.partition_point(|&first| first <= age)
}

/// How often someone sees a doctor at all.
fn visits_weight(person: &Person) -> u32 {
    let weights = if person.female {
        [4, 2, 5, 6, 8]
    } else {
        [4, 2, 3, 4, 7]
    };
    weights[band(person.age)]
}

/// Who sees a doctor, and for what.
struct Town {
    people: Vec<Person>,
    patients: Weights,
    /// P(specialty | age band), for each band.
    women: Vec<Weights>,
    men: Vec<Weights>,
}

impl Town {
    fn of(people: Vec<Person>) -> Town {
        let by_band = |weights: fn(&Care) -> &[u32; 5]| {
            (0..=BANDS.len())
                .map(|band| Weights::new(CARE.iter().map(|care| weights(care)[band])))
                .collect()
        };
        let patients = Weights::new(people.iter().map(visits_weight));
        Town {
            people,
            patients,
            women: by_band(|care| &care.women),
            men: by_band(|care| &care.men),
        }
    }

    /// Someone, and the place in [`CARE`] of what they need.
    fn need(&self, rng: &mut ChaCha8Rng) -> (&Person, usize) {
        let person = &self.people[self.patients.pick(rng)];
        let weights = if person.female {
            &self.women
        } else {
            &self.men
        };
        (person, weights[band(person.age)].pick(rng))
    }
}

struct Practitioner {
    name: String,
    specialty: &'static str,
    /// Monday is 0; 5 takes none.
    day_off: u32,
}

struct Practice {
    doctors: Vec<Practitioner>,
    /// For each of [`CARE`], its doctors' places in `doctors`.
    staff: Vec<Range<u32>>,
}

impl Practice {
    fn staffed_for(rng: &mut ChaCha8Rng, names: &Names, town: &Town, count: usize) -> Practice {
        let specialties: BTreeMap<_, _> = include_str!("data/specialties-fr.tsv")
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .collect();
        let mut visits = [0; CARE.len()];
        while visits.iter().sum::<u32>() < count as u32 {
            let (_, care) = town.need(rng);
            visits[care] += CARE[care].visits;
        }
        // A directory maps a name to one specialty, so no two doctors share a name, until names run out.
        let mut named = BTreeSet::new();
        let mut doctors = Vec::new();
        let mut staff = Vec::new();
        for (care, visits) in CARE.iter().zip(visits) {
            let first = doctors.len() as u32;
            for _ in 0..(visits / VISITS_A_DOCTOR).max(2) {
                let fresh = (0..100)
                    .map(|_| names.doctor(rng))
                    .find(|name| named.insert(name.clone()));
                let name = fresh.unwrap_or_else(|| names.doctor(rng));
                let specialty = specialties.get(care.code).copied().unwrap_or(care.code);
                doctors.push(Practitioner {
                    name,
                    specialty,
                    day_off: rng.random_range(0..6),
                });
            }
            staff.push(first..doctors.len() as u32);
        }
        Practice { doctors, staff }
    }

    fn doctor_of(&self, rng: &mut ChaCha8Rng, care: usize) -> usize {
        rng.random_range(self.staff[care].clone()) as usize
    }
}

const VISITS_A_DOCTOR: u32 = 25;

/// A start: a day, counted from that of 1 January 2019, and a minute of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    day: u32,
    minute: u32,
}

/// Who is taken when, so that nobody is booked twice.
#[derive(Default)]
struct Agenda(BTreeSet<(usize, Slot)>);

impl Agenda {
    /// Books the first free slot from the wished one on, if there is one before the end of 2020.
    fn book(
        &mut self,
        rng: &mut ChaCha8Rng,
        care: &Care,
        doctor: usize,
        day_off: u32,
        wish: Slot,
    ) -> Option<Slot> {
        let (first, _, end) = care.hours;
        let mut slot = wish;
        while slot.day < YEAR_END {
            let day = weekday(slot.day);
            if day < 5 && day != day_off && !HOLIDAYS.contains(&date(slot.day)) {
                while slot.minute + care.minutes <= end {
                    if !at_lunch(slot.minute, care) && self.0.insert((doctor, slot)) {
                        return Some(slot);
                    }
                    slot.minute += care.minutes;
                }
                slot.minute = first;
            }
            // Not always the next day, or Mondays would have the weekend's patients too.
            slot.day += if care.days < 7 {
                1
            } else {
                rng.random_range(1..=5)
            };
        }
        None
    }
}

/// One need for care, from its first visit to its last or to the end of the year.
fn episode(
    rng: &mut ChaCha8Rng,
    care: &Care,
    doctor: usize,
    day_off: u32,
    agenda: &mut Agenda,
) -> Vec<Slot> {
    let mut slots = Vec::new();
    // From 2019 on, since in January 2020 some are in the middle of their visits.
    let mut wish = Slot {
        day: rng.random_range(0..YEAR_END),
        minute: minute(rng, care),
    };
    while let Some(slot) = agenda.book(rng, care, doctor, day_off, wish) {
        slots.push(slot);
        if !rng.random_ratio(care.visits - 1, care.visits) {
            break;
        }
        // Who comes every week keeps the hour; who comes back after months takes what is free.
        wish = Slot {
            day: slot.day + care.days + rng.random_range(0..=care.days / 10),
            minute: if care.days <= 7 {
                slot.minute
            } else {
                minute(rng, care)
            },
        };
    }
    slots
}

/// A start on the specialty's grid, likelier the nearer to its peak.
fn minute(rng: &mut ChaCha8Rng, care: &Care) -> u32 {
    let (first, peak, end) = care.hours;
    loop {
        // The later or the earlier of two draws is a triangle that rises to, or falls from, the peak.
        let drawn = if rng.random_ratio(peak - first, end - first) {
            rng.random_range(first..peak)
                .max(rng.random_range(first..peak))
        } else {
            rng.random_range(peak..end).min(rng.random_range(peak..end))
        };
        let start = drawn - (drawn - first) % care.minutes;
        if start + care.minutes <= end && !at_lunch(start, care) {
            return start;
        }
    }
}

fn at_lunch(minute: u32, care: &Care) -> bool {
    minute < 14 * 60 && minute + care.minutes > 12 * 60 + 30
}

const YEAR_START: u32 = 365;
const YEAR_END: u32 = YEAR_START + 366;
const MONTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const HOLIDAYS: [(usize, u32); 11] = [
    (1, 1),
    (4, 13),
    (5, 1),
    (5, 8),
    (5, 21),
    (6, 1),
    (7, 14),
    (8, 15),
    (11, 1),
    (11, 11),
    (12, 25),
];

/// Month and day of the month in 2020, from 1. What lies before serves only to start from, and is given its dates too.
fn date(day: u32) -> (usize, u32) {
    let mut left = if day < YEAR_START {
        day
    } else {
        day - YEAR_START
    };
    for (month, days) in MONTHS.into_iter().enumerate() {
        if left < days {
            return (month + 1, left + 1);
        }
        left -= days;
    }
    (12, 31)
}

/// Monday is 0. The year 2019 began on a Tuesday.
fn weekday(day: u32) -> u32 {
    (day + 1) % 7
}

fn date_time(Slot { day, minute }: Slot) -> String {
    let (month, day) = date(day);
    // Summer time lasts from the last Sunday of March to the last Sunday of October.
    let offset = if ((3, 29)..(10, 25)).contains(&(month, day)) {
        "+02:00"
    } else {
        "+01:00"
    };
    format!(
        "2020-{month:02}-{day:02}T{:02}:{:02}:00{offset}",
        minute / 60,
        minute % 60
    )
}

struct Person {
    household: u32,
    last_name: String,
    first_name: String,
    female: bool,
    age: u8,
    /// What the platform was told, which is not always what is so.
    stated: (Option<u8>, Option<Sex>),
    phone: Option<String>,
    email: Option<String>,
}

impl Person {
    fn appointment(&self, practitioner: &Practitioner, slot: Slot) -> Appointment {
        let (age, sex) = self.stated;
        Appointment {
            last_name: self.last_name.clone(),
            first_name: self.first_name.clone(),
            age,
            sex,
            phone: self.phone.clone(),
            email: self.email.clone(),
            start: date_time(slot),
            practitioner: practitioner.name.clone(),
            specialty: practitioner.specialty.to_owned(),
        }
    }
}

/// At least `count` people, one household after the other.
fn people(rng: &mut ChaCha8Rng, names: &Names, count: usize) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::with_capacity(count + 5);
    let mut household = 0;
    while people.len() <= count {
        let surname = names.surname(rng);
        let landline = fictional_phone(rng, LANDLINE);
        let age = adult_age(rng);
        let female = rng.random_ratio(1, 2);
        let parent = adult(rng, names, household, surname, &landline, female, age);
        let (phone, email) = (parent.phone.clone(), parent.email.clone());
        people.push(parent);
        if rng.random_ratio(11, 20) {
            let other = if rng.random_ratio(4, 5) {
                surname
            } else {
                names.surname(rng)
            };
            let age = (age + 4 - rng.random_range(0..9)).max(18);
            people.push(adult(rng, names, household, other, &landline, !female, age));
        }
        if (24..55).contains(&age) {
            for _ in 0..[0, 0, 1, 1, 2, 2, 3][rng.random_range(0..7_u32) as usize] {
                let age = rng.random_range(age.saturating_sub(42)..=(age - 20).min(17));
                let female = rng.random_ratio(1, 2);
                let mut child = person(rng, names, household, surname, female, age);
                (child.phone, child.email) = (phone.clone(), email.clone());
                people.push(child);
            }
        }
        household += 1;
    }
    people
}

fn adult_age(rng: &mut ChaCha8Rng) -> u8 {
    match rng.random_range(0..10) {
        0..3 => rng.random_range(18..40),
        3..7 => rng.random_range(40..65),
        // The earlier of two draws, since the old thin out.
        _ => rng.random_range(65..98).min(rng.random_range(65..98)),
    }
}

fn adult(
    rng: &mut ChaCha8Rng,
    names: &Names,
    household: u32,
    surname: &str,
    landline: &str,
    female: bool,
    age: u8,
) -> Person {
    let mut adult = person(rng, names, household, surname, female, age);
    let (mobile, mail) = if age < 65 { (95, 88) } else { (60, 55) };
    let phone = if rng.random_ratio(mobile, 100) {
        fictional_phone(rng, MOBILE)
    } else {
        landline.to_owned()
    };
    adult.phone = Some(phone);
    adult.email = rng.random_ratio(mail, 100).then(|| address(rng, &adult));
    adult
}

fn person(
    rng: &mut ChaCha8Rng,
    names: &Names,
    household: u32,
    surname: &str,
    female: bool,
    age: u8,
) -> Person {
    let sex = match rng.random_range(0..1000) {
        0..10 => None,
        10..15 => Some(Sex::Unknown),
        15..18 => Some(Sex::Other),
        _ if female => Some(Sex::Female),
        _ => Some(Sex::Male),
    };
    let stated = ((!rng.random_ratio(1, 100)).then_some(age), sex);
    let first_name = names.first_name(rng, female).to_owned();
    Person {
        household,
        last_name: surname.to_owned(),
        first_name,
        female,
        age,
        stated,
        phone: None,
        email: None,
    }
}

// The French numbering plan keeps these two ranges for fiction. They hold 10,000 numbers each.
const MOBILE: &str = "06 39 98";
const LANDLINE: &str = "01 99 00";

fn fictional_phone(rng: &mut ChaCha8Rng, range: &str) -> String {
    let (tens, ones) = (rng.random_range(0..100), rng.random_range(0..100));
    format!("{range} {tens:02} {ones:02}")
}

/// An address that often holds the name, as most do.
fn address(rng: &mut ChaCha8Rng, person: &Person) -> String {
    let (first, last) = (ascii(&person.first_name), ascii(&person.last_name));
    let initial = &first[..first.len().min(1)];
    let born = 2020 - i32::from(person.age);
    let local = match rng.random_range(0..6) {
        0 | 1 => format!("{first}.{last}"),
        2 => format!("{initial}{last}"),
        3 => format!("{first}{}", born % 100),
        4 => format!("{last}.{born}"),
        _ => format!(
            "{}{:03}",
            ["soleil", "lavande", "moto", "jardin"][rng.random_range(0..4_u32) as usize],
            rng.random_range(0..1000)
        ),
    };
    let host = ["", "mail.", "poste.", "famille."][rng.random_range(0..4_u32) as usize];
    format!("{local}@{host}example.org")
}

/// The small letters of a name, without accents, spaces and apostrophes.
fn ascii(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|letter| match letter {
            'à' | 'â' | 'ä' => Some('a'),
            'ç' => Some('c'),
            'é' | 'è' | 'ê' | 'ë' => Some('e'),
            'î' | 'ï' => Some('i'),
            'ô' | 'ö' => Some('o'),
            'ù' | 'û' | 'ü' => Some('u'),
            'ÿ' => Some('y'),
            'a'..='z' | '-' => Some(letter),
            _ => None,
        })
        .collect()
}

struct Names {
    surnames: Ranked,
    accented_surnames: Ranked,
    women: Ranked,
    accented_women: Ranked,
    men: Ranked,
    accented_men: Ranked,
}

impl Names {
    fn load() -> Names {
        let women = include_str!("data/first-names-female.txt").lines();
        let men = include_str!("data/first-names-male.txt").lines();
        Names {
            surnames: Ranked::new(include_str!("data/surnames.txt").lines(), 40),
            accented_surnames: Ranked::new(include_str!("data/surnames-accented.txt").lines(), 40),
            women: Ranked::new(women.clone().filter(|name| name.is_ascii()), 10),
            accented_women: Ranked::new(women.filter(|name| !name.is_ascii()), 10),
            men: Ranked::new(men.clone().filter(|name| name.is_ascii()), 10),
            accented_men: Ranked::new(men.filter(|name| !name.is_ascii()), 10),
        }
    }

    // 12 % of surnames and 20.5 % of first names have an accent, so 1 - 0.88 × 0.795 = 30 % of whole names do.

    fn surname(&self, rng: &mut ChaCha8Rng) -> &'static str {
        let list = if rng.random_ratio(12, 100) {
            &self.accented_surnames
        } else {
            &self.surnames
        };
        list.pick(rng)
    }

    fn first_name(&self, rng: &mut ChaCha8Rng, female: bool) -> &'static str {
        let list = match (rng.random_ratio(205, 1000), female) {
            (true, true) => &self.accented_women,
            (false, true) => &self.women,
            (true, false) => &self.accented_men,
            (false, false) => &self.men,
        };
        list.pick(rng)
    }

    fn doctor(&self, rng: &mut ChaCha8Rng) -> String {
        let female = rng.random_ratio(1, 2);
        format!("Dr {} {}", self.first_name(rng, female), self.surname(rng))
    }
}

/// Names, the most frequent first, whose frequency falls with their rank as Zipf found.
struct Ranked {
    names: Vec<&'static str>,
    weights: Weights,
}

impl Ranked {
    /// The larger `flat`, the longer the first names are about equally frequent.
    fn new(names: impl Iterator<Item = &'static str>, flat: u32) -> Ranked {
        let names: Vec<_> = names.collect();
        let weights = Weights::new((flat..).map(|rank| 1_000_000 / rank).take(names.len()));
        Ranked { names, weights }
    }

    fn pick(&self, rng: &mut ChaCha8Rng) -> &'static str {
        self.names[self.weights.pick(rng)]
    }
}

/// Picks a place in a list by its weight. In whole numbers, so that every machine picks alike.
struct Weights {
    ends: Vec<u32>,
}

impl Weights {
    fn new(weights: impl Iterator<Item = u32>) -> Weights {
        let sum = |end: &mut u32, weight| {
            *end += weight;
            Some(*end)
        };
        Weights {
            ends: weights.scan(0, sum).collect(),
        }
    }

    fn pick(&self, rng: &mut ChaCha8Rng) -> usize {
        let total = self.ends.last().copied().unwrap_or_default();
        let point = rng.random_range(0..total);
        self.ends.partition_point(|&end| end <= point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(rows: &[Appointment], holds: impl Fn(&Appointment) -> bool) -> f64 {
        rows.iter().filter(|row| holds(row)).count() as f64 / rows.len() as f64
    }

    #[test]
    fn a_seed_gives_the_same_rows_every_time() {
        assert!(appointments(500, 7) == appointments(500, 7));
        assert!(appointments(500, 7) != appointments(500, 8));
        for count in [0, 1, 2, 61] {
            assert_eq!(appointments(count, 7).len(), count);
        }
    }

    #[test]
    fn three_names_in_ten_have_an_accent() {
        let accented = |row: &Appointment| !row.first_name.is_ascii() || !row.last_name.is_ascii();
        let found = share(&appointments(20_000, 7), accented);
        assert!((0.28..0.32).contains(&found), "{found}");
    }

    #[test]
    fn nobody_real_can_be_called_or_written_to() {
        for row in appointments(5_000, 7) {
            assert!(
                row.phone
                    .is_some_and(|phone| phone.starts_with(MOBILE) || phone.starts_with(LANDLINE))
            );
            if let Some(email) = row.email {
                assert!(email.is_ascii());
                assert!(email.ends_with("@example.org") || email.ends_with(".example.org"));
            }
        }
    }

    #[test]
    fn every_specialty_is_known_and_used() {
        let codes: BTreeSet<_> = include_str!("data/specialties-fr.tsv")
            .lines()
            .filter_map(|line| line.split('\t').next())
            .collect();
        assert_eq!(codes, CARE.iter().map(|care| care.code).collect());
        let seen: BTreeSet<_> = appointments(6_128, 7)
            .into_iter()
            .map(|row| row.specialty)
            .collect();
        assert_eq!(seen.len(), CARE.len());
    }

    #[test]
    fn specialty_depends_on_age_and_sex() {
        let rows = appointments(20_000, 7);
        let child = |row: &Appointment| row.age.is_some_and(|age| age < 18);
        for row in &rows {
            match row.specialty.as_str() {
                "Pédiatrie" => assert!(child(row) || row.age.is_none()),
                "Gériatrie" => assert!(row.age.is_none_or(|age| age >= 65)),
                "Gynécologie médicale" => assert!(row.sex != Some(Sex::Male)),
                _ => {}
            }
        }
        let (children, adults): (Vec<_>, Vec<_>) = rows.into_iter().partition(child);
        let eyes = |row: &Appointment| row.specialty == "Ophtalmologie";
        assert!(share(&adults, eyes) > 1.2 * share(&children, eyes));
    }

    #[test]
    fn visits_are_on_working_days_and_one_at_a_time() {
        let working: BTreeSet<_> = (YEAR_START..YEAR_END)
            .filter(|&day| weekday(day) < 5 && !HOLIDAYS.contains(&date(day)))
            .map(|day| date_time(Slot { day, minute: 0 })[..10].to_owned())
            .collect();
        assert_eq!(working.len(), 253); // as the calendar of 2020 has them
        let mut booked = BTreeSet::new();
        for row in appointments(5_000, 7) {
            assert!(working.contains(&row.start[..10]), "{}", row.start);
            assert!(booked.insert((row.practitioner, row.start)));
        }
    }

    #[test]
    fn summer_time_is_that_of_2020() {
        let at_noon = |wanted: (usize, u32)| {
            let day = (YEAR_START..YEAR_END)
                .find(|&day| date(day) == wanted)
                .unwrap_or_default();
            date_time(Slot {
                day,
                minute: 12 * 60,
            })
        };
        assert_eq!(at_noon((2, 29)), "2020-02-29T12:00:00+01:00");
        assert_eq!(at_noon((3, 28)), "2020-03-28T12:00:00+01:00");
        assert_eq!(at_noon((3, 29)), "2020-03-29T12:00:00+02:00");
        assert_eq!(at_noon((10, 24)), "2020-10-24T12:00:00+02:00");
        assert_eq!(at_noon((10, 25)), "2020-10-25T12:00:00+01:00");
        assert_eq!(at_noon((12, 31)), "2020-12-31T12:00:00+01:00");
    }
}
