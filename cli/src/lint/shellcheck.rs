//! shellcheck, where it is installed: as many processes as there are processors, each over a part of the commands. A
//! shellcheck that fails is told of, and the linter goes on without it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use engine::lint::shellcheck::{Comment, Script};
use grammar::diagnostic::Diagnostic;
use serde::Deserialize;

use super::work;

/// Another program than the `shellcheck` on the path; empty for none.
const PROGRAM: &str = "RUNBOOK_SHELLCHECK";

/// It takes two milliseconds a command.
const PATIENCE: Duration = Duration::from_secs(120);

/// So many commands for one process, at least: each takes a while to start.
const FEWEST: usize = 20;

pub(super) enum Answers {
    /// For each script what was found in it.
    Said(Vec<Vec<Diagnostic>>),
    /// There is none, or nothing to ask it.
    Unasked,
}

#[derive(Debug, Deserialize)]
struct Report {
    comments: Vec<Said>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    file: String,
    line: usize,
    end_line: usize,
    column: usize,
    end_column: usize,
    level: String,
    code: u32,
    message: String,
}

/// Asks it about all of them; the same script once.
///
/// # Errors
/// Why it could not be asked, where there is one.
pub(super) fn ask(scripts: &[&Script]) -> Result<Answers, Option<String>> {
    let program = std::env::var_os(PROGRAM).unwrap_or_else(|| OsString::from("shellcheck"));
    if scripts.is_empty() || program.is_empty() {
        return Ok(Answers::Unasked);
    }
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut texts: Vec<&str> = Vec::new();
    let asked: Vec<usize> = scripts
        .iter()
        .map(|script| {
            *numbers.entry(script.text.as_str()).or_insert_with(|| {
                texts.push(&script.text);
                texts.len() - 1
            })
        })
        .collect();
    let failed = |why: String| Some(format!("shellcheck could not be asked: {why}"));
    let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    for (number, text) in texts.iter().enumerate() {
        std::fs::write(folder.path().join(number.to_string()), text).map_err(|error| failed(error.to_string()))?;
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let numbers: Vec<usize> = (0..texts.len()).collect();
    let parts: Vec<&[usize]> = numbers.chunks(texts.len().div_ceil(processors).max(FEWEST)).collect();
    let mut comments: Vec<Vec<Comment>> = vec![Vec::new(); texts.len()];
    for part in work::all(&parts, |part| run(&program, folder.path(), part)) {
        match part {
            Ok(said) => said.into_iter().for_each(|(number, comment)| comments.get_mut(number).into_iter().for_each(|list| list.push(comment.clone()))),
            Err(None) => return Ok(Answers::Unasked),
            Err(Some(why)) => return Err(failed(why)),
        }
    }
    let finding = |(script, number): (&&Script, &usize)| comments[*number].iter().filter_map(|comment| script.finding(comment)).collect();
    Ok(Answers::Said(scripts.iter().zip(&asked).map(finding).collect()))
}

/// One process over some of the scripts. `Err(None)`: there is no such program.
fn run(program: &OsString, folder: &Path, numbers: &[usize]) -> Result<Vec<(usize, Comment)>, Option<String>> {
    let mut command = Command::new(program);
    command.args(["--norc", "--format=json1", "--"]).args(numbers.iter().map(usize::to_string)).current_dir(folder);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.map_err(|error| if error.kind() == std::io::ErrorKind::NotFound { None } else { Some(error.to_string()) })?;
    let (out, err) = output(child).map_err(Some)?;
    // It exits with 1 when it has something to say: what it printed tells whether it worked.
    let report: Report = serde_json::from_slice(&out).map_err(|_| {
        let said = String::from_utf8_lossy(if err.is_empty() { &out } else { &err }).lines().next().unwrap_or_default().chars().take(200).collect::<String>();
        Some(format!("it printed no report: `{said}`"))
    })?;
    let comment = |said: Said| {
        let Said { file, line, end_line, column, end_column, level, code, message } = said;
        file.parse().ok().map(|number| (number, Comment { line, column, end_line, end_column, level, code, message }))
    };
    Ok(report.comments.into_iter().filter_map(comment).collect())
}

/// What it prints until it ends, or is ended.
fn output(mut child: Child) -> Result<(Vec<u8>, Vec<u8>), String> {
    let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What it could still say is lost with it.
            let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
            bytes
        })
    };
    let out = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let err = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it did not end within {} s", PATIENCE.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok((out.join().unwrap_or_default(), err.join().unwrap_or_default()))
}
