//! The laws, over random lives.

use proptest::prelude::*;

use crate::{clinic::Clinic, model::Deed};

/// Deeds, with those that make others mean something more often.
fn deed() -> impl Strategy<Value = Deed> {
    let (any_row, any_epoch) = (any::<usize>(), any::<u32>());
    prop_oneof![
        5 => any::<u8>().prop_map(|person| Deed::Protect { person: person % 128 }),
        3 => Just(Deed::StartEpoch),
        2 => Just(Deed::StartGeneration),
        3 => any_row.prop_map(|row| Deed::Reseal { row }),
        1 => Just(Deed::ResealAll),
        2 => any_epoch.prop_map(|epoch| Deed::Disable { epoch }),
        2 => any::<u32>().prop_map(|epoch| Deed::Enable { epoch }),
        2 => any::<u32>().prop_map(|epoch| Deed::Destroy { epoch }),
        1 => any::<u32>().prop_map(|generation| Deed::DestroyGeneration { generation }),
        2 => Just(Deed::Grant),
        5 => (any::<usize>(), 0..3_u8).prop_map(|(row, person)| Deed::Release { row, person }),
        1 => Just(Deed::Restart),
        1 => Just(Deed::Rotate),
    ]
}

fn live(deeds: &[Deed], reload_at: Option<usize>) {
    let mut clinic = Clinic::new();
    for (number, deed) in deeds.iter().enumerate() {
        clinic.do_it(*deed);
        if reload_at == Some(number) {
            clinic.reload();
        }
        if number % 8 == 7 {
            clinic.check();
        }
    }
    clinic.check();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn rows_open_as_long_as_their_keys_are_there(deeds in proptest::collection::vec(deed(), 1..50)) {
        live(&deeds, None);
    }
}

proptest! {
    // A key file takes some tenths of a second.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn a_keyring_that_was_saved_goes_on_as_it_was(deeds in proptest::collection::vec(deed(), 16..40)) {
        live(&deeds, Some(deeds.len() / 2));
    }
}

#[test]
fn a_life_from_beginning_to_end() {
    let mut deeds = vec![Deed::Protect { person: 1 }, Deed::Grant];
    for row in 0..4 {
        deeds.extend([
            Deed::StartEpoch,
            Deed::StartGeneration,
            Deed::Protect { person: 2 },
            Deed::Release { row, person: 0 },
            Deed::Grant,
        ]);
    }
    deeds.extend([
        Deed::Disable { epoch: 0 },
        Deed::Release { row: 0, person: 1 },
        Deed::Enable { epoch: 0 },
        Deed::Reseal { row: 0 },
        Deed::Destroy { epoch: 0 },
        Deed::Destroy { epoch: 1 },
        Deed::Release { row: 1, person: 1 },
        Deed::ResealAll,
        Deed::DestroyGeneration { generation: 0 },
        Deed::Restart,
        Deed::Release { row: 0, person: 2 },
    ]);
    live(&deeds, Some(20));
}
