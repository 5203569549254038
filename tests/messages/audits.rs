//! Errors of audits and their tables.

use paravent::audit::{self, Audit, KnownBad, Leak, Origin, Table};

use super::*;

/// A table with these columns and rows; an empty cell is null.
fn table(columns: &str, rows: &[&str]) -> Table {
    let mut table = Table::new(columns.split(',')).unwrap();
    for row in rows {
        let cells: Vec<Option<&str>> = row
            .split(',')
            .map(|cell| Some(cell).filter(|cell| !cell.is_empty()))
            .collect();
        table.push(cells).unwrap();
    }
    table
}

fn truth() -> Table {
    let row = format!("1,{MARK},{MARK}");
    let other = format!("2,other{MARK},{MARK}");
    table("id,last_name,specialty", &[&row, &other])
}

fn rows_of(ids: [&str; 2]) -> Leak {
    let rows = ids.map(|id| format!("{id},{MARK}"));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    Leak::new("visits", table("id,specialty", &rows))
}

fn by_id(leak: Leak) -> Leak {
    leak.with_origin(Origin::Column("id".to_owned()))
}

fn audit_of(truth: Table, leak: Leak) -> Audit<'static> {
    Audit::new(&Schema::appointment()).draw(truth, vec![leak])
}

fn refused(audit: Audit<'_>) -> Error {
    audit.run().unwrap_err()
}

pub(super) fn errors_of_audits() -> Vec<(&'static str, Error)> {
    let schema = Schema::appointment();
    let leak = || rows_of(["1", "2"]);
    let audit = || audit_of(truth(), leak());
    let without = |columns: &str| refused(audit_of(table(columns, &[MARK]), leak()));
    let of_schema = |schema: &Schema| refused(Audit::new(schema).draw(truth(), vec![leak()]));
    let no_target = schema_of(
        "[[field]]\nname = \"name\"\nnumber = 1\nscope = \"identity\"\nwidth = 8\ntype = \"text\"\nclass = \"name\"\nrole = \"identifier\"\n",
    );
    let read = |file: &str| Table::read(Format::Ndjson, file.as_bytes()).err().unwrap();
    let read_csv = |file: &str| {
        Table::read(Format::Csv(CsvFormat::default()), file.as_bytes())
            .err()
            .unwrap()
    };
    let first = table("last_name", &[MARK]);
    vec![
        ("Audit/no column", Table::new([""; 0]).err().unwrap()),
        ("Audit/column twice", Table::new(["a", "a"]).err().unwrap()),
        ("Audit/ragged", {
            let mut table = table("a,b", &["1,2"]);
            table.push([Some(MARK)]).unwrap_err()
        }),
        (
            "Audit/no object",
            Table::from_records([MARK]).err().unwrap(),
        ),
        (
            "Audit/not flat",
            Table::from_records([json!({ "a": [MARK] })]).err().unwrap(),
        ),
        (
            "Audit/no record",
            Table::from_records(Vec::<Value>::new()).err().unwrap(),
        ),
        ("Audit/file without rows", read_csv("a,b\n")),
        (
            "Audit/opened",
            leak()
                .with_opened([json!({ "phone": MARK })])
                .err()
                .unwrap(),
        ),
        (
            "Audit/not sealed",
            leak().opened_by(&revealer("")).err().unwrap(),
        ),
        ("Audit/permutations", refused(audit().permutations(98))),
        ("Audit/no draw", refused(Audit::new(&schema))),
        (
            "Audit/no leak",
            refused(Audit::new(&schema).draw(truth(), Vec::new())),
        ),
        (
            "Audit/other leaks",
            refused(audit().draw(truth(), vec![Leak::new("other", truth())])),
        ),
        (
            "Audit/leak without rows",
            refused(audit_of(
                truth(),
                Leak::new("visits", table("specialty", &[])),
            )),
        ),
        ("Audit/no target", of_schema(&no_target)),
        ("Audit/target unknown", refused(audit().target("nothing"))),
        ("Audit/target not sensitive", refused(audit().target("sex"))),
        (
            "Audit/truth without rows",
            refused(audit_of(table("last_name,specialty", &[]), leak())),
        ),
        ("Audit/truth without target", without("last_name")),
        ("Audit/truth without person", without("specialty")),
        (
            "Audit/truth without column",
            refused(audit().tenant_column("practice")),
        ),
        (
            "Audit/origins",
            refused(audit_of(
                truth(),
                leak().with_origin(Origin::Rows(vec![0, 9])),
            )),
        ),
        (
            "Audit/leak without id",
            refused(audit_of(
                truth(),
                by_id(Leak::new("visits", table("specialty", &[MARK]))),
            )),
        ),
        ("Audit/id twice in truth", {
            let rows = [format!("1,{MARK},{MARK}"), format!("1,x{MARK},{MARK}")];
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let truth = table("id,last_name,specialty", &rows);
            refused(audit_of(truth, by_id(leak())))
        }),
        (
            "Audit/id twice in leak",
            refused(audit_of(truth(), by_id(rows_of(["1", "1"])))),
        ),
        (
            "Audit/no id in common",
            refused(audit_of(truth(), by_id(rows_of(["8", "9"])))),
        ),
        (
            "Audit/id not in truth",
            refused(audit_of(truth(), by_id(rows_of(["1", "9"])))),
        ),
        ("Audit/one value", refused(audit())),
        (
            "Input/two encodings",
            Table::read(
                Format::Csv(CsvFormat::default()),
                &b"a\n\xc3\xa9\n\xe9\n"[..],
            )
            .err()
            .unwrap(),
        ),
        (
            "Audit/no class",
            audit::classes(
                &table("last_name,specialty", &[]),
                &["last_name"],
                "specialty",
            )
            .unwrap_err(),
        ),
        (
            "Audit/class without column",
            audit::classes(&first, &["last_name"], "specialty").unwrap_err(),
        ),
        (
            "Audit/known bad of nothing",
            KnownBad::Plain
                .leaks(&schema, &table("nothing", &[MARK]), 1)
                .err()
                .unwrap(),
        ),
        (
            "Input/other keys",
            read("{\"a\":1}\n{\"MARKEDVALUEmarkedvalue\":1}\n"),
        ),
        (
            "Input/nested value",
            read("{\"a\":[\"MARKEDVALUEmarkedvalue\"]}\n"),
        ),
        (
            "Input/cell with NUL",
            read_csv("a,b\n1,MARKEDVALUEmarkedvalue\0\n"),
        ),
        (
            "Input/half a character",
            read("{\"a\":\"MARKEDVALUEmarkedvalue\\ud800\"}\n"),
        ),
    ]
}
