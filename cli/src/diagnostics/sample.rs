//! Findings that every format is tested with: two files, one of them with a name that needs care, and a clean one.

use grammar::diagnostic::{Diagnostic, Edit, Severity};
use grammar::source::{Source, SourceId, Span};

use super::place::Sources;
use crate::lint::{Allowed, Outcome};

pub(super) fn sources() -> Sources {
    let source = |id, path: &str, text: &str| Source { id: SourceId(id), path: path.to_owned(), text: text.to_owned() };
    Sources::new(vec![source(0, "a.runbook", "größe x\n"), source(1, "odd, name: 100% <b>&.runbook.yaml", "one\ntwo\nthree\n"), source(2, "clean.runbook", "")])
}

pub(super) fn outcome() -> Outcome {
    let at = |source, start, end| Span::new(SourceId(source), start, end);
    let finding = |code, severity, span, message: &str| Diagnostic {
        code,
        severity,
        message: message.to_owned(),
        span,
        label: "here".to_owned(),
        related: Vec::new(),
        help: Some("mend it".to_owned()),
        fix: None,
    };
    let mut first = finding("RB0306", Severity::Warning, at(0, 8, 9), "`x` is not y");
    first.mend("make it y", [Edit { span: at(0, 8, 9), text: "y".to_owned() }]);
    first.related.push((at(1, 0, 3), "the first".to_owned()));
    let mut second = finding("RB0104", Severity::Error, at(1, 4, 13), "50% of <two>,\nand & \"more\": \u{1b}[0m ]]>");
    second.help = None;
    let third = finding("RB0310", Severity::Info, at(1, 0, 0), "a word");
    let allowed = Allowed { finding: finding("RB0306", Severity::Warning, at(1, 4, 7), "two"), reason: "it is meant".to_owned(), at: at(1, 0, 3) };
    Outcome { findings: vec![first, second, third], allowed: vec![allowed], files: vec![SourceId(0), SourceId(1), SourceId(2)], ..Outcome::default() }
}
