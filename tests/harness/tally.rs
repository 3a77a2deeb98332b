//! What the long half of the tests has done: a line for each test, in the file that `LONG_TALLY` names. See `tests/long`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// One test's count. Its line is written when it is dropped, also by a test that fails.
pub struct Tally {
    runbook: String,
    what: &'static str,
    places: BTreeSet<String>,
    ends: BTreeMap<String, usize>,
    began: Instant,
}

impl Tally {
    /// `what` is put in at each place: `faults`, `strikes`.
    pub fn new(runbook: &str, what: &'static str) -> Self {
        // With its folder: two procedures are called `upgrade`.
        let path = Path::new(runbook).with_extension("");
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let name = format!("{folder}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        Self { runbook: name, what, places: BTreeSet::new(), ends: BTreeMap::new(), began: Instant::now() }
    }

    /// A run has ended so, and as it should.
    #[expect(clippy::print_stderr, reason = "whoever runs it by hand wants to see how far it is")]
    pub fn ended(&mut self, place: &str, how: &str) {
        eprintln!("{} {}: {place}: {how}", self.runbook, self.what);
        self.places.insert(place.to_owned());
        *self.ends.entry(how.replace('_', " ")).or_default() += 1;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let Some(file) = std::env::var_os("LONG_TALLY") else { return };
        let runs: usize = self.ends.values().sum();
        let mut ends: Vec<String> = self.ends.iter().map(|(how, count)| format!("{count} {how}")).collect();
        if std::thread::panicking() {
            ends.push("and one that is WRONG".to_owned());
        }
        let minutes = self.began.elapsed().as_secs_f64() / 60.0;
        let line = format!("{}\t{}\t{}\t{runs}\t{minutes:.1}\t{}\n", self.runbook, self.what, self.places.len(), ends.join(", "));
        // A tally that can't be written fails no test: `tests/long` counts the lines.
        let _ = std::fs::OpenOptions::new().append(true).create(true).open(file).and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
