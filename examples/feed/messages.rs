//! Messages of invented people: the same for the same numbers, so that whoever knows the numbers knows what was sent.

/// All of eight letters or more, so that none of them is found in sealed text by chance.
pub(crate) const SURNAMES: [&str; 10] = [
    "CHEVALIER",
    "DELACROIX",
    "FONTAINE",
    "GAUTHIER",
    "LEFEBVRE",
    "MARCHAND",
    "BERTRAND",
    "ROUSSEAU",
    "VASSEURS",
    "CHARPENTIER",
];
const FIRST_NAMES: [&str; 10] = [
    "Zoé", "Inès", "Hugo", "Léa", "Noé", "Chloé", "Jules", "Maël", "Rose", "Anaïs",
];
pub(crate) const SERVICES: [&str; 5] = [
    "Dermatologie",
    "Cardiologie",
    "Psychiatrie",
    "Pédiatrie",
    "Ophtalmologie",
];
const EVENTS: [&str; 4] = ["S12", "S13", "S14", "S15"];

/// The message of this number, from 1, of this sender, from 1.
pub(crate) fn message(seed: u64, sender: usize, number: u64) -> Vec<u8> {
    let mixed = mix(seed ^ mix(sender as u64) ^ number);
    let of = |from: &[&'static str], shift: u32| from[(mixed >> shift) as usize % from.len()];
    let (surname, first_name) = (of(&SURNAMES, 3), of(&FIRST_NAMES, 11));
    let (service, event) = (of(&SERVICES, 19), of(&EVENTS, 27));
    let (patient, practitioner) = (mixed % 900_000 + 100_000, mixed % 90 + 10);
    let phone = phone(seed, sender, number);
    let (month, day, hour) = (mixed % 12 + 1, mixed % 28 + 1, mixed % 9 + 8);
    let minute = number % 4 * 15;
    let id = id(seed, sender, number);
    [
        format!("MSH|^~\\&|AGENDA{sender}|CABINET{sender}|ECRAN|LOGICIEL|2026{month:02}{day:02}070000+0100||SIU^{event}^SIU_S12|{id}|P|2.5.1||||||UNICODE UTF-8"),
        format!("SCH|{patient}-{number}|{patient}-{number}|||||^Consultation||15|min|^^15^2026{month:02}{day:02}{hour:02}{minute:02}00^2026{month:02}{day:02}{hour:02}{minute:02}59|||||||||||||||Booked"),
        format!("PID|1||{patient}^^^CABINET^PI||{surname}^{first_name}^^^^^L||19{:02}{month:02}{day:02}|F|||{day} rue des Lilas^^Lyon^^69003^FRA||{phone}^PRN^PH", mixed % 90 + 10),
        "RGS|1|A".to_owned(),
        format!("AIS|1|A|{service}^Consultation {service}||2026{month:02}{day:02}{hour:02}{minute:02}00"),
        format!("AIP|1|A|{practitioner}^Docteur^{surname}|^{service}"),
        format!("NTE|1||{first_name} {surname} rappelle au {phone}"),
        String::new(),
    ]
    .join("\r")
    .into_bytes()
}

/// Its MSH-10.
pub(crate) fn id(seed: u64, sender: usize, number: u64) -> String {
    format!("{seed:x}.{sender}.{number}")
}

/// The telephone number in it, of those that are given to nobody (ARCEP's for films and books).
pub(crate) fn phone(seed: u64, sender: usize, number: u64) -> String {
    format!(
        "063998{:04}",
        mix(seed ^ mix(sender as u64) ^ number) % 10_000
    )
}

/// The finaliser of SplitMix64: close numbers give far ones.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
