//! The schema of messages, and what the check of policies says of its shaped fields.

use paravent::{Class, FindingKind, Policy, Schema, ValueType};

use crate::{SEALED, accepted::TODAY};

#[test]
fn of_scheduling_has_one_shaped_field_in_each_scope() {
    let schema = Schema::scheduling();
    assert_eq!(schema.name(), "scheduling");
    assert_eq!(Schema::bundled("scheduling"), Some(schema.clone()));
    assert!(Schema::bundled("appointment").is_some() && Schema::bundled("other").is_none());
    for name in ["identity", "contact", "schedule", "care", "rest"] {
        assert!(schema.scope(name).is_some(), "{name}");
    }
    for scope in schema.scopes() {
        let of_scope = schema
            .fields()
            .iter()
            .filter(|field| field.scope() == scope);
        let shaped: Vec<_> = of_scope.filter(|field| field.is_shaped()).collect();
        assert_eq!(shaped.len(), 1);
        assert_eq!(shaped[0].width(), 32_768);
        assert_eq!(shaped[0].value_type(), ValueType::Text);
        assert_eq!(shaped[0].class(), Class::Exact);
        assert!(shaped[0].is_optional());
    }
}

const FIELD: &str = "name = \"a\"\n[[field]]\nname = \"parts\"\nnumber = 1\nscope = \"care\"\nrole = \"sensitive\"\nwidth = 64\ntype = \"text\"\nclass = \"exact\"\noptional = true\nshaped = true\n";

#[test]
fn a_shaped_field_is_optional_exact_text_of_a_power_of_two() {
    assert!(Schema::from_toml(FIELD).unwrap().fields()[0].is_shaped());
    let not = Schema::from_toml(&FIELD.replace("shaped = true", "shaped = false")).unwrap();
    assert!(!not.fields()[0].is_shaped());
    assert_ne!(not, Schema::from_toml(FIELD).unwrap());
    for width in [64, 128, 32_768] {
        assert!(
            Schema::from_toml(&FIELD.replace("width = 64", &format!("width = {width}"))).is_ok()
        );
    }
    for (was, is) in [
        ("width = 64", "width = 32"),
        ("width = 64", "width = 96"),
        ("width = 64", "width = 65_000"),
        ("class = \"exact\"", "class = \"name\""),
        ("class = \"exact\"", "class = \"text\""),
        ("type = \"text\"\nclass = \"exact\"", "type = \"json\""),
        ("optional = true\n", ""),
        ("optional = true", "optional = false"),
    ] {
        let text = FIELD.replace(was, is);
        let error = Schema::from_toml(&text).unwrap_err();
        let line = text
            .lines()
            .position(|line| line.starts_with("shaped"))
            .unwrap()
            + 1;
        assert_eq!(error.line(), Some(line), "{is}: {error}");
        assert!(
            error.to_string().ends_with("field \"parts\" is shaped, and not what such a field is; make it optional text of class exact, its width a power of two from 64 to 32768"),
            "{error}"
        );
    }
    let error = Schema::from_toml(&FIELD.replace("shaped = true", "shaped = 1")).unwrap_err();
    assert!(error.is_definition() && error.line() == Some(11));
}

#[test]
fn who_opens_identity_is_told_of_what_the_size_of_the_rest_tells() {
    let schema = Schema::scheduling();
    let refused = |text: &str| -> Vec<(FindingKind, String)> {
        let report = Policy::from_toml(text, &schema).unwrap().report(TODAY);
        report
            .refused()
            .map(|finding| (finding.kind(), finding.chain().to_string()))
            .collect()
    };
    assert_eq!(refused(SEALED), []);
    let opens = SEALED.to_owned() + "[open.identity]\nreason = \"x\"\n";
    let shaped: Vec<String> = refused(&opens)
        .into_iter()
        .filter(|(kind, _)| *kind == FindingKind::Shaped)
        .map(|(_, chain)| chain)
        .collect();
    for field in ["care_parts", "rest_parts"] {
        assert!(
            shaped.iter().any(|chain| chain.contains(field)),
            "{field}: {shaped:?}"
        );
    }
}
