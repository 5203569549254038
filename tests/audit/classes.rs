//! Figures of classes against the known answers of others.

use std::{env, fs::File, path::PathBuf};

use paravent::{
    CsvFormat, Format,
    audit::{self, Table},
};

/// The known answers were computed by pyCANON, whose own tests have them.
#[test]
fn scores_of_students_have_the_known_figures() {
    let Some(corpus) = env::var_os("PARAVENT_CORPUS").map(PathBuf::from) else {
        println!("skipped: PARAVENT_CORPUS is not set, and the data is no part of the project");
        return;
    };
    let file = File::open(corpus.join("metrics/StudentsMath_Score.csv")).unwrap();
    let table = Table::read(Format::Csv(CsvFormat::default()), file).unwrap();
    // Nobody is in the last row.
    assert_eq!(table.column("Student").unwrap().get(table.rows() - 1), None);
    let rows: Vec<usize> = (0..table.rows() - 1).collect();
    let table = table.select(&rows).unwrap();
    assert_eq!(table.rows(), 216);

    let quasi = ["Teacher", "Gender", "Ethnic", "Freeredu", "wesson"];
    let figures = audit::classes(&table, &quasi, "Score").unwrap();
    assert_eq!(figures.k, 1);
    let six_digits = |figure: f64| format!("{figure:.6}");
    assert_eq!(six_digits(figures.t), "0.416592");
    assert_eq!(six_digits(figures.delta), "4.276666");
    assert_eq!(six_digits(figures.beta), "5.375278");
    assert_eq!((figures.classes, figures.unique, figures.l), (46, 1, 1));
    assert_eq!(figures.sensitive, "Score");
    assert_eq!(figures.quasi_identifiers, quasi);
}
