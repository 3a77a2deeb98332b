//! What a start costs, from nothing to exit, as a person at a shell pays it.
//!
//! `cargo bench -p cli --bench cold_start`. Ratios are to `sh`.

mod rounds;

use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use rounds::Row;

const ROUNDS: usize = 51;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (one, ten) = (steps(folder.path(), 1)?, steps(folder.path(), 10)?);
    let tour = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbooks/tour/publish.runbook");
    let mut rows = [
        Row::new("sh -c true", ROUNDS, shell("sh")),
        Row::new("bash -c true", ROUNDS, shell("bash")),
        Row::new("runbook --version", ROUNDS, runbook(folder.path(), &["--version".as_ref()])),
        Row::new("runbook lint, the tour", ROUNDS, runbook(folder.path(), &["lint".as_ref(), "--no-shellcheck".as_ref(), &tour])),
        Row::new("runbook run, 1 step", ROUNDS, runbook(folder.path(), &["run".as_ref(), &one])),
        Row::new("runbook run, 10 steps", ROUNDS, runbook(folder.path(), &["run".as_ref(), &ten])),
    ];
    // The first time, for nothing, makes the database.
    rounds::run(&mut rows, ROUNDS);
    rounds::table(&rows, ROUNDS)?;
    let [.., one, ten] = &rows;
    let more = rounds::median(ten.took().zip(one.took()).map(|(ten, one)| (ten - one) / 9.0));
    writeln!(std::io::stdout(), "{:<28} {more:>10.2}", "one more local step")
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
    command.args(["-c", "true"]);
    command
}

fn runbook(folder: &Path, args: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    command.args(args).env("RUNBOOK_STATE", folder.join("state")).env("HOME", folder);
    command
}
