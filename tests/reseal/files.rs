//! Files whose rows are sealed anew where they are.

use std::{
    fs,
    num::NonZeroUsize,
    ops::ControlFlow,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use paravent::{
    CsvFormat, Epoch, Format, Progress, Resealed, Resealing, RowsByEpoch, Transfer, Verification,
};
use tempfile::TempDir;

use super::*;

/// Bound to the id of a row, and shows a field, a pseudonym and an index.
pub(super) const STORE: &str = r#"
    record_id = "bound"
    [source]
    record_id = "id"
    drop = ["remarks"]
    [show.age]
    as = "keep"
    reason = "a test"
    [pseudonym.patient]
    of = ["name"]
    reason = "a test"
    [index.by_name]
    of = ["name"]
    bits = 4
    distinct = 200
    reason = "a test"
    [holds]
    rows = 9_000
    subjects = 9_000
"#;

/// A folder with one file, and the keys.
pub(super) struct Store {
    folder: TempDir,
    pub(super) file: PathBuf,
    pub(super) format: Format,
    pub(super) keyring: Keyring,
    pub(super) policy: CheckedPolicy,
}

pub(super) fn csv() -> Format {
    Format::Csv(CsvFormat::default())
}

fn clear(number: usize) -> Value {
    json!({
        "id": format!("rdv-{number}"), "name": format!("Lefèvre {number}"), "age": number % 120,
        "reason": "Suivi, \"annuel\"", "notes": { "number": number },
    })
}

impl Store {
    /// Its rows are of two epochs, one after the other.
    pub(super) fn of(format: Format, count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Self {
            file: folder.path().join("rows"),
            folder,
            format,
            keyring: test_kit::keyring(),
            policy: policy_of(FIELDS, STORE),
        };
        let half = count / 2;
        let mut text = store.protected(0..half);
        store
            .keyring
            .start_epoch(paravent::Date::constant(2026, 11, 24))
            .unwrap();
        let rest = store.protected(half..count);
        let header = usize::from(store.format != Format::Ndjson);
        text.extend(rest.split_inclusive('\n').skip(header));
        store.write(&text);
        fs::set_permissions(&store.file, fs::Permissions::from_mode(0o640)).unwrap();
        store
    }

    pub(super) fn protected(&self, numbers: std::ops::Range<usize>) -> String {
        let rows: String = numbers.map(|i| clear(i).to_string() + "\n").collect();
        let protector = Protector::new(&self.keyring, &self.policy).unwrap();
        let transfer = Transfer::protect(&protector)
            .window(NonZeroUsize::MIN)
            .from(Format::Ndjson)
            .to(self.format.clone());
        let mut out = Vec::new();
        transfer.run(rows.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    pub(super) fn resealing(&self) -> Resealing<'_> {
        let new = Resealing::new(&self.file, self.format.clone(), &self.keyring, &self.policy);
        new.unwrap().batch(NonZeroUsize::new(7).unwrap())
    }

    pub(super) fn run(&self) -> Result<Resealed, Error> {
        self.resealing().run()
    }

    pub(super) fn run_to(&self, count: u64) {
        let observer = |progress: &Progress| match progress.rows >= count {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let error = self.resealing().observe(&observer).run().unwrap_err();
        assert!(error.is_stopped(), "{error}");
    }

    /// Stops once the file is the new one; an observer hears every 1,024 rows that are verified.
    fn stop_while_verified(&self, count: u64) {
        let calls = AtomicU64::new(0);
        let batches = count.div_ceil(7);
        let observer = |_: &Progress| match calls.fetch_add(1, Ordering::Relaxed) {
            call if call < batches => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let stopped = self.resealing().observe(&observer).run().unwrap_err();
        assert!(stopped.is_stopped());
        assert_eq!(self.ends(), ["", ".resealing.state", ".stale"]);
    }

    pub(super) fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    pub(super) fn write(&self, text: &str) {
        fs::write(&self.file, text).unwrap();
    }

    pub(super) fn beside(&self, end: &str) -> PathBuf {
        self.folder.path().join(format!("rows{end}"))
    }

    /// The ends of the names in the folder.
    pub(super) fn ends(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut ends: Vec<String> = entries
            .map(|entry| name(entry).into_string().unwrap().replacen("rows", "", 1))
            .collect();
        ends.sort();
        ends
    }

    fn counted(&self, active: Epoch) -> RowsByEpoch {
        let file = fs::File::open(&self.file).unwrap();
        Resealing::count(file, &self.format, self.policy.policy(), active).unwrap()
    }

    /// That the file holds the first rows of [`clear`], each once and under the active epoch, and what is shown of them.
    pub(super) fn holds(&self, count: usize) {
        let revealer = Revealer::backend(&self.keyring, self.policy.policy()).unwrap();
        let transfer = Transfer::reveal(&revealer).from(self.format.clone());
        let mut out = Vec::new();
        transfer
            .to(Format::Ndjson)
            .run(self.text().as_bytes(), &mut out)
            .unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.lines().count(), count);
        for (number, line) in out.lines().enumerate() {
            let mut row: Value = serde_json::from_str(line).unwrap();
            let shown = row.as_object_mut().unwrap();
            shown.retain(|name, _| name != "patient" && name != "by_name");
            assert_eq!(row, clear(number));
        }
        let verification = Verification::no_plain(&self.keyring, &self.policy).unwrap();
        let verified = verification.from(self.format.clone());
        let verified = verified.run(self.text().as_bytes()).unwrap();
        assert_eq!(verified.sealed, count as u64);
        let active = self.keyring.active_epoch();
        let counted = self.counted(active);
        assert_eq!((counted.stale, counted.current), (0, count as u64));
        assert_eq!(self.ends(), [""], "nothing is left beside it");
    }
}

#[test]
fn stale_rows_are_sealed_anew_and_the_others_kept() {
    for format in [csv(), Format::Ndjson] {
        let store = Store::of(format, 30);
        let before = store.text();
        let resealed = store.run().unwrap();
        assert_eq!((resealed.resealed, resealed.kept), (15, 15));
        store.holds(30);
        let mode = fs::metadata(&store.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        let after = store.text();
        let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
        let kept = before.len() - 15;
        assert_eq!(before[kept..], after[kept..], "byte for byte");
        let header = kept - 15;
        assert_eq!(before[..header], after[..header]);
        for (before, after) in before[header..kept].iter().zip(&after[header..kept]) {
            assert_ne!(before, after);
            let shown = |row: &str| row.split("p1.").next().unwrap().to_owned();
            assert_eq!(shown(before), shown(after), "one generation");
        }

        // Again, and nothing is left to do.
        let text = store.text();
        let again = store.run().unwrap();
        assert_eq!((again.resealed, again.kept), (0, 30));
        assert_eq!(store.text(), text);
    }
}

#[test]
fn it_goes_on_from_the_last_batch() {
    for format in [csv(), Format::Ndjson] {
        for stop in [7, 14, 21, 28, 30] {
            let store = Store::of(format.clone(), 30);
            let before = store.text();
            store.run_to(stop);
            assert_eq!(store.text(), before);
            assert_eq!(store.ends(), ["", ".resealing", ".resealing.state"]);
            let written = fs::read_to_string(store.beside(".resealing")).unwrap();
            assert!(written.lines().count() >= stop as usize);
            // Half a row behind what is known is cut off.
            fs::write(store.beside(".resealing"), written.clone() + "rdv-7,7,t1.").unwrap();
            let resealed = store.run().unwrap();
            assert_eq!((resealed.resealed, resealed.kept), (15, 15));
            assert!(store.text().starts_with(&written), "it is not sealed again");
            store.holds(30);
        }
    }
}

#[test]
fn one_that_stops_while_rows_are_verified_ends_the_next_time() {
    let store = Store::of(Format::Ndjson, 1_100);
    store.stop_while_verified(1_100);
    let old = fs::metadata(store.beside(".stale")).unwrap();
    assert_eq!(old.permissions().mode() & 0o7777, 0o600);
    let text = store.text();
    let resealed = store.run().unwrap();
    assert_eq!((resealed.resealed, resealed.kept), (550, 550));
    assert_eq!(store.text(), text);
    store.holds(1_100);
}

#[test]
fn a_csv_file_keeps_its_columns_and_gets_those_that_are_missing() {
    let store = Store::of(csv(), 4);
    let text = store.text();
    let turned = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [id, age, patient, by_name, sealed] = cells[..] else {
            panic!("five cells: {line}");
        };
        assert!(id == "id" || id.starts_with("rdv-"), "{age} {patient}");
        format!("{sealed},{by_name},{id},{age},{patient}\n")
    };
    store.write(&text.lines().map(turned).collect::<String>());
    store.run().unwrap();
    store.holds(4);
    assert!(store.text().starts_with("sealed,by_name,id,age,patient\n"));

    // What a policy came to show, no row from before accounts for.
    let mut store = store;
    let more = format!("{STORE}[show.reason]\nas = \"keep\"\nreason = \"a test\"\n");
    let before = store.policy.policy().digest();
    store.policy = policy_of(FIELDS, &more);
    assert_ne!(store.policy.policy().digest(), before);
    let error = store.run().unwrap_err();
    assert!(error.is_unaccounted(), "{error}");
    assert_eq!(error.line(), Some(2));
}

#[test]
fn rows_are_counted_by_epoch_without_keys() {
    for format in [csv(), Format::Ndjson] {
        let store = Store::of(format, 5);
        let second = Epoch::new(2).unwrap();
        let counted = store.counted(second);
        assert_eq!((counted.stale, counted.current), (2, 3));
        assert_eq!(
            counted.epochs.into_iter().collect::<Vec<_>>(),
            [(1, 2), (2, 3)]
        );
        assert_eq!(store.counted(Epoch::FIRST).stale, 0);
        assert_eq!(store.counted(Epoch::new(9).unwrap()).stale, 5);
    }
}

#[test]
fn files_without_rows_stay() {
    for (format, text) in [
        (Format::Ndjson, ""),
        (csv(), "id,age,patient,by_name,sealed\n"),
    ] {
        let store = Store::of(format, 2);
        store.write(text);
        let resealed = store.run().unwrap();
        assert_eq!((resealed.resealed, resealed.kept), (0, 0));
        assert_eq!(store.text(), text);
        assert_eq!(store.ends(), [""]);
    }
}

#[test]
fn a_line_that_is_kept_may_have_null_for_what_is_in_clear_elsewhere() {
    let store = Store::of(Format::Ndjson, 4);
    let text = store
        .text()
        .replace('{', "{ \"reason\" : null, \"remarks\":null,");
    store.write(&text);
    let resealed = store.run().unwrap();
    assert_eq!((resealed.resealed, resealed.kept), (2, 2));
    let after = store.text();
    assert_eq!(after.lines().nth(3), text.lines().nth(3));
    assert!(!after.lines().next().unwrap().contains("reason"));
}

#[test]
fn unknown_fields_stay_in_files_too() {
    let mut store = Store::of(Format::Ndjson, 0);
    let older = std::mem::replace(
        &mut store.policy,
        policy_of(&(FIELDS.to_owned() + &one_more(5, "care")), STORE),
    );
    let record = json!({ "id": "rdv-0", "name": "Zoé", "more": { "5": "kept" } });
    let newer = Protector::new(&store.keyring, &store.policy).unwrap();
    let mut out = Vec::new();
    Transfer::protect(&newer)
        .from(Format::Ndjson)
        .run(record.to_string().as_bytes(), &mut out)
        .unwrap();
    fs::write(&store.file, out).unwrap();
    store
        .keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let newer = std::mem::replace(&mut store.policy, older);
    assert_eq!(store.run().unwrap().resealed, 1);
    let row: Protected =
        serde_json::from_str(&store.text().replace("\"id\":\"rdv-0\",", "")).unwrap();
    let revealer = Revealer::backend(&store.keyring, newer.policy()).unwrap();
    let binding = Binding::record(RecordId::new("rdv-0").unwrap());
    let after: Value = revealer.bind(binding).reveal(&row).unwrap();
    assert_eq!(after, json!({ "name": "Zoé", "more": { "5": "kept" } }));
}

/// It said that rows were under an epoch that had begun since the run before, and they were under the one before that.
#[test]
fn what_another_epoch_left_is_ended_and_then_sealed_anew() {
    let mut store = Store::of(Format::Ndjson, 1_100);
    store.stop_while_verified(1_100);
    let second = Epoch::new(2).unwrap();
    let third = store
        .keyring
        .start_epoch(paravent::Date::constant(2026, 11, 24))
        .unwrap();
    let resealed = store.run().unwrap();
    assert_eq!((resealed.resealed, resealed.kept), (1_100, 0));
    assert_eq!(store.counted(third).stale, 0);
    store.keyring.destroy_epoch(second).unwrap();
    store.holds(1_100);
}
