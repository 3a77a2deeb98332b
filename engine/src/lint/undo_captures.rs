//! An undo uses only what is known whether or not its step ended well.

use grammar::ast::{Fields, Undo};
use grammar::diagnostic::Severity;

use super::{Found, Rule, walk};
use crate::check::Program;
use crate::plan::template::Prose;

pub(super) static RULE: Rule = Rule {
    code: "RB0304",
    severity: Severity::Error,
    title: "an undo uses a capture of its own step",
    explanation: "A step that failed half-way is undone as well, and then it has captured nothing, and nobody has entered its evidence: its undo would have no value just when it is needed. What the undo needs is read before, as a `fact` or by an earlier step.",
    bad: "runbook x { target h: host = \"h1\"\n boundary b { step make on h { run `mktemp -d`\n capture dir: path\n undo `rmdir -- {{ dir }}` } } }",
    good: "runbook x { target h: host = \"h1\"\n boundary b { fact dir: path on h = `mktemp -u`\n step make on h { run `mkdir -- {{ dir }}`\n undo `rmdir -- {{ dir }}` } } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for (_, fields) in walk::fields(program) {
        let text = match &fields.undo {
            Some(Undo::Command(text) | Undo::Manual(text)) => text,
            Some(Undo::None(_)) | None => continue,
        };
        for (name, span) in Prose::compile(text).map(|p| p.names()).unwrap_or_default() {
            if let Some((capture, how, there)) = own(fields, &name) {
                let note = found.add(
                    span,
                    format!("the undo needs `{name}`, which its own step {how}"),
                    "no value if the step failed",
                    "read it before: a `fact`, or a capture of an earlier step",
                );
                note.related.push((capture, there.to_owned()));
            }
        }
    }
}

fn own(fields: &Fields, name: &str) -> Option<(grammar::source::Span, &'static str, &'static str)> {
    let captured = fields.captures.iter().map(|c| (&c.name, "captures", "captured here"));
    let entered = fields.evidence.iter().map(|e| (&e.name, "asks for", "asked for here"));
    captured.chain(entered).find(|(own, ..)| own.value == name).map(|(own, how, there)| (own.span, how, there))
}
