//! What shellcheck says of the commands. It is another program, so whoever opens files runs it: this hands the commands
//! out as scripts, and takes what it says of a script back to the runbook.
//!
//! Each value is a variable there, as it is when the command runs. Of what is said of the value itself nothing is told:
//! a value is bound, whatever stands around it.

use std::ops::Range;

use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Span, Text};

use super::shell::{self, At, Said};
use crate::check::Program;
use crate::plan::template::Reading;

/// The code of all that it finds.
pub const CODE: &str = "RB0371";

/// Lines before the command's own.
const PRELUDE: usize = 2;

/// What is never asked, since it is wrong or idle where a command of a runbook runs:
/// 1090 and 1091 want to read the files that are sourced, which are on the target; 2148 wants a `#!`; 2164 and 2103 want
/// `cd … || exit`, which `set -e` does, and RB0352 tells where it does not; 2086, 2046 and 2068 are RB0350.
const EXCLUDED: &str = "SC1090,SC1091,SC2148,SC2164,SC2103,SC2086,SC2046,SC2068";

/// A command as shellcheck reads it.
#[derive(Debug, Clone)]
pub struct Script {
    pub text: String,
    command: Text,
    reading: Reading,
}

/// What it says of a script. Lines and columns count from 1, columns in characters; the end is behind the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    /// `error`, `warning`, `info` or `style`.
    pub level: String,
    pub code: u32,
    pub message: String,
}

/// The commands of the runbook that is meant, and of the program's own actions.
#[must_use]
pub fn scripts(program: &Program) -> Vec<Script> {
    shell::commands(program).iter().map(script).collect()
}

fn script(said: &Said<'_>) -> Script {
    let reading = said.reading().without_tree();
    // Who reads these can't know their values, as it is when the command runs.
    let mut given: Vec<String> = (1..=reading.types.len()).map(|number| format!("rb_{number}")).collect();
    given.extend(said.env.iter().map(|(name, _)| name.value.clone()));
    let read = if given.is_empty() { ":".to_owned() } else { format!("read -r {}", given.join(" ")) };
    let dialect = if said.posix { "sh" } else { "bash" };
    Script { text: format!("# shellcheck shell={dialect} disable={EXCLUDED}\n{read}\n{}\n", reading.script), command: said.text.clone(), reading }
}

impl Script {
    /// The command that it was made from.
    #[must_use]
    pub fn place(&self) -> Span {
        self.command.span
    }

    /// A finding at its place in the runbook; none where it is about a value, or about what we put before the command.
    #[must_use]
    pub fn finding(&self, comment: &Comment) -> Option<Diagnostic> {
        let start = self.offset(comment.line, comment.column)?;
        let end = self.offset(comment.end_line, comment.end_column).unwrap_or(start).max(start);
        if self.reading.is_value(start..end) {
            return None;
        }
        let at = At { start, end };
        let span = self.reading.span(&self.command, at.start, at.end);
        // What a run refuses is told by our own parser.
        let severity = if matches!(comment.level.as_str(), "error" | "warning") { Severity::Warning } else { Severity::Info };
        let code = comment.code;
        Some(Diagnostic {
            code: CODE,
            severity,
            message: format!("SC{code:04}: {}", comment.message),
            span,
            label: "shellcheck".to_owned(),
            related: Vec::new(),
            help: Some(format!("see https://www.shellcheck.net/wiki/SC{code:04}")),
            fix: None,
        })
    }

    /// The byte of the command's script at a line and a column.
    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let script = self.reading.script.as_str();
        let line = line.checked_sub(PRELUDE + 1)?;
        let mut start = 0;
        for _ in 0..line {
            start += script.get(start..)?.find('\n')? + 1;
        }
        let rest = script.get(start..)?;
        let width = rest.chars().take_while(|c| *c != '\n').take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
        Some(start + width)
    }
}

/// Whether one of our own rules about commands has said something at the same place already.
#[must_use]
pub fn is_told(finding: &Diagnostic, ours: &[Diagnostic]) -> bool {
    let range = |span: &Span| -> Range<usize> { span.start..span.end.max(span.start + 1) };
    let meets = |other: &Diagnostic| {
        let (a, b) = (range(&finding.span), range(&other.span));
        finding.span.source == other.span.source && a.start < b.end && b.start < a.end
    };
    ours.iter().any(|other| ("RB0350".."RB0371").contains(&other.code) && meets(other))
}

#[cfg(test)]
mod tests {
    use grammar::source::{Source, SourceId};

    use super::*;
    use crate::check::{NoFiles, ParsedFile, check};

    fn scripts_of(text: &str) -> Vec<Script> {
        let source = Source { id: SourceId(0), path: "t.runbook".to_owned(), text: text.to_owned() };
        let file = grammar::parse(&source).file;
        scripts(&check(ParsedFile { source, file }, &mut NoFiles).expect("sound"))
    }

    fn at(line: usize, column: usize, end_column: usize) -> Comment {
        Comment { line, column, end_line: line, end_column, level: "warning".to_owned(), code: 2050, message: "Said.".to_owned() }
    }

    #[test]
    fn a_command_is_a_script_in_which_values_are_variables() {
        let text = "runbook x {\n  param p: string\n  step a on local {\n    shell \"sh\"\n    env { WHERE = p }\n    run ```\n      echo ä {{ p }}\n      test x = y\n      ```\n  }\n}";
        let [script] = scripts_of(text).try_into().expect("one command");
        assert_eq!(script.text.lines().collect::<Vec<_>>()[1..], ["read -r rb_1 WHERE", "echo ä ${rb_1}", "test x = y"]);
        assert!(script.text.starts_with("# shellcheck shell=sh disable="));
        let told = script.finding(&at(4, 6, 11)).expect("a finding");
        assert_eq!((&text[told.span.start..told.span.end], told.code, told.severity), ("x = y", "RB0371", Severity::Warning));
        let told = script.finding(&at(3, 6, 15)).expect("a finding that a value is a part of");
        assert_eq!(&text[told.span.start..told.span.end], "ä {{ p }}");
        assert_eq!(script.finding(&at(3, 8, 15)), None, "about the value itself");
        assert_eq!(script.finding(&at(2, 1, 4)), None, "about what we put before it");
        assert_eq!(script.finding(&at(99, 1, 4)), None, "a line that is not there");
    }
}
