#![cfg(all(unix, feature = "key-file"))]

use std::os::unix::fs::MetadataExt;

use super::*;

const OLD: &str = "in clear";
const NEW: &str = "sealed";

/// A folder with a file of mode 0640, and its output, finished.
struct Ready {
    _folder: tempfile::TempDir,
    place: Place,
    state: State,
}

impl Ready {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rows.csv");
        fs::write(&file, OLD).unwrap();
        set_mode(&file, 0o640).unwrap();
        let place = Place::of(&file, &Words::MIGRATION).unwrap();
        let locked = place.lock().unwrap();
        place.check_free(&locked).unwrap();
        let input = locked.extent().unwrap();
        let mut state = State::begin(
            &Words::MIGRATION,
            "policy".into(),
            None,
            "csv".into(),
            input,
            locked.mode(),
        );
        place.write_state(&state).unwrap();
        let (mut output, mut digest) = place.open_output(&state, &locked).unwrap();
        output.write_all(NEW.as_bytes()).unwrap();
        digest.update(NEW);
        state.output = Extent::of(NEW.len() as u64, &digest);
        place.write_state(&state).unwrap();
        place.finish_output(&output, &locked).unwrap();
        Self {
            _folder: folder,
            place,
            state,
        }
    }

    /// Makes the first of these steps only, as a process that is killed after them.
    fn after(steps: &[Step], count: usize) -> Self {
        let mut ready = Self::new();
        for step in &steps[..count] {
            step(&ready.place, &mut ready.state).unwrap();
        }
        ready.state = ready.place.state().unwrap().unwrap();
        ready
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.place.folder).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn is_old(&self) {
        assert_eq!(fs::read_to_string(&self.place.file).unwrap(), OLD);
        assert_eq!(self.names(), ["rows.csv"]);
        assert_eq!(mode_of(&self.place.file), 0o640);
        assert_eq!(fs::metadata(&self.place.file).unwrap().nlink(), 1);
    }

    fn is_new(&self) {
        assert_eq!(fs::read_to_string(&self.place.file).unwrap(), NEW);
        assert_eq!(fs::read_to_string(&self.place.old).unwrap(), OLD);
        assert_eq!(
            self.names(),
            ["rows.csv", "rows.csv.migrating.state", "rows.csv.plain"]
        );
        assert_eq!(mode_of(&self.place.file), 0o640);
        assert_eq!(mode_of(&self.place.old), 0o600);
        let state = self.place.state().unwrap().unwrap();
        assert_eq!(state.phase, Phase::Switched);
    }
}

fn mode_of(path: &Path) -> u32 {
    mode(&fs::metadata(path).unwrap()).unwrap()
}

#[test]
fn the_switch_can_stop_after_each_step_and_go_on_or_back() {
    for count in 0..=SWITCH.len() {
        let mut ready = Ready::after(&SWITCH, count);
        let rows = fs::read_to_string(&ready.place.file).unwrap();
        assert_eq!(rows, if count < 3 { OLD } else { NEW }, "after {count}");
        ready.place.switch(&mut ready.state).unwrap();
        ready.is_new();

        let mut ready = Ready::after(&SWITCH, count);
        ready.place.switch_back(&mut ready.state).unwrap();
        ready.is_old();
    }
}

#[test]
fn an_undo_can_stop_after_each_step_and_go_on() {
    for count in 0..UNDO.len() {
        let mut ready = Ready::after(&SWITCH, SWITCH.len());
        for step in &UNDO[..count] {
            step(&ready.place, &mut ready.state).unwrap();
        }
        let rows = fs::read_to_string(&ready.place.file).unwrap();
        assert_eq!(rows, if count < 3 { NEW } else { OLD }, "after {count}");
        ready.state = ready.place.state().unwrap().unwrap();
        ready.place.switch_back(&mut ready.state).unwrap();
        ready.is_old();
    }
}

#[test]
fn a_copy_does_where_there_are_no_hard_links() {
    for count in [1, 2] {
        let mut ready = Ready::after(&SWITCH, 1);
        ready.place.copy_to_old().unwrap();
        assert_eq!(mode_of(&ready.place.old), 0o600);
        for step in &SWITCH[1..count] {
            step(&ready.place, &mut ready.state).unwrap();
        }
        ready.place.switch(&mut ready.state).unwrap();
        ready.is_new();
    }
}

#[test]
fn anothers_file_is_not_taken_for_the_one_that_was_kept() {
    let mut ready = Ready::after(&SWITCH, 1);
    fs::write(&ready.place.old, "another's").unwrap();
    let error = ready.place.switch(&mut ready.state).unwrap_err();
    assert!(error.is_migration(), "{error}");
    assert_eq!(fs::read_to_string(&ready.place.file).unwrap(), OLD);

    let mut ready = Ready::after(&SWITCH, SWITCH.len());
    fs::write(&ready.place.old, "another's").unwrap();
    let error = ready.place.switch_back(&mut ready.state).unwrap_err();
    assert!(error.is_migration(), "{error}");
    assert_eq!(fs::read_to_string(&ready.place.file).unwrap(), NEW);
}

