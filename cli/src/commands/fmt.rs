//! `runbook fmt [PATH…]`

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use engine::report::tone::Tone;
use engine::report::words::count;
use grammar::source::Source;
use grammar::{format, spelling_of};

use crate::complaint::{Complaint, DONE, FAILED, Status, USAGE};
use crate::diagnostics::draw;
use crate::out::Out;
use crate::source::{Files, replace, runbook_files, standard_input};

/// Put runbooks into canonical layout, comments kept
///
/// Formats `*.runbook` and `*.runbook.yaml`. What a file says never changes: the
/// result is read again and compared before a byte is written. A file that can't
/// be parsed is told with its mistakes and left alone; the others are formatted.
///
/// Exits with 0 when all is done, 1 when `--check` found files to format, 2 when a
/// file can't be read, parsed or written.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook fmt\n  runbook fmt --check runbooks/\n  runbook fmt - < restart.runbook\n  runbook fmt --stdin-name a.runbook.yaml - < a.runbook.yaml"
)]
pub(crate) struct FmtArgs {
    /// Files, folders with everything below them, or `-` for standard input; default: the folder you are in
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing: list the files that would change and show how
    #[arg(long)]
    check: bool,
    /// The name that standard input goes by; its end says which spelling it is
    #[arg(long, value_name = "NAME", default_value = "stdin.runbook")]
    stdin_name: String,
}

/// What became of the files.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    changed: usize,
    failed: usize,
}

pub(crate) fn fmt(args: &FmtArgs, out: &Out) -> Result<Status, Complaint> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return match args.paths.as_slice() {
            [_] => stdin(args, out),
            _ => Err(Complaint::usage("`-` stands alone: standard input is formatted to standard output")),
        };
    }
    let here = [PathBuf::from(".")];
    let meant = runbook_files(if args.paths.is_empty() { &here } else { &args.paths })?;
    let files = Files::default();
    let mut seen = HashSet::new();
    let mut tally = Tally::default();
    for file in meant {
        let read = match files.read(&file.path) {
            Ok(read) => read,
            Err(unread) => {
                tally.failed += 1;
                draw(out, &files.sources(), &[*unread.0]);
                continue;
            }
        };
        // Named twice, or by a link.
        if !seen.insert(read.canonical.clone()) {
            continue;
        }
        tally.files += 1;
        match formatted(&read.source, out) {
            None => tally.failed += 1,
            Some(text) if text == read.source.text => {}
            Some(text) if args.check => {
                tally.changed += 1;
                show(&read.source, &text, out);
            }
            Some(text) => match replace(&read.canonical, &read.source.text, &text) {
                Ok(()) => {
                    tally.changed += 1;
                    out.say(&format!("{}  {}", out.paint(Tone::Good, "formatted"), read.source.path));
                }
                Err(error) => {
                    tally.failed += 1;
                    out.must(&format!("{} {} was not formatted: {error}", out.paint(Tone::Bad, "error:"), read.source.path));
                }
            },
        }
    }
    Ok(sum_up(&tally, args.check, out))
}

fn sum_up(tally: &Tally, check: bool, out: &Out) -> Status {
    let among = count(tally.files, "file");
    let changed = match (tally.changed, check) {
        (0, _) => format!("{among}, nothing to format"),
        (number, true) => format!("{} of {among} would be formatted; nothing was written", number),
        (number, false) => format!("{} of {among} formatted", number),
    };
    match tally.failed {
        0 => out.say(&changed),
        failed => out.must(&format!("{changed}; {} left alone", count(failed, "file"))),
    }
    match tally {
        Tally { failed: 1.., .. } => USAGE,
        Tally { changed: 1.., .. } if check => FAILED,
        Tally { .. } => DONE,
    }
}

fn stdin(args: &FmtArgs, out: &Out) -> Result<Status, Complaint> {
    let source = standard_input(&args.stdin_name)?;
    let Some(text) = formatted(&source, out) else { return Ok(USAGE) };
    if !args.check {
        out.bytes(text.as_bytes());
        return Ok(DONE);
    }
    if text == source.text {
        return Ok(DONE);
    }
    show(&source, &text, out);
    Ok(FAILED)
}

/// The canonical text; `None` when the file has mistakes, which are drawn.
fn formatted(source: &Source, out: &Out) -> Option<String> {
    match format::format(source, spelling_of(&source.path)) {
        Ok(printed) => Some(printed.text),
        Err(diagnostics) => {
            // The sources are numbered in the order in which they were read: this one finds its own.
            draw(out, std::slice::from_ref(source), &diagnostics);
            None
        }
    }
}

/// What would change, on standard output.
fn show(source: &Source, after: &str, out: &Out) {
    let diff = similar::TextDiff::from_lines(source.text.as_str(), after);
    out.data(&diff.unified_diff().header(&format!("a/{}", source.path), &format!("b/{}", source.path)).to_string());
    out.must(&format!("{}  {}", out.paint(Tone::Warn, "would format"), source.path));
}
