//! Errors of files of rows.

use std::{io, ops::ControlFlow};

use paravent::{CsvFormat, Encoding, Format, Progress, Transfer};

use super::*;

fn csv() -> Format {
    Format::Csv(CsvFormat::default())
}

pub(super) fn errors_of_inputs() -> Vec<(&'static str, Error)> {
    let needed = schema_of(&FIELDS.replacen("optional = true", "optional = false", 1));
    let needed = Protector::new(&test_kit::keyring(), &policy_of(&needed, "")).unwrap();
    let plain = protector("");
    let refuse =
        |transfer: Transfer<'_>, input: &[u8]| transfer.run(input, io::sink()).unwrap_err();
    let table = |input: &str| refuse(Transfer::protect(&plain).from(csv()), input.as_bytes());
    let revealer = revealer("");
    let reveal = |input: &str| refuse(Transfer::reveal(&revealer).from(csv()), input.as_bytes());
    let object = |input: &str| {
        let transfer = Transfer::reveal(&revealer).from(Format::Ndjson);
        refuse(transfer, input.as_bytes())
    };
    let stop = |_: &Progress| ControlFlow::Break(());
    let windows = CsvFormat::default().encoding(Encoding::Windows1252);
    let mark = "\u{FEFF}text\n";
    vec![
        ("Input/empty", table("")),
        ("Input/no header", table("MARKEDVALUEmarkedvalue,b\n")),
        (
            "Input/unknown column",
            table("text,MARKEDVALUEmarkedvalue\n"),
        ),
        ("Input/misspelt column", table("text,bolean\n")),
        ("Input/column twice", table("text,date,text\n")),
        (
            "Input/column missing",
            refuse(Transfer::protect(&needed).from(csv()), b"date\n"),
        ),
        ("Input/header not UTF-8", {
            let format = CsvFormat::default().encoding(Encoding::Utf8);
            refuse(
                Transfer::protect(&plain).from(Format::Csv(format)),
                b"te\xFFxt\n",
            )
        }),
        ("Input/header with NUL", table("t\0e\0x\0t\0\n")),
        (
            "Input/UTF-16",
            refuse(Transfer::protect(&plain).from(csv()), b"\xFF\xFEt\0"),
        ),
        (
            "Input/marked",
            refuse(
                Transfer::protect(&plain).from(Format::Csv(windows.clone())),
                mark.as_bytes(),
            ),
        ),
        ("Input/ragged", table("text,date\nMARKEDVALUEmarkedvalue\n")),
        ("Input/row not UTF-8", {
            let format = CsvFormat::default().encoding(Encoding::Utf8);
            refuse(
                Transfer::protect(&plain).from(Format::Csv(format)),
                b"text\n\xFF\n",
            )
        }),
        (
            "Input/open quote",
            table("text\n\"MARKEDVALUEmarkedvalue\n"),
        ),
        (
            "Input/long row",
            table(&format!("text\n{}", "x".repeat(17 << 20))),
        ),
        ("Input/long line", object(&"x".repeat(17 << 20))),
        ("Input/not sealed", reveal("text\nMARKEDVALUEmarkedvalue\n")),
        (
            "Input/object not sealed",
            object("{\"text\":\"MARKEDVALUEmarkedvalue\"}\n"),
        ),
        (
            "Stopped",
            refuse(
                Transfer::protect(&plain).from(csv()).observe(&stop),
                b"text\nx\n",
            ),
        ),
        (
            "Definition/no format",
            refuse(Transfer::protect(&plain), b""),
        ),
        ("Definition/delimiter", {
            let format = CsvFormat::default().delimiter(b'"');
            refuse(Transfer::protect(&plain).from(Format::Csv(format)), b"")
        }),
        ("Definition/output encoding", {
            refuse(
                Transfer::protect(&plain)
                    .from(csv())
                    .to(Format::Csv(windows)),
                b"text\n",
            )
        }),
    ]
}
