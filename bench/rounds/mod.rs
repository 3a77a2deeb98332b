//! Commands that are timed side by side. Rounds are interleaved: each runs every row once, so that whatever else the
//! machine does falls on all of them alike. The table shows medians, and the median of each round's ratio to the first row.

use std::io::{Result, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What is measured.
pub(crate) struct Row {
    what: String,
    command: Command,
    /// It runs in so many of the rounds, spread over all of them.
    rounds: usize,
    /// Milliseconds with their round.
    took: Vec<(usize, f64)>,
}

impl Row {
    /// `rounds`: fewer than all for what takes long.
    pub(crate) fn new(what: impl Into<String>, rounds: usize, mut command: Command) -> Self {
        silent(&mut command);
        Self { what: what.into(), command, rounds, took: Vec::new() }
    }

    /// The median, in milliseconds.
    fn median(&self) -> f64 {
        median(self.took.iter().map(|(_, took)| *took))
    }

    /// What it took in each round.
    pub(crate) fn took(&self) -> impl Iterator<Item = f64> + '_ {
        self.took.iter().map(|(_, took)| *took)
    }

    fn once(&mut self) -> f64 {
        let began = Instant::now();
        let status = self.command.status().unwrap_or_else(|e| panic!("{}: {e}", self.what));
        let took = began.elapsed().as_secs_f64() * 1000.0;
        assert!(status.success(), "{}: {status}", self.what);
        took
    }

    fn is_in(&self, round: usize, rounds: usize) -> bool {
        self.rounds >= rounds || round * self.rounds / rounds != (round + 1) * self.rounds / rounds
    }
}

/// Runs every row once for nothing, so that files are in memory, and then in rounds.
pub(crate) fn run(rows: &mut [Row], rounds: usize) {
    for row in rows.iter_mut() {
        row.once();
    }
    for round in 0..rounds {
        for row in rows.iter_mut().filter(|row| row.is_in(round, rounds)) {
            let took = row.once();
            row.took.push((round, took));
        }
    }
}

/// A line a row.
pub(crate) fn table(rows: &[Row], rounds: usize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let Some(base) = rows.first() else { return Ok(()) };
    let width = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0).max(28);
    writeln!(out, "{:<width$} {:>10} {:>8}", format!("{rounds} rounds"), "median ms", "ratio")?;
    for row in rows {
        let of_base = |round: usize| base.took.iter().find(|(other, _)| *other == round).map(|(_, took)| *took);
        let ratio = median(row.took.iter().filter_map(|(round, took)| of_base(*round).map(|base| took / base)));
        writeln!(out, "{:<width$} {:>10.2} {:>8.1}", row.what, row.median(), ratio)?;
    }
    Ok(())
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// With nothing of the caller's environment but the path: a long `~/.bashrc` is no part of it.
fn silent(command: &mut Command) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let given: Vec<_> = command.get_envs().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect();
    command.env_clear().env("PATH", path).envs(given).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
}
