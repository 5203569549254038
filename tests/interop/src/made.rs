//! Made-up appointments from a seed: accents, long values at their width, empty texts, nulls, and every type.

use data_encoding::HEXLOWER;
use serde_json::value::RawValue;

use crate::lines::{Fields, Practice};

const NAMES: [&str; 16] = [
    "Lefèvre",
    "D’Orgères",
    "L'Hôpital-Ây",
    "Ÿvon",
    "ŒUVRARD",
    "Nguyễn",
    "Müller-Straße",
    "İlker",
    "ΣΊΣΥΦΟΣ",
    "Дмитрий",
    "e\u{301}ric",
    "ﬁlippo",
    "Jean  Éric",
    "Ｗｉｄｅ",
    "O\u{2bc}Neil",
    "한지민",
];
const SPECIALTIES: [&str; 5] = [
    "Gynécologie médicale",
    "ORL",
    "Ⅷ  essai",
    "Cardiologie",
    "Médecine générale 𝒜",
];
const PHONES: [&str; 6] = [
    "06 39 98 12 34",
    "+33 (0)6.39.98.12.",
    "0033 6399812",
    "０６ 39 98 12 ",
    "+1 (202) 555-01",
    "639981234",
];
const CODES: [&str; 8] = [
    "null",
    r#""\ud800""#,
    r#"{"a": 1.0, "b":[true, null]}"#,
    "[ ]",
    "\"é\\u00e9\"",
    "1E+400",
    "0.10",
    r#"{"a":1,"a":2}"#,
];

/// SplitMix64: the same draws for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes
            .chunks_mut(8)
            .for_each(|part| part.copy_from_slice(&self.next().to_be_bytes()));
        bytes
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    fn optional<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(4) != 0).then(|| make(self))
    }

    fn name(&mut self) -> String {
        match self.below(20) {
            0 => "é".repeat(24),
            1 => "\u{1f9d1}".repeat(12),
            _ => format!("{} {}", self.pick(&NAMES), self.below(1000)),
        }
    }
}

/// In hexadecimal, 1 to 1,024 bytes that need not be text.
pub(crate) fn record_id(random: &mut Random, number: usize) -> String {
    match random.below(8) {
        0 => HEXLOWER.encode(&random.bytes()[..1]),
        1 => HEXLOWER.encode(&random.bytes().repeat(32)),
        _ => HEXLOWER.encode(format!("appointments/rdv-{number}").as_bytes()),
    }
}

pub(crate) fn fields(random: &mut Random, schema: &str) -> Fields {
    let mut fields = Fields {
        last_name: Some(random.name()),
        first_name: Some(random.name()),
        phone: random.optional(|random| {
            let phone = random.pick(&PHONES);
            format!("{phone}{:02}", random.below(100))
        }),
        email: random.optional(|random| match random.below(10) {
            0 => String::new(),
            _ => format!("Zoé.{}@EXAMPLE.org", random.below(1000)),
        }),
        start: Some(start(random)),
        ..Fields::default()
    };
    if schema == "appointment" {
        fields.age = random.optional(|random| random.below(121) as i64);
        fields.sex = random.optional(|random| {
            random
                .pick(&["female", "male", "other", "unknown"])
                .to_owned()
        });
        fields.practitioner = Some(if random.below(10) == 0 {
            String::new()
        } else {
            format!("Dr {}", random.name())
        });
        fields.specialty = Some(random.pick(&SPECIALTIES).to_owned());
    } else {
        fields.birth = random.optional(|random| format!("{}-02-28", 1900 + random.below(120)));
        fields.insured = random.optional(|random| random.below(2) == 0);
        fields.amount = random.optional(|random| match random.below(5) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => 0,
            _ => random.next() as i64,
        });
        fields.room = random.optional(|random| {
            if random.below(3) == 0 {
                String::new()
            } else {
                random.name()
            }
        });
        fields.codes = random
            .optional(|random| random.pick(&CODES))
            .and_then(|text| RawValue::from_string(text.to_owned()).ok());
        fields.practice = random.optional(|random| Practice {
            id: Some(format!("c-{}", random.below(50))),
        });
    }
    fields
}

fn start(random: &mut Random) -> String {
    let (day, hour, minute) = (1 + random.below(28), random.below(24), random.below(60));
    let zone = random.pick(&["Z", "+02:00", "-09:30", "+00:00"]);
    let part = random.pick(&["", ".5", ".123456"]);
    format!(
        "2020-{:02}-{day:02}T{hour:02}:{minute:02}:00{part}{zone}",
        1 + random.below(12)
    )
}
