//! One file for each rule of the sections, with its whole message and its line.

use proptest::prelude::*;

use super::*;

/// A schema with a field of each type, class and scope that transforms tell apart.
pub(super) fn visit() -> Schema {
    let fields = [
        ("name", "identity", "text", "name"),
        ("phone", "contact", "text", "phone"),
        ("email", "contact", "text", "email"),
        ("code", "care", "text", "exact"),
        ("reason", "care", "text", "text"),
        ("age", "identity", "integer", "exact"),
        ("day", "schedule", "date", "exact"),
        ("start", "schedule", "date-time", "exact"),
        ("first", "care", "boolean", "exact"),
        ("notes", "care", "json", "exact"),
        ("billing", "billing", "text", "exact"),
    ];
    let fields: String = (1..)
        .zip(fields)
        .map(|(number, (name, scope, value_type, class))| {
            format!(
                "[[field]]\nname = \"{name}\"\nnumber = {number}\nscope = \"{scope}\"\nwidth = 40\n\
                 type = \"{value_type}\"\nclass = \"{class}\"\noptional = true\n"
            )
        })
        .collect();
    Schema::from_toml(&format!(
        "name = \"visit\"\n[scopes]\nbilling = 16\n[phone_region]\ncountry_code = \"33\"\n\
         international_prefix = \"00\"\ntrunk_prefix = \"0\"\n{fields}"
    ))
    .unwrap()
}

/// Four lines; what a case adds begins on the fifth.
pub(super) const HEAD: &str =
    "domain = \"d\"\nschema = \"visit\"\nrecord_id = \"unbound\"\nsubject_key = \"bound\"\n";

/// What a case adds to [`HEAD`], the line of the error, and its message without the line.
pub(super) type Case = (&'static str, usize, &'static str);

