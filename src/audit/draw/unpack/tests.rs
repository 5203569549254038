use super::*;

use crate::audit::draw::{numbering::Numbering, table::Table};

/// With what is known of one visit.
fn unpack(cells: &[String]) -> Vec<Unpacked> {
    let mut visit = Table::new(["last_name", "specialty"]).unwrap();
    visit.push(["Maurin", "Pédiatrie"].map(Some)).unwrap();
    unpack_knowing(Some(&visit), cells)
}

fn unpack_knowing(visits: Option<&Table>, cells: &[String]) -> Vec<Unpacked> {
    let schema = Schema::appointment();
    let vocabularies = Numbering::vocabularies(&schema, visits.into_iter());
    let mut table = Table::new(["c"]).unwrap();
    for cell in cells {
        table.push([Some(cell.as_str())]).unwrap();
    }
    let column = &table.columns()[0];
    Unpack::new(&schema, &vocabularies).columns(column, &column.codes(), Named::Otherwise)
}

fn names(unpacked: &[Unpacked]) -> Vec<&str> {
    unpacked.iter().map(|one| one.column.name()).collect()
}

#[test]
fn a_column_says_where_it_comes_from() {
    let cells: Vec<String> = (0..50)
        .map(|n| format!(r#"{{"a": {{"phone": "{n}"}}, "b": "x{n};y{n}"}}"#))
        .collect();
    let unpacked = unpack(&cells);
    assert_eq!(
        names(&unpacked),
        ["c › a › phone", "c › b › 1", "c › b › 2", "c › b"]
    );
    assert_eq!(unpacked[0].part, "phone");
    assert_eq!(unpacked[2].column.get(7), Some("y7"));
}

#[test]
fn no_value_is_the_name_of_a_column() {
    let of = |key: &dyn Fn(u32) -> String| {
        let cells: Vec<String> = (0..200)
            .map(|n| format!(r#"{{"{}": {n}, "kind": {}}}"#, key(n), n % 3))
            .collect();
        let unpacked = unpack(&cells);
        names(&unpacked)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    // Those that many rows have are names; numbers never are.
    assert_eq!(of(&|n| format!("Surname{n}")), ["c › kind"]);
    // What is a value of a field is none, however many rows have it.
    assert_eq!(of(&|_| "PÉDIATRIE".to_owned()), ["c › key 1", "c › kind"]);
    assert_eq!(of(&|_| "MAURIN".to_owned()), ["c › key 1", "c › kind"]);
    assert_eq!(of(&|_| "0612345678".to_owned()), ["c › kind"]);
    assert_eq!(of(&|_| "n".to_owned()), ["c › kind", "c › n"]);
}

#[test]
fn columns_of_one_are_bounded() {
    let wide = |n: u32| (0..500).map(move |at| format!(r#""k{at}": "{}""#, n + at));
    let cells: Vec<String> = (0..20)
        .map(|n| format!("{{{}}}", wide(n).collect::<Vec<_>>().join(",")))
        .collect();
    assert_eq!(unpack(&cells).len(), MOST);
    let deep = |n: u32| format!("{}{n}{}", r#"{"a":"#.repeat(60), "}".repeat(60));
    assert!(unpack(&(0..20).map(deep).collect::<Vec<_>>()).len() <= MOST);
}

#[test]
fn where_no_value_is_known_any_key_may_be_one() {
    let cells: Vec<String> = (0..200)
        .map(|n| format!(r#"{{"Maurin": {n}, "phone": "{n}"}}"#))
        .collect();
    let unpacked = unpack_knowing(None, &cells);
    assert_eq!(names(&unpacked), ["c › key 1", "c › phone"]);
    assert_eq!(unpacked[0].part, "Maurin");
}

/// JSON in a string of JSON, as a web token, and as bytes that are not UTF-8.
#[test]
fn what_is_written_otherwise_is_unpacked() {
    use data_encoding::{BASE64, BASE64URL_NOPAD};
    let object = |n: u32| format!(r#"{{"phone": "{n}", "who": "Zoé {n}"}}"#);
    let token = |n: u32| {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let head = part(r#"{"alg":"HS256"}"#);
        format!("{head}.{}.{}", part(&object(n)), part("signed"))
    };
    let latin = |n: u32| {
        let bytes: Vec<u8> = object(n)
            .chars()
            .map(|c| u8::try_from(c).unwrap())
            .collect();
        BASE64.encode(&bytes)
    };
    let wide = |n: u32| {
        let text = object(n);
        let bytes = text.encode_utf16().flat_map(u16::to_le_bytes);
        BASE64.encode(&bytes.collect::<Vec<u8>>())
    };
    let marked = |n: u32| {
        let text = format!("\u{feff}{}", object(n));
        let bytes = text.encode_utf16().flat_map(u16::to_be_bytes);
        BASE64.encode(&bytes.collect::<Vec<u8>>())
    };
    let bearer = |n: u32| format!("Bearer {}", token(n));
    let quoted = |n: u32| serde_json::Value::String(object(n)).to_string();
    let writings: [&dyn Fn(u32) -> String; 6] = [&token, &bearer, &latin, &wide, &marked, &quoted];
    for writing in writings {
        let cells: Vec<String> = (0..100).map(writing).collect();
        let unpacked = unpack(&cells);
        let of = |part: &str| {
            let column = unpacked.iter().find(|one| one.part == part);
            column
                .unwrap_or_else(|| panic!("{part} of {}", cells[0]))
                .column
                .get(7)
        };
        assert_eq!(of("phone"), Some("7"));
        assert_eq!(of("who"), Some("Zoé 7"));
    }
    // Bytes that are no text stay what they are.
    let random = |n: u32| BASE64.encode(&n.wrapping_mul(2_654_435_761).to_be_bytes().repeat(4));
    assert!(unpack(&(1..100).map(random).collect::<Vec<_>>()).is_empty());
}
