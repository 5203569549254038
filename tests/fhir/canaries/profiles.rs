//! The bundled profile with one rule more or less.

use paravent::fhir::Profile;
use toml::{Table, Value};

fn bundled() -> Table {
    Profile::r4_text().parse().unwrap()
}

/// The profile that also keeps these values at a path.
pub(crate) fn keeping(of: &str, path: &str, values: Vec<&str>) -> String {
    let mut profile = bundled();
    let resource = profile["resource"].as_table_mut().unwrap();
    let of_type = resource[of].as_table_mut().unwrap();
    let keep = of_type.entry("keep").or_insert_with(|| Table::new().into());
    let keep = keep.as_table_mut().unwrap();
    let mut kept = Table::new();
    kept.insert("values".to_owned(), Value::from(values));
    kept.insert("reason".to_owned(), Value::from("to be found"));
    keep.insert(path.to_owned(), kept.into());
    print(&profile)
}

/// The profile without each of its rules, with what that is.
pub(crate) fn without_each() -> Vec<(String, String)> {
    let profile = bundled();
    let mut paths = Vec::new();
    for (of, rules) in profile["resource"].as_table().unwrap() {
        for (kind, rules) in rules.as_table().unwrap() {
            match rules {
                Value::Array(list) => {
                    paths.extend(
                        (0..list.len()).map(|at| vec![of.clone(), kind.clone(), at.to_string()]),
                    );
                }
                Value::Table(table) => {
                    for (key, list) in table {
                        let list = list.as_array().unwrap();
                        paths.extend(
                            (0..list.len()).map(|at| {
                                vec![of.clone(), kind.clone(), key.clone(), at.to_string()]
                            }),
                        );
                    }
                }
                _ => {}
            }
        }
    }
    paths
        .into_iter()
        .map(|path| {
            let mut profile = profile.clone();
            let (at, steps) = path.split_last().unwrap();
            let mut value = &mut profile["resource"];
            for step in steps {
                value = &mut value[step.as_str()];
            }
            value.as_array_mut().unwrap().remove(at.parse().unwrap());
            (path.join(" "), print(&profile))
        })
        .collect()
}

fn print(profile: &Table) -> String {
    let lines = profile
        .iter()
        .map(|(key, value)| format!("{key} = {}\n", inline(value)));
    lines.collect()
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(values) => format!(
            "[{}]",
            values.iter().map(inline).collect::<Vec<_>>().join(", ")
        ),
        Value::Table(table) => {
            let members = table
                .iter()
                .map(|(key, value)| format!("{key:?} = {}", inline(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        _ => panic!("profiles have texts, lists and tables"),
    }
}
