//! A step that changes something inside a boundary says how it is taken back, or why it can't be.

use grammar::ast::Does;
use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0301",
    severity: Severity::Error,
    title: "a step in a boundary has no undo",
    explanation: "A boundary promises that a failure inside it is rolled back. A step that changes something and says nothing of how that is undone would be left standing in silence. `undo none \"reason\"` is an answer; saying nothing is not.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { step stop on h { run `systemctl stop x` } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { step stop on h { run `systemctl stop x`\n undo `systemctl start x` } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for seen in walk::steps(program) {
        let Some(boundary) = seen.around.boundary else { continue };
        let merged = seen.merged(program);
        let changes = seen.manual || matches!(merged.does(), Some((_, Does::Run(_) | Does::Upload { .. } | Does::Download { .. })));
        if !changes || merged.undo().is_some() || merged.irreversible().is_some() {
            continue;
        }
        let id = &seen.step.id;
        let note = found.add(
            id.span,
            format!("`{}` changes something, and nothing says how it is taken back", id.value),
            "no undo",
            "add `undo \\`command\\``, `undo manual \"instructions\"`, or `undo none \"reason\"`",
        );
        note.related.push((boundary.id.span, "a failure in here is rolled back".to_owned()));
        if let Some(call) = walk::used(&seen.step.fields) {
            note.related.push((call.name.span, "this action has none either".to_owned()));
        }
    }
}