#[test]
fn rows_that_came_before_the_switch_are_not_lost_by_an_undo() {
    for is_copy in [false, true] {
        let ready = Ready::after(&SWITCH, 1);
        match is_copy {
            true => ready.place.copy_to_old().unwrap(),
            false => fs::hard_link(&ready.place.file, &ready.place.old).unwrap(),
        }
        let mut file = OpenOptions::new()
            .append(true)
            .open(&ready.place.file)
            .unwrap();
        file.write_all(b", and more").unwrap();
        crate::Migration::undo(&ready.place.file).unwrap();
        let rows = fs::read_to_string(&ready.place.file).unwrap();
        assert_eq!(rows, "in clear, and more");
        assert_eq!(ready.names(), ["rows.csv"]);
    }
}

#[test]
fn rows_that_came_while_an_undo_was_stopped_are_not_lost_by_it() {
    let mut ready = Ready::after(&SWITCH, SWITCH.len());
    for step in &UNDO[..2] {
        step(&ready.place, &mut ready.state).unwrap();
    }
    fs::write(&ready.place.file, "sealed, and more").unwrap();
    let error = crate::Migration::undo(&ready.place.file).unwrap_err();
    assert!(error.is_migration(), "{error}");
    let rows = fs::read_to_string(&ready.place.file).unwrap();
    assert_eq!(rows, "sealed, and more");
    crate::Migration::undo_losing_changes(&ready.place.file).unwrap();
    ready.is_old();
}

#[test]
fn anothers_output_beside_a_migrated_file_does_not_hide_that_it_changed() {
    let ready = Ready::after(&SWITCH, SWITCH.len());
    fs::write(&ready.place.output, "another's").unwrap();
    fs::write(&ready.place.file, "sealed, and more").unwrap();
    let error = crate::Migration::undo(&ready.place.file).unwrap_err();
    assert!(error.is_migration(), "{error}");
    let rows = fs::read_to_string(&ready.place.file).unwrap();
    assert_eq!(rows, "sealed, and more");
    assert!(exists(&ready.place.output) && exists(&ready.place.old));
}

#[test]
fn what_was_written_after_the_last_state_is_cut_off() {
    let ready = Ready::new();
    let mut output = OpenOptions::new()
        .append(true)
        .open(&ready.place.output)
        .unwrap();
    output.write_all(b"half a r").unwrap();
    let locked = ready.place.lock().unwrap();
    let (mut output, digest) = ready.place.open_output(&ready.state, &locked).unwrap();
    assert_eq!(Extent::of(NEW.len() as u64, &digest), ready.state.output);
    output.write_all(b"!").unwrap();
    assert_eq!(fs::read_to_string(&ready.place.output).unwrap(), "sealed!");

    fs::write(&ready.place.output, "another").unwrap();
    drop(output);
    let error = ready.place.open_output(&ready.state, &locked).unwrap_err();
    assert!(error.is_migration(), "{error}");
    fs::remove_file(&ready.place.output).unwrap();
    let error = ready.place.open_output(&ready.state, &locked).unwrap_err();
    assert!(error.is_migration(), "{error}");
}

#[test]
fn a_first_state_that_was_not_written_whole_goes_away() {
    let ready = Ready::new();
    ready.place.forget().unwrap();
    fs::write(new(&ready.place.state), "{").unwrap();
    assert_eq!(ready.place.state().unwrap(), None);
    assert!(ready.place.forget_first().unwrap());
    ready.is_old();
    assert!(!ready.place.forget_first().unwrap());
}

#[test]
fn two_processes_do_not_work_on_one_file() {
    let ready = Ready::new();
    let locked = ready.place.lock().unwrap();
    assert!(ready.place.lock().unwrap_err().is_migration());
    drop(locked);
    assert!(ready.place.lock().is_ok());
}

#[test]
fn a_second_name_and_a_file_in_the_way_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.csv");
    for in_the_way in ["other", "rows.csv.plain", "rows.csv.migrating"] {
        fs::write(&file, OLD).unwrap();
        let in_the_way = folder.path().join(in_the_way);
        fs::hard_link(&file, &in_the_way).unwrap();
        let place = Place::of(&file, &Words::MIGRATION).unwrap();
        let error = place.check_free(&place.lock().unwrap()).unwrap_err();
        assert!(error.is_migration(), "{error}");
        fs::remove_file(&in_the_way).unwrap();
        assert!(place.check_free(&place.lock().unwrap()).is_ok());
    }
}

#[test]
fn a_symbolic_link_stays_one() {
    let ready = Ready::new();
    let link = ready.place.folder.join("link");
    std::os::unix::fs::symlink(&ready.place.file, &link).unwrap();
    assert_eq!(
        Place::of(&link, &Words::MIGRATION).unwrap().file,
        ready.place.file
    );
    assert!(
        Place::of(&ready.place.folder.join("none"), &Words::MIGRATION)
            .unwrap_err()
            .is_io()
    );
    let folder = Place::of(&ready.place.folder, &Words::MIGRATION).unwrap();
    assert!(folder.lock().unwrap_err().is_migration());
}

#[test]
fn a_file_that_was_written_to_is_noticed() {
    let ready = Ready::new();
    let locked = ready.place.lock().unwrap();
    assert!(locked.is_unchanged(&ready.place.file).unwrap());
    fs::write(&ready.place.file, "in clear, and more").unwrap();
    assert!(!locked.is_unchanged(&ready.place.file).unwrap());

    let ready = Ready::new();
    let locked = ready.place.lock().unwrap();
    fs::rename(&ready.place.output, &ready.place.file).unwrap();
    assert!(!locked.is_unchanged(&ready.place.file).unwrap());
}
