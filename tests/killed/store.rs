//! A file of rows, and a process that works on it.

use super::*;

pub(super) fn policy() -> CheckedPolicy {
    let text = r#"
        domain = "store"
        schema = "appointment"
        record_id = "bound"
        [source]
        record_id = "id"
        [show.age]
        as = "keep"
        reason = "report by age"
        [pseudonym.patient]
        of = ["last_name"]
        reason = "counts people"
    "#;
    accepted(text, &Schema::appointment()).unwrap()
}

pub(super) fn rows(count: usize) -> String {
    let row = |i: usize| {
        format!(
            "rdv-{i},Lefèvre {i},Zoé,{},2020-07-21T09:30:00+02:00,Dr Œuvrard,\"Derma\n{i}\"\n",
            i % 120
        )
    };
    "id,last_name,first_name,age,start,practitioner,specialty\n".to_owned()
        + &(0..count).map(row).collect::<String>()
}

pub(super) struct Store {
    pub(super) file: PathBuf,
    pub(super) keyring: Keyring,
    pub(super) policy: CheckedPolicy,
    /// What stands behind the name of the file that is written beside.
    output: &'static str,
}

impl Store {
    pub(super) fn of(file: PathBuf, output: &'static str) -> Self {
        Self {
            file,
            keyring: test_kit::keyring(),
            policy: policy(),
            output,
        }
    }

    pub(super) fn new(folder: &Path, rows: &str, output: &'static str) -> Self {
        let file = folder.join("rows.csv");
        fs::write(&file, rows).unwrap();
        Self::of(file, output)
    }

    pub(super) fn format() -> Format {
        Format::Csv(CsvFormat::default())
    }

    pub(super) fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(end);
        name.into()
    }

    pub(super) fn start(&self, task: &str) -> Child {
        let mut child = child(task, &self.file);
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        child
    }

    /// Lets a process do all of it; tells how long it took.
    pub(super) fn finish(&self, task: &str) -> Duration {
        let mut child = self.start(task);
        let start = Instant::now();
        assert!(child.wait().unwrap().success(), "{task}");
        start.elapsed()
    }

    /// Kills a process after this while; `true` where it was not done by then.
    pub(super) fn kill_after(&self, task: &str, while_: Duration) -> bool {
        self.kill_past(task, 0, while_)
    }

    /// The same, once so many bytes have been written.
    pub(super) fn kill_past(&self, task: &str, written: u64, while_: Duration) -> bool {
        let mut child = self.start(task);
        while self.written() < written && child.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        thread::sleep(while_);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let killed = is_killed(status);
        assert!(killed || status.success(), "{task}: {status}");
        killed
    }

    pub(super) fn written(&self) -> u64 {
        fs::metadata(self.beside(self.output)).map_or(0, |found| found.len())
    }

    /// The rows in clear, by revealing them.
    pub(super) fn revealed(&self) -> String {
        let revealer = Revealer::backend(&self.keyring, self.policy.policy()).unwrap();
        let mut out = Vec::new();
        let transfer = Transfer::reveal(&revealer).from(Self::format());
        transfer
            .run(fs::read(&self.file).unwrap().as_slice(), &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    pub(super) fn ends(&self) -> Vec<String> {
        let own = self.file.file_name().unwrap().to_str().unwrap();
        let mut ends: Vec<String> = fs::read_dir(self.file.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.strip_prefix(own).unwrap().to_owned())
            .collect();
        ends.sort();
        ends
    }
}
