//! `runbook convert FILE --to yaml|runbook`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use engine::report::tone::Tone;
use grammar::{Spelling, format, spelling_of};

use crate::complaint::{Complaint, DONE, Status, USAGE};
use crate::diagnostics::draw;
use crate::out::Out;
use crate::source::{Files, put, standard_input};

/// Write a runbook in the other spelling, comments with it
///
/// Both spellings say the same, node for node: the result is read again and
/// compared before it is given out. A comment that the other spelling can't hold
/// is reported with its place.
///
/// Exits with 0 when it is done, 2 when the file can't be read or parsed, or says
/// something that the other spelling can't say.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook convert restart.runbook --to yaml\n  runbook convert restart.runbook.yaml --to runbook -o restart.runbook\n  runbook convert - --to yaml < restart.runbook"
)]
pub(crate) struct ConvertArgs {
    /// The file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The spelling that is wanted
    #[arg(long, value_enum, value_name = "SPELLING")]
    to: To,
    /// Write to this file, whole or not at all, instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    Yaml,
    Runbook,
}

impl To {
    fn spelling(self) -> Spelling {
        match self {
            Self::Yaml => Spelling::Yaml,
            Self::Runbook => Spelling::Native,
        }
    }

    /// How such a file is called.
    fn end(self) -> &'static str {
        match self {
            Self::Yaml => ".runbook.yaml",
            Self::Runbook => ".runbook",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Yaml => Self::Runbook,
            Self::Runbook => Self::Yaml,
        }
    }
}

pub(crate) fn convert(args: &ConvertArgs, out: &Out) -> Result<Status, Complaint> {
    let to = args.to;
    if let Some(path) = &args.output {
        named_well(path, to)?;
    }
    let source = if args.file == Path::new("-") {
        standard_input(&format!("stdin{}", to.other().end()))?
    } else {
        let files = Files::default();
        match files.read(&args.file) {
            Ok(read) => read.source.clone(),
            Err(unread) => {
                draw(out, &files.sources(), &[*unread.0]);
                return Ok(USAGE);
            }
        }
    };
    let from = spelling_of(&source.path);
    if from == to.spelling() {
        let help = format!("for its layout: runbook fmt {}", source.path);
        return Err(Complaint::usage(format!("{} is in that spelling already", source.path)).help(help));
    }
    let printed = match format::convert(&source, from, to.spelling()) {
        Ok(printed) => printed,
        Err(diagnostics) => {
            draw(out, std::slice::from_ref(&source), &diagnostics);
            return Ok(USAGE);
        }
    };
    draw(out, std::slice::from_ref(&source), &printed.lost);
    match &args.output {
        None => out.bytes(printed.text.as_bytes()),
        Some(path) => {
            put(path, &printed.text).map_err(|error| Complaint::usage(format!("{} was not written: {error}", path.display())))?;
            out.say(&format!("{}  {}", out.paint(Tone::Good, "wrote"), path.display()));
        }
    }
    Ok(DONE)
}

/// A file's name says its spelling, so what is written must be called accordingly.
fn named_well(path: &Path, to: To) -> Result<(), Complaint> {
    if spelling_of(&path.to_string_lossy()) == to.spelling() {
        return Ok(());
    }
    let help = format!("call it NAME{}", to.end());
    Err(Complaint::usage(format!("{} would be read as the other spelling, by its name", path.display())).help(help))
}
