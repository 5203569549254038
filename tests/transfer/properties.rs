//! Any table comes back.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

static DOMAIN: LazyLock<Domain> = LazyLock::new(|| {
    let fields = (1..=3).map(|i| {
        format!(
            "[[field]]\nname = \"c{i}\"\nnumber = {i}\nscope = \"identity\"\nrole = \"neutral\"\nwidth = 80\ntype = \"text\"\n\
             class = \"text\"\noptional = true\n"
        )
    });
    let schema = "name = \"table\"\n".to_owned() + &fields.collect::<String>();
    let schema = Schema::from_toml(&schema).unwrap();
    let policy = "domain = \"archive\"\nschema = \"table\"\nrecord_id = \"unbound\"\n[show.c2]\nas = \"keep\"\nreason = \"x\"\n";
    Domain::of(accepted(policy, &schema).unwrap())
});

/// Cells full of what CSV and JSON have a meaning for.
fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    let cell = prop_oneof![
        Just(String::new()),
        "[a-z]{0,4}",
        "[,;|\t\"\r\n ]{1,6}",
        "[\",;\n\ré€\u{1}\\\\ aœ]{0,10}",
    ];
    prop::collection::vec(prop::collection::vec(cell, 3), 0..40)
}

fn print(table: &[Vec<String>], delimiter: u8, crlf: bool) -> Vec<u8> {
    let terminator = if crlf {
        ::csv::Terminator::CRLF
    } else {
        ::csv::Terminator::Any(b'\n')
    };
    let mut writer = ::csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(terminator)
        .from_writer(Vec::new());
    writer.write_record(["c1", "c2", "c3"]).unwrap();
    for row in table {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

fn sorted(mut table: Vec<Vec<String>>) -> Vec<Vec<String>> {
    table.sort();
    table
}

/// The rows of what was revealed, in the order of the columns before.
fn revealed(input: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut table = cells(input, char::from(delimiter));
    assert_eq!(table.remove(0), ["c1", "c2", "c3"]);
    table
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn in_order_and_as_a_multiset(
        table in table(),
        delimiter in prop::sample::select(&b",;\t|"[..]),
        crlf: bool,
        jobs in 1..4_usize,
        window in 1..50_usize,
        json: bool,
    ) {
        let domain = &*DOMAIN;
        let clear = print(&table, delimiter, crlf);
        let between = if json { Format::Ndjson } else { super::csv() };
        let protecting = || domain.protecting().to(between.clone()).jobs(rows(jobs));
        let revealing = || {
            let back = Format::Csv(CsvFormat::default().delimiter(delimiter));
            domain.revealing().from(between.clone()).to(back).jobs(rows(jobs))
        };
        let (protected, summary) = run(protecting().window(rows(1)), &clear).unwrap();
        prop_assert_eq!(summary.rows(), table.len() as u64);
        prop_assert_eq!(summary.delimiter(), Some(char::from(delimiter)));
        let back = text(revealing(), protected);
        prop_assert_eq!(revealed(&back, delimiter), table.clone());

        let (protected, summary) = run(protecting().window(rows(window)), &clear).unwrap();
        prop_assert_eq!(summary.rows(), table.len() as u64);
        let back = revealed(&text(revealing(), protected), delimiter);
        // The last window has the rows that are too few for one of their own, too.
        let whole = (table.len() / window).saturating_sub(1) * window;
        let windows = (0..whole).step_by(window).map(|start| start..start + window);
        for window in windows.chain(std::iter::once(whole..table.len())) {
            prop_assert_eq!(sorted(table[window.clone()].to_vec()), sorted(back[window].to_vec()));
        }
    }

    /// Whatever the bytes, it ends, and tells no more than a line and a kind.
    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300), header: bool, format in 0..3) {
        let domain = &*DOMAIN;
        let mut input = if header { b"c1,c2,c3\n".to_vec() } else { Vec::new() };
        input.extend(&bytes);
        let mut told = Vec::new();
        let from = if format == 0 { Format::Ndjson } else { super::csv() };
        let transfer = if format == 1 { domain.revealing() } else { domain.protecting() };
        let mut output = Vec::new();
        match transfer.from(from).quarantine(&mut told).run(&*input, &mut output) {
            Ok(summary) => prop_assert_eq!(
                summary.quarantined(),
                told.iter().filter(|&&byte| byte == b'\n').count() as u64
            ),
            Err(error) => prop_assert!(error.is_input(), "{}", error),
        }
    }
}
