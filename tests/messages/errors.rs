//! An error of every kind.

use super::*;

/// A protected record's bytes, changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<SealedRecord, Error> {
    let row = protector("").protect(&json!({ "text": "x" })).unwrap();
    let mut bytes = row.sealed().as_bytes().to_vec();
    change(&mut bytes);
    SealedRecord::from_bytes(bytes)
}

fn reveal(row: &SealedRecord) -> Error {
    revealer("").reveal::<Value>(row).unwrap_err()
}

/// Of a row whose epoch was closed since.
fn closed(close: impl FnOnce(&mut Keyring, Epoch) -> Result<(), Error>) -> Error {
    let mut keyring = test_kit::keyring();
    let row = Protector::new(&keyring, &policy(""))
        .unwrap()
        .protect(&json!({}))
        .unwrap();
    keyring.start_epoch(TODAY).unwrap();
    close(&mut keyring, Epoch::FIRST).unwrap();
    let policy = policy("");
    let revealer = Revealer::backend(&keyring, policy.policy()).unwrap();
    revealer.reveal::<Value>(row.sealed()).unwrap_err()
}

/// The kind of each error, more of it where there are more of a kind, and the error.
pub(super) static ERRORS: LazyLock<Vec<(&str, Error)>> = LazyLock::new(|| {
    let mut all = errors_of_records();
    all.extend(errors_of_transforms());
    all.extend(errors_of_calls());
    all.extend(errors_of_rows());
    all.extend(errors_of_types());
    all.extend(errors_of_mixed_rows());
    all.extend(errors_of_verified_files());
    all.extend(errors_of_definitions());
    all.extend(brokers::errors_of_policies());
    all.extend(errors_of_files());
    all.extend(errors_of_keys());
    all.extend(brokers::errors_of_shares());
    all.extend(errors_of_services());
    all.extend(brokers::errors_of_brokers());
    all.extend(inputs::errors_of_inputs());
    all.extend(hl7v2::errors_of_messages());
    all.extend(logs::errors_of_logs());
    all.extend(audits::errors_of_audits());
    all
});

