//! What a start costs, from nothing to exit, as a person at a shell pays it.
//!
//! `cargo bench -p cli --bench cold_start`. Rounds are interleaved: each runs every row once, so that whatever else the
//! machine does falls on all of them alike. The table shows medians, and the median of each round's ratio to `sh`.

use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 51;

/// What is measured. The first row is what the others are compared with.
struct Row {
    what: &'static str,
    command: Command,
    /// Milliseconds, one a round.
    took: Vec<f64>,
}

impl Row {
    fn new(what: &'static str, command: Command) -> Self {
        Self { what, command, took: Vec::with_capacity(ROUNDS) }
    }

    fn once(&mut self) -> f64 {
        let began = Instant::now();
        let status = self.command.status().expect("it starts");
        let took = began.elapsed().as_secs_f64() * 1000.0;
        assert!(status.success(), "{}: {status}", self.what);
        took
    }
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (one, ten) = (steps(folder.path(), 1)?, steps(folder.path(), 10)?);
    let tour = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbooks/tour/publish.runbook");
    let mut rows = [
        Row::new("sh -c true", shell("sh")),
        Row::new("bash -c true", shell("bash")),
        Row::new("runbook --version", runbook(folder.path(), &["--version".as_ref()])),
        Row::new("runbook lint, the tour", runbook(folder.path(), &["lint".as_ref(), &tour])),
        Row::new("runbook run, 1 step", runbook(folder.path(), &["run".as_ref(), &one])),
        Row::new("runbook run, 10 steps", runbook(folder.path(), &["run".as_ref(), &ten])),
    ];
    // Once for nothing: the database is made, the files are in memory.
    for row in &mut rows {
        row.once();
    }
    for _ in 0..ROUNDS {
        for row in &mut rows {
            let took = row.once();
            row.took.push(took);
        }
    }
    tell(&rows)
}

fn tell(rows: &[Row]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let base = &rows[0].took;
    writeln!(out, "{:<28} {:>10} {:>8}", format!("{ROUNDS} rounds"), "median ms", "ratio")?;
    for row in rows {
        let ratio = median(row.took.iter().zip(base).map(|(took, base)| took / base));
        writeln!(out, "{:<28} {:>10.2} {:>8.1}", row.what, median(row.took.iter().copied()), ratio)?;
    }
    let [.., one, ten] = rows else { return Ok(()) };
    let more = median(ten.took.iter().zip(&one.took).map(|(ten, one)| (ten - one) / 9.0));
    writeln!(out, "{:<28} {more:>10.2}", "one more local step")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A runbook of so many local steps that do nothing.
fn steps(folder: &Path, count: usize) -> Result<PathBuf> {
    let steps: String = (1..=count).map(|n| format!("  step s{n} {{ run `true`; undo none \"it does nothing\" }}\n")).collect();
    let path = folder.join(format!("steps-{count}.runbook"));
    std::fs::write(&path, format!("runbook bench.steps {{\n  on local\n{steps}}}\n"))?;
    Ok(path)
}

fn shell(program: &str) -> Command {
    let mut command = Command::new(program);
    silent(&mut command).args(["-c", "true"]);
    command
}

fn runbook(folder: &Path, args: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    silent(&mut command).args(args).env("RUNBOOK_STATE", folder.join("state")).env("HOME", folder);
    command
}

/// With nothing of the caller's environment but the path: a long `~/.bashrc` is no part of it.
fn silent(command: &mut Command) -> &mut Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}