pub(super) fn check(cases: &[Case]) {
    let schema = visit();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|&(rest, line, message)| {
            let error = match Policy::from_toml(&format!("{HEAD}{rest}"), &schema) {
                Ok(_) => return Some(format!("{rest}\nloads")),
                Err(error) => error,
            };
            let right = error.is_definition()
                && error.line() == Some(line)
                && error.to_string() == format!("line {line}: {message}");
            (!right).then(|| format!("{rest}\n    {error}\nnot line {line}: {message}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn background() {
    check(&[
        (
            "goes_to = \" \"",
            5,
            "`goes_to` is empty; say where the rows go, or leave it out",
        ),
        (
            "knows = [\"start\", \"strat\"]",
            5,
            r#"the policy names the field "strat", which the schema does not list (did you mean "start"?); name fields of the schema"#,
        ),
        (
            "knows = [\n\"start\",\n\"age\",\n\"start\"]",
            8,
            "`knows` has a field twice; list each field once",
        ),
        (
            "shares = [\"record_id\"]",
            5,
            r#"`shares` has an unknown word (did you mean "record-id"?); use "record-id", "sealing" or "order""#,
        ),
        (
            "shares = [\"name\"]",
            5,
            r#"`shares` has an unknown word; use "record-id", "sealing" or "order""#,
        ),
        (
            "shares = [\"order\", \"order\"]",
            5,
            "`shares` has a word twice; list each word once",
        ),
        (
            "[holds]\nrows = 0",
            6,
            "`rows` is 0, not 1 or more; give a number in that range",
        ),
        (
            "[holds]\nrows = -5",
            6,
            "`rows` is -5, not 1 or more; give a number in that range",
        ),
        (
            "[holds]\nsubjects = 0",
            6,
            "`subjects` is 0, not 1 or more; give a number in that range",
        ),
        (
            "[holds]\nvisits = 0",
            6,
            "`visits` is 0, not 1 or more; give a number in that range",
        ),
        (
            "[holds]\nk = 19",
            6,
            "`k` is 19, not 20 or more; give a number in that range",
        ),
        (
            "[holds]\nsubjects = 10\nrows = 9",
            6,
            "`subjects` is 10, more than `rows`, which is 9; each person has a row: state no more subjects than rows",
        ),
        (
            "[holds]\nrow = 1",
            6,
            "unknown key `row`, expected one of `rows`, `subjects`, `visits`, `k` (did you mean \"rows\"?); mend it there; the documentation of `from_toml` lists the keys",
        ),
        (
            "[tenancy]\nspecialties = 0",
            6,
            "`specialties` is 0, not 1 or more; give a number in that range",
        ),
        (
            "[tenancy]\npractices = 0",
            6,
            "`practices` is 0, not 1 or more; give a number in that range",
        ),
        (
            "[tenancy]\npratices = 1",
            6,
            "unknown key `pratices`, expected `specialties` or `practices` (did you mean \"practices\"?); mend it there; the documentation of `from_toml` lists the keys",
        ),
    ]);
}

#[test]
fn words_that_are_near() {
    check(&[
        (
            "[open.contat]\nreason = \"x\"",
            5,
            r#"the policy opens "contat", and no field of the schema has that scope (did you mean "contact"?); open scopes that the schema's fields have"#,
        ),
        (
            "[open.biling]\nreason = \"x\"",
            5,
            r#"the policy opens "biling", and no field of the schema has that scope (did you mean "billing"?); open scopes that the schema's fields have"#,
        ),
        (
            "[open.cover]\nreason = \"x\"",
            5,
            r#"the policy opens "cover", and no field of the schema has that scope; open scopes that the schema's fields have"#,
        ),
        (
            "[show.phnoe]\nas = \"keep\"",
            5,
            r#"the policy names the field "phnoe", which the schema does not list (did you mean "phone"?); name fields of the schema"#,
        ),
        (
            "[show.age]\nas = \"band\"",
            6,
            r#"field "age" is shown in an unknown way (did you mean "bands"?); use keep, redact, bands, truncate, round, shift, mask, reversible, phone or bucket"#,
        ),
        (
            "[show.age]\nas = \"clear\"",
            6,
            r#"field "age" is shown in an unknown way; use keep, redact, bands, truncate, round, shift, mask, reversible, phone or bucket"#,
        ),
        (
            "[show.age]\nas = \"bands\"\nedge = [1]",
            7,
            "unknown key `edge`, expected one of `as`, `reason`, `edges`, `to`, `weeks`, `subject`, `first`, `last`, `lists`, `other`, `erasable` (did you mean \"edges\"?); mend it there; the documentation of `from_toml` lists the keys",
        ),
        (
            "[pseudonym.p]\nof = [\"nom\"]\nreason = \"x\"",
            6,
            r#"the policy names the field "nom", which the schema does not list; name fields of the schema"#,
        ),
        (
            "[pseudonym.p]\nof = [\"name\"]\nreason = \"x\"\nnull = \"nul\"",
            8,
            r#"pseudonym "p" has an unknown `null` (did you mean "null"?); use "refuse" or "null""#,
        ),
    ]);
    let error = Policy::from_toml(&HEAD.replace("\"bound\"", "\"Bound\""), &visit()).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"line 4: `subject_key` is neither "bound" nor "unbound" (did you mean "bound"?); use "bound" or "unbound""#
    );
}

/// The same file with its persons bound to nothing.
#[test]
fn erasable_without_a_subject_key() {
    let subject = "weeks = 1\nsubject = [\"name\"]\n";
    for (what, table, line) in [
        (
            "transform \"shift\" of field \"day\"",
            format!("[show.day]\nas = \"shift\"\n{subject}"),
            9,
        ),
        (
            "pseudonym \"p\"",
            "[pseudonym.p]\nof = [\"name\"]\n".to_owned(),
            5,
        ),
        (
            "index \"i\"",
            "[holds]\nsubjects = 9\n[index.i]\nof = [\"name\"]\nbits = 1\ndistinct = 9\n"
                .to_owned(),
            7,
        ),
    ] {
        let file = format!("{HEAD}{table}erasable = true\nreason = \"x\"\n");
        Policy::from_toml(&file, &visit()).unwrap();
        let unbound = file.replace("\"bound\"", "\"unbound\"");
        let error = Policy::from_toml(&unbound, &visit()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "line {line}: {what} is erasable, and the policy binds to no subject key; set `subject_key = \"bound\"`, or leave `erasable` out"
            )
        );
    }
}

#[test]
fn indexes() {
    check(&[
        (
            "[index.i]\nof = [\"phone\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            5,
            "index \"i\" has no number of people to be measured against; state `subjects` under [holds]: how many people the rows are of",
        ),
        (
            "[holds]\nrows = 5\n[index.i]\nof = [\"phone\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            7,
            "index \"i\" has no number of people to be measured against; state `subjects` under [holds]: how many people the rows are of",
        ),
        (
            "[index.i]\nof = [\"phone\"]\nbits = 0\ndistinct = 9\nreason = \"x\"",
            7,
            "`bits` of index \"i\" is 0, not 1 to 32; give a number in that range",
        ),
        (
            "[index.i]\nof = [\"phone\"]\nbits = 33\ndistinct = 9\nreason = \"x\"",
            7,
            "`bits` of index \"i\" is 33, not 1 to 32; give a number in that range",
        ),
        (
            "[index.i]\nof = [\"phone\"]\nbits = 257\ndistinct = 9\nreason = \"x\"",
            7,
            "`bits` of index \"i\" is 257, not 1 to 32; give a number in that range",
        ),
        (
            "[index.i]\nof = [\"phone\"]\nbits = 9\ndistinct = 0\nreason = \"x\"",
            8,
            "`distinct` of index \"i\" is 0, not 1 or more; give a number in that range",
        ),
        (
            "[index.i]\nof = [\"phone\"]\ndistinct = 9\nreason = \"x\"",
            5,
            "missing key `bits`; mend it there; the documentation of `from_toml` lists the keys",
        ),
        (
            "[index.i]\nof = [\"phone\"]\nbits = 9\nreason = \"x\"",
            5,
            "missing key `distinct`; mend it there; the documentation of `from_toml` lists the keys",
        ),
        (
            "[index.i]\nof = []\nbits = 9\ndistinct = 9\nreason = \"x\"",
            6,
            "index \"i\" has no fields; list the fields it stands for",
        ),
        (
            "[index.i]\nof = [\"age\", \"age\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            6,
            "index \"i\" has a field twice; list each field once",
        ),
        (
            "[index.i]\nof = [\"age\"]\nbits = 9\ndistinct = 9\nreason = \"\"",
            9,
            "a reason is empty; say why in a sentence",
        ),
        (
            "[index.i]\nof = [\"age\"]\nbits = 9\ndistinct = 9\nreason = \"x\"\nnull = \"no\"",
            10,
            "index \"i\" has an unknown `null`; use \"refuse\" or \"null\"",
        ),
        (
            "[index.age]\nof = [\"age\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            5,
            "index \"age\" has a name that the protected record uses already; choose a name that is neither a field's nor \"sealed\" nor \"cells\"",
        ),
        (
            "[index.sealed]\nof = [\"age\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            5,
            "index \"sealed\" has a name that the protected record uses already; choose a name that is neither a field's nor \"sealed\" nor \"cells\"",
        ),
        (
            "[index.cells]\nof = [\"age\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            5,
            "index \"cells\" has a name that the protected record uses already; choose a name that is neither a field's nor \"sealed\" nor \"cells\"",
        ),
        (
            "[index.I]\nof = [\"age\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            5,
            "an index's name has a character that names cannot have; use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'",
        ),
        (
            "[pseudonym.a]\nof = [\"age\"]\nreason = \"x\"\n[index.a]\nof = [\"age\"]\nbits = 9\ndistinct = 9\nreason = \"x\"",
            8,
            "index \"a\" has the name of a pseudonym; give each pseudonym and each index a name of its own",
        ),
    ]);
}

#[test]
fn releases_and_renders() {
    check(&[
        (
            "[release.cares]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 1\ndetect_hours = 1",
            5,
            "the policy releases \"cares\", which is no scope and no field of the schema (did you mean \"care\"?); release scopes or fields of the schema",
        ),
        (
            "[release.cover]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 1\ndetect_hours = 1",
            5,
            "the policy releases \"cover\", which is no scope and no field of the schema; release scopes or fields of the schema",
        ),
        (
            "[release.billing]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 1\ndetect_hours = 1",
            5,
            "the policy releases \"billing\", which is a scope and a field; give the field another name in the schema",
        ),
        (
            "[release.care]\nreason = \"\"\npurposes = [\"x\"]\nper_hour = 1\ndetect_hours = 1",
            6,
            "a reason is empty; say why in a sentence",
        ),
        (
            "[release.care]\nreason = \"x\"\npurposes = []\nper_hour = 1\ndetect_hours = 1",
            7,
            "release \"care\" has no purposes; list what it may be asked for",
        ),
        (
            "[release.care]\nreason = \"x\"\npurposes = [\"x\", \" \"]\nper_hour = 1\ndetect_hours = 1",
            7,
            "a purpose of release \"care\" is empty; say in words what it may be asked for",
        ),
        (
            "[release.care]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 0\ndetect_hours = 1",
            8,
            "`per_hour` of release \"care\" is 0, not 1 or more; give a number in that range",
        ),
        (
            "[release.care]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 1\ndetect_hours = 0",
            9,
            "`detect_hours` of release \"care\" is 0, not 1 or more; give a number in that range",
        ),
        (
            "[release.care]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 1",
            5,
            "missing key `detect_hours`; mend it there; the documentation of `from_toml` lists the keys",
        ),
    ]);
    let render = |change: &str, to: &str| {
        let file = format!(
            "{HEAD}[render.reminder]\nto = \"phone\"\ntemplate = \"le {{start}}\"\ngateway = \"sms\"\nreason = \"x\"\n\
             per_hour = 500\ndetect_hours = 24\n"
        );
        assert_eq!(file.matches(change).count(), 1, "{change}");
        match Policy::from_toml(&file.replace(change, to), &visit()) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(render("le ", "à "), "");
    let template = "write {field} for a field's value, {field:20} for at most 20 bytes of it, {{ and }} for braces";
    for (change, to, message) in [
        ("reminder]", "Reminder]", "line 5: a render's name has a character that names cannot have; use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'".to_owned()),
        ("\"phone\"", "\"phones\"", "line 6: the policy names the field \"phones\", which the schema does not list (did you mean \"phone\"?); name fields of the schema".to_owned()),
        ("le {start}", "", format!("line 7: the template of render \"reminder\" is empty; {template}")),
        ("{start}", "{start", format!("line 7: the template of render \"reminder\" has a \"{{\" that is not closed; {template}")),
        ("{start}", "start}", format!("line 7: the template of render \"reminder\" has a \"}}\" that closes nothing; {template}")),
        ("{start}", "{}", format!("line 7: the template of render \"reminder\" has braces without a name; {template}")),
        ("{start}", "{strat}", "line 7: the policy names the field \"strat\", which the schema does not list (did you mean \"start\"?); name fields of the schema".to_owned()),
        ("\"sms\"", "\"SMS\"", "line 8: the gateway of render \"reminder\" is not the name of a domain; use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'".to_owned()),
        ("\"x\"", "\" \"", "line 9: a reason is empty; say why in a sentence".to_owned()),
        ("500", "0", "line 10: `per_hour` of render \"reminder\" is 0, not 1 or more; give a number in that range".to_owned()),
        ("24", "-1", "line 11: `detect_hours` of render \"reminder\" is -1, not 1 or more; give a number in that range".to_owned()),
        ("to = ", "too = ", "line 6: unknown key `too`, expected one of `to`, `template`, `gateway`, `reason`, `per_hour`, `per_requester`, `detect_hours` (did you mean \"to\"?); mend it there; the documentation of `from_toml` lists the keys".to_owned()),
    ] {
        assert_eq!(render(change, to), message);
    }
}

#[test]
fn acceptances() {
    let digest = "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD";
    let accept = |change: &str, to: &str| {
        let file = format!(
            "{HEAD}[[accept]]\nfinding = \"{digest}\"\nwith = [\"billing\"]\nreason = \"x\"\nowner = \"dpo\"\nuntil = \"2027-06-30\"\n"
        );
        assert_eq!(file.matches(change).count(), 1, "{change}");
        match Policy::from_toml(&file.replace(change, to), &visit()) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(accept("2027-06-30", "2028-02-29"), "");
    assert_eq!(accept("with = [\"billing\"]", "with = []"), "");
    let no_digest = "line 6: an acceptance names a finding by something else than 64 hexadecimal digits; copy the digest that the finding was printed with";
    let no_date = "line 10: an acceptance ends on something else than a date; write the last day as \"2027-06-30\"";
    for (change, to, message) in [
        (digest, "", no_digest),
        (digest, &digest[..62], no_digest),
        (digest, &digest[..63], no_digest),
        (digest, &format!("{digest}00"), no_digest),
        (digest, &digest.replace('f', "g"), no_digest),
        (digest, &format!("0x{}", &digest[2..]), no_digest),
        (
            "\"x\"",
            "\"\"",
            "line 8: a reason is empty; say why in a sentence",
        ),
        (
            "dpo",
            " ",
            "line 9: an owner is empty; name who answers for the acceptance: a person or an office",
        ),
        ("2027-06-30", "2027-06-31", no_date),
        ("2027-06-30", "2027-02-29", no_date),
        ("2027-06-30", "20270630", no_date),
        ("2027-06-30", "2027-W26-3", no_date),
        ("2027-06-30", "2027-06-300", no_date),
        ("2027-06-30", "2027-06-300000", no_date),
        ("2027-06-30", "2027-06-3", no_date),
        ("2027-06-30", "2027-06", no_date),
        ("2027-06-30", "2027", no_date),
        ("2027-06-30", "2027-06-30T00:00:00", no_date),
        ("2027-06-30", "30/06/2027", no_date),
        ("2027-06-30", "", no_date),
        (
            "[\"billing\"]",
            "[\"d\"]",
            "line 7: an acceptance is with \"d\", the policy's own domain; list the other domains only",
        ),
        (
            "[\"billing\"]",
            "[\"b\", \"a\", \"b\"]",
            "line 7: an acceptance is with \"b\" twice; list each domain once",
        ),
        (
            "[\"billing\"]",
            "[\"B\"]",
            "line 7: the domain has a character that names cannot have; use 1 to 64 characters of a-z, 0-9, '.', '_' and '-'",
        ),
        (
            "owner = \"dpo\"\n",
            "",
            "line 5: missing key `owner`; mend it there; the documentation of `from_toml` lists the keys",
        ),
        (
            "until = \"2027-06-30\"\n",
            "",
            "line 5: missing key `until`; mend it there; the documentation of `from_toml` lists the keys",
        ),
        (
            "until = ",
            "untill = ",
            "line 10: unknown key `untill`, expected one of `finding`, `with`, `reason`, `owner`, `until` (did you mean \"until\"?); mend it there; the documentation of `from_toml` lists the keys",
        ),
    ] {
        assert_eq!(accept(change, to), message);
    }
}

#[test]
fn files_over_1_mib() {
    let padded = |size: usize| {
        let rest = size - HEAD.len();
        format!("{HEAD}#{}", "x".repeat(rest - 1))
    };
    Policy::from_toml(&padded(1 << 20), &visit()).unwrap();
    // Refused before it is parsed: it is no TOML either.
    let error = Policy::from_toml(&"[".repeat((1 << 20) + 1), &visit()).unwrap_err();
    assert!(error.is_definition() && error.line().is_none());
    assert_eq!(
        error.to_string(),
        "the file has 1048577 bytes, more than 1048576; give a schema or a policy of at most 1 MiB"
    );
}

/// As many of a thing as a file may hold are read or refused in time.
#[test]
fn full_files() {
    let start = std::time::Instant::now();
    let with: Vec<String> = (0..90_000).map(|i| format!("d{i}")).collect();
    let accept = format!(
        "{HEAD}[[accept]]\nfinding = \"{}\"\nwith = {with:?}\nreason = \"x\"\nowner = \"x\"\nuntil = \"2027-06-30\"\n",
        "0".repeat(64)
    );
    Policy::from_toml(&accept, &visit()).unwrap();
    let values: Vec<String> = (0..90_000).map(|i| format!("v{i}")).collect();
    let bucket = format!(
        "{HEAD}[show.code]\nas = \"bucket\"\nreason = \"x\"\nlists = {{ a = {values:?} }}\n"
    );
    Policy::from_toml(&bucket, &visit()).unwrap();
    let fields = "\"age\",".repeat(150_000);
    let pseudonym = format!("{HEAD}[pseudonym.p]\nof = [{fields}]\nreason = \"x\"\n");
    let error = Policy::from_toml(&pseudonym, &visit()).unwrap_err();
    assert!(error.to_string().contains("has a field twice"), "{error}");
    let template = "{age}".repeat(150_000);
    let render = format!(
        "{HEAD}[render.r]\nto = \"phone\"\ntemplate = \"{template}\"\ngateway = \"sms\"\nreason = \"x\"\nper_hour = 1\ndetect_hours = 1\n"
    );
    let error = Policy::from_toml(&render, &visit()).unwrap_err();
    assert!(error.to_string().contains("have 6000000 bytes"), "{error}");
    let canary = "[[canary]]\nname = \"a\"\nrecord = {}\n".repeat(25_000);
    let error = Policy::from_toml(&format!("{HEAD}{canary}"), &visit()).unwrap_err();
    assert!(error.to_string().contains("25000 canaries"), "{error}");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_text_never_panics(text in ".{0,200}", at in 0..1000_usize) {
        let _ = Policy::from_toml(&text, &visit());
        let _ = Schema::from_toml(&text);
        // In the place of a character of a file that loads.
        let file = said::all();
        let at = file.char_indices().map(|(at, _)| at).nth(at).unwrap_or(file.len());
        let (before, after) = file.split_at(at);
        for text in [format!("{before}{text}{after}"), before.to_owned() + &text] {
            if let Err(error) = Policy::from_toml(&text, &visit()) {
                prop_assert!(error.is_definition());
                prop_assert!(error.line().is_none_or(|line| line <= 1 + text.matches('\n').count()));
            }
        }
    }

    #[test]
    fn random_keys_never_panic(
        key in "[a-z_]{1,8}",
        name in "[a-z.]{1,8}",
        value in prop_oneof![Just("1"), Just("\"x\""), Just("[]"), Just("{}"), Just("true"), Just("2027-06-30"), Just("-0.5")],
    ) {
        for text in [
            format!("{HEAD}{key} = {value}\n"),
            format!("{HEAD}[{key}]\n{name} = {value}\n"),
            format!("{HEAD}[{key}.\"{name}\"]\nas = {value}\nto = {value}\n"),
            format!("{HEAD}[[{key}]]\n{name} = {value}\n"),
            format!("{HEAD}[show.age]\nas = \"round\"\n{key} = {value}\n"),
            format!("{HEAD}[holds]\n{key} = {value}\n"),
        ] {
            if let Err(error) = Policy::from_toml(&text, &visit()) {
                prop_assert!(error.is_definition() && error.line().is_some(), "{error}");
            }
        }
    }
}
