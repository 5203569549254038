use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng};

use super::*;

use crate::audit::attack::fixture::{SPECIALTIES, case, leak, text};

const EACH: usize = 600;

/// What each row's target is, and what a scheme makes of it, of three draws; the last is attacked.
fn of_scheme(column: &str, cell: impl Fn(u32, &mut ChaCha8Rng) -> String) -> (Case, Vec<u32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut draw = || {
        let targets: Vec<u32> = (0..EACH)
            .map(|_| rng.random_range(1..=SPECIALTIES))
            .collect();
        let cells: Vec<String> = targets
            .iter()
            .map(|&target| cell(target, &mut rng))
            .collect();
        (leak("billing", &[(column, &cells)]), targets)
    };
    let lessons = [draw(), draw()];
    let (attacked, targets) = draw();
    let mut case = case(vec![attacked]);
    let fields = case.knows.schema.fields().len();
    for (view, targets) in lessons {
        let row = |target: u32| {
            let mut row = vec![0; fields];
            row[case.knows.target] = target;
            row
        };
        let rows = targets.into_iter().map(row).collect();
        case.lessons.push(
            Lesson {
                view: view.into(),
                rows,
            }
            .into(),
        );
    }
    (case, targets)
}

fn random(bytes: usize, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut all = vec![0; bytes];
    rng.fill_bytes(&mut all);
    all
}

fn sealed(bytes: &[u8]) -> String {
    format!("p1.{}", data_encoding::BASE64URL_NOPAD.encode(bytes))
}

/// How often the best guess is right, in 100 rows.
fn right(ways: &[Way], targets: &[u32]) -> usize {
    let best = |row: usize| {
        ways[0].readings[0]
            .at(row)
            .and_then(Candidates::best)
            .map(|(value, _)| value)
    };
    100 * targets
        .iter()
        .enumerate()
        .filter(|&(row, target)| best(row) == Some(*target))
        .count()
        / targets.len()
}

#[test]
fn a_length_is_learned() {
    let (case, targets) = of_scheme("sealed", |target, rng| {
        sealed(&random(40 + target as usize, rng))
    });
    let ways = Classifier.ways(&case, &[vec![]]);
    assert_eq!((ways.len(), right(&ways, &targets)), (1, 100));
}

#[test]
fn a_byte_that_leans_is_learned_as_far_as_it_leans() {
    let lean = |target: u32, rng: &mut ChaCha8Rng| {
        let mut bytes = random(60, rng);
        if rng.random_bool(0.5) {
            bytes[33] = target as u8 * 16;
        }
        sealed(&bytes)
    };
    let (case, targets) = of_scheme("sealed", lean);
    let ways = Classifier.ways(&case, &[vec![]]);
    let right = right(&ways, &targets);
    assert!((45..75).contains(&right), "{right}");
}

#[test]
fn texts_of_the_same_key_are_learned() {
    let (case, targets) = of_scheme("specialty", |target, _| {
        format!(
            "{:016x}",
            u64::from(target).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        )
    });
    assert_eq!(right(&Classifier.ways(&case, &[vec![]]), &targets), 100);
}

#[test]
fn random_bytes_and_bytes_that_have_nothing_to_do_with_it_teach_nothing() {
    for seed in 0..4 {
        let (case, _) = of_scheme("sealed", |_, rng| {
            let mut bytes = random(200 + seed, rng);
            bytes[..8].copy_from_slice(&[1, 1, 1, 0, 0, 0, 0, 1]);
            // Uneven, but of no target.
            bytes[8] %= 7;
            sealed(&bytes)
        });
        assert!(Classifier.ways(&case, &[vec![]]).is_empty());
    }
}

#[test]
fn nothing_is_taught_without_lessons_or_of_what_is_read() {
    let (mut case, targets) = of_scheme("specialty", |target, _| text("specialty", target));
    let texts: Vec<String> = targets
        .iter()
        .map(|&target| text("specialty", target))
        .collect();
    let known = crate::audit::attack::fixture::exact(&case, "specialty", &texts);
    assert!(Classifier.ways(&case, &[vec![known]]).is_empty());
    assert_eq!(Classifier.ways(&case, &[vec![]]).len(), 1);
    case.lessons.clear();
    assert!(Classifier.ways(&case, &[vec![]]).is_empty());
}
