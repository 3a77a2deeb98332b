//! What linting costs, beside the linters of the same field, on files of the same length.
//!
//! `cargo bench -p cli --bench lint`. It makes 100 runbooks of 20 steps, half of them in each spelling and no two alike,
//! and 100 playbooks of 20 tasks. yamllint and ansible-lint are installed from PyPI into a venv below `target/`; without
//! them their rows are left out. Every program runs as a whole process over the whole folder.

mod playbooks;
#[path = "../rounds/mod.rs"]
mod rounds;
mod runbooks;

use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use rounds::Row;

const FILES: usize = 100;
const STEPS: usize = 20;
const ROUNDS: usize = 21;
/// ansible-lint takes the better part of a minute for a round.
const FEW: usize = 3;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let runbooks = folder.path().join("runbooks");
    let playbooks = folder.path().join("playbooks");
    std::fs::create_dir_all(&runbooks)?;
    std::fs::create_dir_all(&playbooks)?;
    for number in 0..FILES {
        let (name, text) = runbooks::runbook(number, STEPS);
        std::fs::write(runbooks.join(name), text)?;
        std::fs::write(playbooks.join(format!("play{number:03}.yml")), playbooks::playbook(number, STEPS))?;
    }
    let (first, _) = runbooks::runbook(0, STEPS);
    let mut rows = vec![
        Row::new(format!("runbook lint, {FILES} runbooks of {STEPS} steps"), ROUNDS, lint(&runbooks)),
        Row::new("runbook lint, one of them", ROUNDS, lint(&runbooks.join(first))),
        Row::new("runbook --version", ROUNDS, runbook(&["--version".as_ref()])),
    ];
    match venv() {
        Ok(bin) => {
            let first = playbooks.join("play000.yml");
            let other = |program: &str, args: &[&str], path: &Path| {
                let mut command = Command::new(bin.join(program));
                // ansible-lint looks for its own tools beside itself.
                let path_there = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
                command.args(args).arg(path).env("HOME", folder.path()).env("LANG", "C.UTF-8").env("PATH", path_there).current_dir(folder.path());
                command
            };
            let ansible = ["--offline", "-q"];
            rows.extend([
                Row::new(format!("yamllint, {FILES} playbooks of {STEPS} tasks"), ROUNDS, other("yamllint", &[], &playbooks)),
                Row::new("yamllint, one of them", ROUNDS, other("yamllint", &[], &first)),
                Row::new("ansible-lint, the same playbooks", FEW, other("ansible-lint", &ansible, &playbooks)),
                Row::new("ansible-lint, one of them", FEW, other("ansible-lint", &ansible, &first)),
            ]);
        }
        Err(why) => writeln!(std::io::stderr(), "without yamllint and ansible-lint: {why}")?,
    }
    rounds::run(&mut rows, ROUNDS);
    rounds::table(&rows, ROUNDS)?;
    let [all, one, ..] = rows.as_slice() else { return Ok(()) };
    #[expect(clippy::cast_precision_loss, reason = "a hundred")]
    let more = rounds::median(all.took().zip(one.took()).map(|(all, one)| (all - one) / (FILES - 1) as f64));
    writeln!(std::io::stdout(), "one more runbook {more:>32.2}")
}

fn lint(path: &Path) -> Command {
    runbook(&["lint".as_ref(), "--no-shellcheck".as_ref(), path])
}

fn runbook(args: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    command.args(args).env("HOME", "/nonexistent");
    command
}

/// Where the other linters are, installed if need be.
fn venv() -> std::result::Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lint-venv");
    let bin = folder.join("bin");
    if bin.join("yamllint").is_file() && bin.join("ansible-lint").is_file() {
        return Ok(bin);
    }
    let done = |command: &mut Command, what: &str| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{what}: {error}")),
    };
    done(Command::new("python3").args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
    done(Command::new(bin.join("pip")).args(["install", "--quiet", "yamllint", "ansible-lint"]), "pip install")?;
    Ok(bin)
}
