use super::*;

#[test]
fn a_shared_id_joins() {
    let id = |visit: &Visit| format!("r{}", visit.id);
    let sms = made(
        "sms",
        shuffled(&visits(), 1),
        &[("record", &id), ("phone", &phone)],
    );
    let billing = made(
        "billing",
        shuffled(&visits(), 2),
        &[("row", &id), ("specialty", &specialty)],
    );
    let (ways, visits) = attacked(vec![sms, billing], nothing);
    let way = way(&ways, "equal values: record of sms, row of billing");
    assert_eq!(
        (way.leak, &way.with[..], told(way, &visits)),
        (0, &[1][..], 100)
    );
}

#[test]
fn two_cuts_of_one_sealing_join_by_their_nonces() {
    // Version, suite, profile, flags, epoch, nonce; one group of one block.
    let cut = |visit: &Visit, scope: u8| {
        let mut bytes = vec![1, 1, 1, 0, 0, 0, 0, 1];
        bytes.extend([visit.id.to_be_bytes(); 6].concat());
        bytes.extend([scope, 0, 16]);
        bytes.extend([scope; 48]);
        crate::wire::text::SEALED.print(&bytes)
    };
    let contact = |visit: &Visit| cut(visit, 2);
    let care = |visit: &Visit| cut(visit, 4);
    let sms = made(
        "sms",
        shuffled(&visits(), 1),
        &[("sealed", &contact), ("phone", &phone)],
    );
    let billing = made(
        "billing",
        shuffled(&visits(), 2),
        &[("sealed", &care), ("specialty", &specialty)],
    );
    let (ways, visits) = attacked(vec![sms, billing], nothing);
    let how = "equal values: nonce in sealed of sms, nonce in sealed of billing";
    assert_eq!(told(way(&ways, how), &visits), 100);
}

#[test]
fn ids_of_a_few_rows_join_these_and_other_ids_none() {
    let own = |leak: &'static str| {
        move |visit: &Visit| {
            if visit.id < 6 {
                format!("r{}", visit.id)
            } else {
                format!("{leak}{}", visit.id)
            }
        }
    };
    let all = visits();
    let few = attacked(
        vec![
            made(
                "sms",
                shuffled(&all, 1),
                &[("id", &own("a")), ("phone", &phone)],
            ),
            made(
                "billing",
                shuffled(&all[..590], 2),
                &[("id", &own("b")), ("specialty", &specialty)],
            ),
        ],
        nothing,
    );
    let way = way(&few.0, "equal values: id of sms, id of billing");
    assert_eq!(
        way.readings[0]
            .codes
            .iter()
            .filter(|&&code| code != NONE)
            .count(),
        6
    );
    let none = attacked(
        vec![
            made("sms", shuffled(&all, 1), &[("phone", &phone)]),
            made(
                "billing",
                shuffled(&all[..590], 2),
                &[("specialty", &specialty)],
            ),
        ],
        nothing,
    );
    assert!(none.0.is_empty());
}

/// What two leaks show of an id of 16 bytes, and what joins them.
#[test]
fn ids_that_are_written_otherwise_join() {
    use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
    use sha2::{Digest, Sha256};

    let bytes = |visit: &Visit| Sha256::digest(visit.id.to_be_bytes())[..16].to_vec();
    let lower = |visit: &Visit| HEXLOWER.encode(&bytes(visit));
    let upper = |visit: &Visit| format!("{{{}}}", lower(visit).to_uppercase());
    let base64 = |visit: &Visit| BASE64URL_NOPAD.encode(&bytes(visit));
    let number = |visit: &Visit| (visit.id * 7919 % 104_729).to_string();
    let padded = |visit: &Visit| format!("{:08}", visit.id * 7919 % 104_729);
    let moved = |visit: &Visit| format!("v{}", visit.id * 7919 % 104_729 + 1_000_000);
    let written = "values equal but for case, signs and zeros";
    let constant = "numbers equal but for a constant";
    let cases: [(&Shows<'_>, &Shows<'_>, &str); 5] = [
        (&lower, &upper, written),
        (&lower, &base64, "equal bytes"),
        (&base64, &upper, "equal bytes"),
        (&number, &padded, written),
        (&number, &moved, constant),
    ];
    let all = visits();
    for (id, other, how) in cases {
        let sms = made("sms", shuffled(&all, 1), &[("id", id), ("phone", &phone)]);
        let care = shuffled(&all[..570], 2);
        let billing = made(
            "billing",
            care,
            &[("ref", other), ("specialty", &specialty)],
        );
        let (ways, visits) = attacked(vec![sms, billing], nothing);
        let how = format!("{how}: id of sms, ref of billing");
        assert_eq!(told(way(&ways, &how), &visits), 95, "{how}");
    }
}

#[test]
fn ids_of_other_rows_join_in_no_form() {
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    let of = |leak: &'static str| {
        move |visit: &Visit| HEXLOWER.encode(&Sha256::digest(format!("{leak}{}", visit.id)))
    };
    let number =
        |seed: u64| move |visit: &Visit| ((u64::from(visit.id) + 1) * seed % 999_983).to_string();
    let all = visits();
    let hexadecimal: (&Shows<'_>, &Shows<'_>) = (&of("a"), &of("b"));
    let numbers: (&Shows<'_>, &Shows<'_>) = (&number(7_919_919), &number(104_729_729));
    for (id, other) in [hexadecimal, numbers] {
        let sms = made("sms", shuffled(&all, 1), &[("id", id), ("phone", &phone)]);
        let care = shuffled(&all, 2);
        let billing = made(
            "billing",
            care,
            &[("ref", other), ("specialty", &specialty)],
        );
        let (ways, _) = attacked(vec![sms, billing], nothing);
        let ways: Vec<&str> = ways.iter().map(|way| way.how.as_str()).collect();
        assert_eq!(ways, ["row order", "row order, reversed"]);
    }
}