fn errors_of_records() -> Vec<(&'static str, Error)> {
    #[derive(Serialize)]
    enum Variant {
        A(u8),
    }
    let needed = schema_of(&FIELDS.replacen("optional = true", "optional = false", 1));
    let needed = Protector::new(&test_kit::keyring(), &policy_of(&needed, "")).unwrap();
    let normal = |field: &str, value: &str| {
        let record = match field.split_once('.') {
            Some((at, inner)) => json!({ at: { inner: value } }),
            None => json!({ field: value }),
        };
        protector(&pseudonym_of(field))
            .protect(&record)
            .unwrap_err()
    };
    let one = |value: Value| refused(&json!({ "text": value }));
    vec![
        ("UnknownField", refused(&json!({ "nobody": 1 }))),
        (
            "UnknownField/nested",
            refused(&json!({ "at": { "home": 1 } })),
        ),
        ("MissingField", needed.protect(&json!({})).unwrap_err()),
        (
            "DuplicateField",
            refused(&JsonRecord::parse(r#"{"text":"","text":""}"#).unwrap()),
        ),
        ("TooWide", one(json!("x".repeat(41)))),
        ("WrongType/text", one(json!(7))),
        ("WrongType/integer", refused(&json!({ "integer": "7" }))),
        ("WrongType/boolean", refused(&json!({ "boolean": "true" }))),
        ("WrongType/date", refused(&json!({ "date": "21/07/2020" }))),
        (
            "WrongType/date-time",
            refused(&json!({ "moment": "2020-07-21 09:30" })),
        ),
        ("Shape/float", one(json!(1.5))),
        ("Shape/bytes", refused(&BTreeMap::from([("text", Bytes)]))),
        ("Shape/sequence", one(json!([1]))),
        ("Shape/tuple", refused(&BTreeMap::from([("text", (1, 2))]))),
        (
            "Shape/variant",
            refused(&BTreeMap::from([("text", Variant::A(1))])),
        ),
        ("Shape/map", one(json!({}))),
        ("Shape/big", refused(&json!({ "integer": u64::MAX }))),
        ("Shape/nested", refused(&json!({ "at": "home" }))),
        ("Shape/record", refused(&json!([1]))),
        ("Shape/null", refused(&())),
        ("Shape/keys", refused(&BTreeMap::from([(1, 2)]))),
        (
            "Shape/json",
            refused(&RawValue::from_string("7".into()).unwrap()),
        ),
        ("NotNormalizable/unassigned", normal("text", "x\u{378}")),
        ("NotNormalizable/control", normal("text", "x\0")),
        ("NotNormalizable/phone", normal("phone", "06")),
        (
            "NotNormalizable/long",
            normal("at.text", &"\u{FDFA}".repeat(3000)),
        ),
        (
            "NotNormalizable/region",
            Class::Phone.normalize("06", None).unwrap_err(),
        ),
        ("EmptyPart", normal("text", "-")),
        ("Json", JsonRecord::parse("{\n  \"text\" }").unwrap_err()),
        ("Serialize", refused(&Fails)),
        (
            "UnknownField/batch",
            protector("")
                .protect_batch(&[json!({}), json!({ "nobody": 1 })])
                .remove(1)
                .unwrap_err(),
        ),
    ]
}

/// What a reader of rows in clear and sealed ones refuses.
fn errors_of_mixed_rows() -> Vec<(&'static str, Error)> {
    let day = Date::constant(2026, 11, 24);
    let read = |reader: Reader, row: &str| {
        let today = Date::constant(2026, 11, 25);
        reader.read::<Value>(Binding::NONE, row, today).unwrap_err()
    };
    let reader = || Reader::new(revealer(""));
    let row = protector("").protect(&json!({ "text": "x" })).unwrap();
    let half = serde_json::to_string(&row).unwrap();
    let half = half.replacen('{', "{\"text\":\"x\",", 1);
    vec![
        ("PlainRow/never", read(reader(), "{}")),
        ("PlainRow/later", read(reader().accept_plain(day), "{}")),
        ("HalfProtected", read(reader(), &half)),
    ]
}

/// What verifying and migrating files of rows refuses.
fn errors_of_verified_files() -> Vec<(&'static str, Error)> {
    let keyring = test_kit::keyring();
    let row = protector("").protect(&json!({ "text": "x" })).unwrap();
    let row = serde_json::to_string(&row).unwrap();
    let verify = |rows: &str, format: Format| {
        let verification = Verification::no_plain(&keyring, &policy("")).unwrap();
        verification.from(format).run(rows.as_bytes()).unwrap_err()
    };
    let csv = || Format::Csv(CsvFormat::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.ndjson");
    fs::write(&file, "{}\n").unwrap();
    let migration = || Migration::new(&file, Format::Ndjson, &keyring, &policy("")).unwrap();
    let undo = || Migration::undo(&file).unwrap_err();
    let nothing = undo();
    let in_the_way = folder.path().join("rows.ndjson.plain");
    fs::write(&in_the_way, "").unwrap();
    let plain_there = migration().run().unwrap_err();
    fs::remove_file(in_the_way).unwrap();
    let stopped = migration().observe(&|_| ControlFlow::Break(())).run();
    assert!(stopped.unwrap_err().is_stopped());
    let unfinished = migration().seal_off().unwrap_err();
    let changed = {
        fs::write(&file, "{}\n{}\n").unwrap();
        migration().run().unwrap_err()
    };
    fs::write(&file, "{}\n").unwrap();
    migration().run().unwrap();
    let grown = fs::read_to_string(&file).unwrap() + &row;
    fs::write(&file, grown).unwrap();
    let lost = undo();
    let since = migration().run().unwrap_err();
    let resealing = || Resealing::new(&file, Format::Ndjson, &keyring, &policy("")).unwrap();
    let not_sealed_off = resealing().run().unwrap_err();
    migration().seal_off().unwrap();
    let stale_there = {
        let in_the_way = folder.path().join("rows.ndjson.stale");
        fs::write(&in_the_way, "").unwrap();
        let error = resealing().run().unwrap_err();
        fs::remove_file(in_the_way).unwrap();
        error
    };
    let stopped = resealing().observe(&|_| ControlFlow::Break(())).run();
    assert!(stopped.unwrap_err().is_stopped());
    let being_resealed = migration().run().unwrap_err();
    let resealed_changed = {
        fs::write(&file, format!("{row}\n")).unwrap();
        resealing().run().unwrap_err()
    };
    fs::remove_file(folder.path().join("rows.ndjson.resealing.state")).unwrap();
    fs::remove_file(folder.path().join("rows.ndjson.resealing")).unwrap();
    fs::write(&file, "{}\n").unwrap();
    let unsealed = resealing().run().unwrap_err();
    vec![
        ("Input/cells", verify("sealed\np1.,\n", csv())),
        (
            "Unaccounted/key",
            verify(&row.replacen('{', "{\"text\":null,", 1), Format::Ndjson),
        ),
        ("Unaccounted/column", verify("sealed,nobody\n", csv())),
        ("Migration/none", nothing),
        ("Migration/in the way", plain_there),
        ("Migration/unfinished", unfinished),
        ("Migration/changed", changed),
        ("Migration/lost", lost),
        ("Migration/since", since),
        ("Migration/being resealed", being_resealed),
        ("Resealing/not sealed off", not_sealed_off),
        ("Resealing/in the way", stale_there),
        ("Resealing/changed", resealed_changed),
        ("UnsealedRow", unsealed),
    ]
}

/// What transforms, indexes and queries refuse.
fn errors_of_transforms() -> Vec<(&'static str, Error)> {
    let shown = |field: &str, rule: &str, record: Value| {
        let rest = format!("[show.{field:?}]\nreason = \"x\"\n{rule}\n");
        protector(&rest).protect(&record).unwrap_err()
    };
    let bands = "as = \"bands\"\nedges = [0, 18]";
    let shift = "as = \"shift\"\nweeks = 520\nsubject = [\"text\"]";
    let list = "as = \"bucket\"\nlists = { a = [\"x\"] }";
    let index = "[holds]\nrows = 9_000\nsubjects = 9_000\n[index.by_text]\nof = [\"text\"]\nbits = 4\ndistinct = 99\n\
                 reason = \"x\"\n";
    let query = |rest: &str| Query::new(&test_kit::keyring(), policy(rest).policy()).unwrap();
    let reversible = query("[show.text]\nas = \"reversible\"\nreason = \"x\"\n");
    let stand_in = Reversible::from_bytes(vec![7; 58]).unwrap();
    let far = |day: &str| {
        let rest = format!("[show.date]\nreason = \"x\"\n{shift}\n");
        let record = json!({ "text": MARK, "date": day });
        protector(&rest).protect(&record).err()
    };
    vec![
        (
            "NotShown/bands",
            shown("integer", bands, json!({ "integer": -MARKED_NUMBER })),
        ),
        (
            "NotShown/round",
            shown(
                "integer",
                "as = \"round\"\nto = 10",
                json!({ "integer": i64::MAX }),
            ),
        ),
        (
            "NotShown/characters",
            shown(
                "at.text",
                "as = \"truncate\"\nto = 64",
                json!({ "at": { "text": MARK } }),
            ),
        ),
        (
            "NotShown/week",
            shown(
                "date",
                "as = \"truncate\"\nto = \"week\"",
                json!({ "date": "0000-01-01" }),
            ),
        ),
        (
            "NotShown/shift",
            far("0000-01-01").or_else(|| far("9999-12-31")).unwrap(),
        ),
        (
            "NotShown/bucket",
            shown("text", list, json!({ "text": MARK })),
        ),
        (
            "NotShown/phone",
            shown("phone", "as = \"phone\"", json!({ "phone": "+352777127" })),
        ),
        (
            "EmptyPart/index",
            protector(index).protect(&json!({})).unwrap_err(),
        ),
        (
            "EmptyPart/shift",
            shown("date", shift, json!({ "date": "2020-07-21" })),
        ),
        (
            "EmptyPart/query",
            query(index).index("by_text", &json!({})).unwrap_err(),
        ),
        (
            "NoSuchRule/index",
            query("").index("nothing", &json!({})).unwrap_err(),
        ),
        (
            "NoSuchRule/pseudonym",
            query("").pseudonym("nothing", &json!({})).unwrap_err(),
        ),
        (
            "NoSuchRule/reversible",
            query("").reverse("text", &stand_in).unwrap_err(),
        ),
        (
            "NotTurnedBack",
            reversible.reverse("text", &stand_in).unwrap_err(),
        ),
        ("Text/index", "i1.X".parse::<Index>().map(drop).unwrap_err()),
        (
            "Text/reversible",
            "s1.AA".parse::<Reversible>().map(drop).unwrap_err(),
        ),
        ("Definition/index", Index::new(2, 1).map(drop).unwrap_err()),
        (
            "Definition/plan of few people",
            IndexPlan::new(79, 1000).unwrap_err(),
        ),
        (
            "Definition/plan of few values",
            IndexPlan::new(1000, 3).unwrap_err(),
        ),
        (
            "Definition/plan for few",
            IndexPlan::with_k(1000, 1000, 19).unwrap_err(),
        ),
        (
            "Definition/too few bits",
            IndexPlan::new(1000, 1000).unwrap().check(1).unwrap_err(),
        ),
        (
            "Definition/too many bits",
            IndexPlan::new(1000, 1000).unwrap().check(16).unwrap_err(),
        ),
    ]
}

fn errors_of_calls() -> Vec<(&'static str, Error)> {
    let subject = SubjectKey::from_bytes(&mut [1; 32]);
    let id = RecordId::new("rdv-1").unwrap();
    let protect = |rest: &str, binding| {
        let protector = protector(rest);
        protector.bind(binding).protect(&json!({})).unwrap_err()
    };
    let row = protector("")
        .protect_row(&json!({ "integer": 300 }))
        .unwrap();
    let cell = |field: &str| {
        let cell = row.cell("integer").unwrap();
        revealer("")
            .reveal_cell::<u8>(row.sealed(), field, cell)
            .unwrap_err()
    };
    let (bound, of_subject) = (
        "record_id = \"bound\"\n",
        "record_id = \"unbound\"\nsubject_key = \"bound\"\n",
    );
    let mismatch = |written: &str, binding, read: &str, other| {
        let row = protector(written)
            .bind(binding)
            .protect(&json!({}))
            .unwrap();
        revealer(read)
            .bind(other)
            .reveal::<Value>(&row)
            .unwrap_err()
    };
    let (record, subject) = (Binding::record(id), Binding::subject(&subject));
    vec![
        ("Binding/id missing", protect(bound, Binding::NONE)),
        ("Binding/id given", protect("", record)),
        (
            "Binding/subject missing",
            protect(of_subject, Binding::NONE),
        ),
        ("Binding/subject given", protect("", subject)),
        (
            "NotOpened",
            revealer("").only(&[Scope::SCHEDULE]).unwrap_err(),
        ),
        (
            "NotOpened/own scope",
            revealer("").only(&[Scope::new(16).unwrap()]).unwrap_err(),
        ),
        ("NoSuchField", cell("nobody")),
        ("Mismatch/id", mismatch(bound, record, "", Binding::NONE)),
        ("Mismatch/no id", mismatch("", Binding::NONE, bound, record)),
        (
            "Mismatch/subject",
            mismatch(of_subject, subject, "", Binding::NONE),
        ),
        (
            "Mismatch/no subject",
            mismatch("", Binding::NONE, of_subject, subject),
        ),
    ]
}

fn errors_of_rows() -> Vec<(&'static str, Error)> {
    let malformed = |change: fn(&mut Vec<u8>)| changed(change).unwrap_err();
    let row = protector("").protect(&json!({ "text": "x" })).unwrap();
    let columns = protector("").protect_row(&json!({ "text": "x" })).unwrap();
    let cells = |skip: &str| {
        let cells = columns.cells().filter(|(name, _)| *name != skip);
        revealer("")
            .reveal_row::<Value>(columns.sealed(), cells)
            .unwrap_err()
    };
    let other_cell = columns.cell("integer").unwrap();
    let moved = revealer("").reveal_cell::<Value>(columns.sealed(), "text", other_cell);
    let elsewhere = protector("domain = \"elsewhere\"\n")
        .protect(&json!({}))
        .unwrap();
    let subject = SubjectKey::from_bytes(&mut [1; 32]);
    let of_a_person = protector("record_id = \"unbound\"\nsubject_key = \"bound\"\n")
        .bind(Binding::subject(&subject))
        .protect(&json!({}))
        .unwrap();
    let of_a_person = test_kit::keyring()
        .attribute(&of_a_person.sealed().to_string(), None, &[])
        .unwrap_err();
    let mut later = test_kit::keyring();
    later
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let later = Protector::new(&later, &policy(""))
        .unwrap()
        .protect(&json!({}))
        .unwrap();
    let cut = row.withhold(&[Scope::CARE]).unwrap();
    vec![
        (
            "Text/sealed",
            "p2.AAAA".parse::<SealedRecord>().unwrap_err(),
        ),
        ("Text/cell", "c1.AAAA=".parse::<SealedCell>().unwrap_err()),
        (
            "Text/pseudonym",
            "t1.AAAA".parse::<Pseudonym>().unwrap_err(),
        ),
        ("Unsupported/version", malformed(|bytes| bytes[0] = 2)),
        ("Unsupported/suite", malformed(|bytes| bytes[1] = 2)),
        ("Profile", malformed(|bytes| bytes[2] = 2)),
        ("Unsupported/flags", malformed(|bytes| bytes[3] = 4)),
        ("Structure/short", malformed(|bytes| bytes.truncate(31))),
        ("Structure/epoch", malformed(|bytes| bytes[4..8].fill(0))),
        ("Structure/scope", malformed(|bytes| bytes[32] = 5)),
        ("Structure/length", malformed(|bytes| bytes[34] ^= 1)),
        ("Structure/cut", malformed(|bytes| bytes.truncate(40))),
        (
            "Structure/order",
            malformed(|bytes| bytes.extend_from_within(32..)),
        ),
        (
            "NothingLeft",
            cut.withhold(&[Scope::IDENTITY])
                .unwrap()
                .withhold(&[Scope::CONTACT])
                .unwrap_err(),
        ),
        (
            "Structure/row",
            SealedRow::from_bytes(columns.sealed().as_bytes()[..40].to_vec()).unwrap_err(),
        ),
        (
            "Structure/cell",
            SealedCell::from_bytes([0; 17]).unwrap_err(),
        ),
        ("UnknownEpoch", reveal(later.sealed())),
        ("EpochDisabled", closed(Keyring::disable_epoch)),
        (
            "EpochDestroyed",
            closed(|keyring, epoch| keyring.destroy_epoch(epoch).map(|_| ())),
        ),
        ("SubjectKeyNeeded", of_a_person),
        ("MissingScope", reveal(cut.sealed())),
        (
            "ForeignScope",
            reveal(
                &changed(|bytes| {
                    let start = bytes.len();
                    let group = 35 + usize::from(u16::from_be_bytes([bytes[33], bytes[34]]));
                    bytes.extend_from_within(32..32 + group);
                    bytes[start] = 63;
                })
                .unwrap(),
            ),
        ),
        ("MissingCell", cells("date")),
        ("WrongKey", reveal(elsewhere.sealed())),
        (
            "Tampered/group",
            reveal(&changed(|bytes| *bytes.last_mut().unwrap() ^= 1).unwrap()),
        ),
        ("Tampered/cell", moved.unwrap_err()),
        (
            "Plaintext/padding",
            by_hand::record(&[1, 0, 1, b'x', 0, 7, 7]),
        ),
        (
            "Plaintext/order",
            by_hand::record(&[2, 0, 1, b'7', 1, 0, 1, b'x']),
        ),
        ("Plaintext/overrun", by_hand::record(&[1, 0, 30])),
        ("Plaintext/UTF-8", by_hand::record(&[1, 0, 1, 0xFF])),
        ("Plaintext/type", by_hand::record(&[2, 0, 2, b'0', b'7'])),
        ("Plaintext/cell padding", by_hand::cell(&[0, 1, b'x', 1])),
        ("Plaintext/cell overrun", by_hand::cell(&[0, 3, b'x', b'y'])),
        ("Plaintext/cell UTF-8", by_hand::cell(&[0, 1, 0xFF])),
    ]
}

fn errors_of_types() -> Vec<(&'static str, Error)> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Strict {
        text: Option<String>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Alias {
        #[serde(alias = "phone")]
        text: String,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    enum Variant {
        A,
        B(u8),
    }
    let text = json!({ "text": "B" });
    vec![
        ("Target/type", unfit::<One<u8>>(&text)),
        (
            "Target/range",
            unfit::<BTreeMap<String, u8>>(&json!({ "integer": 300 })),
        ),
        ("Target/refuses", unfit::<One<Fails>>(&text)),
        (
            "Target/variant",
            unfit::<One<Variant>>(&json!({ "text": "C" })),
        ),
        ("Target/variant with data", unfit::<One<Variant>>(&text)),
        (
            "Target/json",
            unfit::<BTreeMap<String, u8>>(&json!({ "json": [1] })),
        ),
        ("Target/no place", unfit::<Strict>(&json!({ "integer": 1 }))),
        ("Target/null", unfit::<One<String>>(&json!({}))),
        (
            "Target/twice",
            unfit::<Alias>(&json!({ "text": "x", "phone": "y" })),
        ),
        ("Target/record", unfit::<String>(&text)),
        ("Target/hasty", unfit::<Hasty>(&text)),
    ]
}

fn errors_of_definitions() -> Vec<(&'static str, Error)> {
    let region =
        |code, international, trunk| PhoneRegion::new(code, international, trunk).unwrap_err();
    let keyring = test_kit::keyring();
    let open = |scope: &str| policy(&format!("[open.{scope}]\nreason = \"x\"\n"));
    let grant = keyring.grant(&open("care")).unwrap();
    let wider = schema_of(&FIELDS.replace("width = 40", "width = 41"));
    let wider = policy_of(&wider, "[open.care]\nreason = \"x\"\n");
    let check = |rest: &str| {
        let both = "[open.contact]\nreason = \"x\"\n[open.care]\nreason = \"x\"\n";
        let head = "domain = \"messages\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";
        let policy = Policy::from_toml(&format!("{head}{both}{rest}"), &Schema::appointment());
        policy.unwrap().check(TODAY).unwrap_err()
    };
    let narrow = "[holds]\nsubjects = 20_000\n[index.caller]\nof = [\"phone\"]\nbits = 1\ndistinct = 20_000\nreason = \"x\"\n";
    vec![
        ("Refused", check("")),
        ("Refused/more", check(narrow)),
        (
            "Definition/line",
            Schema::from_toml(&format!(
                "name = \"x\"\n{}",
                FIELDS.replace("number = 1", "number = 0")
            ))
            .unwrap_err(),
        ),
        (
            "Definition/no field",
            Schema::from_toml("name = \"x\"").unwrap_err(),
        ),
        ("Definition/domain", Domain::new("").unwrap_err()),
        (
            "Definition/domain's length",
            Domain::new(&"x".repeat(65)).unwrap_err(),
        ),
        (
            "Definition/domain's characters",
            Domain::new("SMS").unwrap_err(),
        ),
        ("Definition/scope", Scope::new(5).unwrap_err()),
        ("Definition/field number", FieldId::new(0).unwrap_err()),
        ("Definition/empty record id", RecordId::new("").unwrap_err()),
        (
            "Definition/long record id",
            RecordId::new(&[0; 1025]).unwrap_err(),
        ),
        ("Definition/country code", region("0", "00", "0")),
        ("Definition/international prefix", region("33", "", "0")),
        ("Definition/trunk prefix", region("33", "00", "x")),
        ("Definition/no scope", revealer("").only(&[]).unwrap_err()),
        (
            "Definition/no grant",
            keyring.grant(&policy("")).unwrap_err(),
        ),
        (
            "OtherSchema",
            Revealer::new(&grant, wider.policy()).unwrap_err(),
        ),
        (
            "OtherPolicy",
            Revealer::new(&grant, open("identity").policy()).unwrap_err(),
        ),
    ]
}

/// Of what a policy or a schema says, each with its line. `tests/policy` and `tests/schema` have more of them.
fn errors_of_files() -> Vec<(&'static str, Error)> {
    let policies = [
        ("Definition/unknown key", "[holds]\nrow = 1"),
        ("Definition/unknown field", "knows = [\"momnet\"]"),
        ("Definition/unknown scope", "[open.idenity]\nreason = \"x\""),
        ("Definition/unknown transform", "[show.integer]\nas = \"band\""),
        ("Definition/unknown period", "[show.date]\nas = \"truncate\"\nto = \"weak\""),
        ("Definition/unknown share", "shares = [\"record_id\"]"),
        ("Definition/unfit transform", "[show.text]\nas = \"bands\""),
        ("Definition/parameter too many", "[show.integer]\nas = \"round\"\nedges = [1]"),
        ("Definition/parameter missing", "[show.integer]\nas = \"round\""),
        ("Definition/mask of nothing", "[show.text]\nas = \"mask\""),
        ("Definition/no reason", "[show.integer]\nas = \"round\"\nto = 5"),
        ("Definition/kept without a reason", "[show.integer]\nas = \"keep\""),
        ("Definition/out of range", "[show.integer]\nas = \"round\"\nto = 1"),
        ("Definition/no number", "[show.integer]\nas = \"round\"\nto = \"day\""),
        ("Definition/below the least", "[holds]\nk = 5"),
        ("Definition/bands overlap", "[show.integer]\nas = \"bands\"\nedges = [2, 1]"),
        ("Definition/no bands", "[show.integer]\nas = \"bands\"\nedges = []"),
        ("Definition/no subject", "[show.date]\nas = \"shift\"\nweeks = 1\nsubject = []"),
        ("Definition/field twice", "knows = [\"text\", \"text\"]"),
        ("Definition/lists overlap", "[show.text]\nas = \"bucket\"\nlists = { a = [\"x\"], b = [\"X\"] }"),
        ("Definition/value listed twice", "[show.text]\nas = \"bucket\"\nlists = { a = [\"x\", \"X\"] }"),
        ("Definition/no lists", "[show.text]\nas = \"bucket\"\nlists = {}"),
        ("Definition/empty list", "[show.text]\nas = \"bucket\"\nlists = { a = [] }"),
        ("Definition/list without a name", "[show.text]\nas = \"bucket\"\nlists = { \"\" = [\"x\"] }"),
        ("Definition/list of no value", "[show.phone]\nas = \"bucket\"\nlists = { a = [\"06\"] }"),
        ("Definition/rest is a list", "[show.text]\nas = \"bucket\"\nlists = { a = [\"x\"] }\nother = \"a\""),
        ("Definition/erasable", "[pseudonym.p]\nof = [\"text\"]\nreason = \"x\"\nerasable = true"),
        ("Definition/more subjects than rows", "[holds]\nrows = 1\nsubjects = 2"),
        ("Definition/index unmeasured", "[index.i]\nof = [\"text\"]\nbits = 9\ndistinct = 9\nreason = \"x\""),
        ("Definition/name of a pseudonym", "[pseudonym.i]\nof = [\"text\"]\nreason = \"x\"\n[index.i]\nof = [\"text\"]\nbits = 9\ndistinct = 9\nreason = \"x\""),
        ("Definition/released nothing", "[release.cares]\nreason = \"x\"\npurposes = [\"x\"]\nper_hour = 1\ndetect_hours = 1"),
        ("Definition/no purposes", "[release.care]\nreason = \"x\"\npurposes = []\nper_hour = 1\ndetect_hours = 1"),
        ("Definition/template", "[render.r]\nto = \"phone\"\ntemplate = \"{date\"\ngateway = \"sms\"\nreason = \"x\"\nper_hour = 1\ndetect_hours = 1"),
        ("Definition/gateway", "[render.r]\nto = \"phone\"\ntemplate = \"{date}\"\ngateway = \"SMS\"\nreason = \"x\"\nper_hour = 1\ndetect_hours = 1"),
        ("Definition/finding", "[[accept]]\nfinding = \"x\"\nreason = \"x\"\nowner = \"x\"\nuntil = \"2027-06-30\""),
        ("Definition/owner", "[[accept]]\nfinding = \"x\"\nreason = \"x\"\nowner = \"\"\nuntil = \"2027-06-30\""),
        ("Definition/until", "[[accept]]\nfinding = \"DIGEST\"\nreason = \"x\"\nowner = \"x\"\nuntil = \"2027\""),
        ("Definition/with itself", "[[accept]]\nfinding = \"DIGEST\"\nwith = [\"messages\"]\nreason = \"x\"\nowner = \"x\"\nuntil = \"2027-06-30\""),
        ("Definition/with one twice", "[[accept]]\nfinding = \"DIGEST\"\nwith = [\"a\", \"a\"]\nreason = \"x\"\nowner = \"x\"\nuntil = \"2027-06-30\""),
    ]
    .map(|(name, rest)| {
        let head = "schema = \"messages\"\ndomain = \"messages\"\nrecord_id = \"unbound\"\n";
        let toml = format!("{head}{}", rest.replace("DIGEST", &"0".repeat(64)));
        (name, Policy::from_toml(&toml, &schema()).unwrap_err())
    });
    let schemas = [
        ("Definition/values", "optional = true", "values = 0"),
        ("Definition/days", "optional = true", "days = 1"),
        (
            "Definition/frequencies",
            "optional = true",
            "frequencies = \"unknwon\"",
        ),
        ("Definition/role", "optional = true", "role = \"identifer\""),
    ]
    .map(|(name, from, to)| {
        let toml = format!("name = \"x\"\n{}", FIELDS.replacen(from, to, 1));
        (name, Schema::from_toml(&toml).unwrap_err())
    });
    let large = Schema::from_toml(&"#".repeat((1 << 20) + 1)).unwrap_err();
    policies
        .into_iter()
        .chain(schemas)
        .chain([("Definition/large file", large)])
        .collect()
}

/// What configurations, registers and services refuse.
fn errors_of_services() -> Vec<(&'static str, Error)> {
    let config = Config::new();
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| {
        fs::write(in_folder(name), text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;

            let mode = fs::Permissions::from_mode(0o600);
            fs::set_permissions(in_folder(name), mode).unwrap();
        }
    };
    fs::create_dir(in_folder("policies")).unwrap();
    let toml = "domain = \"x\"\nschema = \"appointment\"\nrecord_id = \"unbound\"\n";
    write("policies/x.toml", toml);
    write("x.keyring", MARK);
    test_kit::keyring()
        .save(in_folder("policies/x.keyring"), &passphrase())
        .unwrap();
    let service = Config::new()
        .policies(in_folder("policies"))
        .keyring(in_folder("policies/x.keyring"))
        .credentials(folder.path());
    let service = Service::start(service, TODAY).unwrap();
    let nobody = Domain::new("nobody").unwrap();
    let older = {
        let path = in_folder("policies/x.keyring");
        let old = fs::read_to_string(&path).unwrap();
        Keyring::update(&path, &passphrase(), |keyring| keyring.start_epoch(TODAY)).unwrap();
        service.reload(TODAY).unwrap();
        fs::write(path, old).unwrap();
        service.reload(TODAY).unwrap_err()
    };
    let variable = |name: &str, value: &str| {
        let vars = [(name.into(), value.into())];
        Config::new().with_env(vars).unwrap_err()
    };
    let grant = test_kit::keyring()
        .grant(&policy("[open.care]\nreason = \"x\"\n"))
        .unwrap();
    let register = GrantRegister::open("missing/grants.ndjson");
    let record = |file: &str, epoch| register.record(&grant, file, TODAY, epoch).unwrap_err();
    vec![
        ("KeyringOlder", older),
        ("Definition/variable", variable("PARAVENT_KEYRNG", MARK)),
        (
            "Definition/empty variable",
            variable("PARAVENT_KEYRING", ""),
        ),
        (
            "Definition/policies",
            config.read_policies(&schema()).unwrap_err(),
        ),
        ("Definition/keyring", config.read_keyring().unwrap_err()),
        ("Definition/grant's file", record("", Epoch::FIRST)),
        (
            "Definition/grant's epoch",
            record("x", Epoch::new(2).unwrap()),
        ),
        ("Io/register", record("x", Epoch::FIRST)),
        (
            "Io/configuration",
            Config::load("missing/paravent.toml").unwrap_err(),
        ),
        (
            "NoPassphrase",
            config.keyring("a.keyring").read_keyring().unwrap_err(),
        ),
        (
            "NoSuchDomain",
            service
                .protect(&nobody, Binding::NONE, &json!({}))
                .unwrap_err(),
        ),
    ]
}

static KEY_FILE: LazyLock<String> =
    LazyLock::new(|| test_kit::keyring().to_key_file(&passphrase()).unwrap());

pub(super) fn passphrase() -> Passphrase {
    Passphrase::new(MARK).unwrap()
}

/// Key files as the second implementation of `tests/key_files` forges them, of a version 2 without an active epoch, with two,
/// and with one that is not the newest.
const NO_ACTIVE_EPOCH: &str = concat!(
    "paravent-keyring-2.AAAACAAAAAEAAAABBwcHBwcHBwcHBwcHBwcHB8VU99WfCp352VTiqQdxpQ-D9XRmQNz7zHWMkir0MfMtC",
    "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJZGA54gIN4QREhEKZuGB5a5OWWANa4q_oqb1k8QyrrI0YiEXBEnKc3DatteK3s3TSF7S7M",
    "HI2Vyo9bjUTY5QknLuW3Vg6Q6tE5SmUBwuEiqPIM6BfVZMzl-9JIrUz5ScWQ8NpebpD8vHKQHozHwNsp5PI9T7fywfSa1QqCeLeh",
    "AiXNf2oMdKJnr3TQCsn",
);
const TWO_ACTIVE_EPOCHS: &str = concat!(
    "paravent-keyring-2.AAAACAAAAAEAAAABBwcHBwcHBwcHBwcHBwcHB8VU99WfCp352VTiqQdxpQ-D9XRmQNz7zHWMkir0MfMtC",
    "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJZGM54gIN4gREhEKZuGB5a5OWWANa4q_oqb1k8QyrrI0YiEXBEnKc3DatteK3s3TSFrS5M",
    "XM3Vis8bzQSYJcnn7iV3ls5QKhH5iqXBAiHiaDLMKNcVn_fewOlzlndCsn4rSyGllWsHR4lr5Xc8OyDSHwnGtEwiY6xUPG2W72jI",
    "z8F4Dzx4KfF8ExQsOlI7Mj8rPzVsxs3kbf_LCrWQsk3ZnLxwbO-65BleUZIGvieRviooCXn2jOQ60Sm",
);
const OLDER_ACTIVE_EPOCH: &str = concat!(
    "paravent-keyring-2.AAAACAAAAAEAAAABBwcHBwcHBwcHBwcHBwcHB8VU99WfCp352VTiqQdxpQ-D9XRmQNz7zHWMkir0MfMtC",
    "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJZGM54gIN4gREhEKZuGB5a5OWWANa4q_oqb1k8QyrrI0YiEXBEnKc3DatteK3s3TSFrS5M",
    "nM3Vis8bzQSYJcnn7iV3ls5QKhH5iqXBAiHiaDLMKNcVn_fewOlzlndCsn4rSyGllWsHR4lr5Xc8OyDSHwnGtEwiY6xUPG2W72jI",
    "z8F4Dzx4KfF8ExQsOlI7Mj8rPzVsxs3kbf_LCrWQsk3ZnLxwWUTE6iGEkCx-TDHVbyei3MA06FWqoxT",
);

fn forged(text: &str) -> Error {
    let passphrase = Passphrase::new("correct horse battery staple").unwrap();
    Keyring::from_key_file(text, &passphrase).unwrap_err()
}

pub(super) fn load(text: &str) -> Error {
    Keyring::from_key_file(text, &passphrase()).unwrap_err()
}

/// The key file with its body changed, and a checksum that holds.
fn body_changed(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (prefix, encoded) = KEY_FILE.trim_end().split_at("paravent-keyring-2.".len());
    let mut body = BASE64URL_NOPAD.decode(encoded.as_bytes()).unwrap();
    body.truncate(body.len() - 8);
    change(&mut body);
    let digest = Sha256::new()
        .chain_update(prefix)
        .chain_update(&body)
        .finalize();
    body.extend_from_slice(&digest[..8]);
    prefix.to_owned() + &BASE64URL_NOPAD.encode(&body)
}

fn errors_of_keys() -> Vec<(&'static str, Error)> {
    let wrong = Passphrase::new("wrong").unwrap();
    let last = Epoch::new(u32::MAX).unwrap();
    let mut last = test_kit::keyring_from(last, &[1; 32], Generation::FIRST, &[2; 32]);
    let most = Generation::new(u32::MAX).unwrap();
    let mut generations = test_kit::keyring_from(Epoch::FIRST, &[1; 32], most, &[2; 32]);
    let (mut keyring, mut started) = (test_kit::keyring(), test_kit::keyring());
    started.start_epoch(TODAY).unwrap();
    let mut ending = test_kit::keyring();
    ending.end_active_epoch(TODAY).unwrap();
    let used_up = protector("").after_seals(1 << 47);
    let no_nonces = protector("").with_nonces(test_kit::fixed_nonces(Vec::new()));
    let folder = tempfile::tempdir().unwrap();
    let in_folder = |name: &str| folder.path().join(name);
    let save = |name: &str| {
        test_kit::keyring()
            .save(in_folder(name), &passphrase())
            .unwrap_err()
    };
    test_kit::keyring()
        .save(in_folder("exposed"), &passphrase())
        .unwrap();
    for name in ["there", "huge"] {
        fs::copy(in_folder("exposed"), in_folder(name)).unwrap();
    }
    fs::write(in_folder("there"), b"\xFF").unwrap();
    fs::File::options()
        .write(true)
        .open(in_folder("huge"))
        .unwrap()
        .set_len(1 << 25)
        .unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        fs::set_permissions(in_folder("exposed"), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let ended = test_kit::keyring()
        .grant(&policy("[open.care]\nreason = \"x\"\n"))
        .unwrap()
        .with_term("office", TODAY)
        .unwrap();
    let load_file = |name: &str| Keyring::load(in_folder(name), &passphrase()).unwrap_err();
    vec![
        (
            "GrantEnded",
            ended.check_term(Date::constant(2026, 11, 25)).unwrap_err(),
        ),
        (
            "Definition/grant's owner",
            ended.with_term(" ", TODAY).unwrap_err(),
        ),
        ("KeyFileExposed", load_file("exposed")),
        (
            "PassphraseExposed",
            Passphrase::load("/dev/null").unwrap_err(),
        ),
        ("EpochsExhausted", last.start_epoch(TODAY).unwrap_err()),
        (
            "GenerationsExhausted",
            generations.start_generation().unwrap_err(),
        ),
        (
            "EpochActive",
            keyring.destroy_epoch(Epoch::FIRST).unwrap_err(),
        ),
        (
            "ClockBeforeEpoch",
            started.start_epoch(TODAY.yesterday().unwrap()).unwrap_err(),
        ),
        (
            "EpochEnded",
            ending.check_active(TODAY.tomorrow().unwrap()).unwrap_err(),
        ),
        (
            "Definition/epoch's last day",
            started
                .end_active_epoch(TODAY.yesterday().unwrap())
                .unwrap_err(),
        ),
        ("KeyUsedUp", used_up.protect(&json!({})).unwrap_err()),
        (
            "GenerationLive",
            keyring.destroy_generation(Generation::FIRST).unwrap_err(),
        ),
        (
            "UnknownGeneration",
            keyring
                .destroy_generation(Generation::new(2).unwrap())
                .unwrap_err(),
        ),
        ("KeyringEpochs/none", forged(NO_ACTIVE_EPOCH)),
        ("KeyringEpochs/two", forged(TWO_ACTIVE_EPOCHS)),
        ("KeyringEpochs/older", forged(OLDER_ACTIVE_EPOCH)),
        ("KeyFileForm/word", load("-----BEGIN PRIVATE KEY-----")),
        ("KeyFileForm/first word", load("paravent-keyring.AAAA")),
        ("KeyFileForm/version", load("paravent-keyring-one.AAAA")),
        ("KeyFileForm/text", load_file("there")),
        ("KeyFileForm/size", load_file("huge")),
        ("KeyFileVersion", load("paravent-keyring-3.AAAA")),
        ("KeyFileHolds/keyring", load("paravent-grant-1.AAAA")),
        (
            "KeyFileHolds/grant",
            Grant::from_key_file(&KEY_FILE, &passphrase()).unwrap_err(),
        ),
        (
            "Passphrase",
            Keyring::from_key_file(&KEY_FILE, &wrong).unwrap_err(),
        ),
        ("EmptyPassphrase", Passphrase::new("").unwrap_err()),
        ("KeyFileDamaged/base64", load("paravent-keyring-1.AAAA=")),
        ("KeyFileDamaged/cut", load("paravent-keyring-1.AAAA")),
        (
            "KeyFileDamaged/checksum",
            load("paravent-keyring-1.AAAAAAAAAAAAAAAA"),
        ),
        (
            "KeyFileDamaged/tag",
            load(&body_changed(|body| body[90] ^= 1)),
        ),
        ("KeyFileCost", load(&body_changed(|body| body[0] = 1))),
        ("FileExists", save("there")),
        ("Io/reading", load_file("missing")),
        ("Io/creating", save("missing/keyring")),
        ("Io/naming", save(&"x".repeat(300))),
        ("Entropy", no_nonces.protect(&json!({})).unwrap_err()),
    ]
}
